//! `samples`: the model's own acceptance tests.

use mlship_core::node::{Node, Value};
use mlship_core::project::SamplePaths;
use mlship_core::reader::{Located, Reader};

use super::paths;

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Vec<SamplePaths>> {
    let Some(node) = reader.node("samples") else { return Some(Vec::new()) };
    let Value::List(items) = &node.value else {
        let finding = reader.wrong("samples", node, "a list");
        reader.report(finding.hint("each sample is a `request` and the `expect`ed answer"));
        return None;
    };
    let read: Vec<_> =
        items.iter().enumerate().filter_map(|(index, item)| sample(reader, index, item)).collect();
    (read.len() == items.len()).then_some(read)
}

fn sample(reader: &Reader<'_>, index: usize, item: &Node) -> Option<SamplePaths> {
    let path = format!("samples[{index}]");
    if let Value::Str(text) = &item.value {
        let finding = reader.wrong(&path, item, "a table");
        reader.report(finding.hint(format!("write it under `request`: `{}`", super::clip(text))));
        return None;
    }
    let mut table = Reader::new(&path, item, reader.findings())?;
    let request = table.string("request");
    let request = table.required("request", request);
    let request = request.and_then(|request| paths::local(&table, "request", request));
    let expect: Option<Located<String>> = table.string("expect");
    let expect = expect.and_then(|expect| paths::local(&table, "expect", expect));
    table.finish();
    Some(SamplePaths { request: request?, expect })
}
