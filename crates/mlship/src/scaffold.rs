//! The manifest that `init` writes: what the model tells of itself, annotated. Pure text.

pub(crate) mod handler;
mod sections;

use mlship_bundle::{Element, Port};
use serde_json::{Map, Value, json};

/// A sample of more elements than this is not written.
const SAMPLE_ELEMENTS: usize = 200_000;

/// The text of a sample.
const SENTENCE: &str = "This is a sentence to try the model with.";

/// The picture of a sample: a PNG of 8 by 8 pixels in four colours.
const STRIPES: &str = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAJUlEQVR42mM4YaMBRM+22ACRTU8UEGkELAAiBipKYApBlFJRAgAMN1PB0gk2hwAAAABJRU5ErkJggg==";

/// What is known of the model.
#[derive(Debug)]
pub(crate) struct Scaffold {
    /// The service's name.
    pub(crate) name: String,
    /// The model's path, relative to the manifest.
    pub(crate) model: String,
    /// One line about the model, for a comment.
    pub(crate) about: String,
    /// How a request looks.
    pub(crate) input: Shape,
    /// How the answer looks.
    pub(crate) output: Answer,
}

/// How a request looks.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Named columns.
    Table(Vec<Column>),
    /// Text; the path of its tokenizer, relative to the manifest.
    Text {
        /// The path.
        tokenizer: String,
        /// What becomes of capital letters.
        case: Case,
        /// To how many tokens longer texts are cut, where the model itself takes more.
        max_tokens: Option<u64>,
    },
    /// Pictures, of which the model's input alone is known.
    Image(Picture),
    /// Pictures, made ready as the model's metadata says.
    Prepared(Prepared),
    /// Token ids of a text model whose tokenizer is not there.
    TokenIds(Vec<Port>),
    /// The model's own tensors.
    Tensors(Vec<Port>),
}

/// What the model's input says of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Picture {
    /// 1 or 3.
    pub(crate) channels: usize,
    /// The model's own height and width, where it says them.
    pub(crate) height: Option<usize>,
    pub(crate) width: Option<usize>,
}

/// How pictures are made ready for the model, as the manifest writes it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Prepared {
    /// The shorter edge, or both.
    pub(crate) resize: Option<Edges>,
    /// What is cut out of the middle then.
    pub(crate) crop: Option<Edges>,
    /// `rgb` or `gray`.
    pub(crate) channels: &'static str,
    /// What is taken from each channel's value between 0 and 1, and what it is divided by then.
    pub(crate) mean: Vec<f64>,
    pub(crate) std: Vec<f64>,
}

/// Lengths of a picture's edges, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edges {
    /// One for the shorter edge, or for both of a square.
    One(u64),
    /// Both.
    Both {
        /// The width.
        width: u64,
        /// The height.
        height: u64,
    },
}

/// What becomes of capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// The tokenizer says it itself.
    Own,
    /// They are made small.
    Uncased,
    /// They are kept.
    Cased,
}

/// A column.
#[derive(Debug)]
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: String,
    /// What the model takes there.
    pub(crate) element: Element,
    /// Whether the model copes without it.
    pub(crate) optional: bool,
    /// The only texts that the model takes there; empty where it takes any.
    pub(crate) categories: Vec<String>,
}

/// How the answer looks.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A label; the classes' names, when the model tells them.
    Classify(Vec<String>),
    /// A label, out of raw scores; the names of all classes.
    Scores(Vec<String>, Activation),
    /// A number.
    Regress,
    /// A vector a text.
    Embed,
    /// The model's own tensors.
    Tensors,
}

/// What makes probabilities of raw scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activation {
    /// One class is right.
    Softmax,
    /// Several may be.
    Sigmoid,
}

impl Scaffold {
    /// The manifest; `sample` says whether one is written beside it.
    pub(crate) fn manifest(&self, samples: Samples) -> String {
        let mut text = format!(
            "# yaml-language-server: $schema=.mlship/mlship.schema.json\n\
             # {}\n\
             version: 1\n\
             # Letters, digits and dashes; everything that is made is named after it.\n\
             name: {}\n\
             \n\
             model:\n  path: {}\n\n",
            self.about,
            self.name,
            quoted(&self.model)
        );
        text.push_str(&sections::input(&self.input));
        text.push_str(&sections::output(&self.output));
        text.push_str(match samples {
            Samples::None => "# samples:              # requests and the answers they must get: tried before every deploy\n#   - {request: samples/1.json, expect: samples/1.expect.json}\n",
            Samples::Generated => "samples:                # requests and the answers they must get: tried before every deploy\n  - {request: samples/1.json, expect: samples/1.expect.json}   # made up: put a real one here\n",
        });
        text.push_str(
            "\nresources:\n  memory-mb: 512\n  timeout-s: 30         # the longest that one request may take\n\
             \n# targets:              # `mlship deploy` serves it on this machine; --provider NAME needs:\n\
             #   aws: {region: eu-central-1, url: {auth: iam}}   # auth: none makes the address public\n\
             #   azure: {location: westeurope, access: key}      # access: public lets anybody call\n\
             #   gcp: {project: my-project, region: europe-west1}   # access: public lets anybody call\n",
        );
        text
    }

    /// A request that the model takes, unless it would be too large to keep in a file.
    pub(crate) fn sample(&self) -> Option<Value> {
        match &self.input {
            Shape::Table(columns) => Some(
                columns
                    .iter()
                    .map(|column| (column.name.clone(), first(column)))
                    .collect::<Map<_, _>>()
                    .into(),
            ),
            Shape::Image(_) | Shape::Prepared(_) => Some(json!({"image": STRIPES})),
            Shape::Text { .. } => Some(json!({"text": SENTENCE})),
            Shape::Tensors(ports) | Shape::TokenIds(ports) => {
                let lengths = |port: &Port| -> Vec<usize> {
                    port.shape.iter().map(|length| length.unwrap_or(1)).collect()
                };
                let elements: usize =
                    ports.iter().map(|port| lengths(port).iter().product::<usize>()).sum();
                (elements <= SAMPLE_ELEMENTS).then(|| {
                    ports
                        .iter()
                        .map(|port| {
                            (port.name.clone(), filled(&lengths(port), &zero(port.element)))
                        })
                        .collect::<Map<_, _>>()
                        .into()
                })
            }
        }
    }
}

/// Whether a sample is written beside the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Samples {
    /// None.
    None,
    /// One, made up.
    Generated,
}

/// A value that the column takes.
fn first(column: &Column) -> Value {
    column.categories.first().map_or_else(|| zero(column.element), |first| json!(first))
}

fn zero(element: Element) -> Value {
    match element {
        Element::F32 | Element::F64 => json!(0.0),
        Element::I32 | Element::I64 => json!(0),
        Element::Bool => json!(false),
        Element::String => json!(""),
    }
}

fn filled(lengths: &[usize], value: &Value) -> Value {
    match lengths {
        [] => value.clone(),
        [length, rest @ ..] => Value::Array(vec![filled(rest, value); *length]),
    }
}

/// Text as YAML takes it: bare when that cannot be misread, else in double quotes.
fn quoted(text: &str) -> String {
    let plain = text.chars().next().is_some_and(|first| first.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-./".contains(letter))
        && !matches!(
            text.to_lowercase().as_str(),
            "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
        );
    if plain { text.to_owned() } else { Value::from(text).to_string() }
}

/// A service's name, `[a-z][a-z0-9-]{2,47}`, out of the first of these that says enough: the names
/// of a model's file and of its folder. One of too few letters is made longer, and still tells it
/// from others.
pub(crate) fn service_name<'a>(said: impl IntoIterator<Item = &'a str>) -> String {
    let plain: Vec<String> = said.into_iter().map(letters).collect();
    let is_digit = |letter: char| letter.is_ascii_digit() || letter == '-';
    let enough = plain.iter().map(|name| name.trim_start_matches(is_digit));
    let short = || match plain.iter().find(|name| !name.is_empty()) {
        Some(name) if name.starts_with(is_digit) => format!("model-{name}"),
        Some(name) => format!("{name}-model"),
        None => "my-model".to_owned(),
    };
    let name = enough.into_iter().find(|name| name.len() >= 3).map_or_else(short, str::to_owned);
    let name: String = name.chars().take(48).collect();
    name.trim_end_matches('-').to_owned()
}

/// Its small letters and digits, with a dash for what is between them.
fn letters(said: &str) -> String {
    let mut name = String::new();
    for letter in said.to_lowercase().chars() {
        match letter {
            'a'..='z' | '0'..='9' => name.push(letter),
            _ if !name.ends_with('-') => name.push('-'),
            _ => {}
        }
    }
    name.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{quoted, service_name};

    #[test]
    fn names_are_valid_everywhere() {
        assert_eq!(service_name(["Heart Disease_v2", "home"]), "heart-disease-v2");
        assert_eq!(service_name(["2024-model"]), "model");
        assert_eq!(service_name(["ü"]), "my-model");
        assert_eq!(service_name([]), "my-model");
        assert_eq!(service_name([&*"x".repeat(90)]).len(), 48);
    }

    #[test]
    fn a_short_name_is_made_longer() {
        assert_eq!(service_name(["m", "fraud"]), "fraud");
        assert_eq!(service_name(["x6"]), "x6-model");
        assert_eq!(service_name(["7"]), "model-7");
        assert_eq!(service_name(["_2b", "ü"]), "model-2b");
    }

    #[test]
    fn text_that_yaml_would_misread_is_quoted() {
        assert_eq!(quoted("age"), "age");
        assert_eq!(quoted("no"), "\"no\"");
        assert_eq!(quoted("1st"), "\"1st\"");
        assert_eq!(quoted("a: b"), "\"a: b\"");
        assert_eq!(quoted("say \"hi\""), r#""say \"hi\"""#);
    }
}
