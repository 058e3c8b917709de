//! `TensorProto` and `ValueInfoProto` (field numbers: <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>).

use super::read::entry;
use super::wire::Reader;
use super::{Dimension, OnnxError, Tensor, TensorData, ValueInfo, ValueKind};

/// Elements as they come; one kind of them is used at the end.
#[derive(Default)]
struct Elements {
    raw: Option<std::ops::Range<usize>>,
    floats: Vec<f32>,
    doubles: Vec<f64>,
    ints: Vec<i64>,
    strings: Vec<Vec<u8>>,
    external: Vec<(String, String)>,
    outside: bool,
}

pub(super) fn tensor(reader: Reader<'_>) -> Result<Tensor, OnnxError> {
    let mut reader = reader.named("a tensor");
    let mut tensor = Tensor::default();
    let mut elements = Elements::default();
    while let Some((number, field)) = reader.next()? {
        match number {
            1 => field.ints(&reader, &mut tensor.dims)?,
            2 => tensor.data_type = field.int(&reader)? as i32,
            4 => field.floats(&reader, &mut elements.floats)?,
            5 | 7 | 11 => field.ints(&reader, &mut elements.ints)?,
            6 => {
                reader.charge::<Vec<u8>>()?;
                elements.strings.push(field.bytes(&reader)?.to_bytes()?);
            }
            8 => tensor.name = field.text(&reader)?,
            9 => elements.raw = Some(field.bytes(&reader)?.range()),
            10 => field.doubles(&reader, &mut elements.doubles)?,
            13 => {
                reader.charge::<(String, String)>()?;
                elements.external.push(entry(field.bytes(&reader)?)?);
            }
            14 => elements.outside = field.int(&reader)? == 1,
            _ => {}
        }
    }
    tensor.data = elements.chosen();
    Ok(tensor)
}

impl Elements {
    fn chosen(self) -> TensorData {
        if self.outside {
            return external(&self.external);
        }
        match self.raw {
            Some(range) => TensorData::Raw(range),
            None if !self.floats.is_empty() => TensorData::Floats(self.floats),
            None if !self.doubles.is_empty() => TensorData::Doubles(self.doubles),
            None if !self.strings.is_empty() => TensorData::Strings(self.strings),
            None if !self.ints.is_empty() => TensorData::Ints(self.ints),
            None => TensorData::default(),
        }
    }
}

fn external(entries: &[(String, String)]) -> TensorData {
    let find = |key: &str| entries.iter().find(|(name, _)| name == key).map(|(_, value)| value);
    TensorData::External {
        location: find("location").cloned().unwrap_or_default(),
        offset: find("offset").and_then(|text| text.parse().ok()).unwrap_or(0),
        length: find("length").and_then(|text| text.parse().ok()),
    }
}

pub(super) fn value(reader: Reader<'_>) -> Result<ValueInfo, OnnxError> {
    let mut reader = reader.named("an input or output");
    let mut value = ValueInfo::default();
    while let Some((number, field)) = reader.next()? {
        match number {
            1 => value.name = field.text(&reader)?,
            2 => value.kind = kind(field.bytes(&reader)?)?,
            _ => {}
        }
    }
    Ok(value)
}

fn kind(reader: Reader<'_>) -> Result<ValueKind, OnnxError> {
    let mut reader = reader.named("a type");
    let mut kind = ValueKind::Other;
    while let Some((number, field)) = reader.next()? {
        match number {
            1 => kind = tensor_kind(field.bytes(&reader)?)?,
            4 => kind = sequence_kind(field.bytes(&reader)?)?,
            _ => {}
        }
    }
    Ok(kind)
}

/// A sequence of maps is what ZipMap gives; any other sequence is not told apart.
fn sequence_kind(reader: Reader<'_>) -> Result<ValueKind, OnnxError> {
    let mut reader = reader.named("a sequence type");
    let mut kind = ValueKind::Other;
    while let Some((number, field)) = reader.next()? {
        if number != 1 {
            continue;
        }
        let mut element = field.bytes(&reader)?;
        while let Some((number, _)) = element.next()? {
            if number == 5 {
                kind = ValueKind::Maps;
            }
        }
    }
    Ok(kind)
}

fn tensor_kind(reader: Reader<'_>) -> Result<ValueKind, OnnxError> {
    let mut reader = reader.named("a tensor type");
    let (mut data_type, mut shape) = (0, Vec::new());
    while let Some((number, field)) = reader.next()? {
        match number {
            1 => data_type = field.int(&reader)? as i32,
            2 => shape = dimensions(field.bytes(&reader)?)?,
            _ => {}
        }
    }
    Ok(ValueKind::Tensor { data_type, shape })
}

fn dimensions(reader: Reader<'_>) -> Result<Vec<Dimension>, OnnxError> {
    let mut reader = reader.named("a shape");
    let mut shape = Vec::new();
    while let Some((number, field)) = reader.next()? {
        if number == 1 {
            reader.charge::<Dimension>()?;
            shape.push(dimension(field.bytes(&reader)?)?);
        }
    }
    Ok(shape)
}

fn dimension(reader: Reader<'_>) -> Result<Dimension, OnnxError> {
    let mut reader = reader.named("a dimension");
    let mut dimension = Dimension::Any(String::new());
    while let Some((number, field)) = reader.next()? {
        match number {
            1 => {
                let length = field.int(&reader)?;
                dimension = u64::try_from(length)
                    .map_or_else(|_| Dimension::Any(String::new()), Dimension::Fixed);
            }
            2 => dimension = Dimension::Any(field.text(&reader)?),
            _ => {}
        }
    }
    Ok(dimension)
}
