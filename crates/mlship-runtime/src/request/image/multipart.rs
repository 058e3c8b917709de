//! The files of a `multipart/form-data` body (RFC 7578), found in it without a copy.

use memchr::memmem::{self, Finder};

use crate::problem::{Kind, Problem};

/// The most headers of a part.
const MOST_HEADERS: usize = 16;

/// The most bytes that the headers of a part may have.
const HEADER_BYTES: usize = 8 << 10;

/// A file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct File<'b> {
    /// The field that it was given in.
    pub(super) field: String,
    pub(super) bytes: &'b [u8],
}

/// The files of a form, in their order: the parts with a file name, and any part that is an
/// `image/*`. Parts of text are passed over.
///
/// # Errors
/// When the form is broken, has no file, or more than `most`.
pub(super) fn files<'b>(
    body: &'b [u8],
    boundary: &str,
    most: usize,
) -> Result<Vec<File<'b>>, Problem> {
    let line = format!("\r\n--{boundary}");
    let finder = Finder::new(&line);
    let mut files = Vec::new();
    let mut parts = 0;
    let mut rest = begin(body, &line)?;
    loop {
        rest = match behind(rest) {
            Behind::Part(rest) => rest,
            Behind::End => break,
            Behind::Broken => return Err(broken("a line between its parts is broken")),
        };
        parts += 1;
        if parts > most.saturating_add(MOST_HEADERS) {
            let detail = format!("the form has more parts than the {most} pictures that are taken");
            return Err(Problem::new(Kind::TooManyRows, detail));
        }
        let length = finder.find(rest).ok_or_else(|| broken("it ends within a part"))?;
        if let Some(file) = part(&rest[..length])? {
            files.push(file);
        }
        rest = &rest[length + line.len()..];
    }
    match files.is_empty() {
        true => Err(Problem::new(Kind::EmptyList, "the form has no file; give one in any field")),
        false => Ok(files),
    }
}

/// What is behind the first line, which may stand at the very beginning.
fn begin<'b>(body: &'b [u8], line: &str) -> Result<&'b [u8], Problem> {
    let none = || broken("it has no line with its boundary");
    if let Some(rest) = body.strip_prefix(&line.as_bytes()[2..]) {
        return Ok(rest);
    }
    let at = memmem::find(body, line.as_bytes()).ok_or_else(none)?;
    Ok(&body[at + line.len()..])
}

/// What a boundary is followed by.
enum Behind<'b> {
    Part(&'b [u8]),
    End,
    Broken,
}

fn behind(rest: &[u8]) -> Behind<'_> {
    if rest.starts_with(b"--") {
        return Behind::End;
    }
    let blank = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    match rest[blank..].strip_prefix(b"\r\n") {
        // A part without headers begins with the empty line at once.
        Some(rest) => Behind::Part(rest),
        None => Behind::Broken,
    }
}

/// A part, when it is a file.
fn part(part: &[u8]) -> Result<Option<File<'_>>, Problem> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let head = &part[..part.len().min(HEADER_BYTES)];
    let (length, headers) = match httparse::parse_headers(head, &mut headers) {
        Ok(httparse::Status::Complete(found)) => found,
        Ok(httparse::Status::Partial) => {
            return Err(broken("the headers of a part have no end"));
        }
        Err(_) => return Err(broken("the headers of a part are broken, or too many")),
    };
    let value = |name: &str| {
        let found = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.map(|header| String::from_utf8_lossy(header.value)).unwrap_or_default()
    };
    let disposition = value("content-disposition");
    let encoding = value("content-transfer-encoding");
    if !matches!(&*encoding.to_ascii_lowercase(), "" | "binary" | "7bit" | "8bit") {
        return Err(broken("a part has a transfer encoding; send its bytes as they are"));
    }
    let names = |name: &str| parameter(&disposition, name);
    let is_image = value("content-type").trim().to_ascii_lowercase().starts_with("image/");
    let is_file = is_image || names("filename").is_some() || names("filename*").is_some();
    let field = names("name").unwrap_or_default();
    Ok(is_file.then(|| File { field, bytes: &part[length..] }))
}

/// A parameter of a header, without its quotes.
fn parameter(header: &str, name: &str) -> Option<String> {
    let mut rest = header.split_once(';')?.1;
    loop {
        let (key, value) = rest.split_once('=')?;
        let value = value.trim_start();
        let (value, behind) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => value.split_at(value.find(';').unwrap_or(value.len())),
        };
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(value.trim().to_owned());
        }
        rest = behind.trim_start().strip_prefix(';')?;
    }
}

fn broken(cause: &str) -> Problem {
    Problem::new(Kind::BrokenForm, format!("the form cannot be read: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str) -> Result<Vec<(String, String)>, String> {
        let text = |file: File<'_>| (file.field, String::from_utf8(file.bytes.to_vec()).unwrap());
        let files = files(body.as_bytes(), "x-y", 3);
        files.map(|files| files.into_iter().map(text).collect()).map_err(|problem| problem.detail)
    }

    fn file(field: &str, text: &str) -> String {
        format!(
            "\r\n--x-y\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"a;b.png\"\r\n\r\n{text}"
        )
    }

    #[test]
    fn files_are_found_in_any_field() {
        let body = format!(
            "preamble{}{}\r\n--x-y\r\ncontent-disposition: form-data; name=note\r\n\r\nhello{}\r\n--x-y--\r\nepilogue",
            file("one", "1\r\n--x-\r\n"),
            file("two", ""),
            "\r\n--x-y \r\nContent-Type: image/PNG\r\n\r\n-x-y"
        );
        let expected = [("one", "1\r\n--x-\r\n"), ("two", ""), ("", "-x-y")];
        let expected = expected.map(|(field, text)| (field.to_owned(), text.to_owned()));
        assert_eq!(found(&body).unwrap(), expected);
        assert_eq!(found(&format!("{}\r\n--x-y--", &file("a", "b")[2..])).unwrap().len(), 1);
    }

    #[test]
    fn broken_forms_say_what_is_broken() {
        let many = format!("\r\n--x-y\r\n{}\r\n\r\n--x-y--", "a: b\r\n".repeat(17));
        let long = format!("\r\n--x-y\r\na: {}\r\n\r\n\r\n--x-y--", "b".repeat(9000));
        let cases = [
            ("", "no line with its boundary"),
            ("--x-z\r\n", "no line with its boundary"),
            ("--x-yz", "line between its parts is broken"),
            ("--x-y\r\n\r\nabc", "ends within a part"),
            (&file("a", "b"), "ends within a part"),
            ("--x-y\r\nno header\r\n--x-y--", "headers of a part"),
            (&many, "broken, or too many"),
            (&long, "have no end"),
            ("--x-y--", "has no file"),
            (
                "--x-y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x-y--",
                "has no file",
            ),
            ("--x-y\r\nContent-Transfer-Encoding: base64\r\n\r\nb\r\n--x-y--", "encoding"),
        ];
        for (body, cause) in cases {
            let detail = found(body).unwrap_err();
            assert!(detail.contains(cause), "{body:?}: {detail}");
        }
        let parts = "\r\n--x-y\r\n\r\n".repeat(50);
        assert!(found(&parts).unwrap_err().contains("more parts"));
    }
}
