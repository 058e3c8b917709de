//! An operator's settings.

use mlship_bundle::program::{Op, Param, ParamKind};

use super::file::File;
use super::{Outcome, fail};
use crate::engine::EngineError;

/// The settings of one operator.
pub(super) struct Params<'f> {
    pub(super) file: &'f File,
    /// The version of the operator's set.
    pub(super) opset: u32,
    /// How many outputs are wanted.
    pub(super) outputs: usize,
    params: &'f [Param],
}

impl<'f> Params<'f> {
    pub(super) fn new(file: &'f File, op: &Op) -> Outcome<Self> {
        let outputs = op.outputs.count as usize;
        Ok(Self { file, opset: op.opset, outputs, params: file.params(op.params)? })
    }

    /// An integer, or `default`.
    pub(super) fn int(&self, name: &str, default: i64) -> Outcome<i64> {
        Ok(self.find(name, ParamKind::Int)?.map_or(default, u64::cast_signed))
    }

    /// A truth value.
    pub(super) fn flag(&self, name: &str, default: bool) -> Outcome<bool> {
        Ok(self.int(name, i64::from(default))? != 0)
    }

    /// An integer, when it is there.
    pub(super) fn maybe_int(&self, name: &str) -> Outcome<Option<i64>> {
        Ok(self.find(name, ParamKind::Int)?.map(u64::cast_signed))
    }

    /// A float, when it is there.
    pub(super) fn maybe_float(&self, name: &str) -> Outcome<Option<f32>> {
        Ok(self.find(name, ParamKind::Float)?.map(|bits| f32::from_bits(bits as u32)))
    }

    /// A float, or `default`.
    pub(super) fn float(&self, name: &str, default: f32) -> Outcome<f32> {
        Ok(self.maybe_float(name)?.unwrap_or(default))
    }

    /// Text, or `default`.
    pub(super) fn text(&self, name: &str, default: &'f str) -> Outcome<&'f str> {
        match self.find(name, ParamKind::Text)? {
            Some(index) => self.file.text(index as u32),
            None => Ok(default),
        }
    }

    /// The index of an array with elements, when it is there.
    pub(super) fn array(&self, name: &str) -> Outcome<Option<u32>> {
        let Some(index) = self.find(name, ParamKind::Array)? else { return Ok(None) };
        Ok((self.file.array(index as u32)?.count > 0).then_some(index as u32))
    }

    /// The index of a body.
    pub(super) fn graph(&self, name: &str) -> Outcome<u32> {
        match self.find(name, ParamKind::Graph)? {
            Some(index) => Ok(index as u32),
            None => fail(format!("it has no `{name}`")),
        }
    }

    /// Integers, copied; `None` when there are none.
    pub(super) fn ints(&self, name: &str) -> Outcome<Option<Vec<i64>>> {
        self.array(name)?.map(|index| Ok(self.file.i64s(index)?.to_vec())).transpose()
    }

    /// 32-bit floats, copied; none when it is not there.
    pub(super) fn floats(&self, name: &str) -> Outcome<Vec<f32>> {
        self.array(name)?.map_or(Ok(Vec::new()), |index| Ok(self.file.f32s(index)?.to_vec()))
    }

    /// Texts, copied; none when it is not there.
    pub(super) fn texts(&self, name: &str) -> Outcome<Vec<String>> {
        let texts = self.array(name)?.map_or(Ok(Vec::new()), |index| self.file.texts(index))?;
        Ok(texts.into_iter().map(str::to_owned).collect())
    }

    fn find(&self, name: &str, kind: ParamKind) -> Outcome<Option<u64>> {
        for param in self.params {
            if self.file.text(param.name)? == name {
                if param.kind != kind as u32 {
                    return Err(EngineError(format!("`{name}` is not of the right kind")));
                }
                return Ok(Some(param.value));
            }
        }
        Ok(None)
    }
}
