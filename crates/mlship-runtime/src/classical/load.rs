//! Program to steps: one kernel for each operator.

use std::collections::{HashMap, HashSet};

use mlship_bundle::program::{ABSENT, Constant};

use super::call::Kernel;
use super::file::File;
use super::params::Params;
use super::registry::kernel;
use super::{Outcome, Storage, fail};
use crate::engine::EngineError;

/// A program whose operators are known and whose slots are in bounds.
pub(super) struct Loaded {
    pub(super) file: File,
    /// Whether each step says which constants it is the first to use.
    pub(super) is_frugal: bool,
    graphs: Vec<Steps>,
}

/// A graph, ready to run.
pub(super) struct Steps {
    pub(super) steps: Vec<Step>,
    pub(super) inputs: Vec<u32>,
    pub(super) outputs: Vec<u32>,
}

/// An operator, ready to run.
pub(super) struct Step {
    pub(super) name: String,
    pub(super) kernel: Kernel,
    pub(super) inputs: Vec<u32>,
    pub(super) outputs: Vec<u32>,
    /// Constants that nothing before needs.
    pub(super) constants: Vec<Constant>,
    /// Slots that nothing after needs.
    pub(super) spent: Vec<u32>,
}

/// More graphs than any model nests.
const MAX_GRAPHS: usize = 1024;

impl Loaded {
    pub(super) fn new(storage: Box<dyn Storage>) -> Outcome<Self> {
        let file = File::new(storage)?;
        let declared = file.graphs()?;
        // Every slot is some operator's, constant's or graph's, and written there: more cannot be
        // meant.
        if file.slot_count() > file.length() / size_of::<u32>() || declared.len() > MAX_GRAPHS {
            return fail("the program is too large");
        }
        let mut graphs = Vec::with_capacity(declared.len());
        for graph in declared {
            let mut steps = Vec::new();
            for op in file.ops(graph.ops)? {
                let name = file.text(op.name)?.to_owned();
                let params = Params::new(&file, op)?;
                let kernel = kernel(&name, &params)
                    .map_err(|EngineError(problem)| EngineError(format!("`{name}`: {problem}")))?;
                let inputs = slots(&file, file.slots(op.inputs)?)?;
                let outputs = slots(&file, file.slots(op.outputs)?)?;
                let (constants, spent) = (Vec::new(), Vec::new());
                steps.push(Step { name, kernel, inputs, outputs, constants, spent });
            }
            let inputs = slots(&file, file.slots(graph.inputs)?)?;
            let outputs = slots(&file, file.slots(graph.outputs)?)?;
            graphs.push(Steps { steps, inputs, outputs });
        }
        let is_frugal = match graphs.as_mut_slice() {
            // A body may need any value around it.
            [graph] => graph.save(&file)?,
            _ => false,
        };
        Ok(Self { file, is_frugal, graphs })
    }

    /// The model.
    pub(super) fn main(&self) -> Outcome<&Steps> {
        self.graph(0)
    }

    /// A body.
    pub(super) fn graph(&self, index: u32) -> Outcome<&Steps> {
        self.graphs
            .get(index as usize)
            .ok_or_else(|| EngineError("the program refers to a graph that is not there".into()))
    }
}

impl Steps {
    /// Notes for each step what is made for it and what is dropped after it, so that few values are
    /// held at a time; false when a constant is an answer.
    fn save(&mut self, file: &File) -> Outcome<bool> {
        let mut constants: HashMap<u32, Constant> =
            file.constants()?.iter().map(|constant| (constant.slot, *constant)).collect();
        if self.outputs.iter().any(|output| constants.contains_key(output)) {
            return Ok(false);
        }
        for step in &mut self.steps {
            step.constants = step.inputs.iter().filter_map(|slot| constants.remove(slot)).collect();
        }
        let mut needed: HashSet<u32> = self.outputs.iter().copied().collect();
        for step in self.steps.iter_mut().rev() {
            step.spent = step.inputs.iter().copied().filter(|slot| needed.insert(*slot)).collect();
        }
        Ok(true)
    }
}

fn slots(file: &File, slots: &[u32]) -> Outcome<Vec<u32>> {
    if slots.iter().any(|slot| *slot != ABSENT && *slot as usize >= file.slot_count()) {
        return fail("the program refers to a slot that is not there");
    }
    Ok(slots.to_vec())
}
