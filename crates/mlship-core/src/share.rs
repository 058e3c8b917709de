//! A part of the traffic.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A part of the traffic, in whole percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Share(u8);

impl Share {
    /// None of it.
    pub const NONE: Self = Self(0);
    /// All of it.
    pub const ALL: Self = Self(100);

    /// So many percent; `None` above 100.
    pub fn percent(percent: u8) -> Option<Self> {
        (percent <= 100).then_some(Self(percent))
    }

    /// In percent, 0 to 100.
    pub fn as_percent(self) -> u8 {
        self.0
    }

    /// What is left of the whole.
    #[must_use]
    pub fn rest(self) -> Self {
        Self(100 - self.0)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

/// Why text is no share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a whole number of percent, 0 to 100")]
pub struct NotAShare;

impl FromStr for Share {
    type Err = NotAShare;

    fn from_str(text: &str) -> Result<Self, NotAShare> {
        let number = text.strip_suffix('%').unwrap_or(text).trim_end();
        number.parse().ok().and_then(Self::percent).ok_or(NotAShare)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_whole_number_of_percent() {
        assert_eq!("10".parse(), Ok(Share(10)));
        assert_eq!("100%".parse(), Ok(Share::ALL));
        assert_eq!("0 %".parse(), Ok(Share::NONE));
        for bad in ["", "%", "101", "-1", "0.1", "10 % %"] {
            assert_eq!(bad.parse::<Share>(), Err(NotAShare), "{bad}");
        }
        assert_eq!(Share(10).rest(), Share(90));
    }
}
