//! The normalizer to steps.

use serde_json::Value;

use super::{Outcome, Stop, cut, lacking};
use crate::tokenizer::plan::Step;

/// The steps of a normalizer; none when there is none.
pub(super) fn steps(normalizer: Option<&Value>) -> Outcome<Vec<Step>> {
    let Some(normalizer) = normalizer else { return Ok(Vec::new()) };
    Ok(match normalizer["type"].as_str() {
        Some("BertNormalizer") => bert(normalizer)?,
        Some("Lowercase") => vec![Step::Lower],
        Some("NFD") => vec![Step::Nfd],
        Some("NFKD") => vec![Step::Nfkd],
        Some("StripAccents") => vec![Step::StripCombining],
        Some("Sequence") => {
            let Some(parts) = normalizer["normalizers"].as_array() else {
                return Err(Stop::Invalid("the normalizer is a sequence of nothing".into()));
            };
            let parts = parts.iter().map(|part| steps(Some(part)));
            parts.collect::<Outcome<Vec<_>>>()?.concat()
        }
        Some(kind) => return lacking(format!("its normalizer is of kind `{}`", cut(kind))),
        None => return Err(Stop::Invalid("the normalizer does not say its kind".into())),
    })
}

fn bert(normalizer: &Value) -> Outcome<Vec<Step>> {
    let set = |field: &str| {
        let value = normalizer[field].as_bool();
        value.ok_or_else(|| Stop::Invalid(format!("the normalizer's `{field}` is not given")))
    };
    let lowers = set("lowercase")?;
    let strips = match &normalizer["strip_accents"] {
        Value::Null => lowers,
        _ => set("strip_accents")?,
    };
    let strip: &[Step] = &[Step::Nfd, Step::StripNonspacing];
    let parts = [
        (set("clean_text")?, &[Step::Clean][..]),
        (set("handle_chinese_chars")?, &[Step::SpaceChinese]),
        (strips, strip),
        (lowers, &[Step::Lower]),
    ];
    Ok(parts.iter().filter(|(set, _)| *set).flat_map(|(_, steps)| steps.iter().copied()).collect())
}
