//! What becomes of raw scores.

use crate::classical::{Outcome, fail};

/// A transform of a row of scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transform {
    None,
    Softmax,
    Logistic,
    SoftmaxZero,
    Probit,
}

/// Where the second column of a two-class model with one score comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Second {
    /// The score is a probability.
    Complement,
    /// The score is a margin.
    Opposite,
}

impl Transform {
    pub(crate) fn named(name: &str) -> Outcome<Self> {
        Ok(match name {
            "NONE" => Transform::None,
            "SOFTMAX" => Transform::Softmax,
            "LOGISTIC" => Transform::Logistic,
            "SOFTMAX_ZERO" => Transform::SoftmaxZero,
            "PROBIT" => Transform::Probit,
            other => return fail(format!("it has no transform `{other}`")),
        })
    }

    /// Applies it in place.
    pub(crate) fn apply(self, row: &mut [f32]) {
        match self {
            Transform::None => {}
            Transform::Logistic => row.iter_mut().for_each(|score| *score = logistic(*score)),
            Transform::Probit => row.iter_mut().for_each(|score| *score = probit(*score)),
            Transform::Softmax => softmax(row),
            Transform::SoftmaxZero => softmax_zero(row),
        }
    }
}

/// The two columns of one score, transformed.
pub(crate) fn two(score: f32, transform: Transform, second: Second) -> [f32; 2] {
    match (second, transform) {
        (Second::Complement, Transform::None) => [1.0 - score, score],
        (Second::Opposite | Second::Complement, Transform::Logistic) => {
            [logistic(-score), logistic(score)]
        }
        (Second::Complement, _) => [1.0 - score, score],
        _ => [-score, score],
    }
}

/// `1 / (1 + e^-x)` as onnxruntime computes it.
pub(crate) fn logistic(x: f32) -> f32 {
    let upper = 1.0 / (1.0 + (-x.abs()).exp());
    if x < 0.0 { 1.0 - upper } else { upper }
}

/// The inverse of the normal distribution, by the approximation that onnxruntime has.
pub(crate) fn probit(x: f32) -> f32 {
    std::f32::consts::SQRT_2 * inverse_erf(2.0 * x - 1.0)
}

fn inverse_erf(x: f32) -> f32 {
    let log = ((1.0 - x) * (1.0 + x)).ln();
    let v = 2.0 / (std::f32::consts::PI * 0.147) + 0.5 * log;
    let root = (-v + (v * v - log / 0.147).sqrt()).sqrt();
    if x < 0.0 { -root } else { root }
}

fn softmax(row: &mut [f32]) {
    let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for score in row.iter_mut() {
        *score = (*score - top).exp();
        sum += *score;
    }
    row.iter_mut().for_each(|score| *score /= sum);
}

/// Softmax that leaves zeros out.
fn softmax_zero(row: &mut [f32]) {
    const TINY: f32 = 1e-7;
    let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let below = (-top).exp();
    let mut sum = 0.0;
    for score in row.iter_mut() {
        *score = if score.abs() > TINY { (*score - top).exp() } else { *score * below };
        sum += *score;
    }
    if sum != 0.0 {
        row.iter_mut().for_each(|score| *score /= sum);
    }
}

/// The first of the largest.
pub(crate) fn top<T: PartialOrd>(row: &[T]) -> usize {
    let mut found = 0;
    for (at, score) in row.iter().enumerate() {
        if *score > row[found] {
            found = at;
        }
    }
    found
}
