//! Which versions a service has: stamps in the tags of its app, which are all the memory there is.

use mlship_core::deployment::Version;
use mlship_core::provider::ProviderError;
use mlship_core::share::Share;
use serde_json::{Value, json};

use crate::arm::{Arm, Call, Id};
use crate::names::{LIVE, PREVIOUS, TRIAL};
use crate::stamp::Stamp;

/// The versions that an app knows of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ledger {
    /// The one that gets the traffic.
    pub(crate) live: Option<Stamp>,
    /// The one that was live before it, kept so that it can be gone back to.
    pub(crate) previous: Option<Stamp>,
    /// One that may run, and was not seen to answer rightly: a deploy was cut.
    pub(crate) trial: Option<Stamp>,
}

impl Ledger {
    /// Out of a resource as Azure shows it.
    pub(crate) fn of(found: &Value) -> Self {
        let stamp = |tag: &str| found["tags"][tag].as_str().and_then(Stamp::read);
        Self { live: stamp(LIVE), previous: stamp(PREVIOUS), trial: stamp(TRIAL) }
    }

    /// Writes it to the tags of `id` in one call; the other tags stay as they are.
    pub(crate) async fn write(&self, arm: &Arm, id: &Id) -> Result<(), ProviderError> {
        let call = Call { operation: "write down the versions of", resource: id.name() };
        let tags = id.resource("Microsoft.Resources/tags", "default");
        // A merge takes no tag away; an empty one stands for none.
        let text = |stamp: &Option<Stamp>| stamp.as_ref().map(Stamp::write).unwrap_or_default();
        let body = json!({"operation": "Merge", "properties": {"tags": {
            LIVE: text(&self.live),
            PREVIOUS: text(&self.previous),
            TRIAL: text(&self.trial),
        }}});
        arm.patch(call, &tags, &body).await.map(|_| ())
    }

    /// The same with another version under trial, or none.
    #[must_use]
    pub(crate) fn trying(&self, trial: Option<Stamp>) -> Self {
        Self { trial, ..self.clone() }
    }

    /// What it is once this version has the traffic. The one that had it is kept, and nothing is
    /// under trial.
    #[must_use]
    pub(crate) fn settled(&self, live: Stamp) -> Self {
        let before = [&self.live, &self.previous].into_iter().flatten();
        let previous = before.clone().find(|stamp| !stamp.is(&live)).cloned();
        Self { live: Some(live), previous, trial: None }
    }

    /// The version that traffic can be put back to: the one before the live one in time. After
    /// a rollback there is none.
    pub(crate) fn way_back(&self) -> Option<&Stamp> {
        let live = self.live.as_ref()?;
        self.previous.as_ref().filter(|previous| previous.created < live.created)
    }

    /// The way back that a run began to go and did not finish.
    pub(crate) fn unfinished_way_back(&self) -> Option<&Stamp> {
        // The same version, deployed again, would be newer.
        self.way_back().filter(|back| self.trial.as_ref() == Some(*back))
    }

    /// Where the traffic goes when the version before is asked for. While it is not known what
    /// runs, a way back that was begun is finished, and else the live one is the way back.
    pub(crate) fn back(&self) -> Option<&Stamp> {
        match (self.unfinished_way_back(), &self.trial) {
            (Some(begun), _) => Some(begun),
            (None, Some(_)) => self.live.as_ref(),
            (None, None) => self.way_back(),
        }
    }

    /// What to do when a run was cut, in words; `None` when none was.
    pub(crate) fn half_made(&self) -> Option<&'static str> {
        if self.unfinished_way_back().is_some() {
            return Some(
                "half-made: a rollback was cut; `mlship rollback --provider azure` finishes it, \
                 and so does `mlship deploy --provider azure`",
            );
        }
        let cut = self.live.is_none() || self.trial.is_some();
        cut.then_some("half-made: run `mlship deploy --provider azure` again")
    }

    /// The versions that can have the traffic, newest first.
    pub(crate) fn versions(&self) -> Vec<Version> {
        let live = self.live.iter().map(|stamp| stamp.version(Share::ALL));
        let mut all: Vec<Version> =
            live.chain(self.previous.iter().map(|stamp| stamp.version(Share::NONE))).collect();
        all.sort_by(|one, other| other.created.cmp(&one.created));
        all
    }

    /// The stamp of this id, of those that can have the traffic.
    pub(crate) fn named(&self, id: &str) -> Option<&Stamp> {
        [&self.live, &self.previous].into_iter().flatten().find(|stamp| stamp.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(id: &str, created: &str) -> Stamp {
        let made = mlship_core::stamp::Stamp {
            id: id.into(),
            content_sha256: "c".into(),
            package_sha256: "p".into(),
            git_revision: None,
            created: created.into(),
        };
        Stamp::of(made, crate::config::Access::Key)
    }

    #[test]
    fn the_version_before_is_kept_and_the_way_back_goes_back_in_time() {
        let (one, two, three) = (stamp("v1", "1"), stamp("v2", "2"), stamp("v3", "3"));
        let first = Ledger::default().trying(Some(one.clone())).settled(one.clone());
        assert_eq!((first.previous.clone(), first.trial.clone()), (None, None));
        let second = first.settled(two.clone());
        assert_eq!(second.way_back(), Some(&one));
        assert_eq!(second.settled(two.clone()), second, "settling it again changes nothing");
        let back = second.settled(one.clone());
        assert_eq!((back.way_back(), back.previous.clone()), (None, Some(two)));
        let ids: Vec<String> = back.versions().into_iter().map(|version| version.id).collect();
        assert_eq!(ids, ["v2", "v1"], "newest first, whichever is live");
        assert_eq!(back.settled(three).previous, Some(one));
    }

    #[test]
    fn a_way_back_that_was_cut_is_finished_and_a_deploy_that_was_cut_is_undone() {
        let (one, two, three) = (stamp("v1", "1"), stamp("v2", "2"), stamp("v3", "3"));
        let ledger = Ledger::default().settled(one.clone()).settled(two.clone());
        assert_eq!((ledger.back(), ledger.half_made()), (Some(&one), None));
        let rollback = ledger.trying(Some(one.clone()));
        assert_eq!(rollback.back(), Some(&one));
        assert!(rollback.half_made().is_some_and(|words| words.contains("mlship rollback")));
        for deployed in [three, stamp("v1", "3")] {
            let deploy = ledger.trying(Some(deployed));
            assert_eq!(deploy.back(), Some(&two));
            assert!(deploy.half_made().is_some_and(|words| !words.contains("rollback")));
        }
    }

    #[test]
    fn an_empty_tag_is_no_version() {
        let two = stamp("v2", "2");
        let found = json!({"tags": {LIVE: two.write(), PREVIOUS: "", TRIAL: "somebody's words"}});
        assert_eq!(Ledger::of(&found), Ledger { live: Some(two), previous: None, trial: None });
    }
}
