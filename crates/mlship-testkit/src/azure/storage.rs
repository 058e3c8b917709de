//! `Microsoft.Storage`: accounts and their blob containers, and the blobs themselves, which a real
//! Azurite keeps. The data plane is `http://127.0.0.1:PORT/ACCOUNT/CONTAINER/BLOB`, path-style as
//! Azurite has it: signatures cover the path, not the host, so calls pass unchanged.

mod azurite;

use serde_json::{Value, json};

pub(super) use self::azurite::Azurites;
use self::azurite::keys;
#[cfg(test)]
pub(super) use self::azurite::{sas, signed};
use super::error::{error, not_found};
use super::http::{Arrived, Request, Response};
use super::id::{Id, words};
use super::resource_type::{Act, Course, Follow, Made, Put, ResourceType, overlay};
use super::server::Shared;
use super::state::{Resource, State};
use super::tags;

const ACCOUNTS: &str = "Microsoft.Storage/storageAccounts";
const CONTAINERS: &str = "Microsoft.Storage/storageAccounts/blobServices/containers";
const VERSIONS: &[&str] = &[
    "2023-01-01",
    "2023-05-01",
    "2024-01-01",
    "2025-01-01",
    "2025-06-01",
    "2025-08-01",
    "2026-09-01",
];

/// Storage accounts.
pub(super) struct Accounts;

impl ResourceType for Accounts {
    fn name(&self) -> &'static str {
        ACCOUNTS
    }

    fn api_versions(&self) -> &'static [&'static str] {
        VERSIONS
    }

    fn put(&self, state: &mut State, put: &Put<'_>) -> Result<Made, Response> {
        let name = put.id.name();
        if let Some((code, message)) = why_not(name) {
            return Err(error(400, code, &message));
        }
        if put.before.is_none() && state.is_taken(ACCOUNTS, name) {
            let message = format!("The storage account named {name} is already taken.");
            return Err(error(409, "StorageAccountAlreadyTaken", &message));
        }
        tags::check(&put.body["tags"])?;
        let before = put.before.map(|before| before.body.clone()).unwrap_or_default();
        let body = account(state.port, name, put, &before)?;
        let course = Course::running((202, 200), Follow::Location, "ResolvingDns");
        let made = Made::at_once(body);
        Ok(if put.before.is_none() { made.course(course) } else { made })
    }

    fn delete(&self, state: &mut State, resource: &Resource) -> Result<Course, Response> {
        state.azurites.forget(resource.id.name());
        Ok(Course::Done { made: 200, changed: 200 })
    }

    fn act(&self, state: &mut State, act: &Act<'_>) -> Option<Response> {
        let words = act.lower();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match (act.request.method.as_str(), words.as_slice()) {
            ("POST", ["listkeys"]) => {
                let [one, two] = keys(act.id.name());
                let key = |name: &str, value: &str| {
                    json!({"keyName": name, "value": value, "permissions": "FULL",
                        "creationTime": "2026-01-01T00:00:00.0000000Z"})
                };
                let keys = json!({"keys": [key("key1", &one), key("key2", &two)]});
                Some(Response::json(200, &keys))
            }
            ("GET", ["blobservices", "default", "containers"]) => Some(list(state, act.id)),
            ("GET" | "PUT", ["blobservices", "default"]) => Some(Response::json(
                200,
                &json!({
                    "id": format!("{}/blobServices/default", act.id.text), "name": "default",
                    "type": "Microsoft.Storage/storageAccounts/blobServices",
                    "sku": {"name": "Standard_LRS", "tier": "Standard"},
                    "properties": {"cors": {"corsRules": []}},
                }),
            )),
            _ => None,
        }
    }

    fn provider_call(
        &self,
        state: &mut State,
        request: &Request,
        words: &[&str],
    ) -> Option<Response> {
        let [word] = words else { return None };
        if request.method != "POST" || !word.eq_ignore_ascii_case("checkNameAvailability") {
            return None;
        }
        let name = request.json()["name"].as_str().unwrap_or_default().to_owned();
        let refused = |reason: &str, message: &str| json!({"nameAvailable": false, "reason": reason, "message": message});
        let answer = match why_not(&name) {
            Some((code, message)) => refused(code, &message),
            None if state.is_taken(ACCOUNTS, &name) => {
                let message = format!("The storage account named {name} is already taken.");
                refused("AlreadyExists", &message)
            }
            None => json!({"nameAvailable": true}),
        };
        Some(Response::json(200, &answer))
    }

    fn no_quota(&self, location: &str) -> Response {
        let message = format!(
            "Subscription {} already contains 250 storage accounts in location {location} and the \
             maximum allowed is 250.",
            super::SUBSCRIPTION
        );
        error(409, "MaxStorageAccountsCountPerSubscriptionExceeded", &message)
    }
}

/// Why a name cannot be an account's.
fn why_not(name: &str) -> Option<(&'static str, String)> {
    let fits = (3..=24).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    (!fits).then(|| {
        let message = format!(
            "{name} is not a valid storage account name. Storage account name must be between 3 \
             and 24 characters in length and use numbers and lower-case letters only."
        );
        ("AccountNameInvalid", message)
    })
}

fn account(port: u16, name: &str, put: &Put<'_>, before: &Value) -> Result<Value, Response> {
    let kept = |name: &str| match &put.body[name] {
        Value::Null => before[name].clone(),
        sent => sent.clone(),
    };
    let (location, kind, sku) = (kept("location"), kept("kind"), kept("sku"));
    for (name, value) in [("location", &location), ("kind", &kind), ("sku", &sku)] {
        if value.is_null() {
            let message = format!("The required property '{name}' is missing from the request.");
            return Err(error(400, "InvalidRequestPropertyValue", &message));
        }
    }
    let mut properties = json!({
        "creationTime": "2026-01-01T00:00:00.0000000Z", "allowBlobPublicAccess": false,
        "minimumTlsVersion": "TLS1_0", "allowSharedKeyAccess": true, "accessTier": "Hot",
        "networkAcls": {"bypass": "AzureServices", "defaultAction": "Allow", "ipRules": [],
            "virtualNetworkRules": [], "ipv6Rules": []},
        "supportsHttpsTrafficOnly": true,
    });
    overlay(&mut properties, &before["properties"]);
    overlay(&mut properties, &put.body["properties"]);
    properties["primaryEndpoints"] = json!({"blob": format!("http://127.0.0.1:{port}/{name}/")});
    properties["primaryLocation"] = location.clone();
    properties["statusOfPrimary"] = json!("available");
    properties["provisioningState"] = json!("Succeeded");
    let tier = sku["name"].as_str().and_then(|name| name.split('_').next()).unwrap_or_default();
    let tags = put.body["tags"].as_object().cloned().unwrap_or_default();
    Ok(json!({
        "location": location, "tags": tags, "kind": kind,
        "sku": {"name": sku["name"], "tier": tier}, "properties": properties,
    }))
}

fn list(state: &mut State, account: &Id) -> Response {
    let names = state.azurites.containers(account.name());
    let one = |name: &String| {
        let id = format!("{}/blobServices/default/containers/{name}", account.text);
        json!({"id": id, "name": name, "type": CONTAINERS, "properties": {"publicAccess": "None"}})
    };
    Response::json(200, &json!({"value": names.iter().map(one).collect::<Vec<_>>()}))
}

/// Blob containers, made and removed through Resource Manager. Azurite alone knows them: one that
/// was made there is found here too.
pub(super) struct Containers;

impl ResourceType for Containers {
    fn name(&self) -> &'static str {
        CONTAINERS
    }

    fn api_versions(&self) -> &'static [&'static str] {
        VERSIONS
    }

    fn put(&self, state: &mut State, put: &Put<'_>) -> Result<Made, Response> {
        let account = &put.id.names[0];
        if state.named(ACCOUNTS, account).is_none() {
            let account = super::arm::parse(&put.id.text.replace(
                &format!("/blobServices/{}/containers/{}", put.id.names[1], put.id.name()),
                "",
            ));
            return Err(account.map_or_else(|| not_found(put.id), |account| not_found(&account)));
        }
        let name = put.id.name();
        let fits = (3..=63).contains(&name.len())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            && !name.starts_with('-')
            && !name.ends_with('-')
            && !name.contains("--");
        if !fits {
            let message = "The specified resource name contains invalid characters.";
            return Err(error(400, "ContainerOperationFailure", message));
        }
        state.azurites.make_container(account, name);
        let mut properties = json!({
            "publicAccess": "None", "leaseStatus": "Unlocked", "leaseState": "Available",
            "defaultEncryptionScope": "$account-encryption-key",
            "denyEncryptionScopeOverride": false, "hasImmutabilityPolicy": false,
            "hasLegalHold": false, "deleted": false, "remainingRetentionDays": 0,
        });
        overlay(&mut properties, &put.body["properties"]);
        Ok(Made::at_once(json!({"properties": properties})))
    }

    fn delete(&self, state: &mut State, resource: &Resource) -> Result<Course, Response> {
        state.azurites.drop_container(&resource.id.names[0], resource.id.name());
        Ok(Course::Done { made: 200, changed: 200 })
    }
}

/// The data plane: a path that begins with an account's name.
pub(super) fn blobs(shared: &Shared, request: &Request) -> Option<Response> {
    let account = words(&request.path).into_iter().next()?;
    let address = {
        let mut state = shared.lock();
        state.named(ACCOUNTS, &account)?;
        state.azurites.address(&account)
    };
    Some(azurite::pass(address, request))
}

/// What is stored: `blob ACCOUNT/CONTAINER/NAME`.
pub(super) fn blob_names(state: &mut State) -> Vec<String> {
    let accounts: Vec<String> =
        state.of_kind(ACCOUNTS).map(|account| account.id.name().to_owned()).collect();
    accounts.iter().flat_map(|account| state.azurites.blobs(account)).collect()
}

/// The bytes at an address of the data plane, as whoever has the address may read them: with the
/// signature in it. `None` when it cannot be read, or is no address of this machine's accounts.
pub(super) fn fetch(state: &mut State, url: &str) -> Option<Vec<u8>> {
    let (_, rest) = url.split_once("://")?;
    let (host, target) = rest.split_once('/')?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let account = path.split('/').next()?;
    state.named(ACCOUNTS, account)?;
    let request = Request {
        method: "GET".into(),
        host: host.to_owned(),
        path: format!("/{path}"),
        query: query.to_owned(),
        headers: [("x-ms-version".to_owned(), "2021-12-02".to_owned())].into(),
        body: Vec::new(),
        arrived: Arrived::Whole,
    };
    let response = azurite::pass(state.azurites.address(account), &request);
    (response.status == 200).then_some(response.body)
}

/// Whether an address of the data plane is a container that is there.
pub(super) fn has_container(state: &mut State, url: &str) -> bool {
    let path = url.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
    let Some((account, container)) = path.and_then(|(_, path)| path.split_once('/')) else {
        return false;
    };
    state.azurites.containers(account).iter().any(|name| name == container.trim_matches('/'))
}

/// The account that an address of the data plane is of.
pub(super) fn account_of(state: &State, url: &str) -> Option<Resource> {
    let (_, path) = url.split_once("://")?.1.split_once('/')?;
    state.named(ACCOUNTS, path.split('/').next()?).cloned()
}

/// Whether a connection string is for this account and has one of its keys.
pub(super) fn opens(connection: &str, account: &str) -> bool {
    let part = |name: &str| {
        let mut parts = connection.split(';').filter_map(|part| part.split_once('='));
        parts.find(|(is, _)| is.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    let key = part("AccountKey").unwrap_or_default();
    part("AccountName") == Some(account) && keys(account).iter().any(|is| is == key)
}
