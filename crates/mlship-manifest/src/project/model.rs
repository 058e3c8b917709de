//! `model`: where the trained model is.

use mlship_core::finding::Finding;
use mlship_core::project::{Delivery, Engine, Model};
use mlship_core::reader::{Located, Reader};

use super::resources::Setting;
use super::{clip, paths, table_of, unwritten};

/// The addresses a model can be at.
pub(crate) const SCHEMES: [&str; 3] = ["s3", "gs", "https"];

/// How many requests one start answers, unless told: an instance that is called now and then. A
/// number above a billion is a mistake.
pub(crate) const CALLS_PER_START: Setting =
    Setting { key: "calls-per-start", default: 100, least: 1, most: 1_000_000_000 };

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Model> {
    let table = table_of(reader, "model", "path");
    let mut table = reader.required("model", table)?;
    let path = table.string("path");
    let path = table.required("path", path);
    let given = if table.node("sha256").is_some() { Digest::Given } else { Digest::Absent };
    let sha256 = table.string("sha256");
    let sha256 = sha256.and_then(|sha256| digest(&table, sha256));
    let delivery = table.one_of("delivery", &["embed", "fetch"]).map(|choice| choice.value);
    let engine = engine(&mut table);
    let path = path.and_then(|path| place(&table, path, given));
    table.finish();
    let delivery = if delivery == Some("fetch") { Delivery::Fetch } else { Delivery::Embed };
    Some(Model { path: path?, sha256, delivery, engine })
}

/// What runs it, and for `auto` the traffic that it is chosen by.
fn engine(table: &mut Reader<'_>) -> Located<Engine> {
    let engine = table.one_of("engine", &["auto", "native", "onnxruntime"]);
    let bounds = i64::from(CALLS_PER_START.least)..=i64::from(CALLS_PER_START.most);
    let calls = table.integer(CALLS_PER_START.key, bounds);
    let said = engine.as_ref().map(|engine| engine.value);
    if let Some(calls) = calls.as_ref().filter(|_| said != Some("auto")) {
        table.report(
            Finding::error("manifest/engine", "`model.calls-per-start` goes with `engine: auto`")
                .at(calls.span.clone())
                .label("nothing is chosen by it")
                .hint("add `engine: auto`, or leave `calls-per-start` out"),
        );
    }
    let calls = calls.and_then(|calls| u32::try_from(calls.value).ok());
    let value = match said {
        Some("auto") => Engine::Auto { calls_per_start: calls.unwrap_or(CALLS_PER_START.default) },
        Some("onnxruntime") => Engine::OnnxRuntime,
        _ => Engine::Native,
    };
    match engine {
        Some(engine) => Located { value, span: engine.span },
        None => unwritten(value, table.place()),
    }
}

#[derive(PartialEq)]
enum Digest {
    Given,
    Absent,
}

fn place(table: &Reader<'_>, path: Located<String>, digest: Digest) -> Option<Located<String>> {
    let Some((scheme, rest)) = path.value.split_once("://") else {
        return paths::local(table, "path", path);
    };
    let error = |message: String, label: &str| {
        Finding::error("manifest/address", message).at(path.span.clone()).label(label)
    };
    if !SCHEMES.contains(&scheme) {
        let message = format!("a model cannot be fetched from a `{}://` address", clip(scheme));
        let finding = error(message, "not a known kind of address");
        table.report(match scheme {
            "http" => finding.hint(format!("write `https://{}`", clip(rest))),
            _ => finding.hint("one of: s3://, gs://, https://, or the path of a file"),
        });
        return None;
    }
    let (host, object) = rest.split_once('/').unwrap_or((rest, ""));
    if host.is_empty() || object.is_empty() {
        table.report(error("the model's address names no file".into(), "incomplete").hint(
            match scheme {
                "https" => "write `https://HOST/PATH`".to_owned(),
                _ => format!("write `{scheme}://BUCKET/PATH`"),
            },
        ));
        return None;
    }
    if digest == Digest::Absent {
        let message = "a model at an address needs its checksum: `model.sha256` is missing";
        table.report(
            error(message.into(), "fetched, so it must be checked")
                .hint("add `sha256` with what `sha256sum FILE` prints"),
        );
        return None;
    }
    Some(path)
}

fn digest(table: &Reader<'_>, sha256: Located<String>) -> Option<Located<String>> {
    if is_sha256(&sha256.value) {
        return Some(Located { value: sha256.value.to_ascii_lowercase(), span: sha256.span });
    }
    let stray = sha256.value.chars().find(|c| !c.is_ascii_hexdigit());
    let label = match stray {
        Some(stray) => format!("`{}` is not a hexadecimal digit", stray.escape_debug()),
        None => format!("{} digits", sha256.value.len()),
    };
    let finding = Finding::error(
        "manifest/sha256",
        "`model.sha256` must be 64 hexadecimal digits".to_owned(),
    )
    .at(sha256.span)
    .label(label);
    let bare = sha256.value.strip_prefix("sha256:").is_some_and(is_sha256);
    table.report(if bare {
        finding.hint("write the digits alone, without `sha256:`")
    } else {
        finding.hint("`sha256sum FILE` prints it")
    });
    None
}

/// Whether `text` is a SHA-256 in hex.
fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}
