//! Requests made wrong, because refusing them takes code that no good request reaches.

use serde_json::{Map, Value};

use crate::probe::{Purpose, Request};

/// So many keys of a request are made wrong each; more teach nothing.
const MOST_KEYS: usize = 6;

/// Wrong variants of a request: empty, of other types, without one of its keys.
pub(crate) fn malformed(sample: &Request) -> Vec<Request> {
    let Ok(value) = serde_json::from_str::<Value>(&sample.text) else { return Vec::new() };
    let mut variants: Vec<(String, Value)> = vec![
        ("null".to_owned(), Value::Null),
        ("empty object".to_owned(), Value::Object(Map::new())),
        ("empty list".to_owned(), Value::Array(Vec::new())),
        ("text".to_owned(), Value::from("mlship")),
    ];
    match &value {
        Value::Object(fields) => {
            for key in fields.keys().take(MOST_KEYS) {
                let mut without = fields.clone();
                without.shift_remove(key);
                variants.push((format!("without {key}"), Value::Object(without)));
                variants.extend(replaced(key, &value, |value, wrong| {
                    if let Some(field) = value.get_mut(key) {
                        *field = wrong;
                    }
                }));
            }
        }
        Value::Array(elements) if !elements.is_empty() => {
            variants.push(("one element less".to_owned(), Value::from(elements[1..].to_vec())));
            variants.extend(replaced("first element", &value, |value, wrong| {
                if let Some(element) = value.get_mut(0) {
                    *element = wrong;
                }
            }));
        }
        _ => {}
    }
    variants
        .into_iter()
        .filter(|(_, variant)| *variant != value)
        .map(|(name, variant)| Request {
            name: format!("{}, {name}", sample.name),
            text: variant.to_string(),
            purpose: Purpose::Malformed,
        })
        .collect()
}

/// The request with wrong values in one place.
fn replaced(place: &str, value: &Value, set: impl Fn(&mut Value, Value)) -> Vec<(String, Value)> {
    let wrong = [
        ("null", Value::Null),
        ("text", Value::from("mlship")),
        ("an empty list", Value::Array(Vec::new())),
        ("an object", serde_json::json!({"mlship": 1})),
    ];
    let with = wrong.into_iter().map(|(name, wrong)| {
        let mut changed = value.clone();
        set(&mut changed, wrong);
        (format!("{place} is {name}"), changed)
    });
    with.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_left_out_and_made_wrong() {
        let purpose = Purpose::Sample;
        let sample = Request { name: "a".into(), text: "{\"x\": 1, \"y\": 2}".into(), purpose };
        let made = malformed(&sample);
        assert_eq!(made.len(), 4 + 2 * 5);
        assert!(made.iter().any(|one| one.text == "{\"y\":2}"));
        assert!(made.iter().any(|one| one.text == "{\"x\":\"mlship\",\"y\":2}"));
        assert!(made.iter().all(|one| one.purpose == Purpose::Malformed));
    }
}
