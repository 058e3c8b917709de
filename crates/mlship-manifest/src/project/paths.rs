//! Paths of files, as text: nothing is looked up.

use mlship_core::finding::Finding;
use mlship_core::reader::{Located, Reader};

use super::clip;

/// A file of the project. Leaving the folder is a warning: it works here and not elsewhere.
pub(super) fn local(
    reader: &Reader<'_>,
    key: &str,
    path: Located<String>,
) -> Option<Located<String>> {
    let name = reader.path_of(key);
    let error = |message: String, label: &str| {
        Finding::error("manifest/path", message).at(path.span.clone()).label(label)
    };
    if path.value.trim().is_empty() {
        reader.report(error(format!("`{name}` is empty"), "expected the path of a file"));
        return None;
    }
    if let Some((scheme, _)) = path.value.split_once("://") {
        let message =
            format!("`{name}` must be a file of this folder, not a `{}://` address", clip(scheme));
        reader.report(error(message, "an address").hint("only `model.path` can be an address"));
        return None;
    }
    if path.value.contains('\\') {
        let slashes = clip(&path.value.replace('\\', "/"));
        reader.report(
            error(format!("`{name}` has a backslash"), "paths are written with `/`")
                .hint(format!("write `{slashes}`")),
        );
        return None;
    }
    if let Some(why) = leaves(&path.value) {
        reader.report(
            Finding::warning("manifest/path", format!("`{name}` leaves the manifest's folder"))
                .at(path.span.clone())
                .label(why)
                .hint("keep it in the manifest's folder, to be found on other machines too"),
        );
    }
    Some(path)
}

fn leaves(path: &str) -> Option<&'static str> {
    let drive = path.as_bytes();
    if path.starts_with(['/', '~']) || matches!(drive, [c, b':', ..] if c.is_ascii_alphabetic()) {
        return Some("an absolute path");
    }
    let mut depth = 0i64;
    for part in path.split('/') {
        depth += match part {
            "" | "." => 0,
            ".." => -1,
            _ => 1,
        };
        if depth < 0 {
            return Some("above the manifest's folder");
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::leaves;

    #[test]
    fn only_paths_out_of_the_folder_leave_it() {
        for inside in ["model.onnx", "./a/../b", "a/b/../../c", "..model", "a/..b/c"] {
            assert_eq!(leaves(inside), None, "{inside}");
        }
        for outside in ["../x", "a/../../b", "/etc/x", "~/x", "C:/x"] {
            assert!(leaves(outside).is_some(), "{outside}");
        }
    }
}
