//! What a version's description says it was made of. Tags belong to the whole function; the
//! description is the only text that a version keeps.

/// The content digest and the commit of a version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// In hex.
    pub(crate) content_sha256: Option<String>,
    pub(crate) git_revision: Option<String>,
}

impl Stamp {
    /// As a description, at most 256 characters.
    pub(crate) fn write(&self) -> String {
        let mut text = "mlship".to_owned();
        if let Some(digest) = &self.content_sha256 {
            text = format!("{text} content-sha256={digest}");
        }
        if let Some(revision) = &self.git_revision {
            text = format!("{text} git-revision={revision}");
        }
        text.chars().take(256).collect()
    }

    /// Out of a description; nothing when it is not one of ours.
    pub(crate) fn read(description: &str) -> Self {
        let mut words = description.split(' ');
        let mut stamp = Self::default();
        if words.next() != Some("mlship") {
            return stamp;
        }
        for word in words {
            match word.split_once('=') {
                Some(("content-sha256", digest)) => stamp.content_sha256 = Some(digest.into()),
                Some(("git-revision", revision)) => stamp.git_revision = Some(revision.into()),
                _ => {}
            }
        }
        stamp
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_as_written() {
        let full =
            Stamp { content_sha256: Some("ab".repeat(32)), git_revision: Some("c".repeat(40)) };
        for stamp in [full, Stamp::default()] {
            assert_eq!(Stamp::read(&stamp.write()), stamp);
        }
        assert_eq!(Stamp::read("my function content-sha256=no"), Stamp::default());
    }
}
