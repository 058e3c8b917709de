//! The datatypes of the protocol, and which of them an input takes.

use mlship_bundle::{Element, Port};

use crate::problem::Kind;
use crate::request::number::Fault;
use crate::request::refuse::echo;

/// A datatype.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Datatype {
    /// Its name in the protocol.
    pub(crate) name: &'static str,
    /// Bytes of one element; 0 where each says its own length.
    pub(super) width: usize,
    /// What its elements are like.
    pub(super) nature: Nature,
}

/// What the elements of a datatype are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    Float,
    Signed,
    Unsigned,
    Bool,
    Text,
}

use Nature::{Bool, Float, Signed, Text, Unsigned};

const fn datatype(name: &'static str, width: usize, nature: Nature) -> Datatype {
    Datatype { name, width, nature }
}

const FP16: Datatype = datatype("FP16", 2, Float);
const FP32: Datatype = datatype("FP32", 4, Float);
const FP64: Datatype = datatype("FP64", 8, Float);
const INT8: Datatype = datatype("INT8", 1, Signed);
const INT16: Datatype = datatype("INT16", 2, Signed);
const INT32: Datatype = datatype("INT32", 4, Signed);
const INT64: Datatype = datatype("INT64", 8, Signed);
const UINT8: Datatype = datatype("UINT8", 1, Unsigned);
const UINT16: Datatype = datatype("UINT16", 2, Unsigned);
const UINT32: Datatype = datatype("UINT32", 4, Unsigned);
const BOOL: Datatype = datatype("BOOL", 1, Bool);
const BYTES: Datatype = datatype("BYTES", 0, Text);

static ALL: [Datatype; 12] =
    [FP16, FP32, FP64, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, BOOL, BYTES];

impl Datatype {
    /// The datatype of a model's tensor.
    pub(crate) fn of(element: Element) -> Self {
        match element {
            Element::F32 => FP32,
            Element::F64 => FP64,
            Element::I32 => INT32,
            Element::I64 => INT64,
            Element::Bool => BOOL,
            Element::String => BYTES,
        }
    }

    /// True when the model's element holds every value of this datatype exactly.
    fn fits(self, element: Element) -> bool {
        let own = Self::of(element);
        match (self.nature, own.nature) {
            (Float, Float) | (Signed, Signed) => self.width <= own.width,
            // A 32-bit float holds whole numbers of 24 bits, a 64-bit one of 53.
            (Signed | Unsigned, Float) | (Unsigned, Signed) => self.width < own.width,
            _ => self == own,
        }
    }
}

/// The datatype of this name, when the port takes it.
pub(super) fn of(port: &Port, name: &str) -> Result<Datatype, Fault> {
    let found = ALL.iter().find(|datatype| datatype.name == name);
    if let Some(datatype) = found
        && datatype.fits(port.element)
    {
        return Ok(*datatype);
    }
    let expected = Datatype::of(port.element).name;
    let loss = if found.is_some() { ", which it does not hold without loss" } else { "" };
    let detail = format!("input `{}` is of `{expected}`, found `{}`{loss}", port.name, echo(name));
    Err((Kind::WrongType, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_element_takes_what_it_holds_exactly() {
        let taken = |element| {
            let names = ALL.iter().filter(|datatype| datatype.fits(element));
            names.map(|datatype| datatype.name).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(taken(Element::F32), "FP16 FP32 INT8 INT16 UINT8 UINT16");
        assert_eq!(taken(Element::F64), "FP16 FP32 FP64 INT8 INT16 INT32 UINT8 UINT16 UINT32");
        assert_eq!(taken(Element::I32), "INT8 INT16 INT32 UINT8 UINT16");
        assert_eq!(taken(Element::I64), "INT8 INT16 INT32 INT64 UINT8 UINT16 UINT32");
        assert_eq!(taken(Element::Bool), "BOOL");
        assert_eq!(taken(Element::String), "BYTES");
    }
}
