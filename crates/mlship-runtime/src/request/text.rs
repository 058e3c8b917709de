//! Texts, tokenized as they are read: no text is kept.

use std::path::Path;

use mlship_bundle::{Bundle, Element, Text};

use super::format::{Format, lines, unsupported};
use super::list;
use super::refuse::{Progress, echo};
use super::{Form, Request, Run, Said};
use crate::bundle::{LoadError, path_in};
use crate::problem::{Kind, Problem};
use crate::tensor::Values;
use crate::text::{Tokenizer, Tokens, Unread};

mod csv;
mod runs;
mod walk;
use runs::Runs;

/// The most tokens of one request, padding left out.
const MOST_TOKENS: usize = 1 << 20;

/// How texts become tensors.
pub(crate) struct Texts {
    field: String,
    tokenizer: Tokenizer,
    rows: usize,
    runs: Runs,
}

/// What an input of the model takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Ids,
    Mask,
    Types,
}

impl Texts {
    /// # Errors
    /// When the tokenizer cannot be loaded or the model's inputs are not what it gives.
    pub(super) fn new(folder: &Path, text: &Text, bundle: &Bundle) -> Result<Self, LoadError> {
        let inputs = inputs(text, bundle)?;
        let ports = &bundle.model.inputs;
        let fixed =
            |axis: usize| ports.iter().find_map(|port| port.shape.get(axis).copied().flatten());
        if let (Some(length), padded_to) = (fixed(1), text.padded_to)
            && padded_to != Some(length)
        {
            let cause = format!("the model takes {length} tokens, and texts are not padded to it");
            return Err(LoadError::Contradiction(cause));
        }
        if text.padded_to.is_some_and(|length| length < text.max_tokens) {
            let cause = "texts are padded to fewer tokens than they are cut to";
            return Err(LoadError::Contradiction(cause.into()));
        }
        let path = path_in(folder, &text.tokenizer)?;
        let tokenizer = Tokenizer::load(&path, text.form, text.max_tokens)?;
        let runs = Runs {
            inputs,
            padding: tokenizer.padding(),
            padded_to: text.padded_to,
            batch: fixed(0),
            alike: text.mask.is_none() && text.padded_to.is_none(),
        };
        Ok(Self { field: text.field.clone(), tokenizer, rows: bundle.bounds.rows, runs })
    }

    /// Reads a text, an object with one, or a list of either.
    pub(super) fn read(&self, body: &[u8], said: Said<'_>) -> Result<Request, Problem> {
        const TAKEN: &str = "JSON, JSON lines, CSV and plain text";
        let mut reading = Reading {
            texts: self,
            tokens: Tokens::default(),
            ends: Vec::new(),
            progress: Progress::default(),
        };
        let form = match Format::of(said, TAKEN)? {
            Format::Json => list::read(body, said.wrap, &mut reading)?,
            Format::Lines(media_type) => lines::read(body, media_type, &mut reading)?,
            Format::Csv(header) => csv::read(body, header, &mut reading)?,
            Format::Plain => plain(body, &mut reading)?,
            Format::Npy | Format::Arrow(_) => return Err(unsupported(said, TAKEN)),
        };
        self.request(&reading.tokens, &reading.ends, form)
    }

    /// The runs for texts that are in memory.
    pub(super) fn runs_of(&self, texts: &Values) -> Result<Vec<Run>, Problem> {
        let mut reading = Reading {
            texts: self,
            tokens: Tokens::default(),
            ends: Vec::new(),
            progress: Progress::default(),
        };
        let Values::String(texts) = texts else { return Ok(Vec::new()) };
        for (index, text) in texts.iter().enumerate() {
            let place = &mut reading.progress.place;
            (place.within, place.element) = (Some("inputs"), Some(0));
            (place.key, place.indices) = (Some("data".into()), vec![index]);
            if let Err(error) = reading.text::<serde_json::Error>(text) {
                return Err(reading.progress.explain(&error, &[]));
            }
        }
        self.runs.of(&reading.tokens, &reading.ends)
    }

    fn request(&self, tokens: &Tokens, ends: &[usize], form: Form) -> Result<Request, Problem> {
        Ok(Request { runs: self.runs.of(tokens, ends)?, form })
    }

    fn unknown(&self, name: &str) -> String {
        format!("the request has no field `{}`; its text is `{}`", echo(name), self.field)
    }
}

/// Reads a body that is one text.
fn plain(body: &[u8], reading: &mut Reading<'_>) -> Result<Form, Problem> {
    let text = std::str::from_utf8(body);
    let text = text.map_err(|_| Problem::new(Kind::Malformed, "the body is not UTF-8"))?;
    csv::one(reading, text)?;
    Ok(Form::Single)
}

/// What each of the model's inputs takes, in their order.
fn inputs(text: &Text, bundle: &Bundle) -> Result<Vec<(Role, Element)>, LoadError> {
    let named = [
        (Some(&text.ids), Role::Ids),
        (text.mask.as_ref(), Role::Mask),
        (text.types.as_ref(), Role::Types),
    ];
    let ports = &bundle.model.inputs;
    for (name, _) in &named {
        if let Some(name) = name
            && !ports.iter().any(|port| port.name == **name)
        {
            return Err(LoadError::Contradiction(format!("the model has no input `{name}`")));
        }
    }
    let role = |port: &mlship_bundle::Port| {
        let found = named.iter().find(|(name, _)| *name == Some(&port.name));
        let fits = matches!(port.element, Element::I32 | Element::I64) && port.shape.len() == 2;
        match (found, fits) {
            (Some((_, role)), true) => Ok((*role, port.element)),
            _ => Err(LoadError::Contradiction(format!("input `{}` takes no text", port.name))),
        }
    };
    ports.iter().map(role).collect()
}

/// A request half read.
struct Reading<'t> {
    texts: &'t Texts,
    tokens: Tokens,
    /// For each text where its tokens end.
    ends: Vec<usize>,
    progress: Progress,
}

impl Reading<'_> {
    fn text<E: serde::de::Error>(&mut self, text: &str) -> Result<(), E> {
        match self.texts.tokenizer.encode(text, &mut self.tokens) {
            Ok(()) => {}
            Err(Unread::TooLong(most)) => {
                let detail =
                    format!("at most {most} bytes of text are taken, found {}", text.len());
                return Err(self.progress.refuse(Kind::BodyTooLarge, detail));
            }
            Err(Unread::Failed(_)) => {
                return Err(self
                    .progress
                    .refuse(Kind::Failed, "the tokenizer failed on this text"));
            }
        }
        if self.tokens.ids.len() > MOST_TOKENS {
            let detail = format!("at most {MOST_TOKENS} tokens are taken at once");
            return Err(self.progress.refuse(Kind::TooManyRows, detail));
        }
        self.ends.push(self.tokens.ids.len());
        Ok(())
    }
}

#[cfg(test)]
mod tests;
