//! The words that the manifest chooses between.

/// How Google Cloud runs the service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A Cloud Run service from a source archive, without a build.
    #[default]
    CloudRunSource,
    /// A Cloud Run service from a container image.
    CloudRunImage,
    /// A function of the second generation.
    FunctionsV2,
}

impl Kind {
    /// Every kind that can be deployed, the default first.
    pub const ALL: [Self; 3] = [Self::CloudRunSource, Self::CloudRunImage, Self::FunctionsV2];

    /// The manifest's words for [`Self::ALL`].
    pub const WORDS: [&'static str; 3] =
        [Self::CloudRunSource.as_str(), Self::CloudRunImage.as_str(), Self::FunctionsV2.as_str()];

    /// The manifest's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CloudRunSource => "cloud-run-source",
            Self::CloudRunImage => "cloud-run-image",
            Self::FunctionsV2 => "functions-v2",
        }
    }

    /// The kind of this word, the default for any other.
    pub(super) fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word).unwrap_or_default()
    }
}

/// Who may call the service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Access {
    /// Those with the role `roles/run.invoker`.
    #[default]
    Private,
    /// Anyone.
    Public,
}

impl Access {
    /// Both words, the default first.
    pub const WORDS: [&'static str; 2] = [Self::Private.as_str(), Self::Public.as_str()];

    /// The manifest's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Public => "public",
        }
    }

    pub(super) fn of(word: &str) -> Self {
        if word == Self::Public.as_str() { Self::Public } else { Self::Private }
    }
}

/// From where a service can be reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ingress {
    /// From everywhere.
    #[default]
    All,
    /// From the project's own networks.
    Internal,
    /// From there and through a load balancer.
    InternalAndLoadBalancing,
}

impl Ingress {
    const ALL: [Self; 3] = [Self::All, Self::Internal, Self::InternalAndLoadBalancing];

    /// Every word, the default first.
    pub const WORDS: [&'static str; 3] =
        [Self::All.as_str(), Self::Internal.as_str(), Self::InternalAndLoadBalancing.as_str()];

    /// The manifest's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Internal => "internal",
            Self::InternalAndLoadBalancing => "internal-and-load-balancing",
        }
    }

    pub(super) fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|one| one.as_str() == word).unwrap_or_default()
    }
}

/// CPUs of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cpu {
    /// 0.08 of one.
    Twelfth,
    /// Half of one.
    Half,
    /// 1.
    One,
    /// 2.
    Two,
    /// 4.
    Four,
    /// 6.
    Six,
    /// 8.
    Eight,
}

impl Cpu {
    /// Every size, the smallest first.
    pub const ALL: [Self; 7] =
        [Self::Twelfth, Self::Half, Self::One, Self::Two, Self::Four, Self::Six, Self::Eight];

    /// Thousandths of a CPU.
    pub const fn milli(self) -> u32 {
        match self {
            Self::Twelfth => 80,
            Self::Half => 500,
            Self::One => 1000,
            Self::Two => 2000,
            Self::Four => 4000,
            Self::Six => 6000,
            Self::Eight => 8000,
        }
    }

    /// As the manifest and the API write it: `0.08`, `2`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Twelfth => "0.08",
            Self::Half => "0.5",
            Self::One => "1",
            Self::Two => "2",
            Self::Four => "4",
            Self::Six => "6",
            Self::Eight => "8",
        }
    }

    /// The memory that it goes with, in MiB, from and to.
    /// Source: <https://docs.cloud.google.com/run/docs/configuring/memory-limits>, 2026-11-20.
    pub const fn memory_mb(self) -> (u32, u32) {
        match self {
            Self::Twelfth => (128, 512),
            Self::Half => (128, 1024),
            Self::One => (128, 4096),
            Self::Two => (128, 8192),
            Self::Four => (2048, 16_384),
            Self::Six => (4096, 24_576),
            Self::Eight => (4096, 32_768),
        }
    }

    /// The fewest CPUs of at least 1 that take so much memory; the most there are when none do.
    pub fn smallest(memory_mb: u32) -> Self {
        let whole = Self::ALL.into_iter().filter(|cpu| *cpu >= Self::One);
        whole.into_iter().find(|cpu| memory_mb <= cpu.memory_mb().1).unwrap_or(Self::Eight)
    }

    /// Requests that one instance may serve at once: below 1 CPU just one.
    /// Source: <https://docs.cloud.google.com/run/docs/configuring/services/cpu>, 2026-11-20.
    pub const fn is_shared(self) -> bool {
        self.milli() < 1000
    }
}

/// GPU of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gpu {
    /// NVIDIA L4, 24 GB.
    L4,
    /// NVIDIA RTX PRO 6000, 96 GB.
    RtxPro6000,
}

impl Gpu {
    /// The least memory of an instance with one, in MiB.
    /// Source: <https://docs.cloud.google.com/run/docs/configuring/services/gpu>, 2026-11-20.
    pub const LEAST_MEMORY_MB: u32 = 16_384;

    /// Every word.
    pub const WORDS: [&'static str; 2] = [Self::L4.as_str(), Self::RtxPro6000.as_str()];

    /// As the manifest and the node selector write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::L4 => "nvidia-l4",
            Self::RtxPro6000 => "nvidia-rtx-pro-6000",
        }
    }

    pub(super) fn of(word: &str) -> Self {
        if word == Self::L4.as_str() { Self::L4 } else { Self::RtxPro6000 }
    }
}

/// How many instances there may be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Instances {
    /// The fewest, which are always ready; none when absent.
    pub min: Option<u32>,
    /// The most; Google's own number when absent.
    pub max: Option<u32>,
}
