//! `output.embed`: one vector a text.

use mlship_core::project::{Embed, Length, Pooling};
use mlship_core::reader::{Located, Reader};

use super::{clip, filled, table_of};

/// The answer's key for the vector, unless told.
pub(crate) const FIELD: &str = "embedding";

pub(super) fn read(output: &mut Reader<'_>) -> Option<Embed> {
    let span = output.entry("embed").map(|(_, node)| node.span.clone());
    let mut embed =
        Embed { field: FIELD.into(), pooling: Pooling::default(), length: Length::default(), span };
    // `embed:` alone asks for the usual.
    if output.node("embed").is_none() {
        return Some(embed);
    }
    let mut table = table_of(output, "embed", "pooling")?;
    let field = table.string("field");
    if let Some(field) = filled(&table, "field", field) {
        embed.field = field.value;
    }
    if let Some(Located { value: "first", .. }) = table.one_of("pooling", &["mean", "first"]) {
        embed.pooling = Pooling::First;
    }
    if table.boolean("normalize").is_some_and(|normalize| normalize.value) {
        embed.length = Length::Unit;
    }
    table.finish_with(other_words);
    Some(embed)
}

/// What other tools call the keys.
fn other_words(key: &str) -> Option<String> {
    let lower = clip(key).to_lowercase().replace('_', "-");
    Some(match lower.as_str() {
        "normalise" | "normalize-embeddings" | "l2" | "unit" | "length" => {
            "the key is `normalize`, as in `normalize: true`".into()
        }
        "pool" | "strategy" | "cls" | "mean" => {
            "the key is `pooling`: `mean` over the tokens, or the `first` one".into()
        }
        _ => return None,
    })
}
