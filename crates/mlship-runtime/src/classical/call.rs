//! Runs steps: slots in, slots out.

use mlship_bundle::program::{ABSENT, Constant};
use smallvec::SmallVec;

use super::load::{Loaded, Steps};
use super::value::Value;
use super::{Outcome, fail};
use crate::engine::EngineError;

/// What an operator gives, mostly one value.
pub(super) type Outputs<'a> = SmallVec<[Value<'a>; 1]>;

/// What an operator does.
pub(super) type Kernel =
    Box<dyn for<'c, 'a> Fn(&Call<'c, 'a>) -> Outcome<Outputs<'a>> + Send + Sync>;

/// Makes a kernel of a closure.
pub(super) fn boxed<F>(run: F) -> Kernel
where
    F: for<'c, 'a> Fn(&Call<'c, 'a>) -> Outcome<Outputs<'a>> + Send + Sync + 'static,
{
    Box::new(run)
}

/// Values of a run that need no memory of their own beside the stack.
const FEW: usize = 64;

/// Where a run's values lie: with whoever runs it, so that they are never moved.
pub(super) type Room<'a> = SmallVec<[Option<Value<'a>>; FEW]>;

/// The values of a run.
pub(super) struct Slots<'o, 'a> {
    own: &'o mut [Option<Value<'a>>],
    /// Those around a body.
    around: Option<&'o Slots<'o, 'a>>,
}

/// One operator's turn.
pub(super) struct Call<'c, 'a> {
    pub(super) loaded: &'a Loaded,
    slots: &'c Slots<'c, 'a>,
    inputs: &'c [u32],
    depth: usize,
}

/// More bodies within bodies than any model has.
const MAX_DEPTH: usize = 8;

impl<'o, 'a> Slots<'o, 'a> {
    /// Slots with the constants in them, but for those that steps make themselves.
    pub(super) fn new(loaded: &'a Loaded, room: &'o mut Room<'a>) -> Outcome<Self> {
        let mut slots = Self::empty(loaded, room, None);
        if !loaded.is_frugal {
            slots.make(loaded, loaded.file.constants()?)?;
        }
        Ok(slots)
    }

    fn empty(loaded: &Loaded, room: &'o mut Room<'a>, around: Option<&'o Self>) -> Self {
        room.resize_with(loaded.file.slot_count(), || None);
        Self { own: room, around }
    }

    fn make(&mut self, loaded: &'a Loaded, constants: &[Constant]) -> Outcome<()> {
        for constant in constants {
            self.set(constant.slot, Value::constant(&loaded.file, constant.array)?);
        }
        Ok(())
    }

    fn clear(&mut self, slots: &[u32]) {
        for slot in slots {
            if let Some(held) = self.own.get_mut(*slot as usize) {
                *held = None;
            }
        }
    }

    pub(super) fn set(&mut self, slot: u32, value: Value<'a>) {
        if let Some(held) = self.own.get_mut(slot as usize) {
            *held = Some(value);
        }
    }

    pub(super) fn get(&self, slot: u32) -> Outcome<&Value<'a>> {
        match (self.own.get(slot as usize), self.around) {
            (Some(Some(value)), _) => Ok(value),
            (_, Some(around)) => around.get(slot),
            _ => fail("a value is used before it is made"),
        }
    }
}

impl<'c, 'a> Call<'c, 'a> {
    /// An input that must be there.
    pub(super) fn input(&self, index: usize) -> Outcome<&'c Value<'a>> {
        self.maybe(index)?.ok_or_else(|| EngineError(format!("input {index} is missing")))
    }

    /// An input that may be left out.
    pub(super) fn maybe(&self, index: usize) -> Outcome<Option<&'c Value<'a>>> {
        match self.inputs.get(index) {
            None | Some(&ABSENT) => Ok(None),
            Some(slot) => Ok(Some(self.slots.get(*slot)?)),
        }
    }

    /// How many inputs there are.
    pub(super) fn count(&self) -> usize {
        self.inputs.len()
    }

    /// Every input.
    pub(super) fn all(&self) -> Outcome<SmallVec<[&'c Value<'a>; 16]>> {
        (0..self.inputs.len()).map(|index| self.input(index)).collect()
    }

    /// Slots of a body, which sees this call's.
    pub(super) fn body_slots<'o>(&self, room: &'o mut Room<'a>) -> Slots<'o, 'a>
    where
        'c: 'o,
    {
        Slots::empty(self.loaded, room, Some(self.slots))
    }

    /// Runs a body with its inputs set, in slots of its own.
    pub(super) fn run_body(&self, body: &'a Steps, slots: &mut Slots<'_, 'a>) -> Outcome<()> {
        if self.depth >= MAX_DEPTH {
            return fail("bodies are nested too deep");
        }
        run_at(self.loaded, body, slots, self.depth + 1)
    }
}

/// Runs a graph whose inputs are set.
pub(super) fn run_graph<'a>(
    loaded: &'a Loaded,
    graph: &'a Steps,
    slots: &mut Slots<'_, 'a>,
) -> Outcome<()> {
    run_at(loaded, graph, slots, 0)
}

fn run_at<'a>(
    loaded: &'a Loaded,
    graph: &'a Steps,
    slots: &mut Slots<'_, 'a>,
    depth: usize,
) -> Outcome<()> {
    for step in &graph.steps {
        slots.make(loaded, &step.constants)?;
        let call = Call { loaded, slots, inputs: &step.inputs, depth };
        let mut values = match (step.kernel)(&call) {
            Ok(values) => values,
            Err(EngineError(problem)) => return fail(format!("`{}`: {problem}", step.name)),
        };
        if values.len() < step.outputs.len() {
            return fail(format!("`{}` does not give so many outputs", step.name));
        }
        values.truncate(step.outputs.len());
        for slot in step.outputs.iter().rev() {
            if let Some(value) = values.pop() {
                slots.set(*slot, value);
            }
        }
        slots.clear(&step.spent);
    }
    Ok(())
}
