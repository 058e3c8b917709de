//! How the traffic is divided between versions, and what a wish for a share comes to. Pure.
//!
//! No provider's way of saying it is known here: they read and write it themselves.

use crate::share::Share;

/// Where the traffic goes: one version, or two of them. Providers that could divide it between
/// more are not asked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traffic {
    /// The id of the version that gets what the other one does not.
    pub live: String,
    /// The version beside it. With a share of nothing it was checked and waits.
    pub beside: Option<(String, Share)>,
}

impl Traffic {
    /// All of it to one version.
    pub fn whole(version: &str) -> Self {
        Self { live: version.to_owned(), beside: None }
    }

    /// As a list of versions says it, each with its part of 100; `None` when the list is empty.
    /// What was live before stays it as long as it is listed; else it is the one with the most.
    pub fn of_parts(live: &str, parts: &[(String, u64)]) -> Option<Self> {
        let there = parts.iter().any(|(version, _)| version == live);
        let most = parts.iter().max_by_key(|(_, part)| *part).map(|(version, _)| version);
        let live = if there { live } else { most?.as_str() };
        let beside = parts.iter().find(|(version, _)| version != live);
        let share = |part: u64| u8::try_from(part).ok().and_then(Share::percent);
        let beside = beside.and_then(|(version, part)| Some((version.clone(), share(*part)?)));
        Some(Self { live: live.to_owned(), beside })
    }

    /// Every version with its share, the live one first. The shares make the whole.
    pub fn parts(&self) -> impl Iterator<Item = (&str, Share)> {
        let beside = self.beside.iter().map(|(version, share)| (version.as_str(), *share));
        std::iter::once((self.live.as_str(), self.share_of(&self.live))).chain(beside)
    }

    /// How much of it a version gets.
    pub fn share_of(&self, version: &str) -> Share {
        match &self.beside {
            Some((beside, share)) if beside == version => *share,
            beside if self.live == version => {
                beside.as_ref().map_or(Share::ALL, |(_, share)| share.rest())
            }
            _ => Share::NONE,
        }
    }

    /// True when a second version gets some of it.
    pub fn is_divided(&self) -> bool {
        self.beside.as_ref().is_some_and(|(_, share)| *share > Share::NONE)
    }

    /// How it is to go when `version` is to get `share` and the live one keeps the rest. A third
    /// version takes the place of the second. The live version with nobody beside it keeps all:
    /// there is none that could get the rest.
    #[must_use]
    pub fn giving(&self, version: &str, share: Share) -> Self {
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

    /// True when nothing needs to be done for `version` to have `share`.
    pub fn gives(&self, version: &str, share: Share) -> bool {
        self.giving(version, share) == *self
            || (share == Share::NONE && self.share_of(version) == share)
    }

    /// In words: `3`, or `2 90 %, 3 10 %`.
    pub fn words(&self) -> String {
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

    #[test]
    fn parts_say_who_is_live() {
        let parts = |traffic: &Traffic| -> Vec<(String, u64)> {
            let part = |(version, share): (&str, Share)| (version.to_owned(), share);
            traffic.parts().map(part).map(|(v, share)| (v, share.as_percent().into())).collect()
        };
        for share in 0..=99 {
            let traffic = Traffic::whole("v1").giving("v2", percent(share));
            assert_eq!(Traffic::of_parts("v1", &parts(&traffic)), Some(traffic));
        }
        let moved = Traffic::whole("v1").giving("v2", percent(60));
        let read = Traffic::of_parts("v9", &parts(&moved));
        assert_eq!(read, Some(Traffic::whole("v2").giving("v1", percent(40))));
        assert_eq!(Traffic::of_parts("v1", &[]), None);
    }

    #[test]
    fn what_a_version_has_already_needs_nothing() {
        let waits = Traffic::whole("1").giving("2", Share::NONE);
        assert!(waits.gives("2", Share::NONE) && waits.gives("3", Share::NONE));
        assert!(!waits.gives("2", Share::ALL) && !waits.gives("2", percent(10)));
        assert!(Traffic::whole("1").gives("1", Share::ALL));
    }
}
