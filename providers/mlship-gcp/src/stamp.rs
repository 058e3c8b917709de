//! Where a version's stamp is kept: the annotation of a revision, or a variable of a function.

pub(crate) use mlship_core::stamp::Stamp;

use crate::names::{STAMP_ANNOTATION, STAMP_VARIABLE};

/// The stamp of a revision, out of its annotations or its environment; `None` when mlship did not
/// make it.
pub(crate) fn of<'a>(
    annotation: impl Fn(&str) -> Option<&'a str>,
    variable: impl Fn(&str) -> Option<&'a str>,
) -> Option<Stamp> {
    let written = annotation(STAMP_ANNOTATION).or_else(|| variable(STAMP_VARIABLE))?;
    Stamp::read(written)
}
