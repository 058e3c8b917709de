//! What exists at AWS for a service. Reads only.

pub(crate) mod concurrency;
pub(crate) mod function;
pub(crate) mod logs;
pub(crate) mod models;
pub(crate) mod repository;
pub(crate) mod role;
pub(crate) mod store;

use mlship_core::provider::ProviderError;

use crate::connect::Clients;
use crate::names::{Account, PROJECT};
use crate::wanted::{RunAs, Wanted};
use function::Function;
use logs::LogGroup;
use models::ModelFiles;
use repository::Repository;
use role::Role;
use store::Store;

/// Everything that a plan depends on.
#[derive(Debug, Clone)]
pub(crate) struct Existing {
    /// The role of mlship's own making; not looked at when the manifest names one.
    pub(crate) role: Option<Role>,
    pub(crate) log_group: Option<LogGroup>,
    /// Where a large zip goes; not looked at when the zip fits into the request.
    pub(crate) store: Option<Store>,
    /// The model files; not looked at when there are none.
    pub(crate) models: Option<ModelFiles>,
    /// Where the image goes; not looked at when the code is a zip.
    pub(crate) repository: Option<Repository>,
    pub(crate) function: Option<Function>,
}

/// Looks at everything that `wanted` is made of.
pub(crate) async fn look(
    clients: &Clients,
    account: &Account,
    wanted: &Wanted,
) -> Result<Existing, ProviderError> {
    let name = &wanted.name;
    let function = function::look(clients, name).await?;
    let role = match wanted.run_as {
        RunAs::Own => role::look(clients, account, name).await?,
        RunAs::Given => None,
    };
    let log_group = logs::look(clients, account, name).await?;
    let store = match &wanted.place {
        Some(place) => Some(store::look(clients, account, place).await?),
        None => None,
    };
    let models = models::look(clients, account, wanted).await?;
    let repository = match &wanted.image {
        Some(image) => repository::look(clients, name, image).await?,
        None => None,
    };
    Ok(Existing { role, log_group, store, models, repository, function })
}

/// Whether a thing is tagged as belonging to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// It carries the service's tag.
    Ours,
    /// It does not.
    Foreign,
}

impl Ownership {
    /// Judges by tags, given as pairs.
    pub(crate) fn of<'t>(
        service: &str,
        tags: impl IntoIterator<Item = (&'t str, &'t str)>,
    ) -> Self {
        let ours = tags.into_iter().any(|(key, value)| key == PROJECT && value == service);
        if ours { Self::Ours } else { Self::Foreign }
    }
}
