//! The `targets.azure` table of a manifest.

use std::cell::RefCell;
use std::collections::BTreeMap;

use mlship_core::finding::{Report, Span};
use mlship_core::node::Node;
use mlship_core::reader::Reader;

mod choices;

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
    /// Reads the table; every mistake goes to `findings`. `None` when it cannot be used.
    pub fn read(target: &Node, findings: &RefCell<Report>) -> Option<Self> {
        let mut table = Reader::new("targets.azure", target, findings)?;
        let kind = table.one_of("kind", &Kind::WORDS);
        let location = table.string("location");
        let location = table.required("location", location);
        let config = Self {
            kind: kind.as_ref().map(|kind| Kind::of(kind.value)).unwrap_or_default(),
            kind_span: kind.map(|kind| kind.span),
            subscription: table.string("subscription").map(|one| one.value),
            resource_group: table.string("resource-group").map(|one| one.value),
            ..Self::default()
        };
        table.finish();
        let location = location?;
        Some(Self { location: location.value, location_span: Some(location.span), ..config })
    }
}
