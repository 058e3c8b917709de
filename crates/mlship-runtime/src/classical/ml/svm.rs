//! `SVMClassifier` and `SVMRegressor`.

use smallvec::smallvec;

use super::labels::Labels;
use super::scores::{Transform, logistic, top};
use crate::classical::call::{Call, Kernel, Outputs, boxed};
use crate::classical::file::File;
use crate::classical::params::Params;
use crate::classical::shape::volume;
use crate::classical::value::Value;
use crate::classical::{Outcome, fail};
use crate::engine::EngineError;

/// How alike two rows are.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Linear,
    Polynomial,
    Radial,
    Sigmoid,
}

#[derive(Clone, Copy)]
struct Likeness {
    kind: Kind,
    gamma: f32,
    offset: f32,
    degree: f32,
}

impl Likeness {
    /// Whatever kernel is named: without support vectors a machine is linear, as onnxruntime has it.
    const LINEAR: Self = Self { kind: Kind::Linear, gamma: 0.0, offset: 0.0, degree: 0.0 };

    fn of(params: &Params<'_>) -> Outcome<Self> {
        let kind = match params.text("kernel_type", "LINEAR")? {
            "LINEAR" => Kind::Linear,
            "POLY" => Kind::Polynomial,
            "RBF" => Kind::Radial,
            "SIGMOID" => Kind::Sigmoid,
            other => return fail(format!("it has no kernel `{other}`")),
        };
        let given = params.floats("kernel_params")?;
        let at = |nth: usize| given.get(nth).copied().unwrap_or(0.0);
        Ok(Self { kind, gamma: at(0), offset: at(1), degree: at(2) })
    }

    fn between(self, a: &[f32], b: &[f32]) -> f32 {
        if self.kind == Kind::Radial {
            let pairs = a.iter().zip(b);
            let square: f64 = pairs.map(|(a, b)| f64::from(a - b) * f64::from(a - b)).sum();
            return (-self.gamma * square as f32).exp();
        }
        let dot = dot(a, b);
        match self.kind {
            Kind::Polynomial => (self.gamma * dot + self.offset).powf(self.degree),
            Kind::Sigmoid => (self.gamma * dot + self.offset).tanh(),
            Kind::Linear | Kind::Radial => dot,
        }
    }
}

/// Summed at 64 bits.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>() as f32
}

/// The arrays that both operators have.
struct Machine {
    likeness: Likeness,
    vectors: Option<u32>,
    coefficients: u32,
    rho: Vec<f32>,
    transform: Transform,
}

impl Machine {
    fn of(params: &Params<'_>) -> Outcome<Self> {
        Ok(Self {
            likeness: Likeness::of(params)?,
            vectors: params.array("support_vectors")?,
            coefficients: params
                .array("coefficients")?
                .ok_or_else(|| EngineError("it has no coefficients".into()))?,
            rho: params.floats("rho")?,
            transform: Transform::named(params.text("post_transform", "NONE")?)?,
        })
    }

    fn vectors<'f>(&self, file: &'f File) -> Outcome<&'f [f32]> {
        self.vectors.map_or(Ok(&[][..]), |index| file.f32s(index))
    }

    /// How alike a row is to each of a number of rows.
    fn likenesses(&self, row: &[f32], vectors: &[f32], count: usize) -> Outcome<Vec<f32>> {
        if row.len().checked_mul(count) != Some(vectors.len()) || row.is_empty() {
            return fail(format!("rows of {} do not go with its vectors", row.len()));
        }
        Ok(vectors.chunks_exact(row.len()).map(|v| self.likeness.between(row, v)).collect())
    }
}

/// `SVMRegressor`; with `one_class` it tells inliers from outliers.
pub(crate) fn regressor(params: &Params<'_>) -> Outcome<Kernel> {
    let mut machine = Machine::of(params)?;
    let supports = usize::try_from(params.int("n_supports", 0)?).unwrap_or(usize::MAX);
    if supports == 0 {
        machine.likeness = Likeness::LINEAR;
    }
    let one_class = params.flag("one_class", false)?;
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let (rows, width) = x.rows();
        let values = x.floats()?;
        let vectors = machine.vectors(&call.loaded.file)?;
        let coefficients = call.loaded.file.f32s(machine.coefficients)?;
        let rho = machine.rho.first().copied().unwrap_or(0.0);
        let mut out = Vec::with_capacity(rows);
        for at in 0..rows {
            let row = &values[at * width..(at + 1) * width];
            let sum = match supports {
                0 => machine.likeness.between(row, coefficients),
                supports => {
                    let alike = machine.likenesses(row, vectors, supports)?;
                    dot(&alike, coefficients)
                }
            };
            let score = sum + rho;
            out.push(match one_class {
                true if score > 0.0 => 1.0,
                true => -1.0,
                false => score,
            });
        }
        out.chunks_exact_mut(1).for_each(|row| {
            if machine.transform == Transform::Probit && !one_class {
                machine.transform.apply(row)
            }
        });
        Ok(smallvec![Value::new(smallvec![rows, 1], out)])
    }))
}

struct Classifier {
    machine: Machine,
    labels: Labels,
    /// How many support vectors each class has; none for a linear model.
    per_class: Vec<usize>,
    prob_a: Vec<f32>,
    prob_b: Vec<f32>,
}

/// `SVMClassifier`.
pub(crate) fn classifier(params: &Params<'_>) -> Outcome<Kernel> {
    let mut machine = Machine::of(params)?;
    let per_class = params.ints("vectors_per_class")?.unwrap_or_default();
    if per_class.is_empty() {
        machine.likeness = Likeness::LINEAR;
    }
    let made = Classifier {
        labels: Labels::of(params, "classlabels_ints")?,
        per_class: per_class.iter().map(|n| usize::try_from(*n).unwrap_or(usize::MAX)).collect(),
        prob_a: params.floats("prob_a")?,
        prob_b: params.floats("prob_b")?,
        machine,
    };
    Ok(boxed(move |call| made.run(call)))
}

impl Classifier {
    fn run<'a>(&self, call: &Call<'_, 'a>) -> Outcome<Outputs<'a>> {
        let file = &call.loaded.file;
        let x = call.input(0)?;
        let (rows, width) = x.rows();
        let values = x.floats()?;
        let classes = self.labels.count(file)?;
        let mut winners = Vec::with_capacity(rows);
        let mut scores = Vec::new();
        for at in 0..rows {
            let row = &values[at * width..(at + 1) * width];
            let (winner, row_scores) = match self.per_class.is_empty() {
                true => self.linear(file, row, classes)?,
                false => self.pairwise(file, row)?,
            };
            winners.push(winner);
            scores.extend(row_scores);
        }
        let columns = scores.len().checked_div(rows).unwrap_or(classes);
        volume(&[rows, columns])?;
        Ok(smallvec![
            self.labels.value(file, &winners)?,
            Value::new(smallvec![rows, columns], scores)
        ])
    }

    /// One row of coefficients a class.
    fn linear(&self, file: &File, row: &[f32], classes: usize) -> Outcome<(usize, Vec<f32>)> {
        let coefficients = file.f32s(self.machine.coefficients)?;
        let rho = self.machine.rho.first().copied().unwrap_or(0.0);
        let alike = self.machine.likenesses(row, coefficients, classes)?;
        let mut scores: Vec<f32> = alike.into_iter().map(|score| score + rho).collect();
        let winner = top(&scores);
        self.machine.transform.apply(&mut scores);
        Ok((winner, scores))
    }

    /// One decision for each pair of classes.
    fn pairwise(&self, file: &File, row: &[f32]) -> Outcome<(usize, Vec<f32>)> {
        let total = self.per_class.iter().try_fold(0usize, |sum, n| sum.checked_add(*n));
        let total = total.ok_or_else(|| EngineError("it has too many vectors".into()))?;
        let alike = self.machine.likenesses(row, self.machine.vectors(file)?, total)?;
        let coefficients = file.f32s(self.machine.coefficients)?;
        let classes = self.per_class.len();
        let starts: Vec<usize> = self
            .per_class
            .iter()
            .scan(0, |next, n| Some(std::mem::replace(next, *next + n)))
            .collect();
        let part = |line: usize, class: usize| {
            let (start, end) = (starts[class], starts[class] + self.per_class[class]);
            let factors = coefficients.get(line * total + start..line * total + end);
            let factors =
                factors.ok_or_else(|| EngineError("its coefficients are too few".into()))?;
            let pairs = alike[start..end].iter().zip(factors);
            Ok::<f64, EngineError>(pairs.map(|(a, f)| f64::from(*a) * f64::from(*f)).sum())
        };
        let mut votes = vec![0u32; classes];
        let mut decisions = Vec::new();
        for i in 0..classes {
            for j in i + 1..classes {
                let rho = self.machine.rho.get(decisions.len()).copied().unwrap_or(0.0);
                let sum = (part(j - 1, i)? + part(i, j)? + f64::from(rho)) as f32;
                votes[if sum > 0.0 { i } else { j }] += 1;
                decisions.push(sum);
            }
        }
        if !self.prob_a.is_empty() {
            return self.probabilities(&decisions, &votes);
        }
        Ok(self.decided(decisions, &votes))
    }

    fn probabilities(&self, decisions: &[f32], votes: &[u32]) -> Outcome<(usize, Vec<f32>)> {
        let classes = votes.len();
        if self.prob_a.len() < decisions.len() || self.prob_b.len() < decisions.len() {
            return fail("its probabilities are too few");
        }
        let mut pairs = vec![0f32; classes * classes];
        let mut nth = 0;
        for i in 0..classes {
            for j in i + 1..classes {
                let fitted = decisions[nth] * self.prob_a[nth] + self.prob_b[nth];
                let likely = (1.0 - logistic(fitted)).clamp(1e-7, 1.0 - 1e-7);
                pairs[i * classes + j] = likely;
                pairs[j * classes + i] = 1.0 - likely;
                nth += 1;
            }
        }
        let mut scores = coupled(&pairs, classes);
        self.machine.transform.apply(&mut scores);
        Ok((top(votes), scores))
    }

    /// Two classes give one decision, shown as two scores; more give one for each pair.
    fn decided(&self, mut decisions: Vec<f32>, votes: &[u32]) -> (usize, Vec<f32>) {
        let &[decision] = decisions.as_slice() else {
            self.machine.transform.apply(&mut decisions);
            return (top(votes), decisions);
        };
        let scores = match self.machine.transform {
            Transform::None => [-decision, decision],
            Transform::Logistic => [logistic(-decision), logistic(decision)],
            _ => [1.0 - decision, decision],
        };
        (top(votes), scores.to_vec())
    }
}

/// Pairwise probabilities to one a class: the second method of Wu, Lin and Weng, "Probability
/// estimates for multi-class classification by pairwise coupling" (JMLR 5, 2004), to the
/// precision at which onnxruntime stops.
fn coupled(pairs: &[f32], classes: usize) -> Vec<f32> {
    let at = |i: usize, j: usize| pairs[i * classes + j];
    let mut q = vec![0f32; classes * classes];
    for t in 0..classes {
        for j in (0..classes).filter(|j| *j != t) {
            q[t * classes + t] += at(j, t) * at(j, t);
            q[t * classes + j] = if j < t { q[j * classes + t] } else { -at(j, t) * at(t, j) };
        }
    }
    let mut p = vec![1.0 / classes as f32; classes];
    let mut qp = vec![0f32; classes];
    let close = 0.005 / classes as f32;
    for _ in 0..classes.max(100) {
        let mut pqp = 0.0;
        for t in 0..classes {
            qp[t] = (0..classes).map(|j| q[t * classes + j] * p[j]).sum();
            pqp += p[t] * qp[t];
        }
        let worst = qp.iter().map(|value| (value - pqp).abs()).fold(0.0, f32::max);
        if worst < close {
            break;
        }
        for t in 0..classes {
            let own = q[t * classes + t];
            let step = (-qp[t] + pqp) / own;
            p[t] += step;
            pqp = (pqp + step * (step * own + 2.0 * qp[t])) / (1.0 + step) / (1.0 + step);
            for j in 0..classes {
                qp[j] = (qp[j] + step * q[t * classes + j]) / (1.0 + step);
                p[j] /= 1.0 + step;
            }
        }
    }
    p
}
