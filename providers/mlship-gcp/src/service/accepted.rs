//! Which versions of a service were found to be right, and in which order they were live. It is
//! kept in an annotation of the service, which is changed together with the traffic. Pure.

use std::collections::HashMap;

use mlship_core::traffic::Traffic;

use super::found::Service;

/// The annotation of the service: `live=v3,v1 right=v2`.
const ANNOTATION: &str = "mlship-accepted";

/// The versions that answered their samples.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// Those that were live, the live one first, then the one before it.
    live: Vec<String>,
    /// The others: tried beside a live one, or gone back from.
    right: Vec<String>,
}

/// In which direction the traffic is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// To a version that is to be live from now on.
    Forth,
    /// To the version before: the one that was live is as if it had never been.
    Back,
}

impl Accepted {
    /// What a service says, and what gets its traffic: somebody may have moved that by hand.
    pub(crate) fn read(service: &Service) -> Self {
        let text = service.body.annotations.get(ANNOTATION).map(String::as_str);
        let mut read = Self::parse(text.unwrap_or_default());
        if let Some(traffic) = service.traffic() {
            read.puts(&traffic);
        }
        read
    }

    fn parse(text: &str) -> Self {
        let of = |key: &str| {
            let listed = text.split(' ').find_map(|part| part.strip_prefix(key)).unwrap_or("");
            listed.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect()
        };
        Self { live: of("live="), right: of("right=") }
    }

    fn write(&self) -> String {
        format!("live={} right={}", self.live.join(","), self.right.join(","))
    }

    /// Whether a version answered its samples.
    pub(crate) fn has(&self, version: &str) -> bool {
        self.live.iter().chain(&self.right).any(|id| id == version)
    }

    /// The versions that were live before this one, the latest first.
    pub(crate) fn before<'a>(&'a self, live: &'a str) -> impl Iterator<Item = &'a str> {
        self.live.iter().map(String::as_str).filter(move |id| *id != live)
    }

    /// The same, with what was known earlier and got lost.
    pub(crate) fn or(mut self, earlier: Self) -> Self {
        for id in earlier.live {
            if !self.has(&id) {
                self.live.push(id);
            }
        }
        for id in earlier.right {
            if !self.has(&id) {
                self.right.push(id);
            }
        }
        self
    }

    /// As it is once the traffic goes so.
    #[must_use]
    pub(crate) fn moved(mut self, then: &Traffic, way: Way) -> Self {
        if way == Way::Back
            && let Some(at) = self.live.iter().position(|id| *id == then.live)
        {
            self.right.extend(self.live.drain(..at));
        }
        self.puts(then);
        self
    }

    fn puts(&mut self, traffic: &Traffic) {
        if self.live.first() != Some(&traffic.live) {
            self.live.retain(|id| *id != traffic.live);
            self.live.insert(0, traffic.live.clone());
        }
        self.right.retain(|id| *id != traffic.live);
        if let Some((beside, _)) = &traffic.beside
            && !self.has(beside)
        {
            self.right.push(beside.clone());
        }
    }

    /// Without the versions that are not there any more: one that is made again is to be tried
    /// again.
    #[must_use]
    pub(crate) fn only(mut self, stays: impl Fn(&str) -> bool) -> Self {
        self.live.retain(|id| stays(id));
        self.right.retain(|id| stays(id));
        self
    }

    /// The service's annotations with this one; Google's own are not for others to set.
    pub(crate) fn annotations(&self, service: &Service) -> HashMap<String, String> {
        let others = service.body.annotations.iter();
        let others = others.filter(|(key, _)| !key.contains("googleapis.com/"));
        let mut all: HashMap<String, String> =
            others.map(|(key, value)| (key.clone(), value.clone())).collect();
        all.insert(ANNOTATION.to_owned(), self.write());
        all
    }
}

#[cfg(test)]
mod tests {
    use mlship_core::share::Share;

    use super::*;

    fn whole(accepted: Accepted, version: &str, way: Way) -> Accepted {
        accepted.moved(&Traffic::whole(version), way)
    }

    #[test]
    fn a_canary_that_was_gone_back_from_was_never_live() {
        let ten = Share::percent(10).unwrap_or(Share::ALL);
        let one = whole(Accepted::default(), "v1", Way::Forth);
        let canary = one.moved(&Traffic::whole("v1").giving("v2", ten), Way::Forth);
        let back = whole(canary, "v1", Way::Back);
        let three = whole(back, "v3", Way::Forth);
        assert_eq!(three.write(), "live=v3,v1 right=v2");
        assert_eq!(three.before("v3").collect::<Vec<_>>(), ["v1"]);
        assert_eq!(Accepted::parse(&three.write()), three);
    }

    #[test]
    fn going_back_twice_goes_on_back() {
        let mut all = Accepted::default();
        for version in ["v1", "v2", "v3"] {
            all = whole(all, version, Way::Forth);
        }
        let once = whole(all, "v2", Way::Back);
        assert_eq!(once.before("v2").collect::<Vec<_>>(), ["v1"]);
        assert!(once.has("v3"), "it can be had again");
        let forth = whole(once.clone(), "v3", Way::Forth);
        assert_eq!(forth.write(), "live=v3,v2,v1 right=");
        let lost = Accepted::default().moved(&Traffic::whole("v4"), Way::Forth);
        assert_eq!(lost.or(once).write(), "live=v4,v2,v1 right=v3");
    }
}
