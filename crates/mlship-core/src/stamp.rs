//! What a version was made of, as one line of words that fits where a provider keeps such a line.
//! Reads no clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::deployment::Version;
use crate::release::Release;
use crate::share::Share;

/// A version, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// `v` and ten hex digits.
    pub id: String,
    /// Content digest of its artifact, in hex.
    pub content_sha256: String,
    /// SHA-256 of the package as it is kept, in hex: of an archive's file or an image's manifest.
    pub package_sha256: String,
    /// The commit that it was built from.
    pub git_revision: Option<String>,
    /// RFC 3339, UTC, with milliseconds: in the order of the text is in the order of time.
    pub created: String,
}

impl Stamp {
    /// Of a release that is deployed at a time, which is now.
    pub fn of(release: &Release, at: SystemTime) -> Self {
        let artifact = &release.artifact;
        Self {
            id: Self::id_of(&artifact.content_sha256),
            content_sha256: artifact.content_sha256.clone(),
            package_sha256: artifact.sha256.clone(),
            git_revision: release.git_revision.clone(),
            created: rfc3339(at),
        }
    }

    /// What a version with these contents is called, however it is packed.
    pub fn id_of(content_sha256: &str) -> String {
        format!("v{}", content_sha256.chars().take(10).collect::<String>())
    }

    /// As one line of at most 242 characters, for a commit of 40.
    pub fn write(&self) -> String {
        let Self { id, content_sha256, package_sha256, created, .. } = self;
        let text =
            format!("id={id} content={content_sha256} package={package_sha256} created={created}");
        match &self.git_revision {
            Some(revision) => format!("{text} git={revision}"),
            None => text,
        }
    }

    /// Out of a line; `None` when it is not one of ours.
    pub fn read(text: &str) -> Option<Self> {
        let word = |key| word(text, key).map(str::to_owned);
        Some(Self {
            id: word("id")?,
            content_sha256: word("content")?,
            package_sha256: word("package")?,
            created: word("created")?,
            git_revision: word("git"),
        })
    }

    /// Whether it is the same version made at another time, by another commit.
    pub fn is(&self, other: &Self) -> bool {
        self.id == other.id
    }

    /// In the port's words.
    pub fn version(&self, share: Share) -> Version {
        Version {
            id: self.id.clone(),
            content_sha256: Some(self.content_sha256.clone()),
            git_revision: self.git_revision.clone(),
            created: Some(self.created.clone()),
            bytes: None,
            share,
        }
    }
}

/// The value of `key=value` in a line: a provider's stamp may have words of its own.
pub fn word<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.split(' ').find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
}

/// A time as a stamp has it. Before 1970 is 1970.
///
/// The calendar is Howard Hinnant's `civil_from_days`
/// (<https://howardhinnant.github.io/date_algorithms.html>).
pub fn rfc3339(at: SystemTime) -> String {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let (days, seconds) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let milli = since.subsec_millis();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_time_is_always_of_one_length() {
        let at = |millis| UNIX_EPOCH + Duration::from_millis(millis);
        assert_eq!(rfc3339(at(1_795_251_600_000)), "2026-11-21T09:00:00.000Z");
        assert_eq!(rfc3339(at(1_795_251_600_070)), "2026-11-21T09:00:00.070Z");
        assert_eq!(rfc3339(at(1_709_164_799_999)), "2024-02-28T23:59:59.999Z");
        assert_eq!(rfc3339(at(1_709_164_800_000)), "2024-02-29T00:00:00.000Z");
        assert_eq!(rfc3339(UNIX_EPOCH - Duration::from_secs(1)), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn a_stamp_is_read_as_written() {
        let full = Stamp {
            id: "v0123456789".into(),
            content_sha256: "ab".repeat(32),
            package_sha256: "cd".repeat(32),
            git_revision: Some("e".repeat(40)),
            created: "2026-11-21T09:00:00.000Z".into(),
        };
        assert!(full.write().len() <= 242, "{}", full.write().len());
        let line = format!("{} access=public", full.write());
        assert_eq!(
            (Stamp::read(&line).as_ref(), word(&line, "access")),
            (Some(&full), Some("public"))
        );
        for stamp in [Stamp { git_revision: None, ..full.clone() }, full] {
            assert_eq!(Stamp::read(&stamp.write()), Some(stamp));
        }
        assert_eq!(Stamp::read("my own words"), None);
    }
}
