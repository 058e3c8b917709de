//! The configuration of an image: the base's, with what a frame says put in. What nobody here
//! knows is kept.

use mlship_core::image::Base;
use serde_json::{Map, Value, json};

use super::error::ImageError;
use super::frame::Frame;
use super::layer::Layer;

/// When every image was made, so that the same contents make the same image.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// The only system that images are made for.
const SYSTEM: &str = "linux";

/// The base's configuration, or an empty one; a base that does not fit is refused.
pub(super) fn start(frame: &Frame, base: Option<&Base>) -> Result<Map<String, Value>, ImageError> {
    check_start(frame, base)?;
    let Some(base) = base else {
        let empty = json!({
            "created": CREATED,
            "architecture": frame.architecture,
            "os": SYSTEM,
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": []},
            "history": [],
        });
        return Ok(as_object(empty));
    };
    let word = |field: &str| base.config[field].as_str().unwrap_or("unknown");
    let found = format!("{}/{}", word("os"), word("architecture"));
    let wanted = format!("{SYSTEM}/{}", frame.architecture);
    if found != wanted {
        return Err(ImageError::Platform { reference: base.reference.clone(), found, wanted });
    }
    let has = base.layers.len();
    let reason = match base.config["rootfs"]["diff_ids"].as_array().map(Vec::len) {
        Some(described) if described == has => return Ok(as_object(base.config.clone())),
        Some(described) => {
            format!("its configuration is of {described} layers, and its manifest has {has}")
        }
        None => "its configuration tells of no layers".into(),
    };
    Err(ImageError::Base { reference: base.reference.clone(), reason })
}

/// Something must be started: by the frame, or by the base where the frame leaves it to that.
fn check_start(frame: &Frame, base: Option<&Base>) -> Result<(), ImageError> {
    if frame.entrypoint.is_some() || frame.command.is_some() {
        return Ok(());
    }
    let base = base.ok_or(ImageError::NoStart)?;
    let says = |field: &str| {
        base.config["config"][field].as_array().is_some_and(|words| !words.is_empty())
    };
    if says("Entrypoint") || says("Cmd") {
        return Ok(());
    }
    let reason = "it starts nothing by itself, and is to start the runtime".into();
    Err(ImageError::Base { reference: base.reference.clone(), reason })
}

/// Puts in what the frame says, and the layers on top.
pub(super) fn finish(mut config: Map<String, Value>, frame: &Frame, layers: &[Layer]) -> Vec<u8> {
    config.insert("created".into(), CREATED.into());
    let mut run = as_object(take(&mut config, "config"));
    set_run(&mut run, frame);
    config.insert("config".into(), run.into());
    let mut below = 0;
    if let Some(diff_ids) = config["rootfs"]["diff_ids"].as_array_mut() {
        below = diff_ids.len();
        diff_ids.extend(layers.iter().map(|layer| json!(layer.diff_id)));
    }
    let history = config.entry("history").or_insert_with(|| json!([]));
    if let Some(history) = history.as_array_mut()
        && described(history) == below
    {
        history.extend(layers.iter().map(|layer| {
            let by = format!("mlship: {}", layer.name);
            json!({"created": CREATED, "created_by": by})
        }));
    }
    Value::from(config).to_string().into_bytes()
}

/// How many layers a history tells of. One that does not tell of all is not continued: readers
/// take the entries for the lowest layers.
fn described(history: &[Value]) -> usize {
    history.iter().filter(|entry| entry["empty_layer"] != json!(true)).count()
}

fn set_run(run: &mut Map<String, Value>, frame: &Frame) {
    if frame.entrypoint.is_some() {
        run.shift_remove("Cmd");
    }
    let words = [
        ("Entrypoint", frame.entrypoint.as_ref().map(|words| json!(words))),
        ("Cmd", frame.command.as_ref().map(|words| json!(words))),
        ("WorkingDir", frame.working_dir.as_ref().map(|folder| json!(folder))),
        ("User", frame.user.as_ref().map(|user| json!(user))),
    ];
    for (field, value) in words {
        if let Some(value) = value {
            run.insert(field.into(), value);
        }
    }
    extend(run, "ExposedPorts", frame.port.map(|port| (format!("{port}/tcp"), json!({}))));
    extend(run, "Labels", frame.labels.iter().map(|(name, value)| (name.clone(), json!(value))));
    if !frame.environment.is_empty() {
        set_environment(run, frame);
    }
}

fn set_environment(run: &mut Map<String, Value>, frame: &Frame) {
    let mut lines = match take(run, "Env") {
        Value::Array(lines) => lines,
        _ => Vec::new(),
    };
    for (name, value) in &frame.environment {
        let is_it = |line: &Value| {
            line.as_str().and_then(|line| line.split_once('=')).is_some_and(|(it, _)| it == name)
        };
        lines.retain(|line| !is_it(line));
        lines.push(json!(format!("{name}={value}")));
    }
    run.insert("Env".into(), lines.into());
}

/// Adds to the object in a field; none of nothing is made.
fn extend(
    run: &mut Map<String, Value>,
    field: &str,
    more: impl IntoIterator<Item = (String, Value)>,
) {
    let mut more = more.into_iter().peekable();
    match run.get_mut(field) {
        _ if more.peek().is_none() => {}
        Some(Value::Object(object)) => object.extend(more),
        _ => drop(run.insert(field.into(), Map::from_iter(more).into())),
    }
}

/// What is in a field, which keeps its place.
fn take(object: &mut Map<String, Value>, field: &str) -> Value {
    object.get_mut(field).map_or(Value::Null, Value::take)
}

fn as_object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
