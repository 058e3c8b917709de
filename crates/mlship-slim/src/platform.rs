//! What the packages must run on: a processor, a C library, a version of Python.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A processor's architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// Intel's and AMD's, 64 bits.
    X86_64,
    /// Arm's, 64 bits.
    Aarch64,
}

impl Architecture {
    /// That of this machine; `None` when packages cannot be for it.
    pub fn here() -> Option<Self> {
        match std::env::consts::ARCH {
            "x86_64" => Some(Self::X86_64),
            "aarch64" => Some(Self::Aarch64),
            _ => None,
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
        })
    }
}

/// A version of the GNU C library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Glibc {
    /// 2, so far.
    pub major: u32,
    /// 28 in 2.28.
    pub minor: u32,
}

impl fmt::Display for Glibc {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

/// What a target runs: Linux on a processor, with a C library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Platform {
    /// The processor.
    pub architecture: Architecture,
    /// The C library that is there, or an older one to be on the safe side.
    pub glibc: Glibc,
}

impl Platform {
    /// The same C library on this machine's processor; `None` when packages cannot be for it.
    pub fn here(self) -> Option<Self> {
        Some(Self { architecture: Architecture::here()?, ..self })
    }
}

impl fmt::Display for Platform {
    /// As tags of packages write it: `x86_64-manylinux_2_28`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Glibc { major, minor } = self.glibc;
        write!(formatter, "{}-manylinux_{major}_{minor}", self.architecture)
    }
}

/// Why a platform's name is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no platform; write one as `x86_64-manylinux_2_28` or `aarch64-manylinux_2_28`")]
pub struct NoPlatform(String);

impl FromStr for Platform {
    type Err = NoPlatform;

    fn from_str(text: &str) -> Result<Self, NoPlatform> {
        read(text).ok_or_else(|| NoPlatform(text.to_owned()))
    }
}

fn read(text: &str) -> Option<Platform> {
    let (architecture, library) = text.split_once("-manylinux")?;
    let architecture = match architecture {
        "x86_64" => Architecture::X86_64,
        "aarch64" => Architecture::Aarch64,
        _ => return None,
    };
    let glibc = match library {
        "2014" => Glibc { major: 2, minor: 17 },
        _ => {
            let (major, minor) = library.strip_prefix('_')?.split_once('_')?;
            Glibc { major: major.parse().ok()?, minor: minor.parse().ok()? }
        }
    };
    Some(Platform { architecture, glibc })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in ["x86_64-manylinux_2_28", "aarch64-manylinux_2_34"] {
            assert_eq!(
                name.parse::<Platform>().map(|platform| platform.to_string()),
                Ok(name.into())
            );
        }
        let old: Platform = "x86_64-manylinux2014".parse().unwrap();
        assert_eq!(old.glibc, Glibc { major: 2, minor: 17 });
        for wrong in
            ["", "x86_64", "sparc-manylinux_2_28", "x86_64-manylinux_2", "x86_64-musllinux_1_2"]
        {
            assert!(wrong.parse::<Platform>().is_err(), "{wrong}");
        }
    }
}
