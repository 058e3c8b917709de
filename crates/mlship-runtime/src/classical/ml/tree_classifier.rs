//! `TreeEnsembleClassifier`.

use super::labels::Labels;
use super::scores::{Second, Transform, top, two};
use super::trees::{Ensemble, Precision, Trees, rows};
use crate::classical::Outcome;
use crate::classical::call::{Call, Kernel, boxed};
use crate::classical::params::Params;
use crate::classical::shape::volume;
use crate::classical::value::Value;

struct Classifier {
    ensemble: Ensemble,
    labels: Labels,
    transform: Transform,
    /// All weights are of one class.
    one_class_weighed: bool,
    weights_are_positive: bool,
}

/// The kernel.
pub(crate) fn classifier(params: &Params<'_>) -> Outcome<Kernel> {
    let made = Classifier {
        ensemble: Ensemble::of(params)?,
        labels: Labels::of(params, "classlabels_int64s")?,
        transform: Transform::named(params.text("post_transform", "NONE")?)?,
        one_class_weighed: params.flag("one_class_weighed", false)?,
        weights_are_positive: params.flag("weights_are_positive", false)?,
    };
    Ok(boxed(move |call| match made.ensemble.is_double() {
        true => made.run::<f64>(call),
        false => made.run::<f32>(call),
    }))
}

impl Classifier {
    fn run<'a, T: Precision>(&self, call: &Call<'_, 'a>) -> Outcome<Vec<Value<'a>>> {
        let file = &call.loaded.file;
        let (values, count, width) = rows::<T>(call.input(0)?)?;
        let trees = self.ensemble.trees::<T>(file)?;
        let classes = self.labels.count(file)?;
        let columns = classes.max(2);
        let mut scores = Vec::with_capacity(volume(&[count, columns])?);
        let mut winners = Vec::with_capacity(count);
        let mut held: Vec<Option<T>> = vec![None; classes];
        for at in 0..count {
            held.fill(None);
            trees.walk(&values[at * width..(at + 1) * width], |class, weight| {
                if let Some(held) = held.get_mut(class) {
                    *held = Some(held.map_or(weight, |held| held.add(weight)));
                }
            })?;
            winners.push(match classes {
                0..=2 => self.binary(&trees, &held, &mut scores),
                _ => self.many(&trees, &held, &mut scores),
            });
        }
        let shape = vec![count, scores.len().checked_div(count).unwrap_or(columns)];
        Ok(vec![self.labels.value(file, &winners)?, Value::new(shape, scores)])
    }

    fn many<T: Precision>(
        &self,
        trees: &Trees<'_, T>,
        held: &[Option<T>],
        scores: &mut Vec<f32>,
    ) -> usize {
        let base = |class: usize| trees.base_values.get(class).copied().unwrap_or(T::ZERO);
        let sums: Vec<T> = held
            .iter()
            .enumerate()
            .map(|(class, sum)| sum.map_or(base(class), |sum| sum.add(base(class))))
            .collect();
        let start = scores.len();
        scores.extend(sums.iter().map(|sum| sum.to_f64() as f32));
        self.transform.apply(&mut scores[start..]);
        top(&sums)
    }

    /// Two classes, with a weight for each or for one of them.
    fn binary<T: Precision>(
        &self,
        trees: &Trees<'_, T>,
        held: &[Option<T>],
        scores: &mut Vec<f32>,
    ) -> usize {
        let first = held.first().copied().flatten();
        let second = held.get(1).copied().flatten();
        let zero = |score: Option<T>| score.unwrap_or(T::ZERO);
        let (low, high) = match (trees.base_values, second) {
            (&[_, base], None) => {
                let score = base.add(zero(first));
                (score.neg(), Some(score))
            }
            (&[low, high], Some(second)) => (zero(first).add(low), Some(second.add(high))),
            (&[base], second) => (zero(first).add(base), second),
            (_, second) => (zero(first), second),
        };
        let positive = high.unwrap_or(low);
        let half = T::from_f64(if self.weights_are_positive { 0.5 } else { 0.0 });
        let winner = usize::from(positive > if self.one_class_weighed { half } else { T::ZERO });
        let narrow = |score: T| score.to_f64() as f32;
        match high {
            Some(high) => {
                let start = scores.len();
                scores.extend([narrow(low), narrow(high)]);
                self.transform.apply(&mut scores[start..]);
            }
            None => {
                let second = match self.one_class_weighed && self.weights_are_positive {
                    true => Second::Complement,
                    false => Second::Opposite,
                };
                scores.extend(one(narrow(low), self.transform, second));
            }
        }
        winner
    }
}

/// A probability is not transformed again, whatever the model says: so does onnxruntime.
fn one(score: f32, transform: Transform, second: Second) -> [f32; 2] {
    match second {
        Second::Complement => [1.0 - score, score],
        _ => two(score, transform, second),
    }
}
