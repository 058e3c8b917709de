//! Several requests as one run of the model, where that gives each the answer that it gets alone.

use super::{Prediction, Service, are_batches};
use crate::answer::Answer;
use crate::problem::Problem;
use crate::request::{Answers, Form, Request, Run};
use crate::tensor::Tensor;

/// The most examples of one run.
const EXAMPLES: usize = 1024;

impl Service {
    /// Runs requests: the answer of each, in their order. Those that stand beside each other and fit
    /// together are one run of the model.
    pub fn run_each(&self, requests: Vec<Request>) -> Vec<Result<Prediction, Problem>> {
        let mut answers = Vec::with_capacity(requests.len());
        let mut rest = requests.into_iter().peekable();
        while let Some(first) = rest.next() {
            let mut examples = first.examples();
            let mut group = vec![first];
            while let Some(next) = rest.next_if(|next| {
                examples += next.examples();
                examples <= EXAMPLES && self.fit(&group[0], next)
            }) {
                group.push(next);
            }
            match group.len() {
                1 => answers.push(self.run(&group[0])),
                _ => answers.extend(self.run_together(group)),
            }
        }
        answers
    }

    /// True when two requests can be one run.
    fn fit(&self, one: &Request, other: &Request) -> bool {
        let (Some(one), Some(other)) = (alone(one), alone(other)) else { return false };
        self.takes_any_batch
            && one.inputs.len() == other.inputs.len()
            && one.inputs.iter().zip(&other.inputs).all(|(one, other)| {
                !one.shape.is_empty() && one.shape.get(1..) == other.shape.get(1..)
            })
    }

    fn run_together(&self, requests: Vec<Request>) -> Vec<Result<Prediction, Problem>> {
        let counts: Vec<usize> = requests.iter().map(Request::examples).collect();
        let total = counts.iter().sum();
        let inputs = joined(&requests);
        let outputs = self.outputs(&inputs);
        let Some(outputs) = outputs.ok().filter(|outputs| are_batches(outputs, total)) else {
            // Whose fault it is, each run by itself says.
            return requests.iter().map(|request| self.run(request)).collect();
        };
        let mut start = 0;
        let answer = |(request, count): (&Request, usize)| {
            let rows = start..start + count;
            start = rows.end;
            let mut answer = Answer::new(&request.form);
            self.writer
                .write_some(&mut answer, (&inputs, &outputs), rows, total)
                .map_err(|error| self.problem(&error))?;
            let bytes = answer.finish();
            Ok(Prediction { media_type: "application/json", bytes, json_bytes: None })
        };
        requests.iter().zip(counts).map(answer).collect()
    }
}

/// The one run of a request that is of examples and answered in JSON.
fn alone(request: &Request) -> Option<&Run> {
    match (&request.runs[..], &request.form) {
        ([run], Form::Single | Form::List) if matches!(run.answers, Answers::Examples(_)) => {
            Some(run)
        }
        _ => None,
    }
}

/// The inputs of all requests, one behind the other.
fn joined(requests: &[Request]) -> Vec<Tensor> {
    let mut runs = requests.iter().filter_map(alone);
    let mut joined = runs.next().map(|run| run.inputs.clone()).unwrap_or_default();
    for run in runs {
        for (input, more) in joined.iter_mut().zip(&run.inputs) {
            input.append(more.clone());
        }
    }
    joined
}
