"""Plans, apps, slots, settings and keys, by the vendor's clients."""

import io
import json
import urllib.request
import zipfile

from azure.core.exceptions import ResourceNotFoundError

from drive import GROUP, PLACE, expect
from lives_storage import ACCOUNT, made_account, made_group

HOST = {
    "version": "2.0",
    "extensions": {"http": {"routePrefix": ""}},
    "customHandler": {
        "description": {"defaultExecutablePath": "handler"},
        "enableProxyingHttpRequest": True,
    },
}
FUNCTION = {"bindings": [
    {"type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "function",
     "methods": ["get", "post"], "route": "{*path}"},
    {"type": "http", "direction": "out", "name": "res"},
]}


def package():
    """A zip with one function and a handler that may be run."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        for name, text, mode in (
            ("host.json", json.dumps(HOST), 0o666),
            ("predict/function.json", json.dumps(FUNCTION), 0o666),
            ("handler", "#!/bin/sh\n", 0o777),
        ):
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3
            entry.external_attr = (0o100000 | mode) << 16
            made.writestr(entry, text)
    return content.getvalue()


def publish(app, path):
    """Sends the zip to the app's other host, as az does."""
    host = next(one.name for one in app.host_name_ssl_states if one.host_type == "Repository")
    request = urllib.request.Request(
        f"http://{host}{path}", data=package(), method="POST",
        headers={"Authorization": "Bearer a-token", "Content-Type": "application/zip"})
    with urllib.request.urlopen(request) as answer:
        expect(f"publishing answers {answer.status}", answer.status in (200, 202))
    for _ in range(100):
        look = urllib.request.Request(
            f"http://{host}/api/deployments/latest", headers={"Authorization": "Bearer a-token"})
        with urllib.request.urlopen(look) as answer:
            state = json.load(answer)
        if state.get("status") in (3, 4):
            expect(f"the deployment is {state}", state["status"] == 4)
            return
    raise AssertionError("the deployment never ends")


def made_plan(clients, sku, tier, linux=True):
    plan = clients.web().app_service_plans.begin_create_or_update(GROUP, "plan", {
        "location": PLACE, "kind": "functionapp", "sku": {"name": sku, "tier": tier},
        "properties": {"reserved": linux},
    }).result()
    expect(f"the plan is {plan.sku}", plan.sku.name == sku and plan.reserved)
    return plan


def flex(clients):
    made_group(clients)
    account, key = made_account(clients)
    clients.storage().blob_containers.create(GROUP, ACCOUNT, "packages", {})
    plan = made_plan(clients, "FC1", "FlexConsumption")
    web = clients.web()
    connection = connection_string(account, key)
    app = web.web_apps.begin_create_or_update(GROUP, "judged-flex", {
        "location": PLACE, "kind": "functionapp,linux", "tags": {"mlship:project": "judged"},
        "properties": {
            "serverFarmId": plan.id, "httpsOnly": True,
            "siteConfig": {"appSettings": [
                {"name": "AzureWebJobsStorage", "value": connection},
                {"name": "DEPLOYMENT_STORAGE_CONNECTION_STRING", "value": connection},
            ]},
            "functionAppConfig": {
                "deployment": {"storage": {
                    "type": "blobContainer",
                    "value": account.primary_endpoints.blob + "packages",
                    "authentication": {
                        "type": "StorageAccountConnectionString",
                        "storageAccountConnectionStringName":
                            "DEPLOYMENT_STORAGE_CONNECTION_STRING",
                    },
                }},
                "runtime": {"name": "custom", "version": "1.0"},
                "scaleAndConcurrency": {
                    "maximumInstanceCount": 40, "instanceMemoryMB": 2048, "alwaysReady": []},
            },
        },
    }).result()
    expect("the app runs", app.state == "Running" and app.tags == {"mlship:project": "judged"})
    expect("it has a host", app.default_host_name.startswith("judged-flex"))
    expect("settings are not shown", not app.site_config.app_settings)
    settings(web, "judged-flex")
    publish(app, "/api/publish?RemoteBuild=False&Deployer=judge")
    called(web, app)
    gone(clients, web, "judged-flex")


def connection_string(account, key):
    return (f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={key};"
            f"BlobEndpoint={account.primary_endpoints.blob}")


def settings(web, name):
    before = web.web_apps.list_application_settings(GROUP, name).properties
    expect("settings are listed", "AzureWebJobsStorage" in before)
    after = web.web_apps.update_application_settings(
        GROUP, name, {"properties": {**before, "MODEL": "demo"}}).properties
    expect("a setting is added", after["MODEL"] == "demo")
    again = web.web_apps.list_application_settings(GROUP, name).properties
    expect("the whole set is what was sent", again == {**before, "MODEL": "demo"})


def called(web, app):
    name = app.name
    functions = [one.name for one in web.web_apps.list_functions(GROUP, name)]
    expect(f"the functions are {functions}", functions == [f"{name}/predict"])
    keys = web.web_apps.list_host_keys(GROUP, name)
    expect("there is a key", bool(keys.master_key) and bool(keys.function_keys["default"]))
    request = urllib.request.Request(
        f"http://{app.default_host_name}/v2/models/judged/infer", data=b"{}", method="POST",
        headers={"x-functions-key": keys.function_keys["default"],
                 "Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        expect("it answers", answer.status == 200)


def gone(clients, web, name):
    web.web_apps.delete(GROUP, name)
    try:
        web.web_apps.get(GROUP, name)
        raise AssertionError("a deleted app is gone")
    except ResourceNotFoundError:
        pass
    clients.resources().resource_groups.begin_delete(GROUP).result()


def slots(clients):
    made_group(clients)
    account, key = made_account(clients)
    plan = made_plan(clients, "EP1", "ElasticPremium")
    web = clients.web()
    body = {
        "location": PLACE, "kind": "functionapp,linux",
        "properties": {
            "serverFarmId": plan.id, "reserved": True, "httpsOnly": True,
            "siteConfig": {"appSettings": [
                {"name": "FUNCTIONS_WORKER_RUNTIME", "value": "custom"},
                {"name": "FUNCTIONS_EXTENSION_VERSION", "value": "~4"},
                {"name": "AzureWebJobsStorage", "value": connection_string(account, key)},
            ]},
        },
    }
    app = web.web_apps.begin_create_or_update(GROUP, "judged-slots", body).result()
    body["tags"] = {"which": "next"}
    slot = web.web_apps.begin_create_or_update_slot(GROUP, "judged-slots", "next", body).result()
    expect(f"the slot is {slot.name}", slot.name == "judged-slots/next")
    expect("it has a host of its own", slot.default_host_name != app.default_host_name)
    publish(slot, "/api/zipdeploy?isAsync=true")
    functions = list(web.web_apps.list_functions(GROUP, "judged-slots"))
    expect("nothing runs in production yet", functions == [])
    web.web_apps.begin_swap_slot_with_production(
        GROUP, "judged-slots", {"targetSlot": "next", "preserveVnet": True}).result()
    called(web, web.web_apps.get(GROUP, "judged-slots"))
    listed = [one.name for one in web.web_apps.list_slots(GROUP, "judged-slots")]
    expect(f"the slots are {listed}", listed == ["judged-slots/next"])
    web.web_apps.delete_slot(GROUP, "judged-slots", "next")
    gone(clients, web, "judged-slots")


def image(clients):
    """An app that runs an image, changed as az changes it."""
    made_group(clients)
    plan = made_plan(clients, "P1v3", "PremiumV3")
    web = clients.web()
    app = web.web_apps.begin_create_or_update(GROUP, "judged-image", {
        "location": PLACE, "kind": "app,linux,container",
        "properties": {
            "serverFarmId": plan.id, "reserved": True, "httpsOnly": True,
            "siteConfig": {"linuxFxVersion": "DOCKER|judged.azurecr.io/demo:v1",
                           "appSettings": [{"name": "WEBSITES_PORT", "value": "8080"}]},
        },
    }).result()
    expect("it is a container", "container" in app.kind)
    web.web_apps.update_configuration(
        GROUP, "judged-image", {"properties": {"linuxFxVersion": "DOCKER|judged.azurecr.io/demo:v2"}})
    there = web.web_apps.get_configuration(GROUP, "judged-image")
    expect("the image is changed", there.linux_fx_version == "DOCKER|judged.azurecr.io/demo:v2")
    gone(clients, web, "judged-image")
