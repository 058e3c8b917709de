//! The model's own acceptance tests, and when two answers are the same.

use serde::Serialize;
use serde_json::Value;

/// How far two numbers of an answer may be apart: this much, or this share of the larger one.
pub const TOLERANCE: f64 = 1e-4;

/// A request and the answer it must get.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Its path in the manifest, for messages.
    pub name: String,
    /// The request.
    pub request: Value,
    /// The answer; without it any success will do.
    pub expect: Option<Value>,
}

/// Where an answer differs from the one expected.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("`{at}` is {got}, expected {expected}")]
pub struct Mismatch {
    /// A JSON pointer into the answer; empty for the whole.
    pub at: String,
    /// What was expected there.
    pub expected: Value,
    /// What came.
    pub got: Value,
}

/// Compares two answers: keys, text and lengths exactly, numbers within [`TOLERANCE`].
pub fn compare(expected: &Value, got: &Value) -> Result<(), Box<Mismatch>> {
    compare_at("", expected, got)
}

/// How far two answers are apart.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Drift {
    /// The largest difference of two numbers in the same place.
    pub largest: f64,
    /// In how many places there is another text, key, length or kind.
    pub changed: usize,
}

impl Drift {
    /// Compares two answers.
    pub fn between(before: &Value, after: &Value) -> Self {
        let mut drift = Self::default();
        drift.add(before, after);
        drift
    }

    fn add(&mut self, before: &Value, after: &Value) {
        match (before, after) {
            (Value::Number(a), Value::Number(b)) => {
                let apart = a.as_f64().unwrap_or(f64::NAN) - b.as_f64().unwrap_or(f64::NAN);
                self.largest = self.largest.max(apart.abs());
            }
            (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
                a.iter().zip(b).for_each(|(a, b)| self.add(a, b));
            }
            (Value::Object(a), Value::Object(b)) if a.len() == b.len() => {
                for (key, value) in a {
                    match b.get(key) {
                        Some(other) => self.add(value, other),
                        None => self.changed += 1,
                    }
                }
            }
            (a, b) if a == b => {}
            _ => self.changed += 1,
        }
    }
}

fn compare_at(at: &str, expected: &Value, got: &Value) -> Result<(), Box<Mismatch>> {
    let mismatch =
        || Box::new(Mismatch { at: at.to_owned(), expected: expected.clone(), got: got.clone() });
    match (expected, got) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap_or(f64::NAN), b.as_f64().unwrap_or(f64::NAN));
            let near = (a - b).abs() <= TOLERANCE * 1f64.max(a.abs()).max(b.abs());
            if near { Ok(()) } else { Err(mismatch()) }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .try_for_each(|(i, (a, b))| compare_at(&format!("{at}/{i}"), a, b)),
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => {
            a.iter().try_for_each(|(key, value)| match b.get(key) {
                Some(other) => compare_at(&format!("{at}/{key}"), value, other),
                None => Err(mismatch()),
            })
        }
        (a, b) if a == b => Ok(()),
        _ => Err(mismatch()),
    }
}
