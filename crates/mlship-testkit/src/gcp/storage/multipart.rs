//! `multipart/related` of two parts: what is said of an object as JSON, and its bytes.

/// The two parts.
pub(super) struct Parts {
    pub(super) said: Vec<u8>,
    pub(super) media_type: Option<String>,
    pub(super) bytes: Vec<u8>,
}

/// `None` when it is not of that form.
pub(super) fn parts(media_type: &str, body: &[u8]) -> Option<Parts> {
    let (kind, rest) = media_type.split_once(';')?;
    let boundary = rest.split(';').find_map(|word| word.trim().strip_prefix("boundary="))?;
    let between = format!("--{}", boundary.trim_matches(['"', '\'']));
    if kind.trim() != "multipart/related" {
        return None;
    }
    let first = find(body, between.as_bytes(), 0)? + between.len();
    // The line's end belongs to the boundary.
    let between = format!("\n{between}");
    let second = find(body, between.as_bytes(), first)?;
    let last = find(body, between.as_bytes(), second + between.len())?;
    let (_, said) = part(&body[first..second])?;
    let (media_type, bytes) = part(&body[second + between.len()..last])?;
    body[last + between.len()..].starts_with(b"--").then_some(Parts { said, media_type, bytes })
}

/// Its type and its content.
fn part(text: &[u8]) -> Option<(Option<String>, Vec<u8>)> {
    let (end, length) = match (find(text, b"\r\n\r\n", 0), find(text, b"\n\n", 0)) {
        (Some(end), other) if other.is_none_or(|other| end < other) => (end, 4),
        (_, other) => (other?, 2),
    };
    let head = String::from_utf8_lossy(&text[..end]);
    let media_type = head.lines().filter_map(|line| line.split_once(':'));
    let mut media_type =
        media_type.filter(|(name, _)| name.trim().eq_ignore_ascii_case("content-type"));
    let media_type = media_type.next().map(|(_, value)| value.trim().to_owned());
    let content = &text[end + length..];
    Some((media_type, content.strip_suffix(b"\r").unwrap_or(content).to_vec()))
}

fn find(text: &[u8], what: &[u8], from: usize) -> Option<usize> {
    let found = text.get(from..)?.windows(what.len()).position(|some| some == what)?;
    Some(from + found)
}
