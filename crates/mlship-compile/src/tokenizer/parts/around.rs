//! The post-processor to the tokens around a text.

use serde_json::Value;

use super::{Outcome, Stop, cut, lacking};
use crate::tokenizer::plan::Around;

/// The tokens around a single text.
pub(super) fn around(processor: Option<&Value>) -> Outcome<Around> {
    let Some(processor) = processor else { return Ok(Around::default()) };
    match processor["type"].as_str() {
        Some("BertProcessing" | "RobertaProcessing") => {
            let id = |field: &str| match number(&processor[field][1]) {
                Some(id) => Ok(id),
                None => broken(),
            };
            Ok(Around {
                before: vec![(id("cls")?, 0)],
                text_type: 0,
                behind: vec![(id("sep")?, 0)],
            })
        }
        Some("TemplateProcessing") => template(processor),
        Some("ByteLevel") => Ok(Around::default()),
        Some(kind) => lacking(format!("its post-processor is of kind `{}`", cut(kind))),
        None => broken(),
    }
}

fn template(processor: &Value) -> Outcome<Around> {
    let Some(pieces) = processor["single"].as_array() else { return broken() };
    let mut around = Around::default();
    let mut texts = 0;
    for piece in pieces {
        let text = &piece["Sequence"];
        if text["id"] == "A" && texts == 0 {
            around.text_type = number(&text["type_id"]).ok_or_else(problem)?;
            texts += 1;
            continue;
        }
        let special = &piece["SpecialToken"];
        let Some(name) = special["id"].as_str() else {
            return lacking("its post-processor does not take one text once");
        };
        let type_id = number(&special["type_id"]).ok_or_else(problem)?;
        let Some(ids) = processor["special_tokens"][name]["ids"].as_array() else {
            return Err(Stop::Invalid(format!("the post-processor lacks `{}`", cut(name))));
        };
        let onto = if texts == 0 { &mut around.before } else { &mut around.behind };
        for id in ids {
            onto.push((number(id).ok_or_else(problem)?, type_id));
        }
    }
    match texts {
        1 => Ok(around),
        _ => lacking("its post-processor does not take one text once"),
    }
}

fn number(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|number| u32::try_from(number).ok())
}

fn problem() -> Stop {
    Stop::Invalid("the post-processor is malformed".into())
}

fn broken<T>() -> Outcome<T> {
    Err(problem())
}
