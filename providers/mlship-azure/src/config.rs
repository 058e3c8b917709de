//! The `targets.azure` table of a manifest.

use std::cell::RefCell;
use std::collections::BTreeMap;

use mlship_core::finding::{Finding, Report, Span};
use mlship_core::node::Node;
use mlship_core::reader::{Located, Reader, nearest};

use crate::sizes;

mod choices;
pub(crate) mod forms;
mod instances;
mod tags;

pub(crate) use choices::{ACCESS, PACKAGE};
pub use choices::{Access, GPU_PROFILES, Instances, Kind, PROFILES, Package};

/// What the manifest says of Azure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// How Azure runs the service.
    pub kind: Kind,
    /// Where the manifest names the kind; `None` for the default.
    pub kind_span: Option<Span>,
    /// Region, such as `westeurope`.
    pub location: String,
    /// Where the manifest names the region.
    pub location_span: Option<Span>,
    /// Id of the subscription; the one that is signed in to when absent.
    pub subscription: Option<String>,
    /// Resource group; `mlship-` and the service's name when absent.
    pub resource_group: Option<String>,
    /// Who may call the service.
    pub access: Access,
    /// Name of the app, which must be globally unique; derived when absent.
    pub app: Option<String>,
    /// Name of the storage account, which must be globally unique; derived when absent.
    pub storage_account: Option<String>,
    /// Name of an existing container registry; mlship makes one when absent.
    pub registry: Option<String>,
    /// Size of the plan, such as `EP1`, as the provider spells it; by the memory when absent.
    pub sku: Option<String>,
    /// What Azure Functions are given.
    pub package: Package,
    /// How many instances there may be.
    pub instances: Instances,
    /// Workload profile of Container Apps, one of [`PROFILES`]; `Consumption` when absent.
    pub workload_profile: Option<String>,
    /// Tags of the user's own on everything that mlship makes.
    pub tags: BTreeMap<String, String>,
}

impl Config {
    /// Reads the table; every mistake goes to `findings`. `None` when it cannot be used, which
    /// is when it names no region.
    pub fn read(target: &Node, findings: &RefCell<Report>) -> Option<Self> {
        let mut table = Reader::new("targets.azure", target, findings)?;
        let written = table.one_of("kind", &Kind::WORDS);
        let kind = written.as_ref().map(|kind| Kind::of(kind.value)).unwrap_or_default();
        let location = forms::location(&mut table);
        let (access, access_span) = read_access(&mut table);
        let package = read_package(&mut table, kind);
        let sku = read_sku(&mut table, kind);
        let config = Self {
            kind,
            kind_span: written.map(|kind| kind.span),
            subscription: forms::read(&mut table, "subscription", &forms::SUBSCRIPTION),
            resource_group: forms::read(&mut table, "resource-group", &forms::GROUP),
            access,
            app: forms::read(&mut table, "app", &forms::app(kind)),
            storage_account: forms::read(&mut table, "storage-account", &forms::STORAGE_ACCOUNT),
            registry: read_registry(&mut table, kind, package),
            instances: instances::read(&mut table, kind, sku.as_deref()),
            sku,
            package,
            workload_profile: read_profile(&mut table, kind),
            tags: tags::read(&mut table),
            ..Self::default()
        };
        warn_of_open_line(&table, &config, access_span);
        table.finish_with(|key| {
            (key == "region").then(|| "write `location`, as Azure calls it".to_owned())
        });
        let location = location?;
        Some(Self { location: location.value, location_span: Some(location.span), ..config })
    }

    /// Whether the service runs from an image.
    pub fn takes_image(&self) -> bool {
        !self.kind.is_functions() || self.package == Package::Image
    }

    /// The machine that the manifest names: the size of the plan, or the workload profile.
    pub fn machine(&self) -> Option<&str> {
        let profile = self.workload_profile.as_deref().filter(|name| *name != PROFILES[0]);
        self.sku.as_deref().or(profile)
    }
}

fn read_access(table: &mut Reader<'_>) -> (Access, Option<Span>) {
    match table.one_of("access", &choices::ACCESS) {
        Some(Located { value: "public", span }) => (Access::Public, Some(span)),
        Some(Located { span, .. }) => (Access::Key, Some(span)),
        None => (Access::Key, None),
    }
}

fn read_package(table: &mut Reader<'_>, kind: Kind) -> Package {
    let Some(word) = table.one_of("package", &choices::PACKAGE) else { return Package::Zip };
    let package = match word.value {
        "image" => Package::Image,
        _ => Package::Zip,
    };
    let hint = match (kind, package) {
        (Kind::FunctionsPremium | Kind::FunctionsDedicated, _)
        | (Kind::FunctionsFlex, Package::Zip) => return package,
        (Kind::FunctionsFlex, Package::Image) => "choose `kind: functions-premium`",
        _ => "leave it out: this kind takes an image",
    };
    let message = format!(
        "`{}` cannot be `{}` with `{}`",
        table.path_of("package"),
        word.value,
        kind.as_str()
    );
    let finding = Finding::error("azure/package", message).at(word.span);
    table.report(finding.label("for `functions-premium` and `functions-dedicated`").hint(hint));
    Package::Zip
}

fn read_sku(table: &mut Reader<'_>, kind: Kind) -> Option<String> {
    let written = table.string("sku")?;
    if let Some(size) = sizes::named(kind, &written.value) {
        if !size.tier.has_slots() {
            let message = format!("`{}` cannot be `{}`", table.path_of("sku"), size.name);
            let finding = Finding::error("azure/sku", message).at(written.span);
            let label = "it has no slot, where a version is tried before it is live";
            let least = sizes::smallest(kind, 0).map_or("", |least| least.name);
            table.report(finding.label(label).hint(format!("write `{least}` or a larger one")));
        }
        return Some(size.name.to_owned());
    }
    let path = table.path_of("sku");
    let known = sizes::sizes(kind).filter(|size| size.tier.has_slots());
    let known: Vec<_> = known.map(|size| size.name).collect();
    let finding = if known.is_empty() {
        let message = format!("`{path}` is not for `{}`, whose plan has no sizes", kind.as_str());
        Finding::error("azure/sku", message).hint(match kind {
            Kind::ContainerApps => "choose a machine with `workload-profile`",
            _ => "leave it out and say `resources.memory-mb`",
        })
    } else {
        let shown = forms::short(&written.value);
        let message = format!("`{path}` cannot be `{shown}` with `{}`", kind.as_str());
        let finding = Finding::error("azure/sku", message).label("not a size of this kind's plan");
        let near = nearest(&written.value, known.iter().copied());
        let finding = match near {
            Some(near) => finding.hint(format!("did you mean `{near}`?")),
            None => finding,
        };
        finding.hint(format!("one of: {}", known.join(", ")))
    };
    table.report(finding.at(written.span));
    None
}

fn read_registry(table: &mut Reader<'_>, kind: Kind, package: Package) -> Option<String> {
    let takes_image = !kind.is_functions() || package == Package::Image;
    let place = table.entry("registry").map(|(key, _)| key.span.clone());
    let registry = forms::read(table, "registry", &forms::REGISTRY)?;
    if takes_image {
        return Some(registry);
    }
    let message = format!("`{}` is for images, and this is a zip", table.path_of("registry"));
    let finding = Finding::error("azure/registry", message).at(place.unwrap_or(table.place()));
    table.report(match kind {
        Kind::FunctionsFlex => finding.hint("leave it out"),
        _ => finding.hint("add `package: image`, or leave it out"),
    });
    None
}

fn read_profile(table: &mut Reader<'_>, kind: Kind) -> Option<String> {
    let profile = table.one_of("workload-profile", &PROFILES)?;
    if kind == Kind::ContainerApps {
        return Some(profile.value.to_owned());
    }
    let path = table.path_of("workload-profile");
    let message = format!("`{path}` is not for `{}`", kind.as_str());
    let finding = Finding::error("azure/profile", message).at(profile.span);
    table.report(finding.hint("choose `kind: container-apps`"));
    None
}

/// A key that goes over an open line is no secret for long.
fn warn_of_open_line(table: &Reader<'_>, config: &Config, access: Option<Span>) {
    if config.kind != Kind::ContainerInstances || config.access != Access::Key {
        return;
    }
    let message =
        "`container-instances` has no TLS: the key and every request go over an open line";
    let place = access.or(config.kind_span.clone()).unwrap_or(table.place());
    table.report(
        Finding::warning("azure/no-tls", message)
            .at(place)
            .hint("choose `kind: container-apps`, which has TLS"),
    );
}

#[cfg(test)]
mod tests;
