//! What a project and its package need, and how each number is known.

use serde::Serialize;

use super::advice::Change;
use super::kind::{Architecture, Packing};
use super::words::MIB;
use crate::artifact::Artifact;
use crate::finding::Span;
use crate::project::{Delivery, Project};
use crate::reader::Located;

/// How a number is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The manifest says it.
    Declared,
    /// The manifest is silent.
    Default,
    /// A run or a finished package showed it.
    Measured,
    /// Derived before there is anything to measure.
    Estimated,
}

impl Origin {
    /// True for what the user can set to something else.
    pub fn is_setting(self) -> bool {
        matches!(self, Origin::Declared | Origin::Default)
    }
}

/// A number, how it is known, and where the manifest says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// The number, in the unit of its field.
    pub value: u64,
    /// How it is known.
    pub origin: Origin,
    /// Where it stands in the manifest.
    pub span: Option<Span>,
}

impl Amount {
    /// A number without a place in the manifest.
    pub fn new(value: u64, origin: Origin) -> Self {
        Self { value, origin, span: None }
    }

    /// A number of the manifest. An empty span means that the manifest is silent.
    pub fn located(number: &Located<u32>) -> Self {
        let declared = !number.span.is_empty();
        Self {
            value: u64::from(number.value),
            origin: if declared { Origin::Declared } else { Origin::Default },
            span: declared.then(|| number.span.clone()),
        }
    }
}

/// A choice and where the manifest makes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chosen<T> {
    /// The choice.
    pub value: T,
    /// Where it stands in the manifest.
    pub span: Option<Span>,
}

/// How large a package is, or will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    /// Bytes of the packed file.
    pub packed_bytes: u64,
    /// Bytes of its contents.
    pub unpacked_bytes: u64,
    /// Bytes of the model inside the contents; 0 when it is fetched.
    pub model_bytes: u64,
    /// Whether this is a finished package or an estimate.
    pub origin: Origin,
}

impl Size {
    /// The size of a finished package that holds `model_bytes` of model.
    pub fn of(artifact: &Artifact, model_bytes: u64) -> Self {
        Self {
            packed_bytes: artifact.packed_bytes,
            unpacked_bytes: artifact.unpacked_bytes,
            model_bytes,
            origin: Origin::Measured,
        }
    }
}

/// What a service needs of the place that runs it. What is not known is `None` and not checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Need {
    /// Memory in MiB.
    pub memory_mb: Amount,
    /// The longest a request may take, in seconds.
    pub timeout_s: Amount,
    /// Scratch disk in MiB.
    pub disk_mb: Amount,
    /// Requests that one instance serves at once.
    pub concurrency: Amount,
    /// Bytes of the packed file.
    pub packed_bytes: Option<Amount>,
    /// Bytes of its contents; also the size of an image made of them.
    pub unpacked_bytes: Option<Amount>,
    /// Bytes of the model inside the contents: what delivery by fetch would take out.
    pub model_bytes: Option<u64>,
    /// The largest request's body, in bytes.
    pub request_bytes: Option<Amount>,
    /// The largest response's body, in bytes.
    pub response_bytes: Option<Amount>,
    /// From process start to the first answer, in seconds.
    pub start_s: Option<Amount>,
    /// The processor it is built for, when chosen.
    pub architecture: Option<Chosen<Architecture>>,
    /// How it is packed, when that is settled.
    pub format: Option<Chosen<Packing>>,
}

impl Need {
    /// What `project` needs with a package of `size`.
    pub fn of(project: &Project, size: Option<&Size>) -> Self {
        let resources = &project.resources;
        let model_span = &project.model.path.span;
        let span = (!model_span.is_empty()).then(|| model_span.clone());
        let bytes = |value, origin| Amount { value, origin, span: span.clone() };
        let embedded = project.model.delivery == Delivery::Embed;
        Self {
            memory_mb: Amount::located(&resources.memory_mb),
            timeout_s: Amount::located(&resources.timeout_s),
            disk_mb: Amount::located(&resources.disk_mb),
            concurrency: Amount::located(&resources.concurrency),
            packed_bytes: size.map(|size| bytes(size.packed_bytes, size.origin)),
            unpacked_bytes: size.map(|size| bytes(size.unpacked_bytes, size.origin)),
            model_bytes: size.filter(|_| embedded).map(|size| size.model_bytes),
            request_bytes: None,
            response_bytes: None,
            start_s: None,
            architecture: None,
            format: None,
        }
    }

    /// The need after `changes` to the manifest.
    #[must_use]
    pub fn changed(&self, changes: &[Change]) -> Self {
        let mut need = self.clone();
        for change in changes {
            match change {
                // Another kind is packed for anew.
                Change::Kind { .. } => need.format = None,
                Change::MemoryMb(value) => need.memory_mb = set(&need.memory_mb, *value),
                Change::TimeoutS(value) => need.timeout_s = set(&need.timeout_s, *value),
                Change::DiskMb(value) => need.disk_mb = set(&need.disk_mb, *value),
                Change::Concurrency(value) => need.concurrency = set(&need.concurrency, *value),
                Change::Architecture(value) => {
                    need.architecture = Some(Chosen { value: *value, span: None });
                }
                Change::Fetch => need.fetch(),
            }
        }
        need
    }

    /// The disk that is counted together with something else: a mere default is not.
    pub(super) fn shared_disk_mb(&self) -> u64 {
        if self.disk_mb.origin == Origin::Default { 0 } else { self.disk_mb.value }
    }

    /// Takes the model out of the package and onto the scratch disk.
    fn fetch(&mut self) {
        let Some(model) = self.model_bytes.take() else { return };
        if let Some(unpacked) = &mut self.unpacked_bytes {
            unpacked.value = unpacked.value.saturating_sub(model);
            unpacked.origin = Origin::Estimated;
            if let Some(packed) = &mut self.packed_bytes {
                packed.value = packed.value.min(unpacked.value);
                packed.origin = Origin::Estimated;
            }
        }
        let disk_mb = self.shared_disk_mb().saturating_add(model.div_ceil(MIB));
        if disk_mb > self.disk_mb.value || self.disk_mb.origin != Origin::Default {
            self.disk_mb = set(&self.disk_mb, disk_mb);
        } else {
            // The default is enough, and from now on it is needed.
            self.disk_mb.origin = Origin::Estimated;
        }
    }
}

fn set(old: &Amount, value: u64) -> Amount {
    Amount { value, origin: Origin::Declared, span: old.span.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(value: u32, span: Span) -> Located<u32> {
        Located { value, span }
    }

    #[test]
    fn a_number_without_a_place_is_a_default() {
        let declared = Amount::located(&located(512, 10..13));
        assert_eq!((declared.origin, declared.span), (Origin::Declared, Some(10..13)));
        let silent = Amount::located(&located(512, 0..0));
        assert_eq!((silent.origin, silent.span), (Origin::Default, None));
    }

    #[test]
    fn a_fetched_model_leaves_the_package_for_the_disk() {
        let setting = |value| Amount::new(value, Origin::Declared);
        let measured = |mib: u64| Some(Amount::new(mib * MIB, Origin::Measured));
        let need = Need {
            memory_mb: setting(512),
            timeout_s: setting(30),
            disk_mb: setting(512),
            concurrency: setting(1),
            packed_bytes: measured(400),
            unpacked_bytes: measured(440),
            model_bytes: Some(438 * MIB),
            request_bytes: None,
            response_bytes: None,
            start_s: None,
            architecture: None,
            format: None,
        };
        let fetched = need.changed(&[Change::Fetch]);
        assert_eq!(fetched.unpacked_bytes.map(|amount| amount.value), Some(2 * MIB));
        assert_eq!(fetched.packed_bytes.map(|amount| amount.value), Some(2 * MIB));
        assert_eq!((fetched.model_bytes, fetched.disk_mb.value), (None, 512 + 438));
        let silent = Need { disk_mb: Amount::new(512, Origin::Default), ..need };
        let fetched = silent.changed(&[Change::Fetch]);
        assert_eq!((fetched.disk_mb.value, fetched.disk_mb.origin), (512, Origin::Estimated));
    }
}
