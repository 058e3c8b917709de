//! `StringNormalizer`.

use std::borrow::Cow;

use smallvec::smallvec;

use crate::classical::call::{Kernel, boxed};
use crate::classical::params::Params;
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
