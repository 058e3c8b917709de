//! The sizes of machine that a kind comes in, each by the name that a manifest gives it.

use std::borrow::Cow;

use serde::Serialize;

use super::kind::{CpuTier, CpuTiers, Force, Limit, Limits, Note, Source};

/// A size of machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Machine {
    /// Its name, as the provider spells it.
    pub name: Cow<'static, str>,
    /// Its memory, in MiB.
    pub memory_mb: u64,
    /// Thousandths of a virtual CPU.
    pub milli_cpu: u64,
    /// The GPU that it has, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu: Option<Cow<'static, str>>,
    /// Where it is written.
    pub source: Source,
    /// The day it was checked.
    pub checked: Cow<'static, str>,
}

impl Limits {
    /// The machine of this name, however it is capitalised.
    pub fn machine(&self, name: &str) -> Option<&Machine> {
        self.machines.iter().find(|machine| machine.name.eq_ignore_ascii_case(name))
    }

    /// What the kind allows on one of its machines; `None` when it has none of this name.
    ///
    /// The machine's memory is the most there is, and its CPU goes with it.
    pub fn on(&self, name: &str) -> Option<Self> {
        let machine = self.machine(name)?.clone();
        let most = Limit {
            value: machine.memory_mb,
            force: Force::Hard,
            source: machine.source.clone(),
            checked: machine.checked.clone(),
        };
        let tier = CpuTier { milli_cpu: machine.milli_cpu, from_mb: 1, to_mb: machine.memory_mb };
        let tiers = CpuTiers {
            tiers: Cow::Owned(vec![tier]),
            source: machine.source.clone(),
            checked: machine.checked.clone(),
        };
        let note = |text: String| Note {
            text: Cow::Owned(text),
            source: machine.source.clone(),
            checked: machine.checked.clone(),
        };
        let gpu = machine.gpu.as_deref().map(|gpu| note(format!("1 {gpu}")));
        let mut limits = self.clone();
        limits.title = Cow::Owned(format!("{}, {}", self.title, machine.name));
        limits.numbers.memory_max_mb = Some(most);
        limits.memory_sizes_mb = None;
        limits.cpu_tiers = Some(tiers);
        limits.cpu = None;
        limits.gpu = gpu;
        limits.machines = Cow::Owned(vec![machine]);
        Some(limits)
    }
}
