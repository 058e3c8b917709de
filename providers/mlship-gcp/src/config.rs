//! The table `targets.gcp` of a manifest.

use std::cell::RefCell;
use std::collections::BTreeMap;

use mlship_core::finding::{Report, Span};
use mlship_core::node::Node;
use mlship_core::reader::{Located, Reader};

mod choices;
mod forms;
mod labels;
mod machine;
mod schema;
#[cfg(test)]
mod tests;
mod variables;

pub use choices::{Access, Cpu, Gpu, Ingress, Instances, Kind};
pub use schema::schema;
pub use variables::Secret;

/// What the manifest says of Google Cloud.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// How Google Cloud runs the service.
    pub kind: Kind,
    /// Where the manifest names the kind; `None` for the default.
    pub kind_span: Option<Span>,
    /// Id of the project.
    pub project: String,
    /// Region, such as `europe-west1`.
    pub region: String,
    /// Who may call the service.
    pub access: Access,
    /// E-mail of the account that the service runs as; the project's default one when absent.
    pub service_account: Option<String>,
    /// E-mail of the account that is impersonated to call a private service.
    pub caller: Option<String>,
    /// CPUs of an instance; by the memory when absent (see [`Config::cpu_for`]).
    pub cpu: Option<Cpu>,
    /// GPU of an instance.
    pub gpu: Option<Gpu>,
    /// How many instances there may be.
    pub instances: Instances,
    /// From where the service can be reached.
    pub ingress: Ingress,
    /// Environment variables of the user's own.
    pub environment: BTreeMap<String, String>,
    /// Environment variables out of Secret Manager.
    pub secrets: BTreeMap<String, Secret>,
    /// An existing Artifact Registry repository in the same project and region; mlship makes one
    /// when absent.
    pub repository: Option<String>,
    /// Labels of the user's own on everything that mlship makes.
    pub labels: BTreeMap<String, String>,
}

impl Config {
    /// Reads the table; every mistake goes to `findings`. `None` when it cannot be used, which is
    /// when it names no project or no region.
    pub fn read(target: &Node, findings: &RefCell<Report>) -> Option<Self> {
        let mut table = Reader::new("targets.gcp", target, findings)?;
        let written = table.one_of("kind", &Kind::WORDS);
        let kind = written.as_ref().map(|kind| Kind::of(kind.value)).unwrap_or_default();
        let project = forms::required(&mut table, "project", &forms::PROJECT);
        let region = forms::required(&mut table, "region", &forms::REGION);
        let access = table.one_of("access", &Access::WORDS);
        let ingress = table.one_of("ingress", &Ingress::WORDS);
        let cpu = machine::cpu(&mut table);
        let gpu = machine::gpu(&mut table, kind, cpu.as_ref());
        let environment = variables::environment(&mut table, kind);
        let config = Self {
            kind,
            kind_span: written.map(|kind| kind.span),
            access: word(access).map(Access::of).unwrap_or_default(),
            service_account: forms::read(&mut table, "service-account", &forms::ACCOUNT),
            caller: forms::read(&mut table, "caller", &forms::ACCOUNT),
            cpu: cpu.map(|cpu| cpu.value),
            gpu,
            instances: machine::instances(&mut table),
            ingress: word(ingress).map(Ingress::of).unwrap_or_default(),
            secrets: variables::secrets(&mut table, kind, &environment),
            environment,
            repository: machine::repository(&mut table, kind),
            labels: labels::read(&mut table),
            ..Self::default()
        };
        table.finish_with(|key| {
            (key == "location").then(|| "write `region`, as Google Cloud calls it".to_owned())
        });
        Some(Self { project: project?, region: region?, ..config })
    }

    /// The CPUs of an instance: those of the manifest, or the fewest of at least 1 that take so
    /// much memory. A GPU needs 4.
    pub fn cpu_for(&self, memory_mb: u32) -> Cpu {
        let least = if self.gpu.is_some() { Cpu::Four } else { Cpu::One };
        self.cpu.unwrap_or_else(|| least.max(Cpu::smallest(memory_mb)))
    }
}

fn word(word: Option<Located<&'static str>>) -> Option<&'static str> {
    word.map(|word| word.value)
}
