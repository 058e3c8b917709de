//! The names of classes.

use std::borrow::Cow;

use smallvec::smallvec;

use crate::classical::file::File;
use crate::classical::params::Params;
use crate::classical::value::Value;
use crate::classical::{Outcome, fail};

/// Where the labels are in the program.
#[derive(Clone, Copy)]
pub(crate) enum Labels {
    Ints(u32),
    Texts(u32),
}

impl Labels {
    /// Reads `classlabels_…`.
    pub(crate) fn of(params: &Params<'_>, ints: &str) -> Outcome<Self> {
        match (params.array("classlabels_strings")?, params.array(ints)?) {
            (Some(index), _) => Ok(Labels::Texts(index)),
            (None, Some(index)) => Ok(Labels::Ints(index)),
            (None, None) => fail("it has no labels"),
        }
    }

    /// How many.
    pub(crate) fn count(self, file: &File) -> Outcome<usize> {
        Ok(match self {
            Labels::Ints(index) => file.i64s(index)?.len(),
            Labels::Texts(index) => file.array(index)?.count as usize,
        })
    }

    /// The labels of these classes; for a class that has none, 1 and 0 by its number.
    pub(crate) fn value<'a>(self, file: &'a File, classes: &[usize]) -> Outcome<Value<'a>> {
        let shape = smallvec![classes.len()];
        Ok(match self {
            Labels::Ints(index) => {
                let labels = file.i64s(index)?;
                let label = |class: &usize| labels.get(*class).copied().unwrap_or(*class as i64);
                Value::new(shape, classes.iter().map(label).collect())
            }
            Labels::Texts(index) => {
                let labels = file.texts(index)?;
                let label =
                    |class: &usize| Cow::Borrowed(labels.get(*class).copied().unwrap_or(""));
                Value::new(shape, classes.iter().map(label).collect::<Vec<Cow<'a, str>>>())
            }
        })
    }
}
