//! Gives a site or slot what it is to run: its settings, and the image when it is one.

use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use serde_json::{Value, json};

use crate::arm::Call;
use crate::blob::Store;
use crate::config::{Access, Kind, Package};
use crate::connect::Cloud;
use crate::containers::new_key;
use crate::error::failed;
use crate::functions::Settings;
use crate::names::{MODELS as MODELS_CONTAINER, PACKAGES};
use crate::resource::Resource;
use crate::sizes::Tier;
use crate::surroundings::{explain, insights_id, storage_id};

use super::bodies::{self, Where};
use super::look::App;
use super::program::{Models, Program};
use super::settings::{
    INSIGHTS, KEY, MODELS, PACKAGE, SHARE_STORAGE, STAMP, STORAGE, merged, musts, plain, staying,
};

/// What is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Code {
    /// The package in the storage account.
    Package,
    /// An image.
    Image {
        /// `DOCKER|server/repository:v…`.
        fx: String,
        /// The client id of whom it is pulled as.
        client: String,
    },
}

impl Code {
    /// The web setting that names it.
    fn fx(&self) -> &str {
        match self {
            Self::Package => "",
            Self::Image { fx, .. } => fx,
        }
    }
}

/// A site or slot that is to run something.
pub(crate) struct Place<'p> {
    pub(crate) cloud: &'p Cloud,
    pub(crate) program: &'p Program,
    /// What there is of the app.
    pub(crate) app: Option<&'p App>,
    pub(crate) at: Where,
    pub(crate) progress: &'p dyn Progress,
}

impl Place<'_> {
    /// Makes it, with all that it runs in the same call, and closes the ways into it that nobody
    /// needs.
    pub(crate) async fn create(
        &self,
        site: Resource,
        web: &Resource,
        code: &Code,
    ) -> Result<(), ProviderError> {
        let arm = &self.cloud.arm;
        let settings = self.settings().await?;
        let mut body = site.body;
        body["properties"]["siteConfig"] = bodies::site_config(web, code.fx(), &settings);
        let operation = format!("create the {}", site.noun);
        let call = Call { operation: &operation, resource: site.id.name() };
        arm.put(call, &site.id, &body).await.map_err(explain)?;
        for policy in bodies::policies(&site.id) {
            let call = Call { operation: "close the publishing of", resource: site.id.name() };
            arm.put(call, &policy.id, &policy.body).await?;
        }
        let Program { names, tier, .. } = self.program;
        let ours = staying(names.kind, *tier);
        if self.at == Where::Live && !ours.is_empty() {
            let list = bodies::staying(&names.site, &Value::Null, ours);
            let call = Call { operation: "set the slot settings of", resource: site.id.name() };
            arm.put(call, &list.id, &list.body).await?;
        }
        Ok(())
    }

    /// Makes it run something else. It is stopped meanwhile, so that nothing old answers the
    /// samples: nobody's traffic goes there. The stamp comes last.
    pub(crate) async fn deploy(&self, code: &Code) -> Result<(), ProviderError> {
        let arm = &self.cloud.arm;
        let id = self.program.names.at(self.at);
        let noun = self.at.noun();
        self.progress.step(&format!("update {noun} {}", id.name()));
        let settings = self.settings().await?;
        let operation = format!("update the {noun}");
        let call = Call { operation: &operation, resource: id.name() };
        arm.post(call, &id, "stop", &Value::Null).await?;
        if let Code::Image { fx, .. } = code {
            let body = json!({"properties": {"linuxFxVersion": fx}});
            arm.patch(call, &id.part("config", "web"), &body).await?;
        }
        settings.write(arm, &id).await?;
        arm.post(call, &id, "start", &Value::Null).await.map(|_| ())
    }

    /// All app settings that it is to have: those of other people are kept.
    async fn settings(&self) -> Result<Settings, ProviderError> {
        let musts = musts(self.program, self.at);
        let mut ours = plain(&musts);
        let mut set = |name: &str, value: String| ours.0.insert(name.to_owned(), value);
        set(STAMP, self.program.stamp.write());
        let Program { names, tier, .. } = self.program;
        if names.kind == Kind::WebApp && names.access == Access::Key {
            set(KEY, self.key()?);
        }
        if let Some(store) = self.store().await? {
            if names.kind != Kind::WebApp {
                set(STORAGE, store.connection_string());
                set(INSIGHTS, self.insights().await?);
            }
            if *tier == Tier::ElasticPremium {
                set(SHARE_STORAGE, store.connection_string());
            }
            if names.package == Package::Zip {
                let name = names.package_name(&self.program.stamp);
                set(PACKAGE, store.readable(PACKAGES, Some(&name)));
            }
            set(MODELS, store.readable(MODELS_CONTAINER, None));
        }
        Ok(merged(&self.base(), ours, &musts))
    }

    /// What it starts from: in the slot, other people's settings are those of the live version,
    /// but for what stays in the slot.
    fn base(&self) -> Settings {
        let Some(app) = self.app else { return Settings::default() };
        if self.at == Where::Live {
            return app.site.settings.clone();
        }
        let mut base = app.others(&app.site);
        if let Some(slot) = &app.slot {
            base.0.extend(app.others_staying(slot).0);
        }
        base
    }

    /// The account, when what runs needs one; or when it may, and there is one.
    async fn store(&self) -> Result<Option<Store>, ProviderError> {
        let account = storage_id(&self.program.names.place, &self.cloud.config);
        let needs =
            self.program.names.kind != Kind::WebApp || self.program.models == Models::Fetched;
        match Store::open(self.cloud, &account).await {
            Err(error) if error.kind == ErrorKind::NotFound && !needs => Ok(None),
            store => store.map(Some),
        }
    }

    /// The key that callers show: made once, and kept.
    fn key(&self) -> Result<String, ProviderError> {
        let kept = self.app.and_then(|app| app.site.settings.get(KEY));
        if let Some(kept) = kept.filter(|kept| !kept.is_empty()) {
            return Ok(kept.to_owned());
        }
        new_key(self.program.names.site.name())
    }

    async fn insights(&self) -> Result<String, ProviderError> {
        let id = insights_id(&self.program.names.place);
        let call = Call { operation: "look at the log component", resource: id.name() };
        let found = self.cloud.arm.get(call, &id).await?.unwrap_or_default();
        let text = found["properties"]["ConnectionString"].as_str().map(str::to_owned);
        text.ok_or_else(|| {
            let reason = "Azure does not say how to write to it";
            failed(ErrorKind::Unavailable, call.operation, call.resource, reason)
        })
    }
}
