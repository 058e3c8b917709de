//! How the traffic is divided between versions, and what a wish for a share comes to. Pure.

use std::collections::HashMap;

use mlship_core::share::Share;

/// Where the traffic goes: one version, or two of them. AWS divides it between no more than two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Traffic {
    /// The version that gets what the other one does not.
    pub(crate) live: String,
    /// The version beside it. With a share of nothing it was checked and waits.
    pub(crate) beside: Option<(String, Share)>,
}

impl Traffic {
    /// All of it to one version.
    pub(crate) fn whole(version: &str) -> Self {
        Self { live: version.to_owned(), beside: None }
    }

    /// As the alias says it. A weight that is no whole percent is rounded.
    pub(crate) fn read(live: &str, weights: Option<&HashMap<String, f64>>) -> Self {
        let beside = weights.into_iter().flatten().next();
        let beside = beside.map(|(version, weight)| (version.clone(), share_of(*weight)));
        Self { live: live.to_owned(), beside }
    }

    /// What the alias is told of the version beside the live one.
    pub(crate) fn weights(&self) -> HashMap<String, f64> {
        let weight = |share: Share| f64::from(share.as_percent()) / 100.0;
        self.beside.iter().map(|(version, share)| (version.clone(), weight(*share))).collect()
    }

    /// How much of it a version gets.
    pub(crate) fn share_of(&self, version: &str) -> Share {
        match &self.beside {
            Some((beside, share)) if beside == version => *share,
            beside if self.live == version => {
                beside.as_ref().map_or(Share::ALL, |(_, share)| share.rest())
            }
            _ => Share::NONE,
        }
    }

    /// True when a second version gets some of it.
    pub(crate) fn is_divided(&self) -> bool {
        self.beside.as_ref().is_some_and(|(_, share)| *share > Share::NONE)
    }

    /// How it is to go when `version` is to get `share` and the live one keeps the rest. A third
    /// version takes the place of the second. The live version with nobody beside it keeps all:
    /// there is none that could get the rest.
    #[must_use]
    pub(crate) fn giving(&self, version: &str, share: Share) -> Self {
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

    /// In words: `3`, or `2 90 %, 3 10 %`.
    pub(crate) fn words(&self) -> String {
        let Self { live, beside } = self;
        match beside {
            None => live.clone(),
            Some((version, share)) => format!("{live} {}, {version} {share}", share.rest()),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is between 0 and 100"
)]
fn share_of(weight: f64) -> Share {
    let percent = (weight * 100.0).round().clamp(0.0, 100.0) as u8;
    Share::percent(percent).unwrap_or(Share::ALL)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(percent: u8) -> Share {
        Share::percent(percent).unwrap_or(Share::ALL)
    }

    #[test]
    fn every_percent_survives_the_way_to_aws_and_back() {
        for share in 0..=99 {
            let traffic = Traffic::whole("1").giving("2", percent(share));
            assert_eq!(Traffic::read("1", Some(&traffic.weights())), traffic);
        }
        assert_eq!(Traffic::read("1", Some(&HashMap::new())), Traffic::whole("1"));
        assert_eq!(Traffic::read("1", None), Traffic::whole("1"));
    }

    #[test]
    fn a_share_is_taken_from_the_live_version() {
        let ten = Traffic::whole("1").giving("2", percent(10));
        assert_eq!([ten.share_of("1"), ten.share_of("2")], [percent(90), percent(10)]);
        assert_eq!(ten.share_of("3"), Share::NONE);
        assert_eq!(ten.words(), "1 90 %, 2 10 %");
        let third = ten.giving("3", percent(20));
        assert_eq!(third.beside, Some(("3".into(), percent(20))));
        assert_eq!(ten.giving("1", percent(70)).share_of("2"), percent(30));
        assert_eq!(ten.giving("2", Share::ALL), Traffic::whole("2"));
        assert_eq!(Traffic::whole("1").giving("1", percent(5)), Traffic::whole("1"));
        assert!(ten.is_divided() && !ten.giving("2", Share::NONE).is_divided());
    }
}
