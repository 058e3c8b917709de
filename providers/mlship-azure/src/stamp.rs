//! What a version was made of, as one value of a tag: a stamp, and who may call the version.

use std::ops::Deref;
use std::time::SystemTime;

use mlship_core::release::Release;
use mlship_core::stamp::{Stamp as Made, word};

use crate::config::Access;

/// The most characters of a tag.
const LONGEST: usize = 256;

/// A version, in words that fit a tag or a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    made: Made,
    /// Who may call it, where that is a part of what is run.
    pub(crate) access: Access,
}

impl Deref for Stamp {
    type Target = Made;

    fn deref(&self) -> &Made {
        &self.made
    }
}

impl Stamp {
    /// Of a release that is deployed now.
    pub(crate) fn now(release: &Release, access: Access) -> Self {
        Self::of(Made::of(release, SystemTime::now()), access)
    }

    pub(crate) fn of(made: Made, access: Access) -> Self {
        Self { made, access }
    }

    /// The same under another id.
    pub(crate) fn named(self, id: String) -> Self {
        Self { made: Made { id, ..self.made }, access: self.access }
    }

    /// What a version with these contents is called, however it is packed.
    pub(crate) fn id_of(content_sha256: &str) -> String {
        Made::id_of(content_sha256)
    }

    /// As a tag.
    pub(crate) fn write(&self) -> String {
        let mut text = self.made.write();
        if self.access == Access::Public {
            text.push_str(" access=public");
        }
        text.chars().take(LONGEST).collect()
    }

    /// Out of a tag; `None` when it is not one of ours.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let access = match word(text, "access") {
            Some("public") => Access::Public,
            _ => Access::Key,
        };
        Some(Self::of(Made::read(text)?, access))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_as_written_and_fits_a_tag() {
        let made = Made {
            id: "v0123456789".into(),
            content_sha256: "ab".repeat(32),
            package_sha256: "cd".repeat(32),
            git_revision: Some("e".repeat(40)),
            created: "2026-11-21T09:00:00.000Z".into(),
        };
        let full = Stamp::of(made.clone(), Access::Public);
        assert!(full.write().len() < LONGEST, "{}", full.write().len());
        let keyed = Stamp::of(made.clone(), Access::Key);
        assert!(!keyed.write().contains("access"), "{}", keyed.write());
        let plain = Stamp::of(Made { git_revision: None, ..made }, Access::Public);
        for stamp in [plain, keyed, full] {
            assert_eq!(Stamp::read(&stamp.write()), Some(stamp));
        }
        assert_eq!(Stamp::read("my own words"), None);
    }
}
