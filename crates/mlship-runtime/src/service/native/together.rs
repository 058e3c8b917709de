//! Several requests answered by one run of the model. The answers are those that each would get
//! alone; a request that cannot be answered does not keep the others from theirs.

use mlship_bundle::{Bundle, Port};

use super::{Native, are_batches};
use crate::answer::Answer;
use crate::engine::EngineError;
use crate::problem::Problem;
use crate::request::{Form, Request, Run};
use crate::service::Prediction;
use crate::tensor::Tensor;

/// True when the first dimension of all that goes in and comes out may be of any length.
pub(super) fn takes_any_batch(bundle: &Bundle) -> bool {
    let is_open = |port: &Port| port.shape.first() == Some(&None);
    bundle.model.inputs.iter().chain(&bundle.model.outputs).all(is_open)
}

/// The one run of a request, and how many examples its tensors have along their first dimension.
fn examples(request: &Request) -> Option<(&Run, usize)> {
    let [run] = request.runs.as_slice() else { return None };
    if matches!(request.form, Form::Infer(_)) {
        // Its answer is the whole tensors of one run.
        return None;
    }
    let count = *run.inputs.first()?.shape.first()?;
    let is_of_all = |input: &Tensor| input.shape.first() == Some(&count);
    (count > 0 && run.inputs.iter().all(is_of_all)).then_some((run, count))
}

/// The most examples of one run of lines.
const EXAMPLES: usize = 1024;

impl Native {
    /// Runs requests: the answer of each, in their order. Those that stand beside each other and fit
    /// together are one run of the model.
    pub(crate) fn run_each(&self, requests: Vec<Request>) -> Vec<Result<Prediction, Problem>> {
        let mut answers = Vec::with_capacity(requests.len());
        let mut rest = requests.into_iter().peekable();
        while let Some(first) = rest.next() {
            let mut examples = first.examples();
            let mut group = vec![first];
            while let Some(next) = rest.next_if(|next| {
                examples += next.examples();
                examples <= EXAMPLES && self.fit_together(&group[0], next)
            }) {
                group.push(next);
            }
            answers.extend(self.run_together(&group));
        }
        answers
    }

    /// True when the two may be answered by one run: they differ in nothing but their values and
    /// how many examples they have.
    pub(crate) fn fit_together(&self, one: &Request, other: &Request) -> bool {
        let alike = |(one, other): (&Tensor, &Tensor)| {
            one.values.element() == other.values.element()
                && one.shape.get(1..) == other.shape.get(1..)
        };
        match (examples(one), examples(other)) {
            (Some((one, _)), Some((other, _))) => {
                self.takes_any_batch
                    && one.inputs.len() == other.inputs.len()
                    && one.inputs.iter().zip(&other.inputs).all(alike)
            }
            _ => false,
        }
    }

    /// The answers to requests that fit together, in their order.
    pub(crate) fn run_together(&self, requests: &[Request]) -> Vec<Result<Prediction, Problem>> {
        let together = match requests {
            [] | [_] => None,
            requests => self.in_one_run(requests),
        };
        together.unwrap_or_else(|| requests.iter().map(|request| self.run(request)).collect())
    }

    /// `None` when they must be run one by one after all.
    fn in_one_run(&self, requests: &[Request]) -> Option<Vec<Result<Prediction, Problem>>> {
        let parts = requests.iter().map(examples).collect::<Option<Vec<_>>>()?;
        let total = parts.iter().map(|(_, count)| count).sum();
        let mut inputs = parts.first()?.0.inputs.clone();
        for (run, _) in parts.get(1..)? {
            for (input, more) in inputs.iter_mut().zip(&run.inputs) {
                input.append(more.clone());
            }
        }
        let outputs = self.outputs(&inputs).ok().filter(|outputs| are_batches(outputs, total))?;
        let mut start = 0;
        let answers = requests.iter().zip(parts).map(|(request, (run, count))| {
            let own: Vec<_> = outputs.iter().map(|output| output.rows(start, count)).collect();
            start += count;
            self.written(request, run, &own).map_err(|error| self.problem(&error))
        });
        Some(answers.collect())
    }

    fn written(
        &self,
        request: &Request,
        run: &Run,
        outputs: &[Tensor],
    ) -> Result<Prediction, EngineError> {
        let mut answer = Answer::new(&request.form);
        self.writer.write(&mut answer, &run.inputs, outputs, run.answers)?;
        let media_type = answer.media_type().into();
        Ok(Prediction { media_type, bytes: answer.finish(), json_bytes: None })
    }
}
