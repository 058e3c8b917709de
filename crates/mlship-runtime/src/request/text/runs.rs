//! Tokens to runs of the model: which texts go together, and how they are padded.

use std::ops::Range;

use mlship_bundle::Element;

use super::Role;
use crate::problem::{Kind, Problem};
use crate::request::{Answers, Run};
use crate::tensor::{Tensor, Values};
use crate::text::{Padding, Side, Tokens};

/// The most tokens of one run, padding included: what is between a network's layers grows with
/// them, and more at once is no faster.
const RUN_TOKENS: usize = 4096;

/// The most elements that the padded tokens of a request may fill in one input.
const MOST_PADDED: usize = 4 << 20;

/// How texts are put together.
pub(super) struct Runs {
    /// What each of the model's inputs takes.
    pub(super) inputs: Vec<(Role, Element)>,
    pub(super) padding: Padding,
    pub(super) padded_to: Option<usize>,
    /// How many texts the model takes at a time, when it is always as many.
    pub(super) batch: Option<usize>,
    /// True when only texts of one length go together: the model would read padding as text.
    pub(super) alike: bool,
}

impl Runs {
    /// The runs for the texts whose tokens end at `ends`, in their order.
    pub(super) fn of(&self, tokens: &Tokens, ends: &[usize]) -> Result<Vec<Run>, Problem> {
        if let Some(batch) = self.batch
            && batch != 1
            && batch != ends.len()
        {
            let detail = format!("the model takes {batch} texts at a time, found {}", ends.len());
            return Err(Problem::new(Kind::WrongShape, detail));
        }
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let texts: Vec<Range<usize>> = starts.zip(ends).map(|(start, end)| start..*end).collect();
        let groups = self.groups(&texts);
        let padded: usize =
            groups.iter().map(|group| group.len() * self.length(&texts[group.clone()])).sum();
        if padded > MOST_PADDED {
            let detail = format!(
                "the texts fill {padded} tokens, padding included; at most {MOST_PADDED} are taken"
            );
            return Err(Problem::new(Kind::TooManyRows, detail));
        }
        Ok(groups.into_iter().map(|group| self.run(tokens, &texts[group])).collect())
    }

    /// Which texts go together: neighbours, so that the answers are in order.
    fn groups(&self, texts: &[Range<usize>]) -> Vec<Range<usize>> {
        let mut groups = Vec::new();
        let mut start = 0;
        for end in 1..=texts.len() {
            if end == texts.len() || !self.goes_with(&texts[start..=end]) {
                groups.push(start..end);
                start = end;
            }
        }
        groups
    }

    /// True when the last of `texts` goes with those before it.
    fn goes_with(&self, texts: &[Range<usize>]) -> bool {
        match self.batch {
            Some(1) => false,
            Some(_) => true,
            None => {
                let alike = texts.iter().all(|text| text.len() == texts[0].len());
                (alike || !self.alike) && texts.len() * self.length(texts) <= RUN_TOKENS
            }
        }
    }

    /// To what length `texts` are padded.
    fn length(&self, texts: &[Range<usize>]) -> usize {
        let longest = texts.iter().map(Range::len).max().unwrap_or(0);
        match self.padded_to {
            Some(length) => length,
            None if self.alike => longest,
            None => longest.next_multiple_of(self.padding.multiple),
        }
    }

    fn run(&self, tokens: &Tokens, texts: &[Range<usize>]) -> Run {
        let length = self.length(texts);
        let input = |(role, element): &(Role, Element)| Tensor {
            shape: vec![texts.len(), length].into(),
            values: self.values(tokens, texts, length, *role, *element),
        };
        let inputs = self.inputs.iter().map(input).collect();
        Run { inputs, answers: Answers::Examples(texts.len()) }
    }

    fn values(
        &self,
        tokens: &Tokens,
        texts: &[Range<usize>],
        length: usize,
        role: Role,
        element: Element,
    ) -> Values {
        let pad = match role {
            Role::Ids => self.padding.id,
            Role::Mask => 0,
            Role::Types => self.padding.type_id,
        };
        let mut values = Vec::with_capacity(texts.len() * length);
        for text in texts {
            let before = match self.padding.side {
                Side::Before => length.saturating_sub(text.len()),
                Side::Behind => 0,
            };
            let end = values.len() + length;
            values.resize(values.len() + before, pad);
            match role {
                Role::Ids => values.extend_from_slice(&tokens.ids[text.clone()]),
                Role::Types => values.extend_from_slice(&tokens.types[text.clone()]),
                Role::Mask => values.resize(values.len() + text.len(), 1),
            }
            values.resize(end, pad);
        }
        match element {
            // An id that 32 bits cannot hold is none of the model's: it refuses -1 as well.
            Element::I32 => {
                let narrow = |value| i32::try_from(value).unwrap_or(-1);
                Values::I32(values.into_iter().map(narrow).collect())
            }
            _ => Values::I64(values.into_iter().map(i64::from).collect()),
        }
    }
}
