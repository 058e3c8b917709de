//! `StringNormalizer` and `com.microsoft.Tokenizer`.

use std::borrow::Cow;

use mlship_bundle::program::Words;
use smallvec::smallvec;

use crate::classical::call::{Kernel, boxed};
use crate::classical::params::Params;
use crate::classical::shape::volume;
use crate::classical::value::Value;
use crate::classical::{Outcome, fail};

/// `StringNormalizer`, case by Unicode whatever the locale.
pub(crate) fn normalizer(params: &Params<'_>) -> Outcome<Kernel> {
    let change: fn(&str) -> String = match params.text("case_change_action", "NONE")? {
        "NONE" => |text| text.to_owned(),
        "LOWER" => |text| text.to_lowercase(),
        "UPPER" => |text| text.to_uppercase(),
        other => return fail(format!("it has no case `{other}`")),
    };
    let exact = params.flag("is_case_sensitive", false)?;
    let key = move |text: &str| if exact { text.to_owned() } else { text.to_lowercase() };
    let stops: Vec<String> = params.texts("stopwords")?.iter().map(|word| key(word)).collect();
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let values: &[Cow<'_, str>] = x.slice()?;
        if x.shape.len() > 2 || (x.shape.len() == 2 && x.shape[0] != 1 && !stops.is_empty()) {
            return fail("it takes a list, or one row of one");
        }
        let kept = values.iter().filter(|text| stops.is_empty() || !stops.contains(&key(text)));
        let mut kept: Vec<Cow<'_, str>> = kept.map(|text| change(text).into()).collect();
        let mut shape = x.shape.clone();
        if kept.len() != values.len() {
            if kept.is_empty() {
                kept.push("".into());
            }
            if let Some(last) = shape.last_mut() {
                *last = kept.len();
            }
        }
        Ok(smallvec![Value::new(shape, kept)])
    }))
}

/// `com.microsoft.Tokenizer`, by an expression that [`Words`] reads.
pub(crate) fn tokenizer(params: &Params<'_>) -> Outcome<Kernel> {
    let Some(words) = Words::read(params.text("tokenexp", "")?) else {
        return fail("its expression is not one that is known");
    };
    if params.flag("mark", false)? {
        return fail("it marks the ends of a text");
    }
    let least = usize::try_from(params.int("mincharnum", 1)?).unwrap_or(usize::MAX);
    let padding = params.text("pad_value", "")?.to_owned();
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let texts: &[Cow<'_, str>] = x.slice()?;
        if !(1..=2).contains(&x.shape.len()) {
            return fail("it takes a list of texts, or a table");
        }
        let tokens: Vec<Vec<&str>> = texts.iter().map(|text| words.of(text, least)).collect();
        let most = tokens.iter().map(Vec::len).max().unwrap_or(0);
        let mut shape = x.shape.clone();
        shape.push(most);
        let mut out: Vec<Cow<'_, str>> = Vec::with_capacity(volume(&shape)?);
        for tokens in tokens {
            let padded = std::iter::repeat_n(padding.as_str(), most - tokens.len());
            let owned = tokens.into_iter().chain(padded).map(|token| token.to_owned().into());
            out.extend(owned);
        }
        Ok(smallvec![Value::new(shape, out)])
    }))
}
