//! What must be put back until the answers are equal: the least that helps, of the packages that
//! the errors point at, or by halving where they point at none.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use super::Difference;
use crate::error::SlimError;
use crate::keep::{Also, Level};
use crate::shape::Exceptions;
use crate::tree::top;

/// What is put back of a package, from the least on; and libraries, where stubs stood in for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// A module that was missed.
    Module,
    /// The docstrings.
    Docstrings,
    /// The sources, beside the bytecode.
    Sources,
    /// The libraries as they were.
    Libraries,
    /// Modules beside kept ones.
    Siblings,
    /// All of it.
    Package,
    /// A library that a stub stood in for.
    Stub,
}

/// The steps that can be taken of any package.
const STEPS: [Step; 5] =
    [Step::Docstrings, Step::Sources, Step::Libraries, Step::Siblings, Step::Package];

/// Something that was put back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PutBack {
    /// What of it.
    pub step: Step,
    /// The package, by its first name; of [`Step::Module`] the module, of [`Step::Stub`] the file.
    pub of: String,
    /// What differed without it.
    pub because: String,
}

impl fmt::Display for PutBack {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.step {
            Step::Module => "the module",
            Step::Docstrings => "the docstrings of",
            Step::Sources => "the sources of",
            Step::Libraries => "the libraries of",
            Step::Siblings => "the siblings in",
            Step::Package => "all of",
            Step::Stub => "the library",
        };
        write!(formatter, "{what} `{}`, because {}", self.of, self.because)
    }
}

/// What a trial is made with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) also: Also,
    pub(crate) exceptions: Exceptions,
}

impl Plan {
    /// Adds a step; false when it is taken already.
    fn take(&mut self, step: Step, of: &str) -> bool {
        let of = of.to_owned();
        match step {
            Step::Module => self.also.modules.insert(of),
            Step::Docstrings => self.exceptions.docstrings.insert(of),
            Step::Sources => self.also.sources.insert(of),
            Step::Libraries => self.exceptions.libraries.insert(of),
            Step::Siblings => self.also.siblings.insert(of),
            Step::Package => self.also.packages.insert(of),
            Step::Stub => self.also.stubs.as_mut().is_some_and(|stubs| stubs.whole.insert(of)),
        }
    }
}

/// A search for what to put back. `trial` builds a plan, runs it, and gives what differs.
pub(crate) struct Search<'a> {
    pub(crate) level: Level,
    /// The packages that can be put back, by their first names.
    pub(crate) tops: BTreeSet<String>,
    pub(crate) trial: &'a mut dyn FnMut(&Plan) -> Result<Vec<Difference>, SlimError>,
}

impl Search<'_> {
    /// Puts back until nothing differs. Gives the plan and what was put back.
    ///
    /// # Errors
    /// When nothing that can be put back helps.
    pub(crate) fn run(mut self, mut plan: Plan) -> Result<(Plan, Vec<PutBack>), SlimError> {
        let mut taken = Vec::new();
        loop {
            let differences = (self.trial)(&plan)?;
            if differences.is_empty() {
                return Ok((plan, taken));
            }
            if self.follow(&differences, &mut plan, &mut taken) {
                continue;
            }
            let Some(found) = self.halve(&plan)? else {
                return Err(SlimError::Unproven { differences });
            };
            let because = differences.first().map(Difference::to_string).unwrap_or_default();
            for (step, of) in found {
                plan.take(step, &of);
                taken.push(PutBack { step, of, because: because.clone() });
            }
        }
    }

    /// Takes the steps that the differences point at; false when there is none left.
    fn follow(&self, found: &[Difference], plan: &mut Plan, taken: &mut Vec<PutBack>) -> bool {
        let before = taken.len();
        let put_back = |step, of: &str, difference: &Difference| PutBack {
            step,
            of: of.to_owned(),
            because: difference.to_string(),
        };
        for (difference, module) in
            found.iter().filter_map(|one| Some((one, one.missed.as_deref()?)))
        {
            if plan.take(Step::Module, module) {
                taken.push(put_back(Step::Module, module, difference));
            }
        }
        if taken.len() > before {
            return true;
        }
        // One at a time: the next run shows whether the others had the same cause.
        let suspects = found.iter().filter_map(|one| {
            let file = one.files.iter().rev().find(|file| self.tops.contains(top(file)));
            file.map(|file| (one, top(file)))
        });
        for (difference, suspect) in suspects {
            for step in self.steps() {
                if plan.take(step, suspect) {
                    taken.push(put_back(step, suspect, difference));
                    return true;
                }
            }
        }
        false
    }

    /// The steps that change something at this level.
    fn steps(&self) -> impl Iterator<Item = Step> + use<> {
        let level = self.level;
        STEPS.into_iter().filter(move |step| match step {
            Step::Siblings => level == Level::Traced,
            Step::Package => level != Level::Safe,
            _ => true,
        })
    }

    /// Finds a step that helps when it is taken of all packages, and of which it is needed.
    fn halve(&mut self, plan: &Plan) -> Result<Option<Vec<(Step, String)>>, SlimError> {
        for step in self.steps() {
            let all: Vec<_> = self.tops.iter().cloned().collect();
            if !self.helps(plan, step, &all)? {
                continue;
            }
            let needed = least(all, |some| self.helps(plan, step, some))?;
            return Ok(Some(needed.into_iter().map(|of| (step, of)).collect()));
        }
        Ok(None)
    }

    fn helps(&mut self, plan: &Plan, step: Step, of: &[String]) -> Result<bool, SlimError> {
        let mut plan = plan.clone();
        let mut changes = false;
        for one in of {
            changes |= plan.take(step, one);
        }
        Ok(changes && (self.trial)(&plan)?.is_empty())
    }
}

/// The fewest of some things that help, when all of them do.
pub(crate) fn least(
    all: Vec<String>,
    mut helps: impl FnMut(&[String]) -> Result<bool, SlimError>,
) -> Result<Vec<String>, SlimError> {
    let mut needed = all;
    let mut parts = 2;
    while needed.len() > 1 && parts <= needed.len() {
        let size = needed.len().div_ceil(parts);
        let mut fewer = None;
        for part in needed.chunks(size) {
            // What is left without this part must be enough for it to go.
            let rest: Vec<_> = needed.iter().filter(|one| !part.contains(one)).cloned().collect();
            if helps(&rest)? {
                fewer = Some(rest);
                break;
            }
        }
        match fewer {
            Some(rest) => {
                needed = rest;
                parts = 2;
            }
            None => parts *= 2,
        }
    }
    Ok(needed)
}
