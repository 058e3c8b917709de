//! What a version was made of, as one value of a tag.

use azure_core::time::OffsetDateTime;
use mlship_core::deployment::Version;
use mlship_core::release::Release;
use mlship_core::share::Share;

use crate::config::Access;

/// A version, in words that fit a tag (256 characters) or a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// `v` and ten hex digits.
    pub(crate) id: String,
    /// Content digest of its artifact, in hex.
    pub(crate) content_sha256: String,
    /// SHA-256 of the package as it is kept, in hex: of a zip's file or an image's manifest.
    pub(crate) package_sha256: String,
    pub(crate) git_revision: Option<String>,
    /// Who may call it, where that is a part of what is run.
    pub(crate) access: Access,
    /// RFC 3339, UTC, with milliseconds: in the order of the text is in the order of time.
    pub(crate) created: String,
}

impl Stamp {
    /// Of a release that is deployed now.
    pub(crate) fn now(release: &Release, access: Access) -> Self {
        let artifact = &release.artifact;
        Self {
            id: Self::id_of(&artifact.content_sha256),
            content_sha256: artifact.content_sha256.clone(),
            package_sha256: artifact.sha256.clone(),
            git_revision: release.git_revision.clone(),
            access,
            created: rfc3339(OffsetDateTime::now_utc()),
        }
    }

    /// What a version with these contents is called, however it is packed.
    pub(crate) fn id_of(content_sha256: &str) -> String {
        format!("v{}", content_sha256.chars().take(10).collect::<String>())
    }

    /// As a tag.
    pub(crate) fn write(&self) -> String {
        let Self { id, content_sha256, package_sha256, created, .. } = self;
        let mut text =
            format!("id={id} content={content_sha256} package={package_sha256} created={created}");
        if self.access == Access::Public {
            text.push_str(" access=public");
        }
        if let Some(revision) = &self.git_revision {
            // 14 + 73 + 73 + 33 + 14 + 45: within the 256 of a tag.
            text = format!("{text} git={revision}");
        }
        text.chars().take(256).collect()
    }

    /// Out of a tag; `None` when it is not one of ours.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let field =
            |key: &str| text.split(' ').find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
        Some(Self {
            id: field("id")?.to_owned(),
            content_sha256: field("content")?.to_owned(),
            package_sha256: field("package")?.to_owned(),
            created: field("created")?.to_owned(),
            git_revision: field("git").map(str::to_owned),
            access: match field("access") {
                Some("public") => Access::Public,
                _ => Access::Key,
            },
        })
    }

    /// Whether it is the same version made at another time, by another commit.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.id == other.id
    }

    /// In the port's words.
    pub(crate) fn version(&self, share: Share) -> Version {
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

/// A time as a stamp has it.
pub(crate) fn rfc3339(at: OffsetDateTime) -> String {
    let (date, time) = (at.date(), at.time());
    let (month, milli) = (u8::from(date.month()), time.millisecond());
    let (hour, minute, second) = time.as_hms();
    let (year, day) = (date.year(), date.day());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_time_is_always_of_one_length() {
        let at = |nanos| OffsetDateTime::from_unix_timestamp_nanos(nanos).expect("a time");
        assert_eq!(rfc3339(at(1_795_251_600_000_000_000)), "2026-11-21T09:00:00.000Z");
        assert_eq!(rfc3339(at(1_795_251_600_070_000_000)), "2026-11-21T09:00:00.070Z");
    }

    #[test]
    fn a_stamp_is_read_as_written_and_fits_a_tag() {
        let full = Stamp {
            id: "v0123456789".into(),
            content_sha256: "ab".repeat(32),
            package_sha256: "cd".repeat(32),
            git_revision: Some("e".repeat(40)),
            access: Access::Public,
            created: "2026-11-21T09:00:00.000Z".into(),
        };
        assert!(full.write().len() < 256, "{}", full.write().len());
        let keyed = Stamp { access: Access::Key, ..full.clone() };
        assert!(!keyed.write().contains("access"), "{}", keyed.write());
        for stamp in [Stamp { git_revision: None, ..full.clone() }, keyed, full] {
            assert_eq!(Stamp::read(&stamp.write()), Some(stamp));
        }
        assert_eq!(Stamp::read("my own words"), None);
    }
}
