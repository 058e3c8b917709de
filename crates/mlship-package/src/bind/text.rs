//! Text, bound to the model's inputs of token ids, and its tokenizer to their embeddings.

use mlship_bundle::{Element, Input, Port, Text};
use mlship_core::finding::{Finding, Report};
use mlship_core::project::{self, Padding};
use mlship_inspect::{TextInput, text_input};

use super::{Ground, listed};
use crate::embeddings::{position_rows, token_rows};
use crate::tokenizer::Tokenizer;

/// How long texts are when neither the manifest, the tokenizer nor the model tells: what BERT
/// takes.
const USUAL_TOKENS: usize = 512;

/// Binds the text's ids, mask and types to the inputs of those names.
pub(super) fn text(wanted: &project::Text, ground: &Ground<'_>, report: &mut Report) -> Input {
    let ports = Ports::find(ground.inputs);
    ports.check(ground.inputs, report);
    let lengths = ports.fixed_length(report);
    if let (Some(tokenizer), Some(ids)) = (ground.tokenizer, ports.ids) {
        check_vocabulary(wanted, tokenizer, token_rows(ground.graph, &ids.name), report);
    }
    let (max_tokens, padded_to) = tokens(wanted, ground, &ports, lengths, report);
    let name = |port: Option<&Port>| port.map(|port| port.name.clone());
    Input::Text(Text {
        field: wanted.field.clone(),
        tokenizer: ground.tokenizer.map(|read| read.file.to_owned()).unwrap_or_default(),
        form: ground.tokenizer.map_or(mlship_bundle::TokenizerForm::Compiled, |read| read.form),
        max_tokens,
        padded_to,
        ids: name(ports.ids).unwrap_or_default(),
        mask: name(ports.mask),
        types: name(ports.types),
    })
}

/// The model's inputs by what they take.
struct Ports<'m> {
    ids: Option<&'m Port>,
    mask: Option<&'m Port>,
    types: Option<&'m Port>,
    others: Vec<&'m Port>,
}

impl<'m> Ports<'m> {
    fn find(inputs: &'m [Port]) -> Self {
        let takes = |what| inputs.iter().find(|port| text_input(&port.name) == Some(what));
        let (ids, mask, types) = match inputs {
            [only] => (Some(only), None, None),
            _ => (takes(TextInput::Ids), takes(TextInput::Mask), takes(TextInput::Types)),
        };
        let taken = [ids, mask, types];
        let others = inputs
            .iter()
            .filter(|port| !taken.iter().flatten().any(|other| other.name == port.name))
            .collect();
        Self { ids, mask, types, others }
    }

    fn all(&self) -> impl Iterator<Item = &'m Port> {
        [self.ids, self.mask, self.types].into_iter().flatten()
    }

    /// Reports inputs that text does not fill, or cannot.
    fn check(&self, inputs: &[Port], report: &mut Report) {
        let takes = format!("the model takes: {}", described(inputs));
        if self.ids.is_none() {
            report.push(
                Finding::error("model/text", "the model has no input for token ids")
                    .hint(takes.clone())
                    .hint(
                        "text fills inputs named `input_ids`, `attention_mask`, `token_type_ids`",
                    ),
            );
        } else if !self.others.is_empty() {
            let more = listed(self.others.iter().copied());
            report.push(
                Finding::error("model/text", format!("the model also takes {more}"))
                    .hint(takes.clone())
                    .hint(
                        "text fills token ids, mask and token types: export the model with these",
                    ),
            );
        }
        for port in self.all() {
            let whole = matches!(port.element, Element::I32 | Element::I64);
            if !whole || port.shape.len() != 2 {
                report.push(
                    Finding::error(
                        "model/text",
                        format!("`{}` does not take whole numbers by text and token", port.name),
                    )
                    .hint(takes.clone())
                    .hint("token ids are `[texts, tokens]`, of int64 or int32"),
                );
            }
        }
    }

    /// The number of tokens that the model always takes, when it is fixed.
    fn fixed_length(&self, report: &mut Report) -> Option<usize> {
        let mut fixed = self.all().filter_map(|port| Some((port, (*port.shape.get(1)?)?)));
        let (first, length) = fixed.next()?;
        for (port, other) in fixed {
            if other != length {
                report.push(
                    Finding::error(
                        "model/text",
                        format!(
                            "`{}` takes {length} tokens a text, `{}` takes {other}",
                            first.name, port.name
                        ),
                    )
                    .hint("export the model with the same length for all, or with any"),
                );
            }
        }
        Some(length)
    }
}

/// To how many tokens texts are cut, and to what length they are padded.
fn tokens(
    wanted: &project::Text,
    ground: &Ground<'_>,
    ports: &Ports<'_>,
    fixed: Option<usize>,
    report: &mut Report,
) -> (usize, Option<usize>) {
    let filled: Vec<&str> = ports.all().map(|port| port.name.as_str()).collect();
    let positions = position_rows(ground.graph, &filled);
    let most = match (fixed, positions) {
        (Some(fixed), Some(positions)) => Some(fixed.min(positions)),
        (one, other) => one.or(other),
    };
    let told = wanted.max_tokens.as_ref().map(|told| told.value as usize);
    if let (Some(told), Some(most)) = (&wanted.max_tokens, most)
        && told.value as usize > most
    {
        let why = match fixed {
            Some(_) => "its inputs are that long",
            None => "its position embedding has no more rows",
        };
        report.push(
            Finding::error(
                "model/max-tokens",
                format!(
                    "`max-tokens` is {}, and the model takes at most {most} tokens",
                    told.value
                ),
            )
            .at(told.span.clone())
            .label(why)
            .hint(format!("write `{most}`, or leave it out")),
        );
    }
    let own = ground.tokenizer.and_then(|tokenizer| tokenizer.traits.max_tokens);
    let bound = most.unwrap_or(usize::MAX);
    let max_tokens = told.or(own).map_or(most.unwrap_or(USUAL_TOKENS), |tokens| tokens.min(bound));
    check_room(wanted, ground, max_tokens, report);
    let padded_to = match (fixed, wanted.padding) {
        (Some(fixed), _) => Some(fixed),
        (None, Padding::Max) => Some(max_tokens),
        (None, Padding::Longest) => None,
    };
    (max_tokens, padded_to)
}

/// Reports a length that the special tokens fill alone.
fn check_room(wanted: &project::Text, ground: &Ground<'_>, max_tokens: usize, report: &mut Report) {
    let special = ground.tokenizer.map_or(0, |tokenizer| tokenizer.traits.special_tokens);
    if max_tokens > special {
        return;
    }
    let place = wanted.max_tokens.as_ref().map_or(&wanted.tokenizer.span, |told| &told.span);
    report.push(
        Finding::error(
            "model/max-tokens",
            format!(
                "texts are cut to {max_tokens} tokens, and the tokenizer puts {special} around each"
            ),
        )
        .at(place.clone())
        .label("no room for the text")
        .hint(format!("`max-tokens` must be more than {special}")),
    );
}

/// Reports a tokenizer that gives ids which the model has no embedding for.
fn check_vocabulary(
    wanted: &project::Text,
    tokenizer: &Tokenizer,
    rows: Option<usize>,
    report: &mut Report,
) {
    let largest = tokenizer.traits.largest_id as usize;
    let Some(rows) = rows.filter(|rows| largest >= *rows) else { return };
    report.push(
        Finding::error(
            "model/tokenizer",
            format!("the tokenizer gives ids up to {largest}, and the model knows {rows} tokens"),
        )
        .at(wanted.tokenizer.span.clone())
        .label("not the tokenizer of this model")
        .hint("ids start at 0: give the tokenizer that the model was trained with"),
    );
}

/// Inputs with their types and shapes, for a message.
pub(super) fn described(ports: &[Port]) -> String {
    let one = |port: &Port| {
        let element = match port.element {
            Element::F32 => "float32",
            Element::F64 => "float64",
            Element::I32 => "int32",
            Element::I64 => "int64",
            Element::Bool => "bool",
            Element::String => "text",
        };
        let lengths: Vec<String> = port
            .shape
            .iter()
            .map(|length| length.map_or_else(|| "any".into(), |length| length.to_string()))
            .collect();
        format!("`{}` {element} [{}]", port.name, lengths.join(", "))
    };
    ports.iter().map(one).collect::<Vec<_>>().join(", ")
}
