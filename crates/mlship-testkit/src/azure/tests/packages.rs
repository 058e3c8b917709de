//! Artifacts, made by the zip crate.

use std::io::{Cursor, Write};

use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{System, ZipWriter};

/// What is wrong with an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    None,
    /// The handler may not be run.
    NotExecutable,
    /// It was not made on Unix.
    NoModes,
    NoHostJson,
    NoFunctionJson,
}

/// An artifact with one function that takes every path.
pub(super) fn artifact(flaw: Flaw, handler: &[u8], proxying: bool) -> Vec<u8> {
    let host = json!({"version": "2.0", "extensions": {"http": {"routePrefix": ""}},
        "customHandler": {"description": {"defaultExecutablePath": "handler"},
            "enableProxyingHttpRequest": proxying}});
    let function = json!({"bindings": [
        {"type": "httpTrigger", "direction": "in", "name": "request", "authLevel": "function",
            "methods": ["get", "post"], "route": "{*path}"},
        {"type": "http", "direction": "out", "name": "answer"}]});
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let system = if flaw == Flaw::NoModes { System::Dos } else { System::Unix };
    let mut add = |name: &str, mode: u32, content: &[u8]| {
        let options = SimpleFileOptions::default().unix_permissions(mode).system(system);
        writer.start_file(name, options).unwrap();
        writer.write_all(content).unwrap();
    };
    let text = |value: &Value| value.to_string().into_bytes();
    if flaw != Flaw::NoHostJson {
        add("host.json", 0o666, &text(&host));
    }
    if flaw != Flaw::NoFunctionJson {
        add("predict/function.json", 0o666, &text(&function));
    }
    let mode = if flaw == Flaw::NotExecutable { 0o666 } else { 0o777 };
    add("handler", mode, handler);
    writer.finish().unwrap().into_inner()
}
