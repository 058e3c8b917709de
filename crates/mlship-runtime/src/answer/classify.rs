//! A label, with the probability of each beside it, best first.

use std::borrow::Cow;

use mlship_bundle::{Activation, Classify, Model};
use smallvec::{SmallVec, smallvec};

use super::{example, json, output};
use crate::bundle::LoadError;
use crate::engine::EngineError;
use crate::tensor::{Tensor, Values};

/// How a classifier's answer is made.
pub(crate) struct Classifier {
    plan: Classify,
    label: Option<usize>,
    score: Option<usize>,
}

/// One for each class; most models have few.
type Few<T> = SmallVec<[T; 8]>;

/// The scores of one example.
struct Scores {
    values: Few<f64>,
    /// Whether they are written as 64-bit floats, not as the 32-bit ones that they were.
    is_double: bool,
}

impl Classifier {
    pub(super) fn new(classify: &Classify, model: &Model) -> Result<Self, LoadError> {
        let find =
            |name: &Option<String>| name.as_deref().map(|name| output(model, name)).transpose();
        let (label, score) = (find(&classify.label_output)?, find(&classify.score_output)?);
        let contradiction = |cause: &str| Err(LoadError::Contradiction(cause.into()));
        if label.is_none() && score.is_none() {
            return contradiction("a classifier has neither a label nor scores");
        }
        if classify.threshold.is_some() && score.is_none() {
            return contradiction("a classifier has a threshold and no scores");
        }
        if classify.classes.len() != classify.labels.len() {
            return contradiction("a classifier has not as many labels as classes");
        }
        Ok(Self { plan: classify.clone(), label, score })
    }

    /// The output that tells how many examples there are.
    pub(super) fn main_output(&self) -> usize {
        self.label.or(self.score).unwrap_or_default()
    }

    pub(super) fn write(
        &self,
        onto: &mut Vec<u8>,
        outputs: &[Tensor],
        row: usize,
        rows: usize,
    ) -> Result<(), EngineError> {
        let scores = match self.score {
            Some(index) => Some(self.scores(tensor(outputs, index)?, row, rows)?),
            None => None,
        };
        let ranked = scores.as_ref().map(Scores::ranked);
        onto.push(b'{');
        if let (Some(threshold), Some(scores), Some(ranked)) =
            (self.plan.threshold, &scores, &ranked)
        {
            self.several(onto, scores, ranked, threshold);
            return Ok(());
        }
        json::key(onto, &self.plan.field);
        match (self.label, &ranked) {
            (Some(index), _) => json::put(onto, &self.label(tensor(outputs, index)?, row, rows)?),
            (None, Some(ranked)) => {
                json::put(onto, self.plan.labels.get(ranked[0]).map_or("", |label| label))
            }
            (None, None) => json::put(onto, ""),
        }
        if let (Some(scores), Some(ranked)) = (&scores, &ranked) {
            onto.push(b',');
            json::key(onto, "probabilities");
            self.probabilities(onto, scores, ranked);
        }
        onto.push(b'}');
        Ok(())
    }

    /// The labels whose scores reach the threshold, best first, and these scores.
    fn several(&self, onto: &mut Vec<u8>, scores: &Scores, ranked: &[usize], threshold: f32) {
        let reaches = |index: &&usize| scores.values[**index] >= f64::from(threshold);
        let chosen: Vec<usize> = ranked.iter().filter(reaches).copied().collect();
        let top = self.plan.top.unwrap_or(usize::MAX);
        json::key(onto, &self.plan.field);
        onto.push(b'[');
        for (place, index) in chosen.iter().take(top).enumerate() {
            if place > 0 {
                onto.push(b',');
            }
            json::put(onto, &self.plan.labels[*index]);
        }
        onto.extend_from_slice(b"],");
        json::key(onto, "probabilities");
        self.probabilities(onto, scores, &chosen);
        onto.push(b'}');
    }

    fn probabilities(&self, onto: &mut Vec<u8>, scores: &Scores, ranked: &[usize]) {
        onto.push(b'{');
        let top = self.plan.top.unwrap_or(usize::MAX);
        for (place, index) in ranked.iter().take(top).enumerate() {
            if place > 0 {
                onto.push(b',');
            }
            json::key(onto, &self.plan.labels[*index]);
            match scores.values[*index] {
                score if scores.is_double => json::put(onto, &score),
                score => json::put(onto, &(score as f32)),
            }
        }
        onto.push(b'}');
    }

    /// The model's own choice, under the name that the answer gives it.
    fn label<'t>(
        &'t self,
        tensor: &'t Tensor,
        row: usize,
        rows: usize,
    ) -> Result<Cow<'t, str>, EngineError> {
        let range = example(tensor, row, rows)?;
        if range.len() != 1 {
            return Err(EngineError(format!("{} labels for one example", range.len())));
        }
        let class = class(&tensor.values, range.start);
        let place = self.plan.classes.iter().position(|name| *name == class);
        Ok(place.map_or(class, |place| Cow::Borrowed(&self.plan.labels[place])))
    }

    fn scores(&self, tensor: &Tensor, row: usize, rows: usize) -> Result<Scores, EngineError> {
        let range = example(tensor, row, rows)?;
        let scores: Few<f64> = match &tensor.values {
            Values::F32(values) => values[range].iter().map(|value| f64::from(*value)).collect(),
            Values::F64(values) => Few::from_slice(&values[range]),
            Values::I32(values) => values[range].iter().map(|value| f64::from(*value)).collect(),
            Values::I64(values) => values[range].iter().map(|value| *value as f64).collect(),
            Values::Bool(_) | Values::String(_) => {
                return Err(EngineError("a score is not a number".into()));
            }
        };
        let classes = self.plan.labels.len();
        let values = match activate(scores, self.plan.activation) {
            // One score of two classes is the second's.
            scores if scores.len() == 1 && classes == 2 => smallvec![1.0 - scores[0], scores[0]],
            scores if scores.len() == classes && classes > 0 => scores,
            scores => {
                let cause = format!("{} scores for {classes} classes", scores.len());
                return Err(EngineError(cause));
            }
        };
        let is_double = matches!(tensor.values, Values::F64(_));
        let written = |score| if is_double { score } else { f64::from(score as f32) };
        Ok(Scores { values: values.into_iter().map(written).collect(), is_double })
    }
}

impl Scores {
    /// The classes, best first; of equals the earlier, and what is not a number last.
    fn ranked(&self) -> Few<usize> {
        let rank = |index: &usize| match self.values[*index] {
            score if score.is_nan() => f64::NEG_INFINITY,
            score => score,
        };
        let mut order: Few<usize> = (0..self.values.len()).collect();
        order.sort_by(|a, b| rank(b).total_cmp(&rank(a)));
        order
    }
}

fn tensor(outputs: &[Tensor], index: usize) -> Result<&Tensor, EngineError> {
    outputs.get(index).ok_or_else(|| EngineError("an output is missing".into()))
}

/// A class as text, as the bundle names it.
fn class(values: &Values, index: usize) -> Cow<'_, str> {
    match values {
        Values::F32(values) => values[index].to_string().into(),
        Values::F64(values) => values[index].to_string().into(),
        Values::I32(values) => values[index].to_string().into(),
        Values::I64(values) => values[index].to_string().into(),
        Values::Bool(values) => values[index].to_string().into(),
        Values::String(values) => values[index].as_str().into(),
    }
}

fn activate(scores: Few<f64>, activation: Activation) -> Few<f64> {
    let logistic = |score: f64| 1.0 / (1.0 + (-score).exp());
    match activation {
        Activation::None => scores,
        Activation::Sigmoid => scores.into_iter().map(logistic).collect(),
        // Softmax of one score would be 1; against an implied zero it is the logistic function.
        Activation::Softmax if scores.len() == 1 => scores.into_iter().map(logistic).collect(),
        // The logarithm of a probability, against an implied zero as above.
        Activation::LogSoftmax if scores.len() == 1 => {
            scores.into_iter().map(|score| -(-score).exp().ln_1p()).collect()
        }
        Activation::LogSoftmax => {
            let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = scores.iter().map(|score| (score - most).exp()).sum();
            scores.into_iter().map(|score| score - most - sum.ln()).collect()
        }
        Activation::Softmax => {
            let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let powers: Few<f64> = scores.into_iter().map(|score| (score - most).exp()).collect();
            let sum: f64 = powers.iter().sum();
            powers.into_iter().map(|power| power / sum).collect()
        }
    }
}

#[cfg(test)]
mod tests;
