//! The sizes of machine that a kind comes in, each by the name that a manifest gives it.

use std::borrow::Cow;

use serde::Serialize;

use super::kind::{CpuTier, CpuTiers, Force, Limit, Limits, Note, Source};
use super::words::{Unit, quantity};

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

impl Machine {
    /// What it has, in words: `56 GB, 8 vCPU, 1 NVIDIA T4`.
    pub fn words(&self) -> String {
        let memory = quantity(self.memory_mb, Unit::Mib);
        let cores = f64::from(u32::try_from(self.milli_cpu).unwrap_or(u32::MAX)) / 1000.0;
        let gpu = self.gpu.as_ref().map(|gpu| format!(", 1 {gpu}")).unwrap_or_default();
        format!("{memory}, {cores} vCPU{gpu}")
    }
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
        let gpu = machine.gpu.as_deref().map(|gpu| note(format!("GPU: 1 {gpu}")));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{Architecture, Native, Numbers, Packing, Scratch};

    fn source() -> Source {
        Source { page: Cow::Borrowed("Profiles"), url: None }
    }

    fn limits() -> Limits {
        let machine = |name: &'static str, memory_mb, milli_cpu, gpu: Option<&'static str>| {
            let gpu = gpu.map(Cow::Borrowed);
            let (name, checked) = (Cow::Borrowed(name), Cow::Borrowed("2026-11-20"));
            Machine { name, memory_mb, milli_cpu, gpu, source: source(), checked }
        };
        let most = |value| {
            let (force, checked) = (Force::Hard, Cow::Borrowed("2026-11-19"));
            Some(Limit { value, force, source: source(), checked })
        };
        Limits {
            provider: Cow::Borrowed("azure"),
            kind: Cow::Borrowed("container-apps"),
            title: Cow::Borrowed("Apps"),
            formats: Cow::Borrowed(&[Packing::Image]),
            architectures: Cow::Borrowed(&[Architecture::X86_64]),
            native: Native::Direct,
            native_note: None,
            scratch: Scratch::Disk,
            memory_sizes_mb: None,
            cpu_tiers: None,
            machines: vec![
                machine("Consumption", 8192, 4000, None),
                machine("NC8as-T4", 57_344, 8000, Some("NVIDIA T4")),
            ]
            .into(),
            cpu: None,
            gpu: None,
            deprecated: None,
            notes: Cow::Borrowed(&[]),
            numbers: Numbers { memory_max_mb: most(8192), image_bytes: most(1), ..Numbers::NONE },
        }
    }

    #[test]
    fn a_machine_brings_its_own_memory_cores_and_gpu() {
        let on = limits().on("nc8AS-t4").expect("the machine is there");
        let most = on.numbers.memory_max_mb.as_ref().expect("a limit");
        assert_eq!((most.value, &*most.checked), (57_344, "2026-11-20"));
        let tier = on.cpu_tiers.as_ref().map(|tiers| tiers.tiers[0]);
        assert_eq!(tier, Some(CpuTier { milli_cpu: 8000, from_mb: 1, to_mb: 57_344 }));
        assert_eq!(on.gpu.as_ref().map(|note| &*note.text), Some("GPU: 1 NVIDIA T4"));
        assert_eq!(on.machines.len(), 1);
        assert_eq!(on.machines[0].words(), "56 GB, 8 vCPU, 1 NVIDIA T4");
        assert_eq!(on.numbers.image_bytes, limits().numbers.image_bytes, "the rest stays");
        assert_eq!(limits().on("Consumption").expect("there").gpu, None);
        assert_eq!(limits().on("A100"), None);
    }
}
