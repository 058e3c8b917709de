//! The shape that a request says, and whether it is one that the model takes.

use mlship_bundle::Port;

use crate::problem::Kind;
use crate::request::number::Fault;

/// The dimensions, when the port takes them. Their product is a number of this machine.
pub(super) fn of(port: &Port, given: &[i64], rows: usize) -> Result<Vec<usize>, Fault> {
    let shape: Option<Vec<usize>> =
        given.iter().map(|length| usize::try_from(*length).ok()).collect();
    let shape = shape.filter(|shape| shape.len() == port.shape.len()).filter(|shape| {
        let mut pairs = port.shape.iter().zip(shape);
        pairs.all(|(expected, found)| expected.is_none_or(|length| length == *found))
    });
    let Some(shape) = shape else {
        let expected = dimensions(port);
        return Err((
            Kind::WrongShape,
            format!("expected the shape {expected:?}, found {}", said(given)),
        ));
    };
    if shape.contains(&0) {
        return Err((Kind::WrongShape, format!("the shape {} has no elements", said(given))));
    }
    if port.shape.first() == Some(&None) && shape.first().is_some_and(|count| *count > rows) {
        return Err((Kind::TooManyRows, format!("at most {rows} examples are taken at once")));
    }
    match shape.iter().try_fold(1_usize, |product, length| product.checked_mul(*length)) {
        Some(_) => Ok(shape),
        None => Err((Kind::WrongShape, format!("the shape {} is too large", said(given)))),
    }
}

/// The dimensions of a port as the protocol writes them: -1 for any length.
pub(crate) fn dimensions(port: &Port) -> Vec<i64> {
    let length = |length: &Option<usize>| length.map_or(-1, |length| length as i64);
    port.shape.iter().map(length).collect()
}

/// A shape for a message: cut when long.
fn said(given: &[i64]) -> String {
    match given.get(..16) {
        Some(start) if given.len() > 16 => format!("{start:?} and {} more", given.len() - 16),
        _ => format!("{given:?}"),
    }
}
