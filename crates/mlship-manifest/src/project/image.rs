//! `image`: how a container image is made. Nothing is looked up.

use mlship_core::finding::Finding;
use mlship_core::project::Image;
use mlship_core::reader::{Located, Reader};

use super::{Wrong, clip, paths, table_of};

/// An image's name with a tag, a digest or both, as a regular expression
/// (<https://github.com/distribution/reference>).
pub(crate) const REFERENCE: &str = r"^([A-Za-z0-9.-]+(:[0-9]+)?/)?[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})$";

const EMPTY: &str = "leave `base` out to start from nothing";

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Image, Wrong> {
    if reader.node("image").is_none() {
        return Ok(Image::default());
    }
    let mut table = table_of(reader, "image", "base").ok_or(Wrong)?;
    let (base, dockerfile) = (table.string("base"), table.string("dockerfile"));
    let base = base.and_then(|base| reference(&table, base));
    let dockerfile = dockerfile.and_then(|path| paths::local(&table, "dockerfile", path));
    if let (Some(base), Some(dockerfile)) = (&base, &dockerfile) {
        let later = if base.span.start > dockerfile.span.start { base } else { dockerfile };
        table.report(
            Finding::error("manifest/one-of", "`image` has both `base` and `dockerfile`")
                .at(later.span.clone())
                .label("one too many")
                .hint("a Dockerfile names its base itself, in `FROM`: leave `base` out"),
        );
    }
    table.finish_with(other_words);
    Ok(Image { base, dockerfile })
}

/// An image's name as registries take it, with what it is a version of.
fn reference(table: &Reader<'_>, base: Located<String>) -> Option<Located<String>> {
    let empty = || ("`image.base` is empty".to_owned(), "nothing between the quotes", EMPTY.into());
    let wrong = match base.value.trim() {
        "" => Err(empty()),
        _ => check(&base.value),
    };
    let Err((message, label, hint)) = wrong else { return Some(base) };
    table.report(
        Finding::error("manifest/image", message).at(base.span.clone()).label(label).hint(hint),
    );
    None
}

/// Message, label and hint for what is no image's name.
fn check(base: &str) -> Result<(), (String, &'static str, String)> {
    let shown = clip(base);
    let wrong =
        |message: &str, label, hint: String| Err((format!("`{shown}` {message}"), label, hint));
    if let Some((_, rest)) = base.split_once("://") {
        return wrong("is an address, not an image's name", "has a scheme", write(rest));
    }
    let (name, digest) = match base.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (base, None),
    };
    if digest.is_some_and(|digest| !digest.strip_prefix("sha256:").is_some_and(is_digest)) {
        let hint = "after `@` stands `sha256:` and 64 hexadecimal digits".to_owned();
        return wrong("has no valid digest", "not a digest", hint);
    }
    // A colon before the last slash is a registry's port.
    let last = name.rfind('/').map_or(0, |slash| slash + 1);
    let (name, tag) = match name[last..].split_once(':') {
        Some((end, tag)) => (&name[..last + end.len()], Some(tag)),
        None => (name, None),
    };
    if tag.is_some_and(|tag| !is_tag(tag)) {
        let hint = "a tag has letters, digits, `_`, `.` and `-`, at most 128".to_owned();
        return wrong("has no valid tag", "not a tag", hint);
    }
    if !is_name(name) {
        let small = base.to_lowercase();
        let hint = match small != base && check(&small).is_ok() {
            true => write(&small),
            false => "write it as `docker pull` takes it: `REGISTRY/NAME:TAG`".to_owned(),
        };
        return wrong("is no image's name", "not a name", hint);
    }
    if tag.is_none() && digest.is_none() {
        let hint = format!("add a tag, as in `{shown}:1.0`, or a digest, `@sha256:...`");
        return wrong("names no version of the image", "neither a tag nor a digest", hint);
    }
    Ok(())
}

fn write(text: &str) -> String {
    format!("write `{}`", clip(text))
}

/// A registry's host, when the first part is one, and parts in lower case.
fn is_name(name: &str) -> bool {
    let path = match name.split_once('/') {
        Some((host, path)) if is_host(host) => path,
        _ => name,
    };
    path.split('/').all(|part| {
        let is_end =
            |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        is_end(part.chars().next())
            && is_end(part.chars().next_back())
            && part.bytes().all(|b| {
                b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-')
            })
    })
}

fn is_host(host: &str) -> bool {
    let (name, port) = match host.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    };
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        && port.is_none_or(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
}

fn is_tag(tag: &str) -> bool {
    (1..=128).contains(&tag.len())
        && tag.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && tag.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

fn is_digest(digest: &str) -> bool {
    digest.len() == 64 && digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// What other tools call the keys.
fn other_words(key: &str) -> Option<String> {
    match clip(key).to_lowercase().as_str() {
        "from" | "base-image" | "base_image" | "name" => {
            Some("the key is `base`, as in `base: debian:12-slim`".into())
        }
        "file" | "build" | "containerfile" => {
            Some("the key is `dockerfile`, as in `dockerfile: Dockerfile`".into())
        }
        _ => None,
    }
}
