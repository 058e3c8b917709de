//! Every kind beside one need: the answer of `check-limits`.

use serde::Serialize;

use super::advice::{Advice, advise_one};
use super::check::check;
use super::kind::Limits;
use super::need::Need;
use super::verdict::Verdict;

/// The version of the grid's JSON. It changes when a reader of the old one would break.
pub const SCHEMA: &str = "mlship/limits-grid/1";

/// A need beside many kinds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Grid {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// True when at least one of the kinds fits.
    pub any_fits: bool,
    /// What was asked.
    pub need: Need,
    /// One row a kind, in the order given.
    pub rows: Vec<Row>,
}

/// One kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Row {
    /// What it allows.
    pub limits: Limits,
    /// How the need compares.
    pub verdict: Verdict,
    /// What would make it fit; empty when it does.
    pub advice: Vec<Advice>,
}

impl Grid {
    /// Checks `need` against each of `shown`; advice may name any of `all`.
    pub fn new(need: Need, shown: &[&Limits], all: &[&Limits]) -> Self {
        let rows: Vec<_> = shown
            .iter()
            .map(|limits| Row {
                limits: (*limits).clone(),
                verdict: check(&need, limits),
                advice: advise_one(&need, limits, all),
            })
            .collect();
        let any_fits = rows.iter().any(|row| row.verdict.fits);
        Self { schema: SCHEMA, any_fits, need, rows }
    }

    /// True when every row fits.
    pub fn all_fit(&self) -> bool {
        self.rows.iter().all(|row| row.verdict.fits)
    }
}
