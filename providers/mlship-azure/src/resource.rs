//! A resource as it should be, and how what exists differs from it. Pure.

use std::collections::BTreeMap;

use mlship_core::plan::{Difference, Step, Verb};
use serde_json::{Map, Value};

use crate::arm::Id;
use crate::names::PROJECT;

/// Something that a PUT makes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Resource {
    pub(crate) id: Id,
    /// What it is, in plain words: `storage account`.
    pub(crate) noun: &'static str,
    /// What is sent. Every value of it must be found again, but for those that are `unread`.
    pub(crate) body: Value,
    /// Places (JSON pointers) that Azure takes and does not give back.
    pub(crate) unread: &'static [&'static str],
}

/// How what exists stands to what should.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Standing {
    /// It is not there.
    Absent,
    /// It was not made for this service, and is not touched.
    Foreign,
    /// It is as it should be.
    Same,
    /// It is there, and was made for this service, and differs.
    Different(Vec<Difference>),
}

impl Resource {
    /// How what was found stands to it. What carries no tags belongs to what it is a part of.
    pub(crate) fn standing(&self, found: Option<&Value>) -> Standing {
        let Some(found) = found else { return Standing::Absent };
        let project = &self.body["tags"][PROJECT];
        if !project.is_null() && found["tags"][PROJECT] != *project {
            return Standing::Foreign;
        }
        if found["properties"]["provisioningState"] == "Failed" {
            let state = differ("provisioning-state", Some("Failed"), Some("Succeeded"));
            return Standing::Different(vec![state]);
        }
        let mut differences = Vec::new();
        self.compare("", &self.body, found, &mut differences);
        match differences.as_slice() {
            [] => Standing::Same,
            _ => Standing::Different(differences),
        }
    }

    /// What is sent when it replaces `found`: tags of other people's are kept.
    pub(crate) fn over(&self, found: Option<&Value>) -> Value {
        let mut body = self.body.clone();
        let kept = found.and_then(|found| found["tags"].as_object());
        if let (Some(kept), Some(tags)) = (kept, body["tags"].as_object_mut()) {
            for (key, value) in kept {
                tags.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        body
    }

    /// The change that it takes, as a step of a plan; `None` when there is none to make.
    pub(crate) fn step(&self, standing: &Standing) -> Option<Step> {
        let (verb, differences) = match standing {
            Standing::Same | Standing::Foreign => return None,
            Standing::Absent => (Verb::Create, Vec::new()),
            Standing::Different(differences) => (Verb::Update, differences.clone()),
        };
        let name = self.id.name().to_owned();
        Some(Step { verb, resource: self.noun.to_owned(), name, differences })
    }

    fn compare(&self, at: &str, wanted: &Value, found: &Value, out: &mut Vec<Difference>) {
        if self.unread.contains(&at) {
            return;
        }
        match (wanted, found) {
            (Value::Object(wanted), found) => {
                for (key, value) in wanted {
                    self.compare(&format!("{at}/{key}"), value, &found[key.as_str()], out);
                }
            }
            (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
                for (index, (wanted, found)) in wanted.iter().zip(found).enumerate() {
                    self.compare(&format!("{at}/{index}"), wanted, found, out);
                }
            }
            _ if alike(at, wanted, found) => {}
            _ => out.push(differ(&field(at), text(found).as_deref(), text(wanted).as_deref())),
        }
    }
}

/// Azure writes places, ids and some words in its own case, and leaves out what is empty or false.
fn alike(at: &str, wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::String(wanted), Value::String(found)) if at == "/location" => {
            let plain = |text: &str| text.replace(' ', "").to_ascii_lowercase();
            plain(wanted) == plain(found)
        }
        (Value::String(wanted), Value::String(found)) if at.starts_with("/tags/") => {
            wanted == found
        }
        (Value::String(wanted), Value::String(found)) => wanted.eq_ignore_ascii_case(found),
        (Value::Number(wanted), Value::Number(found)) => wanted.as_f64() == found.as_f64(),
        (Value::Bool(false) | Value::Null, Value::Null) => true,
        (Value::Array(wanted), Value::Null) => wanted.is_empty(),
        _ => wanted == found,
    }
}

/// `/properties/siteConfig/alwaysOn` as a setting's name: `site-config.always-on`.
fn field(at: &str) -> String {
    let at = at.strip_prefix("/properties").unwrap_or(at).trim_start_matches('/');
    let mut name = String::new();
    let mut before = '/';
    for letter in at.chars() {
        match letter {
            '/' => name.push('.'),
            _ if letter.is_ascii_uppercase() => {
                if before.is_ascii_lowercase() {
                    name.push('-');
                }
                name.push(letter.to_ascii_lowercase());
            }
            _ => name.push(letter),
        }
        before = letter;
    }
    name
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// A setting before and after.
pub(crate) fn differ(field: &str, from: Option<&str>, to: Option<&str>) -> Difference {
    let [from, to] = [from, to].map(|text| text.map(str::to_owned));
    Difference { field: field.to_owned(), from, to }
}

/// Tags as they are sent.
pub(crate) fn tags(tags: &BTreeMap<String, String>) -> Value {
    let all = tags.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str())));
    Value::Object(all.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn account() -> Resource {
        Resource {
            id: Id::group("s", "g").resource("Microsoft.Storage/storageAccounts", "heart"),
            noun: "storage account",
            body: json!({
                "location": "westeurope",
                "tags": {PROJECT: "heart"},
                "properties": {"minimumTlsVersion": "TLS1_2", "allowBlobPublicAccess": false},
            }),
            unread: &[],
        }
    }

    #[test]
    fn what_azure_adds_and_spells_its_own_way_is_no_difference() {
        let found = json!({
            "location": "West Europe",
            "tags": {PROJECT: "heart", "team": "a"},
            "properties": {"minimumTlsVersion": "tls1_2", "creationTime": "2026"},
        });
        assert_eq!(account().standing(Some(&found)), Standing::Same);
        assert_eq!(account().over(Some(&found))["tags"], json!({PROJECT: "heart", "team": "a"}));
        assert_eq!(account().standing(None), Standing::Absent);
    }

    #[test]
    fn what_differs_is_named_and_what_is_somebody_elses_is_not_touched() {
        let mut found = account().body;
        found["properties"]["minimumTlsVersion"] = json!("TLS1_0");
        let expected = differ("minimum-tls-version", Some("TLS1_0"), Some("TLS1_2"));
        assert_eq!(account().standing(Some(&found)), Standing::Different(vec![expected]));
        found["tags"] = json!({PROJECT: "other"});
        assert_eq!(account().standing(Some(&found)), Standing::Foreign);
        assert_eq!(account().step(&Standing::Foreign), None);
    }
}
