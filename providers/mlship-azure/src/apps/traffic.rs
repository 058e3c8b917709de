//! How an app is told the way the traffic is divided between its revisions. Pure.

use mlship_core::share::Share;
use mlship_core::traffic::Traffic;
use serde_json::{Value, json};

/// What the app is told. Revisions are named: the newest must not get traffic by itself.
pub(super) fn rules(traffic: &Traffic, app: &str) -> Value {
    let rule = |(version, share): (&str, Share)| {
        let name = format!("{app}--{version}");
        json!({"revisionName": name, "weight": share.as_percent()})
    };
    traffic.parts().map(rule).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(percent: u8) -> Share {
        Share::percent(percent).unwrap_or(Share::ALL)
    }

    fn read(live: &str, rules: &Value) -> Option<Traffic> {
        let parts: Vec<(String, u64)> = rules
            .as_array()?
            .iter()
            .map(|rule| {
                let name = rule["revisionName"].as_str().unwrap_or_default();
                (name.trim_start_matches("a--").to_owned(), rule["weight"].as_u64().unwrap_or(0))
            })
            .collect();
        Traffic::of_parts(live, &parts)
    }

    #[test]
    fn every_percent_survives_the_way_to_azure_and_back() {
        for share in 0..=99 {
            let traffic = Traffic::whole("v1").giving("v2", percent(share));
            assert_eq!(read("v1", &rules(&traffic, "a")), Some(traffic));
        }
        let whole = Traffic::whole("v1");
        assert_eq!(read("v1", &rules(&whole, "a")), Some(whole.clone()));
        assert_eq!(read("v9", &rules(&whole, "a")), Some(whole), "somebody else has moved it");
        assert_eq!(read("v1", &json!([])), None);
    }
}
