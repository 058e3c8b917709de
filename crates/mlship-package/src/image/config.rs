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
    let described = base.config["rootfs"]["diff_ids"].as_array().map_or(0, Vec::len);
    if described != base.layers.len() {
        let reason = format!(
            "its configuration is of {described} layers, and its manifest has {}",
            base.layers.len()
        );
        return Err(ImageError::Base { reference: base.reference.clone(), reason });
    }
    Ok(as_object(base.config.clone()))
}

/// Puts in what the frame says, and the layers on top.
pub(super) fn finish(mut config: Map<String, Value>, frame: &Frame, layers: &[Layer]) -> Vec<u8> {
    config.insert("created".into(), CREATED.into());
    let mut run = config.remove("config").map(as_object).unwrap_or_default();
    set_run(&mut run, frame);
    config.insert("config".into(), run.into());
    let below = config["rootfs"]["diff_ids"].as_array().map_or(0, Vec::len);
    if let Some(diff_ids) = config["rootfs"]["diff_ids"].as_array_mut() {
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
    let mut set = |field: &str, value: Value| drop(run.insert(field.into(), value));
    if let Some(entrypoint) = &frame.entrypoint {
        set("Entrypoint", json!(entrypoint));
        set("Cmd", Value::Null);
    }
    if let Some(command) = &frame.command {
        set("Cmd", json!(command));
    }
    if let Some(folder) = &frame.working_dir {
        set("WorkingDir", json!(folder));
    }
    if let Some(user) = &frame.user {
        set("User", json!(user));
    }
    if run.get("Cmd").is_some_and(Value::is_null) {
        run.remove("Cmd");
    }
    if let Some(port) = frame.port {
        nested(run, "ExposedPorts").insert(format!("{port}/tcp"), json!({}));
    }
    if !frame.labels.is_empty() {
        nested(run, "Labels")
            .extend(frame.labels.iter().map(|(name, value)| (name.clone(), json!(value))));
    }
    if !frame.environment.is_empty() {
        set_environment(run, frame);
    }
}

fn set_environment(run: &mut Map<String, Value>, frame: &Frame) {
    let mut lines = match run.remove("Env") {
        Some(Value::Array(lines)) => lines,
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

/// The object in a field, which is put there when it is missing.
fn nested<'a>(run: &'a mut Map<String, Value>, field: &str) -> &'a mut Map<String, Value> {
    let value = run.entry(field).or_insert_with(|| json!({}));
    if !value.is_object() {
        *value = json!({});
    }
    match value {
        Value::Object(object) => object,
        _ => unreachable!("it was made an object"),
    }
}

fn as_object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
