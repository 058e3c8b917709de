//! What a service needs around it: the group, the storage account, the place for its logs. Pure
//! lists here; what all kinds do with a list of resources is in the parts.

mod given;
mod look;
mod make;
mod regions;
mod unique;

use serde_json::json;

pub(crate) use given::refuse_absent_group;
pub(crate) use look::{Looked, look, refuse_foreign};
pub(crate) use make::{explain, make};
pub(crate) use regions::{Plans, refuse_region};
pub(crate) use unique::{Global, MADE_MEANWHILE, refuse_taken};

use crate::arm::Id;
use crate::config::Config;
use crate::names::{Owner, Place};
use crate::resource::{Resource, tags};

/// The resource group, unless it is the user's own.
pub(crate) fn group(place: &Place, config: &Config) -> Option<Resource> {
    (place.group_owner == Owner::Mlship).then(|| Resource {
        id: place.group.clone(),
        noun: "resource group",
        body: json!({"location": place.location, "tags": tags(&place.tags(config))}),
        unread: &[],
    })
}

/// The id of the storage account.
pub(crate) fn storage_id(place: &Place, config: &Config) -> Id {
    let name = config.storage_account.clone().unwrap_or_else(|| place.unique_plain());
    place.group.resource("Microsoft.Storage/storageAccounts", &name)
}

/// The storage account: nothing in it is public, and nothing is sent in the clear.
pub(crate) fn storage(place: &Place, config: &Config) -> Resource {
    Resource {
        id: storage_id(place, config),
        noun: "storage account",
        body: json!({
            "location": place.location,
            "tags": tags(&place.tags(config)),
            "kind": "StorageV2",
            "sku": {"name": "Standard_LRS"},
            "properties": {
                "allowBlobPublicAccess": false,
                "minimumTlsVersion": "TLS1_2",
                "supportsHttpsTrafficOnly": true,
            },
        }),
        unread: &[],
    }
}

/// A container of blobs in a storage account.
pub(crate) fn container(account: &Id, name: &str) -> Resource {
    Resource {
        id: account.part("blobServices", "default").part("containers", name),
        noun: "blob container",
        body: json!({"properties": {"publicAccess": "None"}}),
        unread: &[],
    }
}

/// The id of the plan that an app runs on.
pub(crate) fn plan_id(place: &Place) -> Id {
    place.group.resource("Microsoft.Web/serverfarms", &format!("{}-plan", place.service))
}

/// The id of the app; its name is also that of its host.
pub(crate) fn site_id(place: &Place, config: &Config) -> Id {
    let name = config.app.clone().unwrap_or_else(|| place.unique());
    place.group.resource("Microsoft.Web/sites", &name)
}

/// The Log Analytics workspace that logs end up in.
pub(crate) fn workspace(place: &Place, config: &Config) -> Resource {
    let name = format!("{}-logs", place.service);
    Resource {
        id: place.group.resource("Microsoft.OperationalInsights/workspaces", &name),
        noun: "log workspace",
        body: json!({
            "location": place.location,
            "tags": tags(&place.tags(config)),
            "properties": {"sku": {"name": "PerGB2018"}, "retentionInDays": 30},
        }),
        unread: &[],
    }
}

/// The id of the Application Insights component.
pub(crate) fn insights_id(place: &Place) -> Id {
    place.group.resource("Microsoft.Insights/components", &format!("{}-insights", place.service))
}

/// The Application Insights component that functions write to. Its answer has
/// `properties.ConnectionString`.
pub(crate) fn insights(place: &Place, config: &Config) -> Resource {
    let workspace = workspace(place, config).id;
    Resource {
        id: insights_id(place),
        noun: "log component",
        body: json!({
            "location": place.location,
            "tags": tags(&place.tags(config)),
            "kind": "web",
            "properties": {
                "Application_Type": "web",
                "WorkspaceResourceId": workspace.as_str(),
            },
        }),
        unread: &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::PROJECT;

    #[test]
    fn the_users_own_group_is_not_made_and_all_else_is_tagged() {
        let mut config = Config { location: "westeurope".into(), ..Config::default() };
        let place = Place::of("1234", &config, "heart");
        let made = group(&place, &config).expect("a group of our own");
        assert_eq!(made.id.name(), "mlship-heart");
        for one in [made, storage(&place, &config), insights(&place, &config)] {
            assert_eq!(one.body["tags"][PROJECT], "heart", "{}", one.id);
        }
        config.resource_group = Some("team".into());
        let place = Place::of("1234", &config, "heart");
        assert_eq!(group(&place, &config), None);
        assert!(workspace(&place, &config).id.as_str().contains("/team/"));
    }
}
