//! Answers of the Open Inference Protocol: the outputs that were asked for, as JSON or as bytes
//! behind the JSON.

use mlship_bundle::Port;

use super::json;
use crate::problem::{Kind, Problem};
use crate::request::{Asked, Coding, Datatype};
use crate::service::Prediction;
use crate::tensor::{Tensor, Values};

/// The version of every model, as the protocol has one.
pub(crate) const VERSION: &str = "1";

/// Puts the outputs of one run that are asked for behind those of the runs before, in the order in
/// which they are asked for.
pub(crate) fn join(
    before: &mut Vec<Tensor>,
    asked: &Asked,
    outputs: Vec<Tensor>,
) -> Result<(), Problem> {
    let is_first = before.is_empty();
    let mut outputs: Vec<_> = outputs.into_iter().map(Some).collect();
    for (index, (place, _)) in asked.outputs.iter().enumerate() {
        let Some(output) = outputs.get_mut(*place).and_then(Option::take) else {
            return Err(Problem::new(Kind::Failed, "the model failed on this input"));
        };
        if is_first {
            before.push(output);
            continue;
        }
        let rest = |tensor: &Tensor| tensor.shape.get(1..).map(<[usize]>::to_vec);
        match before.get_mut(index) {
            Some(before) if rest(before).is_some() && rest(before) == rest(&output) => {
                before.append(output);
            }
            _ => {
                let detail = "the answers to these differ in shape: ask about fewer at once";
                return Err(Problem::new(Kind::Unfit, detail));
            }
        }
    }
    Ok(())
}

/// The answer of the model of this name: `outputs` are those that are asked for.
///
/// # Errors
/// When JSON has no form for a number that it would hold.
pub(crate) fn write(
    model: &str,
    ports: &[Port],
    asked: &Asked,
    outputs: &[Tensor],
) -> Result<Prediction, Problem> {
    let mut bytes = start(model, asked);
    let places = asked.outputs.iter().zip(outputs);
    for (index, ((place, coding), output)) in places.clone().enumerate() {
        let name = ports.get(*place).map_or("", |port| &port.name);
        if index > 0 {
            bytes.push(b',');
        }
        describe(&mut bytes, name, output);
        match coding {
            Coding::Json => data(&mut bytes, name, &output.values)?,
            Coding::Binary => {
                json::key(&mut bytes, "parameters");
                bytes.extend_from_slice(br#"{"binary_data_size":"#);
                json::put(&mut bytes, &length(&output.values));
                bytes.push(b'}');
            }
        }
        bytes.push(b'}');
    }
    bytes.extend_from_slice(b"]}");
    let json_bytes = bytes.len();
    let mut binary = places.filter(|((_, coding), _)| *coding == Coding::Binary).peekable();
    if binary.peek().is_none() {
        return Ok(Prediction { media_type: "application/json".into(), bytes, json_bytes: None });
    }
    binary.for_each(|(_, output)| raw(&mut bytes, &output.values));
    Ok(Prediction {
        media_type: "application/octet-stream".into(),
        bytes,
        json_bytes: Some(json_bytes),
    })
}

/// The answer up to its first output.
fn start(model: &str, asked: &Asked) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.push(b'{');
    json::key(&mut bytes, "model_name");
    json::put(&mut bytes, model);
    bytes.push(b',');
    json::key(&mut bytes, "model_version");
    json::put(&mut bytes, VERSION);
    if let Some(id) = &asked.id {
        bytes.push(b',');
        json::key(&mut bytes, "id");
        json::put(&mut bytes, id.as_str());
    }
    bytes.extend_from_slice(br#","outputs":["#);
    bytes
}

/// What stands before the data, comma included.
fn describe(onto: &mut Vec<u8>, name: &str, output: &Tensor) {
    onto.push(b'{');
    json::key(onto, "name");
    json::put(onto, name);
    onto.push(b',');
    json::key(onto, "datatype");
    json::put(onto, Datatype::of(output.values.element()).name);
    onto.push(b',');
    json::key(onto, "shape");
    json::put(onto, output.shape.as_slice());
    onto.push(b',');
}

fn data(onto: &mut Vec<u8>, name: &str, values: &Values) -> Result<(), Problem> {
    let is_finite = match values {
        Values::F32(values) => values.iter().all(|value| value.is_finite()),
        Values::F64(values) => values.iter().all(|value| value.is_finite()),
        _ => true,
    };
    if !is_finite {
        let detail = format!(
            "output `{name}` holds a number that is not finite, which JSON lacks: ask for it as binary data"
        );
        return Err(Problem::new(Kind::NotFinite, detail));
    }
    json::key(onto, "data");
    onto.push(b'[');
    for index in 0..values.len() {
        if index > 0 {
            onto.push(b',');
        }
        json::element(onto, values, index);
    }
    onto.push(b']');
    Ok(())
}

/// How many bytes the elements are.
fn length(values: &Values) -> usize {
    match values {
        Values::F32(values) => 4 * values.len(),
        Values::F64(values) => 8 * values.len(),
        Values::I32(values) => 4 * values.len(),
        Values::I64(values) => 8 * values.len(),
        Values::Bool(values) => values.len(),
        Values::String(values) => values.iter().map(|text| 4 + text.len()).sum(),
    }
}

/// Adds the elements as bytes.
fn raw(onto: &mut Vec<u8>, values: &Values) {
    match values {
        Values::F32(values) => each(onto, values, f32::to_le_bytes),
        Values::F64(values) => each(onto, values, f64::to_le_bytes),
        Values::I32(values) => each(onto, values, i32::to_le_bytes),
        Values::I64(values) => each(onto, values, i64::to_le_bytes),
        Values::Bool(values) => each(onto, values, |value| [u8::from(value)]),
        Values::String(values) => {
            for text in values {
                // A text of the model is shorter than the bodies that it is made of.
                onto.extend_from_slice(&(text.len() as u32).to_le_bytes());
                onto.extend_from_slice(text.as_bytes());
            }
        }
    }
}

fn each<const N: usize, T: Copy>(onto: &mut Vec<u8>, values: &[T], bytes: fn(T) -> [u8; N]) {
    onto.reserve(N * values.len());
    for value in values {
        onto.extend_from_slice(&bytes(*value));
    }
}
