//! What a check found about one kind: every comparison, not only the failed ones.

use serde::Serialize;

use super::kind::{Force, Limit, Source};
use super::need::Origin;
use super::words::{Unit, exact, pair, quantity};
use crate::finding::{Finding, Report, Span};

/// What was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// The packed file, in bytes.
    Packed,
    /// The packed file in base64, in bytes of base64.
    Base64,
    /// The unpacked contents, in bytes.
    Unpacked,
    /// The image, uncompressed, in bytes.
    Image,
    /// Memory, in MiB.
    Memory,
    /// The time limit of a request, in seconds.
    Timeout,
    /// The time limit of an HTTP request, in seconds.
    HttpTimeout,
    /// Scratch disk, in MiB.
    Disk,
    /// A request's body, in bytes.
    Request,
    /// A response's body, in bytes.
    Response,
    /// Requests at once in one instance.
    Concurrency,
    /// Time to start, in seconds.
    Start,
}

impl Measure {
    /// The name of what was compared, for the start of a line.
    pub fn words(self) -> &'static str {
        match self {
            Measure::Packed => "package",
            Measure::Base64 => "package in base64",
            Measure::Unpacked => "unpacked package",
            Measure::Image => "image",
            Measure::Memory => "memory",
            Measure::Timeout => "timeout",
            Measure::HttpTimeout => "timeout of an HTTP request",
            Measure::Disk => "scratch disk",
            Measure::Request => "request",
            Measure::Response => "response",
            Measure::Concurrency => "concurrency",
            Measure::Start => "start",
        }
    }

    /// What it is counted in.
    pub fn unit(self) -> Unit {
        match self {
            Measure::Memory | Measure::Disk => Unit::Mib,
            Measure::Timeout | Measure::HttpTimeout | Measure::Start => Unit::Seconds,
            Measure::Concurrency => Unit::Count,
            _ => Unit::Bytes,
        }
    }

    /// True for everything that a smaller package mends.
    pub fn is_package(self) -> bool {
        matches!(self, Measure::Packed | Measure::Base64 | Measure::Unpacked | Measure::Image)
    }

    /// Stable name of the rule, for a finding.
    pub fn code(self) -> &'static str {
        match self {
            Measure::Packed | Measure::Base64 | Measure::Unpacked | Measure::Image => {
                "limits/package"
            }
            Measure::Memory => "limits/memory",
            Measure::Timeout | Measure::HttpTimeout => "limits/timeout",
            Measure::Disk => "limits/disk",
            Measure::Request | Measure::Response => "limits/payload",
            Measure::Concurrency => "limits/concurrency",
            Measure::Start => "limits/start",
        }
    }
}

/// A need beside a limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Comparison {
    /// What was compared.
    pub measure: Measure,
    /// The limit's key in `limits.toml`.
    pub key: &'static str,
    /// The need, in the measure's unit.
    pub need: u64,
    /// How the need is known.
    pub origin: Origin,
    /// The limit.
    pub limit: Limit,
    /// By how much the need goes beyond the limit; 0 when it fits.
    pub over: u64,
    /// How much room is left; 0 when it does not fit.
    pub margin: u64,
    /// What is counted together with the measure: scratch files kept in memory, ….
    pub with: Option<&'static str>,
    /// What to mend in the manifest.
    pub span: Option<Span>,
}

impl Comparison {
    /// True when the limit is hard and the need beyond it.
    pub fn fails(&self) -> bool {
        self.over > 0 && self.limit.force == Force::Hard
    }

    /// One phrase: `unpacked package is 303.1 MB, 53.1 MB over the limit of 250 MB`.
    pub fn phrase(&self) -> String {
        let unit = self.measure.unit();
        let (need, limit) = pair(self.need, self.limit.value, unit);
        let over = if need == quantity(self.need, unit) {
            quantity(self.over, unit)
        } else {
            exact(self.over, unit)
        };
        let subject = self.measure.words();
        let with = self.with.map(|with| format!(" with {with}")).unwrap_or_default();
        let force = match self.limit.force {
            Force::Hard => "limit",
            Force::Soft => "soft limit",
        };
        format!("{subject}{with} is {need}, {over} over the {force} of {limit}")
    }
}

/// A choice that the kind does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Mismatch {
    /// Stable name of the rule.
    pub code: &'static str,
    /// One phrase.
    pub phrase: String,
    /// What to mend in the manifest.
    pub span: Option<Span>,
    /// Where it is written.
    pub source: Option<Source>,
    /// The day it was checked.
    pub checked: Option<String>,
}

/// What a remark is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemarkKind {
    /// How the package gets there.
    Route,
    /// More is given than was asked for.
    Rounded,
    /// The kind is on its way out.
    Deprecated,
    /// The binary needs help to start.
    Shim,
}

/// Something to know that does not stop anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Remark {
    /// What it is about.
    pub kind: RemarkKind,
    /// One phrase.
    pub text: String,
    /// Where it is written.
    pub source: Source,
    /// The day it was checked.
    pub checked: String,
}

/// What the service would get of this kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Granted {
    /// The smallest memory that the kind has and the need fits in, in MiB; `None` when there is
    /// none.
    pub memory_mb: Option<u64>,
    /// The least CPU that goes with that memory, in thousandths; `None` when not published.
    pub least_milli_cpu: Option<u64>,
}

/// Whether a need fits one kind, and how closely.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Verdict {
    /// `aws`, ….
    pub provider: String,
    /// `lambda-zip`, ….
    pub kind: String,
    /// True when no hard limit is exceeded and every choice can be had.
    pub fits: bool,
    /// Every need beside every limit that bears on it.
    pub comparisons: Vec<Comparison>,
    /// The choices that the kind does not have.
    pub mismatches: Vec<Mismatch>,
    /// Facts to know.
    pub remarks: Vec<Remark>,
    /// What it would get.
    pub granted: Granted,
}

impl Verdict {
    /// The comparisons that fail.
    pub fn violations(&self) -> impl Iterator<Item = &Comparison> {
        self.comparisons.iter().filter(|comparison| comparison.fails())
    }

    /// The comparisons beyond a soft limit.
    pub fn warnings(&self) -> impl Iterator<Item = &Comparison> {
        self.comparisons.iter().filter(|one| one.over > 0 && one.limit.force == Force::Soft)
    }

    /// The verdict as findings, for a command that is about this kind alone. Empty when all is
    /// well. `hints` stand with the first error.
    pub fn report(&self, hints: &[String]) -> Report {
        let mut report = Report::default();
        for mismatch in &self.mismatches {
            let finding = Finding::error(mismatch.code, self.about(&mismatch.phrase));
            report.push(placed(finding, mismatch.span.as_ref(), "not to be had here"));
        }
        for comparison in self.violations() {
            report.push(self.finding(Finding::error, comparison));
        }
        if let Some(first) = report.0.first_mut() {
            first.hints.extend(hints.iter().cloned());
        }
        for comparison in self.warnings() {
            report.push(self.finding(Finding::warning, comparison));
        }
        for remark in self.remarks.iter().filter(|remark| remark.kind == RemarkKind::Deprecated) {
            report.push(Finding::warning("limits/deprecated", self.about(&remark.text)));
        }
        report
    }

    fn finding(
        &self,
        make: fn(&'static str, String) -> Finding,
        comparison: &Comparison,
    ) -> Finding {
        let limit = &comparison.limit;
        let source = format!("source: {}", reference(&limit.source, &limit.checked));
        let finding = make(comparison.measure.code(), self.about(&comparison.phrase()));
        let label = format!("the limit is {}", quantity(limit.value, comparison.measure.unit()));
        placed(finding, comparison.span.as_ref(), &label).hint(source)
    }

    fn about(&self, phrase: &str) -> String {
        format!("{phrase} on {} `{}`", self.provider, self.kind)
    }
}

/// `Lambda quotas, https://… (checked 2026-11-20)`.
pub fn reference(source: &Source, checked: &str) -> String {
    match &source.url {
        Some(url) => format!("{}, {url} (checked {checked})", source.page),
        None => format!("{} (checked {checked})", source.page),
    }
}

fn placed(finding: Finding, span: Option<&Span>, label: &str) -> Finding {
    match span {
        Some(span) => finding.at(span.clone()).label(label),
        None => finding,
    }
}
