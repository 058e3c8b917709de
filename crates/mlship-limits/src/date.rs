//! Days, as limits files write them: `2026-11-20`.

use std::time::{SystemTime, UNIX_EPOCH};

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// Reads `YYYY-MM-DD`; `None` when it is not written so or there is no such day.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let digits = |at: std::ops::Range<usize>| {
            let part = text.get(at)?;
            part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u16>().ok())?
        };
        if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
            return None;
        }
        let year = digits(0..4)?;
        let month = u8::try_from(digits(5..7)?).ok()?;
        let day = u8::try_from(digits(8..10)?).ok()?;
        let is_leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if is_leap => 29,
            2 => 28,
            _ => return None,
        };
        (1..=days).contains(&day).then_some(Self { year, month, day })
    }

    /// The day at `time`, in UTC; the first day of 1970 for a clock before it.
    pub fn at(time: SystemTime) -> Self {
        let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let mut days = seconds / 86_400;
        let mut date = Self { year: 1970, month: 1, day: 1 };
        while days >= date.days_in_year() {
            days -= date.days_in_year();
            date.year += 1;
        }
        for _ in 0..days {
            date = date.next();
        }
        date
    }

    /// The day after.
    #[must_use]
    pub fn next(self) -> Self {
        let candidates = [
            (self.year, self.month, self.day + 1),
            (self.year, self.month + 1, 1),
            (self.year + 1, 1, 1),
        ];
        candidates
            .into_iter()
            .find_map(|(year, month, day)| Self::parse(&format!("{year:04}-{month:02}-{day:02}")))
            .unwrap_or(self)
    }

    fn days_in_year(self) -> u64 {
        let leap_day = format!("{:04}-02-29", self.year);
        if Self::parse(&leap_day).is_some() { 366 } else { 365 }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_real_days_are_read() {
        assert!(Date::parse("2026-11-20").is_some());
        assert!(Date::parse("2024-02-29").is_some());
        for wrong in [
            "2026-02-29",
            "2026-13-01",
            "2026-11-31",
            "2026-1-2",
            "20-11-2026",
            "+026-11-20",
            "today",
            "2026-11-20 ",
            "２026-11-2",
        ] {
            assert_eq!(Date::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_clock_becomes_a_day() {
        let at = |seconds| Date::at(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(Some(at(0)), Date::parse("1970-01-01"));
        assert_eq!(Some(at(1_709_164_800)), Date::parse("2024-02-29"));
        assert_eq!(Some(at(1_709_251_199)), Date::parse("2024-02-29"));
        assert_eq!(Some(at(1_709_251_200)), Date::parse("2024-03-01"));
        assert_eq!(Some(at(1_798_761_599)), Date::parse("2026-12-31"));
    }
}
