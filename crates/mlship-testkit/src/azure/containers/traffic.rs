//! Who gets how much of a container app's calls.

use serde_json::{Value, json};

use super::super::error::error;
use super::super::http::Response;

/// What an app without a word on it does: all to the newest revision.
pub(super) fn all_to_the_latest() -> Value {
    json!([{"weight": 100, "latestRevision": true}])
}

/// Whether the weights may be: revisions that are there and active, together 100.
///
/// # Errors
/// What Azure answers when they may not.
pub(super) fn check(traffic: &Value, revisions: &[(&str, bool)]) -> Result<(), Response> {
    let mut sum = 0;
    for rule in traffic.as_array().into_iter().flatten() {
        sum += rule["weight"].as_i64().unwrap_or(0);
        if rule["latestRevision"] == true {
            continue;
        }
        let name = rule["revisionName"].as_str().unwrap_or_default();
        let found = revisions.iter().find(|(known, _)| *known == name);
        let wrong = match found {
            None => format!("Traffic weight revision '{name}' does not exist."),
            Some((_, false)) => format!("Traffic weight revision '{name}' is not active."),
            Some((_, true)) => continue,
        };
        return Err(error(400, "InvalidTrafficWeight", &wrong));
    }
    if sum != 100 {
        let message = format!("The sum of traffic weights must be 100, and is {sum}.");
        return Err(error(400, "InvalidTrafficWeight", &message));
    }
    Ok(())
}

/// How much of the traffic a revision gets, of 100.
pub(super) fn weight_of(traffic: &Value, revision: &str, latest: &str) -> i64 {
    let rules = traffic.as_array().cloned().unwrap_or_default();
    let meant = rules.iter().filter(|rule| match rule["latestRevision"] == true {
        true => revision == latest,
        false => rule["revisionName"] == revision,
    });
    meant.map(|rule| rule["weight"].as_i64().unwrap_or(0)).sum()
}

/// The revision that gets the `turn`-th call. Of any 100 calls in a row each revision gets as many
/// as its weight says, and not all at once.
pub(super) fn turn_of<'n>(weights: &[(&'n str, i64)], turn: u64) -> Option<&'n str> {
    // 61 has no factor in common with 100, so 100 turns meet every place once.
    let place = i64::try_from(turn % 100 * 61 % 100).unwrap_or(0);
    let mut end = 0;
    weights.iter().find_map(|(name, weight)| {
        end += weight;
        (place < end).then_some(*name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_calls_are_shared_as_the_weights_say() {
        let weights = [("a", 90), ("b", 10)];
        for start in [0, 37, 100] {
            let got = (start..start + 100).filter(|turn| turn_of(&weights, *turn) == Some("b"));
            assert_eq!(got.count(), 10);
        }
        let spread = (0..20).filter(|turn| turn_of(&weights, *turn) == Some("b")).count();
        assert!((1..=4).contains(&spread), "a tenth of twenty calls is about two, not {spread}");
    }

    #[test]
    fn weights_are_of_revisions_that_run_and_make_a_hundred() {
        let revisions = [("heart--a", true), ("heart--b", false)];
        let rule = |name: &str, weight: i64| json!({"revisionName": name, "weight": weight});
        assert!(check(&json!([rule("heart--a", 100)]), &revisions).is_ok());
        assert!(check(&all_to_the_latest(), &revisions).is_ok());
        assert!(check(&json!([rule("heart--a", 90)]), &revisions).is_err());
        assert!(check(&json!([rule("heart--b", 100)]), &revisions).is_err());
        assert!(check(&json!([rule("heart--c", 100)]), &revisions).is_err());
    }
}
