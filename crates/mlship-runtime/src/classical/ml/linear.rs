//! `LinearClassifier` and `LinearRegressor`.

use smallvec::{SmallVec, smallvec};

use super::labels::Labels;
use super::scores::{Second, Transform, top, two};
use crate::classical::call::{Call, Kernel, boxed};
use crate::classical::params::Params;
use crate::classical::shape::volume;
use crate::classical::value::Value;
use crate::classical::{Outcome, fail};
use crate::engine::EngineError;

struct Linear {
    coefficients: u32,
    intercepts: Option<u32>,
    transform: Transform,
}

impl Linear {
    fn of(params: &Params<'_>) -> Outcome<Self> {
        Ok(Self {
            coefficients: params
                .array("coefficients")?
                .ok_or_else(|| EngineError("it has no coefficients".into()))?,
            intercepts: params.array("intercepts")?,
            transform: Transform::named(params.text("post_transform", "NONE")?)?,
        })
    }

    /// Rows of `targets` scores.
    fn scores(&self, call: &Call<'_, '_>, targets: usize) -> Outcome<Vec<f32>> {
        let x = call.input(0)?;
        let (rows, width) = x.rows();
        let coefficients = call.loaded.file.f32s(self.coefficients)?;
        if width.checked_mul(targets) != Some(coefficients.len()) {
            return fail(format!(
                "rows of {width} do not go with {} coefficients",
                coefficients.len()
            ));
        }
        let intercepts =
            self.intercepts.map_or(Ok(&[][..]), |index| call.loaded.file.f32s(index))?;
        let values = x.floats()?;
        let mut scores = Vec::with_capacity(volume(&[rows, targets])?);
        for row in 0..rows {
            let row = &values[row * width..(row + 1) * width];
            for target in 0..targets {
                let factors = &coefficients[target * width..(target + 1) * width];
                let sum: f32 = row.iter().zip(factors).map(|(x, factor)| x * factor).sum();
                scores.push(sum + intercepts.get(target).copied().unwrap_or(0.0));
            }
        }
        Ok(scores)
    }
}

/// `LinearRegressor`.
pub(crate) fn regressor(params: &Params<'_>) -> Outcome<Kernel> {
    let linear = Linear::of(params)?;
    let targets = usize::try_from(params.int("targets", 1)?).unwrap_or(usize::MAX);
    volume(&[targets])?;
    Ok(boxed(move |call| {
        let mut scores = linear.scores(call, targets)?;
        scores.chunks_exact_mut(targets.max(1)).for_each(|row| linear.transform.apply(row));
        Ok(smallvec![Value::new(smallvec![call.input(0)?.rows().0, targets], scores)])
    }))
}

/// `LinearClassifier`: one score decides between two labels by its sign.
pub(crate) fn classifier(params: &Params<'_>) -> Outcome<Kernel> {
    let linear = Linear::of(params)?;
    let labels = Labels::of(params, "classlabels_ints")?;
    Ok(boxed(move |call| {
        let file = &call.loaded.file;
        let rows = call.input(0)?.rows().0;
        let intercepts = linear.intercepts.map_or(Ok(0), |index| Ok(file.f32s(index)?.len()))?;
        let count = labels.count(file)?;
        let targets = if intercepts > 0 { intercepts } else { count };
        let mut scores = linear.scores(call, targets)?;
        if targets != 1 {
            let winners: Vec<usize> = scores.chunks_exact(targets.max(1)).map(top).collect();
            scores.chunks_exact_mut(targets.max(1)).for_each(|row| linear.transform.apply(row));
            return Ok(smallvec![
                labels.value(file, &winners)?,
                Value::new(smallvec![rows, targets], scores),
            ]);
        }
        let winners: SmallVec<[usize; 8]> =
            scores.iter().map(|score| usize::from(*score > 0.0)).collect();
        let label = labels.value(file, &winners)?;
        if count == 1 {
            linear.transform.apply(&mut scores);
            return Ok(smallvec![label, Value::new(smallvec![rows, 1], scores)]);
        }
        let mut both = Vec::with_capacity(2 * rows);
        for score in scores {
            both.extend_from_slice(&two(score, linear.transform, Second::Complement));
        }
        Ok(smallvec![label, Value::new(smallvec![rows, 2], both)])
    }))
}
