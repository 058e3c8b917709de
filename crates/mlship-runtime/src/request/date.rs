//! Days and moments as ISO 8601 writes them, as pandas and Python do too.

/// Days from 0000-03-01, the start of the years that end with February, to 1970-01-01.
const EPOCH: i64 = 719_468;

/// Days in 400 years of the Gregorian calendar.
const ERA: i64 = 146_097;

const DAY_NS: i128 = 86_400_000_000_000;
const SECOND_NS: i128 = 1_000_000_000;

/// Days from 1970-01-01 to `2024-05-31`.
pub(super) fn day(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let [y @ .., b'-', m1, m2, b'-', d1, d2] = bytes else { return None };
    if y.len() != 4 {
        return None;
    }
    let year = digits(y)?;
    let (month, day) = (digits(&[*m1, *m2])?, digits(&[*d1, *d2])?);
    let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (1..=length).contains(&day).then(|| days(year, month, day))
}

/// Nanoseconds from 1970-01-01T00:00Z to `2024-05-31T12:30:00.5+02:00`: `T` or a space, seconds
/// and offset may be left out, and so may the whole time.
pub(super) fn moment(text: &str) -> Option<i128> {
    let date = text.get(..10)?;
    let midnight = i128::from(day(date)?) * DAY_NS;
    let rest = &text[10..];
    if rest.is_empty() {
        return Some(midnight);
    }
    let time = rest.strip_prefix(['T', 't', ' '])?;
    let (time, offset) = match time.find(['Z', 'z', '+', '-']) {
        Some(at) => (&time[..at], offset(&time[at..])?),
        None => (time, 0),
    };
    Some(midnight + clock(time)? - offset)
}

/// Days from 1970-01-01, by the rule that a year's days before each month are a line of slope
/// 153/5 when the year begins in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let from_march = (month + 9) % 12;
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH
}

/// Nanoseconds of `12:30`, `12:30:05` or `12:30:05.123456789`.
fn clock(text: &str) -> Option<i128> {
    let (whole, fraction) = match text.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let (hours, minutes, seconds) = match whole.as_bytes() {
        [h1, h2, b':', m1, m2] if fraction.is_none() => {
            (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?, 0)
        }
        [h1, h2, b':', m1, m2, b':', s1, s2] => {
            (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?, digits(&[*s1, *s2])?)
        }
        _ => return None,
    };
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let nanoseconds = match fraction {
        None => 0,
        Some(fraction) if (1..=9).contains(&fraction.len()) => {
            let places = u32::try_from(9 - fraction.len()).ok()?;
            digits(fraction.as_bytes())? * 10_i64.pow(places)
        }
        Some(_) => return None,
    };
    let seconds = i128::from(hours * 3600 + minutes * 60 + seconds);
    Some(seconds * SECOND_NS + i128::from(nanoseconds))
}

/// Nanoseconds of `Z`, `+02:00`, `+0200` or `+02`.
fn offset(text: &str) -> Option<i128> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("Z" | "z", "") => return Some(0),
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match rest.as_bytes() {
        [h1, h2] => (digits(&[*h1, *h2])?, 0),
        [h1, h2, b':', m1, m2] | [h1, h2, m1, m2] => (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?),
        _ => return None,
    };
    (hours <= 23 && minutes <= 59)
        .then(|| sign * i128::from(hours * 3600 + minutes * 60) * SECOND_NS)
}

fn digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        let known = [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2000-02-29", 11_016),
            ("2000-03-01", 11_017),
            ("2024-05-31", 19_874),
            ("0001-01-01", -719_162),
            ("9999-12-31", 2_932_896),
        ];
        for (text, days) in known {
            assert_eq!(day(text), Some(days), "{text}");
        }
        for text in ["1900-02-29", "2023-02-29", "2024-13-01", "2024-00-01", "2024-04-31", "24-1-1"]
        {
            assert_eq!(day(text), None, "{text}");
        }
        // One after the other, with every leap year between.
        let mut last = day("1895-12-31").unwrap();
        for year in 1896..2105 {
            for month in 1..=12 {
                for of_month in 1..=31 {
                    if let Some(next) = day(&format!("{year:04}-{month:02}-{of_month:02}")) {
                        assert_eq!(next, last + 1);
                        last = next;
                    }
                }
            }
        }
    }

    #[test]
    fn moments_are_in_utc() {
        let second = |text: &str| moment(text).map(|ns| ns as f64 / 1e9);
        assert_eq!(second("2024-05-31"), Some(1_717_113_600.0));
        assert_eq!(second("2024-05-31 12:30"), Some(1_717_158_600.0));
        assert_eq!(second("2024-05-31T12:30:00Z"), Some(1_717_158_600.0));
        assert_eq!(second("2024-05-31T14:30:00+02:00"), Some(1_717_158_600.0));
        assert_eq!(second("2024-05-31T07:00:00.5-0530"), Some(1_717_158_600.5));
        assert_eq!(moment("1970-01-01T00:00:00.000000001"), Some(1));
        assert_eq!(moment("1969-12-31T23:59:59.999999999Z"), Some(-1));
        for text in [
            "2024-05-31T",
            "2024-05-31T1:30",
            "2024-05-31T24:00",
            "2024-05-31T12:60",
            "2024-05-31T12:30:",
            "2024-05-31T12:30.5",
            "2024-05-31T12:30:00.",
            "2024-05-31X12:30",
            "2024-05-31T12:30:00+",
            "2024-05-31T12:30:00+2",
            "2024-05-31T12:30:00.1234567890",
            "2024-05-31é",
            "é024-05-31",
            "",
            "now",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
