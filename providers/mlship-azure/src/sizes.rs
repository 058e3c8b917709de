//! Sizes of plans, instances and containers: which there are, and which one a memory asks for.
//!
//! The numbers, each with its page and date, are in `limits.toml`. Pure: nothing is looked up.

use mlship_core::limits::Machine;

use crate::config::{Config, Kind};
use crate::limits::limits;

/// The memory sizes of an instance on the Flex Consumption plan, in MiB.
pub const FLEX_MEMORY_MB: [u32; 3] = [512, 2048, 4096];

/// A pricing tier of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// `B1` to `B3`, without slots.
    Basic,
    /// `S1` to `S3`.
    Standard,
    /// `P0v3` to `P5mv3`.
    PremiumV3,
    /// `EP1` to `EP3`, of Azure Functions.
    ElasticPremium,
}

impl Tier {
    /// Azure's word for it, as a plan's `sku.tier`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "Basic",
            Self::Standard => "Standard",
            Self::PremiumV3 => "PremiumV3",
            Self::ElasticPremium => "ElasticPremium",
        }
    }

    /// Whether an app on it can have a slot besides the live one.
    pub const fn has_slots(self) -> bool {
        !matches!(self, Self::Basic)
    }

    /// The most machines that a plan of this tier has.
    pub const fn most_instances(self) -> u32 {
        match self {
            Self::Basic => 3,
            Self::Standard => 10,
            Self::PremiumV3 => 30,
            Self::ElasticPremium => 100,
        }
    }
}

/// The size of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Its name, as Azure spells it: `EP1`, `P1v3`.
    pub name: &'static str,
    /// The tier it belongs to.
    pub tier: Tier,
    /// Memory of one machine, in MiB.
    pub memory_mb: u64,
    /// Virtual CPUs of one machine.
    pub cores: u64,
}

impl Size {
    fn of(machine: &'static Machine) -> Self {
        let name = &*machine.name;
        let tier = match name.as_bytes() {
            [b'B', ..] => Tier::Basic,
            [b'S', ..] => Tier::Standard,
            [b'E', ..] => Tier::ElasticPremium,
            _ => Tier::PremiumV3,
        };
        Self { name, tier, memory_mb: machine.memory_mb, cores: machine.milli_cpu / 1000 }
    }
}

/// The machines of a kind by name: sizes of plans, workload profiles. Smallest first.
pub fn machines(kind: Kind) -> &'static [Machine] {
    let kind = limits().iter().find(|limits| limits.kind == kind.as_str());
    kind.map_or(&[], |limits| &limits.machines)
}

/// The sizes that the plan of a kind can have, smallest first; none for kinds without a plan, or
/// whose plan has no size (Flex).
pub fn sizes(kind: Kind) -> impl Iterator<Item = Size> {
    let machines = if kind == Kind::ContainerApps { &[] } else { machines(kind) };
    machines.iter().map(Size::of)
}

/// The size that is written in the manifest, however it is capitalised there.
pub fn named(kind: Kind, name: &str) -> Option<Size> {
    sizes(kind).find(|size| size.name.eq_ignore_ascii_case(name))
}

/// The smallest size of a kind that has slots and `memory_mb` of memory; `None` when there is
/// none that large, or the kind has no sizes.
pub fn smallest(kind: Kind, memory_mb: u64) -> Option<Size> {
    sizes(kind).find(|size| size.tier.has_slots() && size.memory_mb >= memory_mb)
}

/// The size of the plan: the one that the manifest names, else the smallest that has slots and
/// the memory. `None` when the kind has no sizes, or none is large enough.
pub fn plan_size(config: &Config, memory_mb: u64) -> Option<Size> {
    match &config.sku {
        Some(name) => named(config.kind, name),
        None => smallest(config.kind, memory_mb),
    }
}

/// The memory that an instance on the Flex Consumption plan gets, in MiB, for a wish of
/// `memory_mb`; `None` when there is none that large.
pub fn flex_memory_mb(memory_mb: u32) -> Option<u32> {
    FLEX_MEMORY_MB.into_iter().find(|size| *size >= memory_mb)
}

/// What a container gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Thousandths of a virtual CPU.
    pub milli_cpu: u32,
    /// Memory, in MiB.
    pub memory_mb: u32,
}

/// What a container app's container gets for a wish of `memory_mb`, which is rounded up:
/// quarters of a virtual CPU with 512 MiB each on the Consumption profile, the whole machine on
/// one with a GPU, and as much CPU as of the memory on a dedicated one. `None` when the profile
/// is not that large.
pub fn container_share(profile: Option<&str>, memory_mb: u32) -> Option<Share> {
    const QUARTER: Share = Share { milli_cpu: 250, memory_mb: 512 };
    let limits = limits().iter().find(|one| one.kind == Kind::ContainerApps.as_str())?;
    let machine = limits.machine(profile.unwrap_or("Consumption"))?;
    let most = u32::try_from(machine.memory_mb).ok()?;
    let cpu = u32::try_from(machine.milli_cpu).ok()?;
    if memory_mb > most {
        return None;
    }
    if machine.gpu.is_some() {
        return Some(Share { milli_cpu: cpu, memory_mb: most });
    }
    let quarters = memory_mb.max(1).div_ceil(QUARTER.memory_mb);
    let milli_cpu = (quarters * QUARTER.milli_cpu).min(cpu);
    Some(Share { milli_cpu, memory_mb: quarters * QUARTER.memory_mb })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(kind: Kind, sku: Option<&str>) -> Config {
        Config { kind, sku: sku.map(Into::into), ..Config::default() }
    }

    #[test]
    fn the_memory_chooses_the_size() {
        let size = |kind, mb| plan_size(&config(kind, None), mb).map(|size| size.name);
        for (kind, memory_mb, wanted) in [
            (Kind::FunctionsPremium, 512, Some("EP1")),
            (Kind::FunctionsPremium, 3584, Some("EP1")),
            (Kind::FunctionsPremium, 3585, Some("EP2")),
            (Kind::FunctionsPremium, 14_336, Some("EP3")),
            (Kind::FunctionsPremium, 14_337, None),
            (Kind::FunctionsDedicated, 512, Some("S1")),
            (Kind::FunctionsDedicated, 1793, Some("S2")),
            (Kind::WebApp, 3585, Some("P0v3")),
            (Kind::WebApp, 8192, Some("P1v3")),
            (Kind::WebApp, 262_144, Some("P5mv3")),
            (Kind::WebApp, 262_145, None),
            (Kind::FunctionsFlex, 512, None),
            (Kind::ContainerApps, 512, None),
            (Kind::ContainerInstances, 512, None),
        ] {
            assert_eq!(size(kind, memory_mb), wanted, "{kind:?} {memory_mb}");
        }
    }

    #[test]
    fn a_written_size_is_taken_as_azure_spells_it() {
        let basic = plan_size(&config(Kind::WebApp, Some("b1")), 512).expect("a size");
        assert_eq!((basic.name, basic.tier, basic.tier.has_slots()), ("B1", Tier::Basic, false));
        let large = plan_size(&config(Kind::WebApp, Some("P1MV3")), 512).expect("a size");
        assert_eq!((large.name, large.tier, large.cores), ("P1mv3", Tier::PremiumV3, 2));
        assert_eq!(plan_size(&config(Kind::FunctionsPremium, Some("S1")), 512), None);
        let elastic = plan_size(&config(Kind::FunctionsPremium, Some("EP2")), 512).expect("one");
        assert_eq!((elastic.tier.as_str(), elastic.memory_mb), ("ElasticPremium", 7168));
    }

    #[test]
    fn sizes_rise_and_no_name_is_there_twice() {
        for kind in Kind::ALL {
            let all = machines(kind);
            assert!(all.windows(2).all(|pair| pair[0].memory_mb <= pair[1].memory_mb), "{kind:?}");
            for one in all {
                let same = all.iter().filter(|other| other.name == one.name);
                assert_eq!(same.count(), 1, "{}", one.name);
            }
        }
    }

    #[test]
    fn an_instance_of_flex_has_one_of_three_sizes() {
        let sizes = [1, 512, 513, 2048, 4096, 4097].map(flex_memory_mb);
        assert_eq!(sizes, [Some(512), Some(512), Some(2048), Some(2048), Some(4096), None]);
    }

    #[test]
    fn memory_of_a_container_brings_cpu_with_it() {
        let share = |profile, mb| {
            container_share(profile, mb).map(|share| (share.milli_cpu, share.memory_mb))
        };
        assert_eq!(share(None, 128), Some((250, 512)));
        assert_eq!(share(None, 1024), Some((500, 1024)));
        assert_eq!(share(None, 1025), Some((750, 1536)));
        assert_eq!(share(Some("Consumption"), 8192), Some((4000, 8192)));
        assert_eq!(share(None, 8193), None);
        assert_eq!(share(Some("E4"), 32_768), Some((4000, 32_768)));
        let t4 = share(Some("Consumption-GPU-NC8as-T4"), 512);
        assert_eq!(t4, Some((8000, 57_344)));
        assert_eq!(share(Some("Consumption-GPU-NC24-A100"), 200_000), Some((24_000, 225_280)));
        assert_eq!(share(Some("unknown"), 512), None);
    }
}
