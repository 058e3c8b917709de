//! Operators that run bodies.

use smallvec::smallvec;

use super::layout::shaped;
use crate::classical::call::{Call, Kernel, Outputs, Room, Slots, boxed};
use crate::classical::params::Params;
use crate::classical::shape::{around, axis, volume};
use crate::classical::value::{Item, Value, each};
use crate::classical::{Outcome, fail};

use super::gather::picked;

/// `If`.
pub(crate) fn choose(params: &Params<'_>) -> Outcome<Kernel> {
    let (yes, no) = (params.graph("then_branch")?, params.graph("else_branch")?);
    Ok(boxed(move |call| {
        let &[condition] = call.input(0)?.slice::<bool>()? else {
            return fail("its condition is not one truth value");
        };
        let body = call.loaded.graph(if condition { yes } else { no })?;
        let mut room = Room::new();
        let mut slots = call.body_slots(&mut room);
        call.run_body(body, &mut slots)?;
        body.outputs.iter().map(|slot| Ok(slots.get(*slot)?.clone())).collect()
    }))
}

/// What `Scan` goes along.
struct Scan {
    body: u32,
    sequences: usize,
    input_axes: Vec<i64>,
    output_axes: Vec<i64>,
    input_backward: Vec<bool>,
    output_backward: Vec<bool>,
}

/// `Scan`, of version 9 and later.
pub(crate) fn scan(params: &Params<'_>) -> Outcome<Kernel> {
    if params.opset < 9 {
        return fail("version 8 of it is not known");
    }
    let ints = |name| Ok::<_, crate::engine::EngineError>(params.ints(name)?.unwrap_or_default());
    let backward = |name| {
        Ok::<_, crate::engine::EngineError>(ints(name)?.into_iter().map(|way| way == 1).collect())
    };
    let scan = Scan {
        body: params.graph("body")?,
        sequences: usize::try_from(params.int("num_scan_inputs", 0)?).unwrap_or(0),
        input_axes: ints("scan_input_axes")?,
        output_axes: ints("scan_output_axes")?,
        input_backward: backward("scan_input_directions")?,
        output_backward: backward("scan_output_directions")?,
    };
    Ok(boxed(move |call| scan.run(call)))
}

impl Scan {
    fn run<'a>(&self, call: &Call<'_, 'a>) -> Outcome<Outputs<'a>> {
        let body = call.loaded.graph(self.body)?;
        let all = call.all()?;
        let Some(states) = all.len().checked_sub(self.sequences) else {
            return fail("it has fewer inputs than it scans");
        };
        if body.inputs.len() != all.len() || body.outputs.len() < states {
            return fail("its body does not take its inputs");
        }
        let mut room = Room::new();
        let mut slots = call.body_slots(&mut room);
        for (slot, value) in body.inputs.iter().zip(&all[..states]) {
            slots.set(*slot, (*value).clone());
        }
        let mut lines = Vec::with_capacity(self.sequences);
        for (nth, value) in all[states..].iter().enumerate() {
            let along = axis(self.input_axes.get(nth).copied().unwrap_or(0), value.shape.len())?;
            lines.push((*value, along));
        }
        let length = lines.first().map_or(0, |(value, along)| value.shape[*along]);
        if lines.iter().any(|(value, along)| value.shape[*along] != length) {
            return fail("what it scans is of several lengths");
        }
        let mut made = vec![Vec::with_capacity(length); body.outputs.len() - states];
        for turn in 0..length {
            for (nth, (value, along)) in lines.iter().enumerate() {
                let backward = self.input_backward.get(nth).copied().unwrap_or(false);
                let at = if backward { length - 1 - turn } else { turn };
                slots.set(body.inputs[states + nth], line(value, *along, at));
            }
            call.run_body(body, &mut slots)?;
            self.collect(states, &body.outputs, &mut slots, &body.inputs, &mut made)?;
        }
        let mut outputs = Outputs::with_capacity(body.outputs.len());
        for slot in &body.inputs[..states] {
            outputs.push(slots.get(*slot)?.clone());
        }
        for (nth, mut values) in made.into_iter().enumerate() {
            if self.output_backward.get(nth).copied().unwrap_or(false) {
                values.reverse();
            }
            outputs.push(stacked(&values, self.output_axes.get(nth).copied().unwrap_or(0))?);
        }
        Ok(outputs)
    }

    /// Takes what a turn made; the states go in again.
    fn collect<'a>(
        &self,
        states: usize,
        outputs: &[u32],
        slots: &mut Slots<'_, 'a>,
        inputs: &[u32],
        made: &mut [Vec<Value<'a>>],
    ) -> Outcome<()> {
        for (output, values) in outputs[states..].iter().zip(made) {
            values.push(slots.get(*output)?.clone());
        }
        let next: Outcome<Vec<_>> =
            outputs[..states].iter().map(|slot| Ok(slots.get(*slot)?.clone())).collect();
        for (slot, value) in inputs.iter().zip(next?) {
            slots.set(*slot, value);
        }
        Ok(())
    }
}

/// One line of a value across an axis, which is gone from it.
fn line<'a>(value: &Value<'a>, along: usize, at: usize) -> Value<'a> {
    let (outer, length, inner) = around(&value.shape, along);
    let places: Vec<usize> = (0..outer)
        .flat_map(|block| {
            let start = (block * length + at) * inner;
            start..start + inner
        })
        .collect();
    let mut shape = value.shape.clone();
    shape.remove(along);
    picked(value, shape, &places)
}

fn stacked<'a>(values: &[Value<'a>], along: i64) -> Outcome<Value<'a>> {
    let Some(first) = values.first() else { return fail("it scans nothing") };
    let along = axis(along, first.shape.len() + 1)?;
    if values.iter().any(|value| value.shape != first.shape) {
        return fail("its body gives several shapes");
    }
    let mut shape = first.shape.clone();
    shape.insert(along, values.len());
    volume(&shape)?;
    let inner: usize = first.shape[along..].iter().product();
    let joined = each!(&first.data, held => joined(held, values, inner))?;
    Ok(shaped(&joined, shape)?.remove(0))
}

fn joined<'a, T: Item<'a>>(held: &[T], values: &[Value<'a>], inner: usize) -> Outcome<Value<'a>> {
    let mut out = Vec::with_capacity(held.len() * values.len());
    for start in (0..held.len()).step_by(inner.max(1)) {
        for value in values {
            out.extend_from_slice(&value.slice::<T>()?[start..start + inner]);
        }
    }
    Ok(Value::new(smallvec![out.len()], out))
}
