//! Moments and lengths of time, as queries write them.

/// Milliseconds since 1970 as queries answer times.
pub(crate) fn moment(at_ms: i64) -> String {
    let (days, rest) = (at_ms.div_euclid(86_400_000), at_ms.rem_euclid(86_400_000));
    let (year, month, day) = date(days);
    let (seconds, ms) = (rest / 1000, rest % 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

/// The civil date so many days after 1970-01-01; eras of 400 years begin in March.
fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// A moment as callers write it, in milliseconds since 1970; `None` when it is none.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let text = text.trim().trim_matches(['"', '\'']).trim_end_matches('Z');
    let (day, time) = text.split_once(['T', ' ']).unwrap_or((text, "0:0:0"));
    let mut day = day.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (day.next()??, day.next()??, day.next()??);
    let time = time.trim_end_matches("+00:00");
    let mut time = time.splitn(3, ':').map(|part| part.parse::<f64>().ok());
    let (hour, minute) = (time.next()??, time.next()??);
    let second = time.next().unwrap_or(Some(0.0))?;
    let of_day = ((hour * 60.0 + minute) * 60.0 + second) * 1000.0;
    #[expect(clippy::cast_possible_truncation, reason = "at most 86 400 000")]
    Some(days(year, month, day) * 86_400_000 + of_day.round() as i64)
}

/// The inverse of [`date`].
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * shifted_month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// A length of time in milliseconds: `30m` as queries write it, `PT30M` as `timespan` does.
pub(crate) fn length(text: &str) -> Option<i64> {
    let text = text.trim().to_lowercase();
    let text = text.trim_start_matches('p').trim_start_matches('t');
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = text.split_at(split);
    let unit = match unit {
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    Some(count.parse::<i64>().ok()? * unit)
}

/// Now, in milliseconds since 1970.
pub(crate) fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_civil_dates() {
        assert_eq!(moment(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(moment(1_709_210_096_789), "2024-02-29T12:34:56.789Z");
        assert_eq!(moment(-1), "1969-12-31T23:59:59.999Z");
        for ms in [0, 1_709_210_096_789, -1] {
            assert_eq!(parse(&moment(ms)), Some(ms));
        }
        assert_eq!(parse("2024-02-29 12:34"), Some(1_709_210_040_000));
        assert_eq!(
            (length("PT2H"), length("30m"), length("x")),
            (Some(7_200_000), Some(1_800_000), None)
        );
    }
}
