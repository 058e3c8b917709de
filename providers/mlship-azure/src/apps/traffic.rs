//! How the traffic is divided between revisions, and what a wish for a share comes to. Pure.

use mlship_core::share::Share;
use serde_json::{Value, json};

/// Where the traffic goes: one version, or two of them. Azure could divide it between more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Traffic {
    /// The version that gets what the other one does not.
    pub(super) live: String,
    /// The version beside it. With a share of nothing it was checked and waits.
    pub(super) beside: Option<(String, Share)>,
}

impl Traffic {
    /// All of it to one version.
    pub(super) fn whole(version: &str) -> Self {
        Self { live: version.to_owned(), beside: None }
    }

    /// As the app has it: `rules` are versions and their weights of 100. What was live before
    /// stays it as long as it is among them; else it is the one with the most.
    pub(super) fn read(live: &str, rules: &[(String, u64)]) -> Option<Self> {
        let there = rules.iter().any(|(version, _)| version == live);
        let most = rules.iter().max_by_key(|(_, weight)| *weight).map(|(version, _)| version);
        let live = if there { live } else { most?.as_str() };
        let beside = rules.iter().find(|(version, _)| version != live);
        let share = |weight: u64| u8::try_from(weight).ok().and_then(Share::percent);
        let beside = beside.and_then(|(version, weight)| Some((version.clone(), share(*weight)?)));
        Some(Self { live: live.to_owned(), beside })
    }

    /// What the app is told. Revisions are named: the newest must not get traffic by itself.
    pub(super) fn rules(&self, app: &str) -> Value {
        let rule = |version: &str, share: Share| json!({"revisionName": format!("{app}--{version}"), "weight": share.as_percent()});
        let rest = self.beside.as_ref().map_or(Share::ALL, |(_, share)| share.rest());
        let beside = self.beside.iter().map(|(version, share)| rule(version, *share));
        std::iter::once(rule(&self.live, rest)).chain(beside).collect()
    }

    /// How much of it a version gets.
    pub(super) fn share_of(&self, version: &str) -> Share {
        match &self.beside {
            Some((beside, share)) if beside == version => *share,
            beside if self.live == version => {
                beside.as_ref().map_or(Share::ALL, |(_, share)| share.rest())
            }
            _ => Share::NONE,
        }
    }

    /// True when a second version gets some of it.
    pub(super) fn is_divided(&self) -> bool {
        self.beside.as_ref().is_some_and(|(_, share)| *share > Share::NONE)
    }

    /// How it is to go when `version` is to get `share` and the live one keeps the rest. A third
    /// version takes the place of the second. The live version with nobody beside it keeps all.
    #[must_use]
    pub(super) fn giving(&self, version: &str, share: Share) -> Self {
        if share == Share::ALL {
            return Self::whole(version);
        }
        let beside = match &self.beside {
            _ if self.live != version => Some((version.to_owned(), share)),
            Some((beside, _)) => Some((beside.clone(), share.rest())),
            None => None,
        };
        Self { live: self.live.clone(), beside }
    }

    /// In words: `v1`, or `v1 90 %, v2 10 %`.
    pub(super) fn words(&self) -> String {
        let Self { live, beside } = self;
        match beside {
            None => live.clone(),
            Some((version, share)) => format!("{live} {}, {version} {share}", share.rest()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(percent: u8) -> Share {
        Share::percent(percent).unwrap_or(Share::ALL)
    }

    fn read(live: &str, rules: &Value) -> Option<Traffic> {
        let rules: Vec<(String, u64)> = rules
            .as_array()?
            .iter()
            .map(|rule| {
                let name = rule["revisionName"].as_str().unwrap_or_default();
                (name.trim_start_matches("a--").to_owned(), rule["weight"].as_u64().unwrap_or(0))
            })
            .collect();
        Traffic::read(live, &rules)
    }

    #[test]
    fn every_percent_survives_the_way_to_azure_and_back() {
        for share in 0..=99 {
            let traffic = Traffic::whole("v1").giving("v2", percent(share));
            assert_eq!(read("v1", &traffic.rules("a")), Some(traffic));
        }
        let whole = Traffic::whole("v1");
        assert_eq!(read("v1", &whole.rules("a")), Some(whole.clone()));
        assert_eq!(read("v9", &whole.rules("a")), Some(whole), "somebody else has moved it");
        assert_eq!(read("v1", &json!([])), None);
    }

    #[test]
    fn a_share_is_taken_from_the_live_version() {
        let ten = Traffic::whole("v1").giving("v2", percent(10));
        assert_eq!([ten.share_of("v1"), ten.share_of("v2")], [percent(90), percent(10)]);
        assert_eq!(ten.words(), "v1 90 %, v2 10 %");
        let third = ten.giving("v3", percent(20));
        assert_eq!(third.beside, Some(("v3".into(), percent(20))));
        assert_eq!(ten.giving("v1", percent(70)).share_of("v2"), percent(30));
        assert_eq!(ten.giving("v2", Share::ALL), Traffic::whole("v2"));
        assert!(ten.is_divided() && !ten.giving("v2", Share::NONE).is_divided());
    }
}
