//! Numbers in words: sizes, times, and counts as a person reads them.

/// Bytes of a MiB, which is what providers mean by MB.
pub const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// MiB.
    Mib,
    /// Seconds.
    Seconds,
    /// Things.
    Count,
}

/// A number with its unit: `250 MB`, `0.8 GB`, `3,600 s`. Rounded to one decimal.
pub fn quantity(value: u64, unit: Unit) -> String {
    match unit {
        Unit::Bytes => bytes(value),
        Unit::Mib if value >= 10_240 => bytes(value.saturating_mul(MIB)),
        Unit::Mib => format!("{} MB", grouped(value)),
        Unit::Seconds => format!("{} s", grouped(value)),
        Unit::Count => grouped(value),
    }
}

/// Two numbers of one unit that a reader can tell apart: exact where rounding would hide the
/// difference.
pub fn pair(one: u64, other: u64, unit: Unit) -> (String, String) {
    let (left, right) = (quantity(one, unit), quantity(other, unit));
    if left != right || one == other {
        return (left, right);
    }
    (exact(one, unit), exact(other, unit))
}

/// The number with every digit.
pub fn exact(value: u64, unit: Unit) -> String {
    match unit {
        Unit::Bytes if value == 1 => "1 byte".into(),
        Unit::Bytes => format!("{} bytes", grouped(value)),
        Unit::Mib => format!("{} MB", grouped(value)),
        Unit::Seconds | Unit::Count => quantity(value, unit),
    }
}

/// Thousands apart: `262,144,000`.
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The last sizes that, rounded, are below the next unit.
const LAST_KB: u64 = MIB - 52;
const LAST_MB: u64 = GIB - 52_429;

fn bytes(value: u64) -> String {
    if value < 1024 {
        exact(value, Unit::Bytes)
    } else if value <= LAST_KB {
        tenths(value, 1024, "KB")
    } else if value <= LAST_MB {
        tenths(value, MIB, "MB")
    } else {
        tenths(value, GIB, "GB")
    }
}

fn tenths(value: u64, unit: u64, name: &str) -> String {
    let tenths = (u128::from(value) * 10 + u128::from(unit) / 2) / u128::from(unit);
    let (whole, rest) = (tenths / 10, tenths % 10);
    let whole = grouped(u64::try_from(whole).unwrap_or(u64::MAX));
    if rest == 0 { format!("{whole} {name}") } else { format!("{whole}.{rest} {name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        assert_eq!(quantity(262_144_000, Unit::Bytes), "250 MB");
        assert_eq!(quantity(629_145, Unit::Bytes), "614.4 KB");
        assert_eq!(quantity(MIB - 52, Unit::Bytes), "1,023.9 KB");
        assert_eq!(quantity(MIB - 51, Unit::Bytes), "1 MB");
        assert_eq!(quantity(GIB - 52_429, Unit::Bytes), "1,023.9 MB");
        assert_eq!(quantity(GIB - 52_428, Unit::Bytes), "1 GB");
        assert_eq!(quantity(10 * GIB, Unit::Bytes), "10 GB");
        assert_eq!(quantity(512, Unit::Mib), "512 MB");
        assert_eq!(quantity(32_768, Unit::Mib), "32 GB");
        assert_eq!(quantity(3600, Unit::Seconds), "3,600 s");
        assert_eq!(quantity(u64::MAX, Unit::Bytes), "17,179,869,184 GB");
    }

    #[test]
    fn one_byte_over_is_told_apart() {
        let (need, limit) = pair(262_144_001, 262_144_000, Unit::Bytes);
        assert_eq!((need.as_str(), limit.as_str()), ("262,144,001 bytes", "262,144,000 bytes"));
    }
}
