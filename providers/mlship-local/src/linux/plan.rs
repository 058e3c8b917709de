//! What a deploy would change, from what is wanted and what was found. A pure function.

use mlship_core::plan::{Difference, Plan, Step, Verb};

use super::observe::{Health, Observed, Port, url};
use super::owner::Owner;
use super::record::Made;

/// What a release asks of this provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The service's name.
    pub(crate) name: String,
    /// Whose it is to be, where somebody says.
    pub(crate) owner: Option<Owner>,
    /// Content digest of the artifact, in hex.
    pub(crate) content_sha256: String,
    /// Memory cap in MiB.
    pub(crate) memory_mb: u32,
    /// The longest a request may take, in seconds.
    pub(crate) timeout_s: u32,
    /// The port, when the manifest names one.
    pub(crate) port: Option<u16>,
}

impl Wanted {
    /// True when `made` already is what is wanted.
    pub(crate) fn is(&self, made: &Made) -> bool {
        self.content_sha256 == made.content_sha256
            && self.memory_mb == made.memory_mb
            && self.timeout_s == made.timeout_s
    }
}

/// The steps from what was found to what is wanted.
pub(crate) fn plan(wanted: &Wanted, observed: &Observed) -> Plan {
    let Some(service) = &observed.service else { return first(wanted) };
    let mut steps = Vec::new();
    let live = service.live().filter(|live| wanted.is(live));
    if live.is_none() {
        let unpacked =
            service.versions.iter().any(|made| made.content_sha256 == wanted.content_sha256);
        if !unpacked {
            steps.push(step(Verb::Upload, "artifact", short(&wanted.content_sha256), vec![]));
        }
        steps.push(step(Verb::Create, "version", service.next_id(), vec![]));
        steps.push(step(Verb::Promote, "process", &wanted.name, settings(wanted, service.live())));
    }
    match (wanted.port, observed.port) {
        (Some(port), _) if port != service.port => {
            let change = difference("url", Some(url(service.port)), url(port));
            steps.push(step(Verb::Update, "address", &wanted.name, vec![change]));
        }
        (None, Port::Taken) => {
            let change = difference("url", Some(url(service.port)), "a free port".into());
            steps.push(step(Verb::Update, "address", &wanted.name, vec![change]));
        }
        _ => {}
    }
    if live.is_some() && observed.health != Health::Ready {
        let now = if observed.health == Health::Stopped { "stopped" } else { "not ready" };
        let change = difference("state", Some(now.into()), "running".into());
        steps.push(step(Verb::Update, "process", &wanted.name, vec![change]));
    }
    if let (Some(owner), Some(found)) = (&wanted.owner, &observed.owner)
        && owner != found
    {
        let change = difference("folder", Some(found.folder.clone()), owner.folder.clone());
        steps.push(step(Verb::Update, OWNER, &wanted.name, vec![change]));
    }
    Plan { steps }
}

/// The step that gives a service to another project.
pub(crate) const OWNER: &str = "project";

fn first(wanted: &Wanted) -> Plan {
    let address = wanted.port.map_or("127.0.0.1, a free port".into(), url);
    Plan {
        steps: vec![
            step(Verb::Upload, "artifact", short(&wanted.content_sha256), vec![]),
            step(Verb::Create, "version", 1, vec![]),
            step(Verb::Create, "process", &wanted.name, settings(wanted, None)),
            step(Verb::Create, "address", address, vec![]),
        ],
    }
}

fn settings(wanted: &Wanted, live: Option<&Made>) -> Vec<Difference> {
    let all = [
        (
            "content-sha256",
            live.map(|live| short(&live.content_sha256).to_owned()),
            short(&wanted.content_sha256).to_owned(),
        ),
        ("memory-mb", live.map(|live| live.memory_mb.to_string()), wanted.memory_mb.to_string()),
        ("timeout-s", live.map(|live| live.timeout_s.to_string()), wanted.timeout_s.to_string()),
    ];
    all.into_iter()
        .filter(|(_, from, to)| from.as_ref() != Some(to))
        .map(|(field, from, to)| difference(field, from, to))
        .collect()
}

fn step(verb: Verb, resource: &str, name: impl ToString, differences: Vec<Difference>) -> Step {
    Step { verb, resource: resource.into(), name: name.to_string(), differences }
}

fn difference(field: &str, from: Option<String>, to: String) -> Difference {
    Difference { field: field.into(), from, to: Some(to) }
}

/// As much of a digest as a reader compares.
fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::record::{FORMAT, Service};

    fn wanted() -> Wanted {
        Wanted {
            name: "heart".into(),
            owner: None,
            content_sha256: "a".repeat(64),
            memory_mb: 512,
            timeout_s: 30,
            port: None,
        }
    }

    fn observed() -> Observed {
        let made = Made {
            id: 1,
            content_sha256: "a".repeat(64),
            memory_mb: 512,
            timeout_s: 30,
            git_revision: None,
            created_ms: 0,
        };
        let service = Service { format: FORMAT, port: 4000, live: 1, versions: vec![made] };
        Observed { service: Some(service), owner: None, health: Health::Ready, port: Port::Ours }
    }

    fn words(plan: &Plan) -> Vec<(Verb, &str, &str)> {
        plan.steps
            .iter()
            .map(|step| (step.verb, step.resource.as_str(), step.name.as_str()))
            .collect()
    }

    #[test]
    fn nothing_there_is_all_steps() {
        let nothing =
            Observed { service: None, owner: None, health: Health::Stopped, port: Port::Ours };
        let plan = plan(&wanted(), &nothing);
        let resources: Vec<_> = plan.steps.iter().map(|step| step.resource.as_str()).collect();
        assert_eq!(resources, ["artifact", "version", "process", "address"]);
    }

    #[test]
    fn the_same_and_ready_is_no_step() {
        assert!(plan(&wanted(), &observed()).is_empty());
    }

    #[test]
    fn a_stopped_process_is_started() {
        let plan = plan(&wanted(), &Observed { health: Health::Stopped, ..observed() });
        assert_eq!(words(&plan), [(Verb::Update, "process", "heart")]);
        assert_eq!(plan.steps[0].differences[0].from.as_deref(), Some("stopped"));
    }

    #[test]
    fn another_memory_cap_is_a_version_of_the_same_artifact() {
        let plan = plan(&Wanted { memory_mb: 256, ..wanted() }, &observed());
        let expected = [(Verb::Create, "version", "2"), (Verb::Promote, "process", "heart")];
        assert_eq!(words(&plan), expected);
        assert_eq!(plan.steps[1].differences.len(), 1);
    }

    #[test]
    fn another_content_is_unpacked() {
        let plan = plan(&Wanted { content_sha256: "b".repeat(64), ..wanted() }, &observed());
        assert_eq!(plan.steps[0].verb, Verb::Upload);
    }

    #[test]
    fn another_project_takes_it_over_and_an_old_record_is_nobodys() {
        let of = |folder: &str| Some(Owner { folder: folder.into() });
        let wanted = Wanted { owner: of("/b"), ..wanted() };
        let step = [(Verb::Update, "project", "heart")];
        assert_eq!(words(&plan(&wanted, &Observed { owner: of("/a"), ..observed() })), step);
        assert!(plan(&wanted, &Observed { owner: of("/b"), ..observed() }).is_empty());
        assert!(plan(&wanted, &observed()).is_empty());
    }

    #[test]
    fn another_port_moves_the_address() {
        let plan = plan(&Wanted { port: Some(4001), ..wanted() }, &observed());
        assert_eq!(words(&plan), [(Verb::Update, "address", "heart")]);
        let taken = Observed { health: Health::Stopped, port: Port::Taken, ..observed() };
        let plan = super::plan(&wanted(), &taken);
        assert_eq!(
            words(&plan),
            [(Verb::Update, "address", "heart"), (Verb::Update, "process", "heart")]
        );
    }
}
