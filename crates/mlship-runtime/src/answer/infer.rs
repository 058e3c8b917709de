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

/// Puts the outputs of one run behind those of the runs before.
pub(crate) fn join(before: &mut Vec<Tensor>, outputs: Vec<Tensor>) -> Result<(), Problem> {
    if before.is_empty() {
        *before = outputs;
        return Ok(());
    }
    for (before, output) in before.iter_mut().zip(outputs) {
        let rest = |tensor: &Tensor| tensor.shape.get(1..).map(<[usize]>::to_vec);
        if rest(before).is_none() || rest(before) != rest(&output) {
            let detail = "the answers to these differ in shape: ask about one at a time";
            return Err(Problem::new(Kind::Unfit, detail));
        }
        before.append(output);
    }
    Ok(())
}

/// The answer of the model of this name.
///
/// # Errors
/// When JSON has no form for a number that it would hold.
pub(crate) fn write(
    model: &str,
    ports: &[Port],
    asked: &Asked,
    outputs: &[Tensor],
) -> Result<Prediction, Problem> {
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
    let mut binary = Vec::new();
    for (index, (place, coding)) in asked.outputs.iter().enumerate() {
        let (Some(port), Some(output)) = (ports.get(*place), outputs.get(*place)) else {
            return Err(Problem::new(Kind::Failed, "the model failed on this input"));
        };
        if index > 0 {
            bytes.push(b',');
        }
        describe(&mut bytes, &port.name, output);
        match coding {
            Coding::Json => data(&mut bytes, &port.name, &output.values)?,
            Coding::Binary => {
                let start = binary.len();
                raw(&mut binary, &output.values);
                json::key(&mut bytes, "parameters");
                bytes.extend_from_slice(br#"{"binary_data_size":"#);
                json::put(&mut bytes, &(binary.len() - start));
                bytes.push(b'}');
            }
        }
        bytes.push(b'}');
    }
    bytes.extend_from_slice(b"]}");
    let json_bytes = bytes.len();
    if !asked.outputs.iter().any(|(_, coding)| *coding == Coding::Binary) {
        return Ok(Prediction { media_type: "application/json", bytes, json_bytes: None });
    }
    bytes.append(&mut binary);
    Ok(Prediction { media_type: "application/octet-stream", bytes, json_bytes: Some(json_bytes) })
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
    json::put(onto, &output.shape);
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
