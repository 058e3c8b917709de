//! The secrets of an app: the key that callers show, and where models are. Azure gives them back
//! to those who may ask, and keeps none that a PUT does not name.

use std::collections::BTreeMap;

use mlship_core::provider::{ErrorKind, ProviderError};
use serde_json::{Value, json};

use super::found::App;
use super::wanted::Wanted;
use crate::arm::{Arm, Call, Id};
use crate::config::Access;
use crate::containers::{access_in, new_key};
use crate::error::failed;
use crate::smoke::{Door, Key};

/// The secret with the key that the runtime asks for.
pub(super) const KEY_SECRET: &str = "mlship-key";
/// The secret with the signed address of the models.
pub(super) const MODELS_SECRET: &str = "mlship-models";

/// Secrets by name.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Secrets(BTreeMap<String, String>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Secrets {
    pub(super) async fn read(arm: &Arm, app: &Id) -> Result<Self, ProviderError> {
        let call = Call { operation: "read the secrets of", resource: app.name() };
        let found = arm.post(call, app, "listSecrets", &Value::Null).await?;
        let all = found["value"].as_array().into_iter().flatten();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Ok(Self(all.filter_map(|one| Some((text(&one["name"])?, text(&one["value"])?))).collect()))
    }

    /// With what `wanted` needs besides. A key that is there stays.
    pub(super) fn with(
        mut self,
        wanted: &Wanted,
        models: Option<&str>,
    ) -> Result<Self, ProviderError> {
        if wanted.asks_for_key() && !self.0.contains_key(KEY_SECRET) {
            self.0.insert(KEY_SECRET.to_owned(), new_key(wanted.app.name())?);
        }
        if let Some(models) = models {
            self.0.insert(MODELS_SECRET.to_owned(), models.to_owned());
        }
        Ok(self)
    }

    /// As they are sent.
    pub(super) fn list(&self) -> Value {
        let one = |(name, value): (&String, &String)| json!({"name": name, "value": value});
        self.0.iter().map(one).collect()
    }

    /// What callers of a revision show, by the environment that it has.
    pub(super) fn key(&self, environment: &Value, name: &str) -> Result<Key, ProviderError> {
        if access_in(environment) == Access::Public {
            return Ok(Key::None);
        }
        let key = self.0.get(KEY_SECRET).cloned().map(Key::Runtime);
        key.ok_or_else(|| failed(ErrorKind::Failed, "call", name, "its key is not there any more"))
    }
}

/// Where callers come in.
pub(super) async fn door(arm: &Arm, app: &App) -> Result<Door, ProviderError> {
    let name = app.id.name();
    let live = app.traffic().and_then(|traffic| app.revision(&traffic.live));
    let (Some(live), Some(host)) = (live, app.host()) else {
        let reason = "no version of it was found to be right yet";
        return Err(failed(ErrorKind::NotFound, "call", name, reason));
    };
    let secrets = match access_in(&live.environment) == Access::Key {
        true => Secrets::read(arm, &app.id).await?,
        false => Secrets::default(),
    };
    Ok(Door { host: host.to_owned(), key: secrets.key(&live.environment, name)? })
}
