//! `TreeEnsembleClassifier`.

use smallvec::smallvec;

use super::labels::Labels;
use super::scores::{Second, Transform, two};
use super::trees::{Ensemble, Precision, Trees, rows};
use crate::classical::Outcome;
use crate::classical::call::{Call, Kernel, Outputs, boxed};
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
    fn run<'a, T: Precision>(&self, call: &Call<'_, 'a>) -> Outcome<Outputs<'a>> {
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
        let shape = smallvec![count, scores.len().checked_div(count).unwrap_or(columns)];
        Ok(smallvec![self.labels.value(file, &winners)?, Value::new(shape, scores)])
    }

    /// The winner is the highest of the classes that any leaf or base value speaks of.
    fn many<T: Precision>(
        &self,
        trees: &Trees<'_, T>,
        held: &[Option<T>],
        scores: &mut Vec<f32>,
    ) -> usize {
        let (mut winner, mut highest) = (0, None);
        let start = scores.len();
        for (class, sum) in held.iter().enumerate() {
            let sum = match (*sum, trees.base_values.get(class)) {
                (Some(sum), Some(base)) => Some(sum.add(*base)),
                (sum, base) => sum.or(base.copied()),
            };
            if sum.is_some_and(|sum| highest.is_none_or(|highest| sum > highest)) {
                (winner, highest) = (class, sum);
            }
            scores.push(narrow(sum));
        }
        self.transform.apply(&mut scores[start..]);
        winner
    }

    /// Two classes, with weights for each or for one of them. The standard does not say how base
    /// values and absent classes go together; this is what onnxruntime does.
    fn binary<T: Precision>(
        &self,
        trees: &Trees<'_, T>,
        held: &[Option<T>],
        scores: &mut Vec<f32>,
    ) -> usize {
        let first = held.first().copied().flatten();
        let second = held.get(1).copied().flatten();
        let (low, high, columns) = match (trees.base_values, second) {
            (&[_, base], Some(_)) => {
                let score = base.add(first.unwrap_or(T::ZERO));
                (first.map(|_| score.neg()), Some(score), 2)
            }
            (&[base, _], None) => (first.map(|first| first.add(base)), None, 2),
            (&[base], second) => (first.map(|first| first.add(base)), second, 1),
            (_, second) => (first, second, 1),
        };
        let positive = high.or(low).unwrap_or(T::ZERO);
        let likely = self.one_class_weighed && self.weights_are_positive;
        let half = T::from_f64(0.5);
        if columns == 2 || high.is_some() {
            let start = scores.len();
            scores.extend([narrow(low), narrow(high)]);
            self.transform.apply(&mut scores[start..]);
        } else {
            let second = if likely { Second::Complement } else { Second::Opposite };
            scores.extend(two(narrow(low), self.transform, second));
        }
        usize::from(positive > if likely { half } else { T::ZERO })
    }
}

fn narrow<T: Precision>(score: Option<T>) -> f32 {
    score.map_or(0.0, |score| score.to_f64() as f32)
}
