//! `sites/NAME/config/…`: settings and configuration, which are no resources in the store.

use serde_json::{Value, json};

use super::error::bad;
use super::site::{check_settings, sku_of};
use super::{SLOTS, running};
use crate::azure::http::Response;
use crate::azure::resource_type::{Act, overlay};
use crate::azure::state::{Resource, State};

/// A call on `config/NAME`, or `config/NAME/list`.
pub(super) fn serve(state: &mut State, act: &Act<'_>, words: &[&str]) -> Option<Response> {
    let site = state.get(&act.id.text)?.clone();
    let sent = act.request.json()["properties"].clone();
    let answer = match (act.request.method.as_str(), words) {
        ("POST", ["appsettings", "list"]) => shown(&site, "appsettings", &kept(&site, "settings")),
        ("PUT", ["appsettings"]) => return Some(put_settings(state, &site, &sent)),
        ("GET", ["web"]) => shown(&site, "web", &web(&site)),
        ("PUT" | "PATCH", ["web"]) => return Some(put_web(state, &site, sent)),
        ("GET", ["slotconfignames"]) => shown(&site, "slotConfigNames", &sticky(&site)),
        ("PUT", ["slotconfignames"]) => {
            state.get_mut(&site.id.text)?.hidden.insert("sticky".into(), sent.clone());
            shown(&site, "slotConfigNames", &sent)
        }
        ("POST", [name, "list"]) => shown(&site, name, &kept(&site, &format!("config {name}"))),
        ("GET", [name]) => shown(&site, name, &kept(&site, &format!("config {name}"))),
        ("PUT", [name]) => {
            let site = state.get_mut(&site.id.text)?;
            site.hidden.insert(format!("config {name}"), sent.clone());
            shown(site, name, &sent)
        }
        _ => return None,
    };
    Some(Response::json(200, &answer))
}

fn shown(site: &Resource, name: &str, properties: &Value) -> Value {
    let kind = if site.id.kind == SLOTS { "sites/slots/config" } else { "sites/config" };
    json!({
        "id": format!("{}/config/{name}", site.id.text), "name": name,
        "type": format!("Microsoft.Web/{kind}"), "location": site.location(),
        "tags": site.body["tags"], "properties": properties,
    })
}

fn kept(site: &Resource, name: &str) -> Value {
    site.hidden.get(name).cloned().unwrap_or_else(|| json!({}))
}

fn sticky(site: &Resource) -> Value {
    let names = json!({"connectionStringNames": null, "appSettingNames": null,
        "azureStorageConfigNames": null});
    site.hidden.get("sticky").cloned().unwrap_or(names)
}

/// The configuration; app settings are null in it.
fn web(site: &Resource) -> Value {
    let mut web = kept(site, "web");
    web["appSettings"] = Value::Null;
    web["connectionStrings"] = Value::Null;
    web
}

/// The whole set is replaced.
fn put_settings(state: &mut State, site: &Resource, sent: &Value) -> Response {
    if let Some(sku) = sku_of(state, site)
        && let Err(refused) = check_settings(sku, sent)
    {
        return refused;
    }
    change(state, site, "settings", sent.clone());
    Response::json(200, &shown(site, "appsettings", sent))
}

fn put_web(state: &mut State, site: &Resource, mut sent: Value) -> Response {
    if !sent.is_object() {
        return bad("The parameter properties has an invalid value.");
    }
    if let Some(list) = sent["appSettings"].as_array() {
        let pair = |one: &Value| Some((one["name"].as_str()?.to_owned(), one["value"].clone()));
        let settings = Value::Object(list.iter().filter_map(pair).collect());
        if let Some(sku) = sku_of(state, site)
            && let Err(refused) = check_settings(sku, &settings)
        {
            return refused;
        }
        change(state, site, "settings", settings);
    }
    if let Some(sent) = sent.as_object_mut() {
        sent.retain(|name, value| !value.is_null() && name != "appSettings");
    }
    let mut config = kept(site, "web");
    overlay(&mut config, &sent);
    change(state, site, "web", config);
    let site = state.get(&site.id.text).unwrap_or(site);
    Response::json(200, &shown(site, "web", &web(site)))
}

/// A change restarts the site.
fn change(state: &mut State, site: &Resource, name: &str, value: Value) {
    if let Some(site) = state.get_mut(&site.id.text) {
        site.hidden.insert(name.to_owned(), value);
    }
    running::load(state, &site.id.text);
}
