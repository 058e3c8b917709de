//! One way that a provider runs code, and its limits as dated data.
//!
//! Every type can stand in a `static`, and can be owned, so that a file may override it.

use std::borrow::Cow;

use serde::Serialize;

use super::machine::Machine;
use super::numbers::Numbers;
use crate::artifact::Format;

/// What happens to those who go beyond a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Force {
    /// The provider refuses, cuts or kills; the user cannot have it raised. A check fails.
    Hard,
    /// A default or quota that can be raised, or a matter of degree. A check warns.
    Soft,
}

/// The page that a number stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    /// Its name.
    pub page: Cow<'static, str>,
    /// Its address, when it has one.
    pub url: Option<Cow<'static, str>>,
}

/// A number with its force, its page and the day it was read there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Limit {
    /// The number, in the unit that its key names.
    pub value: u64,
    /// What happens beyond it.
    pub force: Force,
    /// Where it is written.
    pub source: Source,
    /// The day it was checked, as `2026-11-20`.
    pub checked: Cow<'static, str>,
}

/// A fact in words, with its page and date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// One lower-case phrase.
    pub text: Cow<'static, str>,
    /// Where it is written.
    pub source: Source,
    /// The day it was checked.
    pub checked: Cow<'static, str>,
}

/// The only memory sizes that a kind has, rising.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sizes {
    /// The sizes, in MiB.
    pub values: Cow<'static, [u64]>,
    /// What happens to those who ask for more than the largest.
    pub force: Force,
    /// Where they are written.
    pub source: Source,
    /// The day they were checked.
    pub checked: Cow<'static, str>,
}

/// An amount of CPU and the memory it goes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct CpuTier {
    /// Thousandths of a virtual CPU.
    pub milli_cpu: u64,
    /// The least memory with it, in MiB.
    pub from_mb: u64,
    /// The most memory with it, in MiB.
    pub to_mb: u64,
}

/// How memory and CPU go together, least CPU first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CpuTiers {
    /// The tiers.
    pub tiers: Cow<'static, [CpuTier]>,
    /// Where they are written.
    pub source: Source,
    /// The day they were checked.
    pub checked: Cow<'static, str>,
}

/// How code is packed for a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Packing {
    /// A zip archive.
    Zip,
    /// A gzipped tar archive.
    Tar,
    /// A container image.
    Image,
}

impl Packing {
    /// Every packing, with its word in a limits file.
    pub const WORDS: [(&'static str, Packing); 3] =
        [("zip", Packing::Zip), ("tar", Packing::Tar), ("image", Packing::Image)];

    /// `zip`, `tar`, `image`.
    pub fn word(self) -> &'static str {
        match self {
            Packing::Zip => "zip",
            Packing::Tar => "tar",
            Packing::Image => "image",
        }
    }
}

impl From<Format> for Packing {
    fn from(format: Format) -> Self {
        match format {
            Format::Zip => Packing::Zip,
            Format::Tar => Packing::Tar,
            Format::Image => Packing::Image,
        }
    }
}

/// A processor's instruction set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Architecture {
    /// 64-bit x86.
    #[serde(rename = "x86_64")]
    X86_64,
    /// 64-bit ARM.
    #[serde(rename = "arm64")]
    Arm64,
}

impl Architecture {
    /// Every architecture, with its word in a limits file.
    pub const WORDS: [(&'static str, Architecture); 2] =
        [("x86_64", Architecture::X86_64), ("arm64", Architecture::Arm64)];

    /// `x86_64`, `arm64`.
    pub fn word(self) -> &'static str {
        match self {
            Architecture::X86_64 => "x86_64",
            Architecture::Arm64 => "arm64",
        }
    }
}

/// Whether a kind starts a Linux binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Native {
    /// It does.
    Direct,
    /// Only from a small function in a language that the kind knows.
    Shim,
    /// It does not.
    Never,
}

impl Native {
    /// Every answer, with its word in a limits file.
    pub const WORDS: [(&'static str, Native); 3] =
        [("direct", Native::Direct), ("shim", Native::Shim), ("never", Native::Never)];
}

/// What scratch files are written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scratch {
    /// A disk of its own.
    Disk,
    /// Memory: what is written there counts as memory.
    Memory,
    /// The disk on which the unpacked package lies too.
    HoldsPackage,
}

impl Scratch {
    /// Every place, with its word in a limits file.
    pub const WORDS: [(&'static str, Scratch); 3] = [
        ("disk", Scratch::Disk),
        ("memory", Scratch::Memory),
        ("holds-package", Scratch::HoldsPackage),
    ];
}

/// What one kind of one provider allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Limits {
    /// `aws`, `azure`, ….
    pub provider: Cow<'static, str>,
    /// `lambda-zip`, ….
    pub kind: Cow<'static, str>,
    /// Its name in the provider's own words.
    pub title: Cow<'static, str>,
    /// The packings it accepts, the preferred one first.
    pub formats: Cow<'static, [Packing]>,
    /// The processors it has.
    pub architectures: Cow<'static, [Architecture]>,
    /// Whether it starts a Linux binary.
    pub native: Native,
    /// How it is started where it is not started directly, or why not.
    pub native_note: Option<Note>,
    /// What scratch files are written to.
    pub scratch: Scratch,
    /// The only memory sizes there are, if not a range.
    pub memory_sizes_mb: Option<Sizes>,
    /// How memory and CPU go together.
    pub cpu_tiers: Option<CpuTiers>,
    /// The sizes of machine that it comes in by name, smallest first.
    #[serde(skip_serializing_if = "<[Machine]>::is_empty")]
    pub machines: Cow<'static, [Machine]>,
    /// How CPU is given, in words.
    pub cpu: Option<Note>,
    /// Which GPUs there are.
    pub gpu: Option<Note>,
    /// Why not to start with this kind today.
    pub deprecated: Option<Note>,
    /// What else is good to know.
    pub notes: Cow<'static, [Note]>,
    /// The numbers. One that is not published is not there.
    pub numbers: Numbers,
}
