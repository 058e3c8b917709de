//! What packages ask about themselves: names, versions and entry points, in short.

use std::path::Path;

use super::put;
use crate::error::SlimError;
use crate::keep::Facts;

/// Files that are shipped as they are.
const WHOLE: &[&str] = &["entry_points.txt", "top_level.txt"];

/// Writes the metadata of every distribution, those without a kept file too: whether a package is
/// there is asked by name.
pub(super) fn write(facts: &Facts<'_>, out: &Path) -> Result<(), SlimError> {
    for info in facts.tree.infos() {
        let headers = format!("{info}/METADATA");
        if facts.tree.files.contains_key(&headers) {
            let text = facts.tree.bytes(&headers)?;
            put(out, &headers, short(&String::from_utf8_lossy(&text)).as_bytes())?;
        }
        let start = format!("{info}/");
        let files = facts.tree.files.range(start.clone()..).map(|(file, _)| file);
        for file in files.take_while(|file| file.starts_with(&start)) {
            let whole = WHOLE.iter().any(|name| file[start.len()..] == **name);
            let read = facts.touched.opened.contains(file) && *file != headers;
            if whole || read {
                put(out, file, &facts.tree.bytes(file)?)?;
            }
        }
    }
    Ok(())
}

/// The headers of a package without its description, and of a licence only what names it.
fn short(metadata: &str) -> String {
    let mut text = String::new();
    let mut skips = false;
    for line in metadata.lines().take_while(|line| !line.is_empty()) {
        let continues = line.starts_with([' ', '\t']);
        skips = if continues { skips } else { line.starts_with("Description:") };
        let is_licence =
            continues && text.lines().next_back().is_some_and(|last| last.starts_with("License:"));
        if !skips && !is_licence {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_stay_and_texts_go() {
        let metadata = "Metadata-Version: 2.1\nName: a\nVersion: 1\nLicense: BSD\n        Copyright\n\
                        Requires-Dist: b\nDescription: long\n  longer\nKeywords: x\n\n# A\ntext\n";
        let wanted = "Metadata-Version: 2.1\nName: a\nVersion: 1\nLicense: BSD\n\
                      Requires-Dist: b\nKeywords: x\n";
        assert_eq!(short(metadata), wanted);
    }
}
