//! Data as bytes: little-endian, row-major; of text each element with its length before it.

use mlship_bundle::Element;

use super::datatype::{Datatype, Nature};
use crate::problem::{Kind, Problem};
use crate::request::number::Fault;
use crate::tensor::Values;

/// The bytes behind the JSON that no input has taken.
pub(super) struct Rest<'b> {
    bytes: &'b [u8],
    json_bytes: Option<usize>,
}

impl<'b> Rest<'b> {
    pub(super) fn new(bytes: &'b [u8], json_bytes: Option<usize>) -> Self {
        Self { bytes, json_bytes }
    }

    /// The next `size` bytes.
    pub(super) fn take(&mut self, size: u64) -> Result<&'b [u8], Fault> {
        if self.json_bytes.is_none() {
            let detail = "data as bytes needs the header `Inference-Header-Content-Length`";
            return Err((Kind::Missing, detail.into()));
        }
        let left = self.bytes.len();
        let split = usize::try_from(size).ok().and_then(|size| self.bytes.split_at_checked(size));
        let Some((bytes, rest)) = split else {
            let detail = format!("{size} bytes are said, and {left} are left of the body");
            return Err((Kind::BrokenBody, detail));
        };
        self.bytes = rest;
        Ok(bytes)
    }

    /// Nothing may be left.
    pub(super) fn end(self) -> Result<(), Problem> {
        match self.bytes.len() {
            0 => Ok(()),
            left => {
                let detail = format!("{left} bytes follow those of the inputs");
                Err(Problem::new(Kind::BrokenBody, detail))
            }
        }
    }
}

/// The elements of a tensor of this shape, whose element holds the datatype exactly.
pub(super) fn read(
    bytes: &[u8],
    datatype: Datatype,
    element: Element,
    shape: &[usize],
) -> Result<Values, Fault> {
    let count: usize = shape.iter().product();
    if element == Element::String {
        return texts(bytes, count).map(Values::String);
    }
    if count.checked_mul(datatype.width) != Some(bytes.len()) {
        let detail = format!(
            "{count} elements of `{}` are {} bytes, found {}",
            datatype.name,
            count as u128 * datatype.width as u128,
            bytes.len()
        );
        return Err((Kind::WrongShape, detail));
    }
    let is_own = Datatype::of(element) == datatype;
    Ok(match element {
        Element::F32 if is_own => Values::F32(each(bytes, f32::from_le_bytes).into()),
        Element::F64 if is_own => Values::F64(each(bytes, f64::from_le_bytes).into()),
        Element::I32 if is_own => Values::I32(each(bytes, i32::from_le_bytes).into()),
        Element::I64 if is_own => Values::I64(each(bytes, i64::from_le_bytes).into()),
        Element::F32 => Values::F32(wider(bytes, datatype).map(|value| value as f32).collect()),
        Element::F64 => Values::F64(wider(bytes, datatype).collect()),
        Element::I32 => Values::I32(wider(bytes, datatype).map(|value| value as i32).collect()),
        Element::I64 => Values::I64(wider(bytes, datatype).map(|value| value as i64).collect()),
        Element::Bool | Element::String => Values::Bool(truths(bytes)?),
    })
}

fn each<const N: usize, T>(bytes: &[u8], of: fn([u8; N]) -> T) -> Vec<T> {
    let (elements, _) = bytes.as_chunks::<N>();
    elements.iter().map(|element| of(*element)).collect()
}

/// Elements of at most 32 bits, each of which a 64-bit float holds exactly.
fn wider(bytes: &[u8], datatype: Datatype) -> impl Iterator<Item = f64> {
    bytes.chunks_exact(datatype.width).map(move |bytes| {
        let mut all = [0; 4];
        all[..bytes.len().min(4)].copy_from_slice(&bytes[..bytes.len().min(4)]);
        let bits = u32::from_le_bytes(all);
        let unused = 32 - 8 * datatype.width as u32;
        match (datatype.nature, datatype.width) {
            (Nature::Float, 2) => half(bits),
            (Nature::Float, _) => f64::from(f32::from_bits(bits)),
            (Nature::Signed, _) => f64::from((bits << unused).cast_signed() >> unused),
            _ => f64::from(bits),
        }
    })
}

/// A 16-bit float of IEEE 754.
fn half(bits: u32) -> f64 {
    let fraction = f64::from(bits & 0x3ff);
    let size = match (bits >> 10) & 0x1f {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1024.0 + fraction) * 2_f64.powi(exponent as i32 - 25),
    };
    if bits & 0x8000 == 0 { size } else { -size }
}

fn truths(bytes: &[u8]) -> Result<Vec<bool>, Fault> {
    match bytes.iter().position(|byte| *byte > 1) {
        None => Ok(bytes.iter().map(|byte| *byte == 1).collect()),
        Some(index) => {
            let detail = format!("element {index} is the byte {}: expected 0 or 1", bytes[index]);
            Err((Kind::WrongType, detail))
        }
    }
}

fn texts(mut bytes: &[u8], count: usize) -> Result<Vec<String>, Fault> {
    let whole = bytes.len();
    // Each takes four bytes at least: what is reserved is bounded by the body.
    let mut texts = Vec::with_capacity(count.min(whole / 4));
    for index in 0..count {
        let text = bytes.split_first_chunk().and_then(|(length, rest)| {
            let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
            rest.split_at_checked(length)
        });
        let Some((text, rest)) = text else {
            let detail = format!("the {whole} bytes end in element {index} of {count}");
            return Err((Kind::WrongShape, detail));
        };
        let Ok(text) = std::str::from_utf8(text) else {
            return Err((Kind::WrongType, format!("element {index} is not UTF-8 text")));
        };
        texts.push(text.to_owned());
        bytes = rest;
    }
    match bytes.len() {
        0 => Ok(texts),
        left => Err((Kind::WrongShape, format!("{left} bytes follow the {count} elements"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_bits_are_the_floats_that_they_stand_for() {
        let bits = [0x3c00, 0xc000, 0x3555, 0x0001, 0x03ff, 0x0400, 0x7bff, 0x7c00, 0xfc00];
        let expected = [
            1.0,
            -2.0,
            0.333_251_953_125,
            5.960_464_477_539_063e-8,
            6.097_555_160_522_461e-5,
            6.103_515_625e-5,
            65504.0,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ];
        assert_eq!(bits.map(half), expected);
        assert!(half(0x7e00).is_nan() && half(0x8000).is_sign_negative());
    }

    #[test]
    fn narrow_whole_numbers_keep_their_sign() {
        let read = |bytes: &[u8], name, element| {
            let port = mlship_bundle::Port { name: "x".into(), element, shape: vec![None] };
            let datatype = super::super::datatype::of(&port, name).unwrap();
            super::read(bytes, datatype, element, &[bytes.len() / datatype.width]).unwrap()
        };
        assert_eq!(read(&[255, 127], "INT8", Element::F32), Values::F32(vec![-1.0, 127.0].into()));
        assert_eq!(read(&[255, 127], "UINT8", Element::I32), Values::I32(vec![255, 127].into()));
        assert_eq!(read(&[0, 128], "INT16", Element::I64), Values::I64(vec![-32768].into()));
        assert_eq!(read(&[255; 4], "INT32", Element::F64), Values::F64(vec![-1.0].into()));
        assert_eq!(
            read(&[255; 4], "UINT32", Element::I64),
            Values::I64(vec![4_294_967_295].into())
        );
    }
}
