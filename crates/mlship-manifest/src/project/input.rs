//! `input`: exactly one way from request to tensors.

use mlship_core::finding::Finding;
use mlship_core::node::{Key, Node, Value};
use mlship_core::project::Input;
use mlship_core::reader::{Reader, nearest};

use super::{columns, picture, text};

/// What can stand under `input`.
const WAYS: [&str; 4] = ["table", "text", "image", "tensor"];

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Input> {
    let written = reader.entry("input");
    let Some((_, node)) = written else {
        reader.required::<()>("input", None);
        return None;
    };
    if is_word(reader, "input", node, &WAYS) {
        return None;
    }
    let table = reader.table("input");
    let mut table = reader.required("input", table)?;
    let ways = WAYS.map(|name| (name, table.entry(name)));
    let mut refused = false;
    refused |= unsupported(&mut table, "audio");
    let chosen = one_way(&table, &ways, refused);
    let input = match chosen {
        Some("table") => columns::read(&mut table).map(Input::Table),
        Some("text") => text::read(&mut table).map(Input::Text),
        Some("image") => picture::read(&mut table).map(Input::Image),
        Some(_) => tensor(&mut table),
        None => None,
    };
    table.finish();
    input
}

/// Reports text where a table with one of `ways` was wanted: `input: tensor`.
pub(super) fn is_word(reader: &Reader<'_>, key: &str, node: &Node, ways: &[&str]) -> bool {
    let Value::Str(text) = &node.value else { return false };
    let finding = reader.wrong(key, node, "a table");
    reader.report(match nearest(text, ways.iter().copied()) {
        Some(way) => finding.hint(format!("make `{way}` a key of it, with its settings below")),
        None => finding.hint(format!("its key is one of: {}", ways.join(", "))),
    });
    true
}

fn unsupported(table: &mut Reader<'_>, key: &'static str) -> bool {
    let Some((written, _)) = table.refused(key) else { return false };
    table.report(
        Finding::error("manifest/unsupported", format!("`input.{key}` is not supported yet"))
            .at(written.span.clone())
            .label("not read by this version")
            .hint("`input.tensor` takes the model's own tensors, made by the caller"),
    );
    true
}

/// The only one written, or a finding.
pub(super) fn one_way(
    table: &Reader<'_>,
    ways: &[(&'static str, Option<(&Key, &Node)>)],
    refused: bool,
) -> Option<&'static str> {
    let mut written = ways.iter().filter_map(|(name, entry)| Some((*name, (*entry)?.0)));
    let names: Vec<_> = ways.iter().map(|(name, _)| format!("`{name}`")).collect();
    let path = table.path_of("");
    let section = path.trim_end_matches('.');
    let Some((first, first_key)) = written.next() else {
        // An unknown key may be the one that was meant, and is reported with its own hint.
        if !refused && table.entries().is_empty() {
            table.report(
                Finding::error("manifest/one-of", format!("`{section}` is empty"))
                    .at(table.place())
                    .label("needs one way")
                    .hint(format!("add one of {}", names.join(", "))),
            );
        }
        return None;
    };
    let mut only = Some(first);
    for (name, key) in written {
        only = None;
        let later =
            if key.span.start > first_key.span.start { (name, key) } else { (first, first_key) };
        table.report(
            Finding::error(
                "manifest/one-of",
                format!("`{section}` has both `{first}` and `{name}`"),
            )
            .at(later.1.span.clone())
            .label("one too many")
            .hint(format!("keep one of {}", names.join(", "))),
        );
    }
    only
}

fn tensor(table: &mut Reader<'_>) -> Option<Input> {
    if table.node("tensor").is_some() {
        table.table("tensor")?.finish();
    }
    Some(Input::Tensor)
}
