//! `TreeEnsembleRegressor`, and `TreeEnsemble` of version 5.

use smallvec::smallvec;

use super::scores::{Transform, probit};
use super::trees::{Ensemble, Precision, rows};
use crate::classical::call::{Call, Kernel, Outputs, boxed};
use crate::classical::params::Params;
use crate::classical::shape::volume;
use crate::classical::value::{Item, Value};
use crate::classical::{Outcome, fail};

/// How the weights of several trees become one.
#[derive(Clone, Copy, PartialEq)]
enum Aggregate {
    Sum,
    Average,
    Min,
    Max,
}

/// What type the answer has.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Answer {
    /// 32-bit floats, whatever the trees are of.
    Single,
    /// That of the trees.
    OfTrees,
}

struct Regressor {
    ensemble: Ensemble,
    aggregate: Aggregate,
    transform: Transform,
    targets: usize,
    answer: Answer,
}

/// The kernel.
pub(crate) fn regressor(params: &Params<'_>, answer: Answer) -> Outcome<Kernel> {
    let made = Regressor {
        ensemble: Ensemble::of(params)?,
        aggregate: match params.text("aggregate_function", "SUM")? {
            "SUM" => Aggregate::Sum,
            "AVERAGE" => Aggregate::Average,
            "MIN" => Aggregate::Min,
            "MAX" => Aggregate::Max,
            other => return fail(format!("it has no aggregate `{other}`")),
        },
        transform: Transform::named(params.text("post_transform", "NONE")?)?,
        targets: usize::try_from(params.int("n_targets", 1)?).unwrap_or(usize::MAX),
        answer,
    };
    volume(&[made.targets])?;
    Ok(boxed(move |call| match made.ensemble.is_double() {
        true => made.run::<f64>(call),
        false => made.run::<f32>(call),
    }))
}

impl Regressor {
    fn run<'a, T: Precision>(&self, call: &Call<'_, 'a>) -> Outcome<Outputs<'a>> {
        let (values, count, width) = rows::<T>(call.input(0)?)?;
        let trees = self.ensemble.trees::<T>(&call.loaded.file)?;
        let shape = smallvec![count, self.targets];
        let mut out = Vec::with_capacity(volume(&shape)?);
        let mut held: Vec<Option<T>> = vec![None; self.targets];
        for at in 0..count {
            held.fill(None);
            trees.walk(&values[at * width..(at + 1) * width], |target, weight| {
                if let Some(held) = held.get_mut(target) {
                    *held = Some(self.joined(*held, weight));
                }
            })?;
            for (target, held) in held.iter().enumerate() {
                // A target that no leaf of the row speaks of gets no base either: so does
                // onnxruntime when there are several.
                let Some(mut score) = held.or((self.targets == 1).then_some(T::ZERO)) else {
                    out.push(T::ZERO);
                    continue;
                };
                if self.aggregate == Aggregate::Average {
                    score = score.div(T::from_f64(trees.count() as f64));
                }
                let base = trees.base_values.get(target).copied().unwrap_or(T::ZERO);
                out.push(score.add(base));
            }
        }
        self.transformed(&mut out);
        let data = match self.answer {
            Answer::Single => f32::data(out.iter().map(|score| score.to_f64() as f32).collect()),
            Answer::OfTrees => T::data(out),
        };
        Ok(smallvec![Value { shape, data }])
    }

    fn joined<T: Precision>(&self, held: Option<T>, weight: T) -> T {
        let Some(held) = held else { return weight };
        match self.aggregate {
            Aggregate::Sum | Aggregate::Average => held.add(weight),
            Aggregate::Min => held.min_of(weight),
            Aggregate::Max => held.max_of(weight),
        }
    }

    /// One score a row is only ever transformed by `PROBIT`: so does onnxruntime, and converters
    /// count on it.
    fn transformed<T: Precision>(&self, out: &mut [T]) {
        if self.transform == Transform::None {
            return;
        }
        if self.targets == 1 {
            if self.transform == Transform::Probit {
                out.iter_mut().for_each(|score| {
                    *score = T::from_f64(f64::from(probit(score.to_f64() as f32)));
                });
            }
            return;
        }
        for row in out.chunks_exact_mut(self.targets.max(1)) {
            let mut narrow: Vec<f32> = row.iter().map(|score| score.to_f64() as f32).collect();
            self.transform.apply(&mut narrow);
            for (score, narrow) in row.iter_mut().zip(narrow) {
                *score = T::from_f64(f64::from(narrow));
            }
        }
    }
}
