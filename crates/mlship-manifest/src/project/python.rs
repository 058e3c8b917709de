//! `python`: the user's own code.

use mlship_core::finding::Finding;
use mlship_core::node::Value;
use mlship_core::project::{Python, Slim};
use mlship_core::reader::{Located, Reader};

use super::{Wrong, clip, paths, table_of};

/// `module:function`, as a regular expression.
pub(crate) const HANDLER: &str =
    r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*:[A-Za-z_][A-Za-z0-9_]*$";

/// `3.12`, as a regular expression.
pub(crate) const VERSION: &str = r"^3\.[0-9]{1,2}$";

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Option<Python>, Wrong> {
    if reader.node("python").is_none() {
        return Ok(None);
    }
    let mut table = table_of(reader, "python", "handler").ok_or(Wrong)?;
    let handler = table.string("handler");
    let handler = table.required("handler", handler);
    let handler = handler.and_then(|handler| check_handler(&table, handler));
    let version = version(&mut table);
    let requirements = table.string("requirements");
    let requirements = requirements.and_then(|path| paths::local(&table, "requirements", path));
    let slim = slim(&mut table);
    let keep = table.strings("keep");
    let held_out = table.strings("held-out");
    let held_out = held_out.filter(|paths| are_local(&table, paths));
    table.finish();
    let handler = handler.ok_or(Wrong)?;
    Ok(Some(Python { handler, version, requirements, slim, keep, held_out }))
}

fn slim(table: &mut Reader<'_>) -> Located<Slim> {
    let names = Slim::NAMES.map(|(name, _)| name);
    let written = table.one_of("slim", &names);
    let level = |name: &str| Slim::NAMES.iter().find(|(known, _)| *known == name);
    match written {
        Some(Located { value, span }) => {
            Located { value: level(value).map(|(_, level)| *level).unwrap_or_default(), span }
        }
        None => Located { value: Slim::default(), span: table.place() },
    }
}

/// Each is a file of the project.
fn are_local(table: &Reader<'_>, files: &Located<Vec<String>>) -> bool {
    let is_local = |path: &&String| {
        let path = Located { value: (*path).clone(), span: files.span.clone() };
        paths::local(table, "held-out", path).is_some()
    };
    // Each is looked at, so that each that is wrong is told.
    files.value.iter().filter(is_local).count() == files.value.len()
}

fn check_handler(table: &Reader<'_>, handler: Located<String>) -> Option<Located<String>> {
    if let Some((module, function)) = handler.value.split_once(':')
        && module.split('.').all(is_name)
        && is_name(function)
    {
        return Some(handler);
    }
    let finding = Finding::error(
        "manifest/handler",
        format!("`{}` names no Python function", clip(&handler.value)),
    )
    .at(handler.span)
    .label("expected `module:function`");
    let text = handler.value.replace(".py", "").replace('/', ".");
    let module_and_function = match text.contains(':') {
        true => text.split_once(':'),
        false => text.rsplit_once('.'),
    };
    let hint = match module_and_function {
        Some((module, function)) if module.split('.').all(is_name) && is_name(function) => {
            format!("write `{module}:{function}`")
        }
        _ => "write `app:predict` for the function `predict` of `app.py`".to_owned(),
    };
    table.report(finding.hint(hint));
    None
}

fn version(table: &mut Reader<'_>) -> Option<Located<String>> {
    // The usual slip: an unquoted 3.10 is the number 3.1 to YAML and TOML.
    if let Some(node) = table.node("version")
        && matches!(node.value, Value::Float(_) | Value::Int(_))
    {
        let finding = table.wrong("python.version", node, "text");
        table.report(finding.hint("put it in quotes: a bare 3.10 is the number 3.1"));
        return None;
    }
    let version = table.string("version")?;
    let minor = version.value.strip_prefix("3.");
    if minor.is_some_and(|minor| {
        (1..=2).contains(&minor.len()) && minor.bytes().all(|b| b.is_ascii_digit())
    }) {
        return Some(version);
    }
    let finding = Finding::error(
        "manifest/python-version",
        format!("`{}` is not a Python version", clip(&version.value)),
    )
    .at(version.span)
    .label("expected `3.N`");
    let mut parts = version.value.split('.');
    table.report(match (parts.next(), parts.next(), parts.next()) {
        (Some("3"), Some(minor), Some(_)) => finding
            .hint(format!("write `3.{}`; the provider chooses the patch release", clip(minor))),
        _ => finding.hint("write, for example, `3.12`"),
    });
    None
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
