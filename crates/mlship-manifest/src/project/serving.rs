//! `serving`: how requests are taken in.

use mlship_core::project::{Batching, Page, Serving};
use mlship_core::reader::{Located, Reader};

use super::resources::Setting;
use super::{clip, number};

/// Requests that may wait for their turn; 0 turns away whatever cannot run at once.
pub(crate) const QUEUE: Setting = Setting { key: "queue", default: 64, least: 0, most: 100_000 };

/// The most examples that are put together into one run.
pub(crate) const EXAMPLES: Setting =
    Setting { key: "examples", default: 32, least: 2, most: 10_000 };

/// How long the first request waits for others, in milliseconds.
pub(crate) const WAIT_MS: Setting = Setting { key: "wait-ms", default: 5, least: 0, most: 10_000 };

pub(super) fn read(reader: &mut Reader<'_>) -> Serving {
    let mut serving = Serving::default();
    let Some(mut table) = reader.table("serving") else { return serving };
    serving.page = match table.one_of("page", &["local", "on", "off"]) {
        Some(Located { value: "on", .. }) => Page::On,
        Some(Located { value: "off", .. }) => Page::Off,
        _ => Page::Local,
    };
    serving.queue = number(&mut table, &QUEUE);
    serving.batching = batching(&mut table);
    table.finish_with(other_words);
    serving
}

/// `batching: {}` asks for the usual.
fn batching(serving: &mut Reader<'_>) -> Option<Batching> {
    let mut table = serving.table("batching")?;
    let examples = number(&mut table, &EXAMPLES);
    let wait_ms = number(&mut table, &WAIT_MS);
    table.finish_with(other_words);
    Some(Batching { examples, wait_ms })
}

/// What other tools call the keys.
fn other_words(key: &str) -> Option<String> {
    Some(match clip(key).to_lowercase().replace('_', "-").as_str() {
        "max-batch-size" | "batch-size" | "preferred-batch-size" | "rows" => {
            "the key is `examples`, under `batching`".into()
        }
        "max-queue-delay-microseconds" | "max-latency-ms" | "max-latency" | "timeout" | "delay" => {
            "the key is `wait-ms`, under `batching`".into()
        }
        "queue-size" | "max-queue" | "max-queue-size" | "backlog" => "the key is `queue`".into(),
        "ui" | "playground" | "docs" => "the key is `page`: `local`, `on` or `off`".into(),
        _ => return None,
    })
}
