//! `input.text` and `output.embed` as they are written, for their schema alone.
#![expect(dead_code, reason = "only their schema is used")]

use schemars::JsonSchema;

use crate::project::{EMBED_FIELD, MAX_TOKENS, TEXT_FIELD};

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Text {
    /// Path of the tokenizer.json or vocab.txt that the model was trained with, relative to the
    /// manifest.
    #[schemars(regex(pattern = TOKENIZER))]
    tokenizer: String,
    /// The request's key for the text.
    #[schemars(regex(pattern = r"\S"), extend("default" = TEXT_FIELD))]
    field: Option<String>,
    /// Longer texts are cut to so many tokens, special ones included; what the tokenizer and the
    /// model say when left out.
    #[schemars(range(min = MAX_TOKENS.least, max = MAX_TOKENS.most))]
    max_tokens: Option<u32>,
    /// To what length texts are padded: to the longest of a request, or to max-tokens.
    #[schemars(extend("default" = "longest"))]
    padding: Option<Padding>,
    /// Of a vocab.txt, whether text is made small and loses its accents first (uncased), or is
    /// taken as it is (cased). A tokenizer.json says it itself.
    #[schemars(extend("default" = "uncased"))]
    case: Option<Case>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Padding {
    Longest,
    Max,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Case {
    Uncased,
    Cased,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Embed {
    /// The answer's key for the vector.
    #[schemars(regex(pattern = r"\S"), extend("default" = EMBED_FIELD))]
    field: Option<String>,
    /// What makes one vector of one a token: their mean without the padding, or the first. A model
    /// that gives one vector a text is not pooled.
    #[schemars(extend("default" = "mean"))]
    pooling: Option<Pooling>,
    /// Whether the vector is scaled to length 1.
    #[schemars(extend("default" = false))]
    normalize: Option<bool>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Pooling {
    Mean,
    First,
}

/// A path of a tokenizer with `/`, and no address.
const TOKENIZER: &str =
    r"^(?!.*://)(?!(.*/)?(tokenizer_config|special_tokens_map|vocab)\.json$)[^\\]*\.(json|txt)$";
