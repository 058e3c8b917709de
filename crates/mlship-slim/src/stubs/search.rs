//! Which libraries bear a stub: all that may, less those that are called, one after the other.

use std::collections::BTreeSet;

use super::{Allowed, Stubs};
use crate::error::SlimError;
use crate::keep::{Dropped, Keep};
use crate::stubs::graph::file_name;
use crate::verify::{Difference, Plan, PutBack, Step, least};

/// Adds stubs to a plan that is proven without them, until what is left of them is proven too.
/// `kept` decides about files by a plan, `trial` runs it and gives what differs.
///
/// # Errors
/// When the plan is not proven without stubs either; when no files can be written.
pub(crate) fn search(
    stubs: &Stubs,
    plan: &mut Plan,
    kept: impl Fn(&Plan) -> Result<Keep, SlimError>,
    trial: &mut dyn FnMut(&Plan) -> Result<Vec<Difference>, SlimError>,
) -> Result<Vec<PutBack>, SlimError> {
    let Stubs::Unused { named } = stubs else { return Ok(Vec::new()) };
    plan.also.stubs = Some(Allowed { named: named.clone(), ..Allowed::default() });
    let mut taken = Vec::new();
    loop {
        let keep = kept(plan)?;
        if keep.stubs.is_empty() && taken.is_empty() {
            return Ok(taken);
        }
        let differences = trial(plan)?;
        let Some(first) = differences.first() else { return Ok(taken) };
        if keep.stubs.is_empty() {
            return Err(SlimError::Unproven { differences });
        }
        let because = first.to_string();
        let mut called = named_in(&differences, &keep);
        let whole = called.is_empty();
        if whole {
            // Nothing says which: something that it did while it was loaded, or data of it.
            let all = keep.stubs.keys().cloned().collect();
            called = least(all, |some| {
                let mut plan = plan.clone();
                restore(&mut plan, some, true);
                Ok(trial(&plan)?.is_empty())
            })?;
        }
        restore(plan, &called, whole);
        let put_back = |of| PutBack { step: Step::Stub, of, because: because.clone() };
        taken.extend(called.into_iter().map(put_back));
    }
}

fn restore(plan: &mut Plan, libraries: &[String], whole: bool) {
    let Some(allowed) = &mut plan.also.stubs else { return };
    let to = if whole { &mut allowed.whole } else { &mut allowed.real };
    to.extend(libraries.iter().cloned());
}

/// The libraries that stubs stand in for, or that are gone with them, and that an error names.
fn named_in(differences: &[Difference], keep: &Keep) -> Vec<String> {
    let gone = keep.dropped.iter().filter(|(_, why)| **why == Dropped::BehindStub);
    let all: BTreeSet<&String> = keep.stubs.keys().chain(gone.map(|(file, _)| file)).collect();
    let is_named = |library: &&&String| {
        differences.iter().any(|one| one.libraries.iter().any(|name| name == file_name(library)))
    };
    all.iter().filter(is_named).map(|library| (*library).clone()).collect()
}
