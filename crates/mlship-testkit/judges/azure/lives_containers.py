"""Registries, identities, roles, container apps and container groups, by the vendor's clients."""

import uuid

from azure.core.exceptions import ResourceNotFoundError

from drive import GROUP, PLACE, expect
from image import push
from lives_storage import made_group

# The role that lets one pull images: learn.microsoft.com/azure/role-based-access-control/built-in-roles
ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"


def made_registry(clients):
    registries = clients.registries().registries
    wish = {"name": "judgedregistry", "type": "Microsoft.ContainerRegistry/registries"}
    expect("the name is free", registries.check_name_availability(wish).name_available)
    registry = registries.begin_create(GROUP, "judgedregistry", {
        "location": PLACE, "sku": {"name": "Basic"}, "properties": {"adminUserEnabled": False},
    }).result()
    expect("the registry has a host", registry.login_server.startswith("judgedregistry"))
    expect("the name is taken", not registries.check_name_availability(wish).name_available)
    return registry


def made_identity(clients):
    identity = clients.identities().user_assigned_identities.create_or_update(
        GROUP, "puller", {"location": PLACE})
    expect("it is somebody", bool(identity.principal_id) and bool(identity.client_id))
    return identity


def may_pull(clients, registry, identity):
    roles = clients.roles().role_assignments
    name = str(uuid.UUID(int=7))
    role = f"/subscriptions/{clients.subscription}/providers/Microsoft.Authorization/" \
           f"roleDefinitions/{ACR_PULL}"
    made = roles.create(registry.id, name, {"properties": {
        "roleDefinitionId": role, "principalId": identity.principal_id,
        "principalType": "ServicePrincipal"}})
    expect("the role is given", made.principal_id == identity.principal_id)
    listed = [one.name for one in roles.list_for_scope(registry.id, filter="atScope()")]
    expect(f"the roles are {listed}", name in listed)


def apps(clients):
    made_group(clients)
    registry, identity = made_registry(clients), made_identity(clients)
    may_pull(clients, registry, identity)
    image = push(registry.login_server, "demo", "v1", b"{}")
    client = clients.apps()
    environment = client.managed_environments.begin_create_or_update(GROUP, "place", {
        "location": PLACE, "properties": {"workloadProfiles": [
            {"name": "Consumption", "workloadProfileType": "Consumption"}]},
    }).result()
    expect("the environment is ready", environment.provisioning_state == "Succeeded")
    parts = (environment, registry, identity, image)
    app = client.container_apps.begin_create_or_update(
        GROUP, "judged-app", wanted(*parts, "one")).result()
    expect("the app has a host", app.configuration.ingress.fqdn.startswith("judged-app"))
    revisions_and_secrets(client, parts)
    client.container_apps.begin_delete(GROUP, "judged-app").result()
    client.managed_environments.begin_delete(GROUP, "place").result()
    try:
        client.container_apps.get(GROUP, "judged-app")
        raise AssertionError("a deleted app is gone")
    except ResourceNotFoundError:
        pass
    clients.resources().resource_groups.begin_delete(GROUP).result()


def wanted(environment, registry, identity, image, suffix, traffic=None):
    return {
        "location": PLACE, "tags": {"mlship:project": "judged"},
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity.id: {}}},
        "properties": {
            "environmentId": environment.id, "workloadProfileName": "Consumption",
            "configuration": {
                "activeRevisionsMode": "Multiple",
                "secrets": [{"name": "key", "value": "open sesame"}],
                "registries": [{"server": registry.login_server, "identity": identity.id}],
                "ingress": {"external": True, "targetPort": 8080, "transport": "auto",
                            "traffic": traffic or [{"latestRevision": True, "weight": 100}]},
            },
            "template": {
                "revisionSuffix": suffix,
                "containers": [{
                    "name": "model", "image": image,
                    "env": [{"name": "MLSHIP_KEY", "secretRef": "key"}],
                    "resources": {"cpu": 0.5, "memory": "1Gi"},
                    "probes": [{"type": "Readiness",
                                "httpGet": {"path": "/readyz", "port": 8080}}],
                }],
                "scale": {"minReplicas": 0, "maxReplicas": 3},
            },
        },
    }


def revisions_and_secrets(client, parts):
    first = "judged-app--one"
    traffic = [{"revisionName": first, "weight": 100}]
    client.container_apps.begin_create_or_update(
        GROUP, "judged-app", wanted(*parts, "two", traffic)).result()
    there = {one.name: one for one in client.container_apps_revisions.list_revisions(
        GROUP, "judged-app")}
    expect(f"the revisions are {sorted(there)}", set(there) == {first, "judged-app--two"})
    weights = {name: one.traffic_weight for name, one in there.items()}
    expect(f"the weights are {weights}", weights == {first: 100, "judged-app--two": 0})
    expect("a revision has a host", bool(there["judged-app--two"].fqdn))
    secrets = client.container_apps.list_secrets(GROUP, "judged-app").value
    expect("the secret comes back", [one.value for one in secrets] == ["open sesame"])
    app = client.container_apps.get(GROUP, "judged-app")
    expect("an app shows no secret", not app.configuration.secrets[0].value)
    split = [{"revisionName": first, "weight": 10},
             {"revisionName": "judged-app--two", "weight": 90}]
    client.container_apps.begin_update(GROUP, "judged-app", {
        "location": PLACE, "properties": {"configuration": {"ingress": {
            "external": True, "targetPort": 8080, "traffic": split}}}}).result()
    app = client.container_apps.get(GROUP, "judged-app")
    weights = {one.revision_name: one.weight for one in app.configuration.ingress.traffic}
    expect(f"the weights are {weights}", weights == {first: 10, "judged-app--two": 90})


def groups(clients):
    """A container group, which the service calls a container instance."""
    made_group(clients)
    registry, identity = made_registry(clients), made_identity(clients)
    may_pull(clients, registry, identity)
    image = push(registry.login_server, "demo", "v1", b"{}")
    client = clients.instances().container_groups
    group = client.begin_create_or_update(GROUP, "judged-group", {
        "location": PLACE,
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity.id: {}}},
        "properties": {
            "osType": "Linux", "restartPolicy": "Always", "sku": "Standard",
            "imageRegistryCredentials": [
                {"server": registry.login_server, "identity": identity.id}],
            "ipAddress": {"type": "Public", "dnsNameLabel": "judged-group",
                          "ports": [{"protocol": "TCP", "port": 8080}]},
            "containers": [{"name": "model", "properties": {
                "image": image, "ports": [{"protocol": "TCP", "port": 8080}],
                "environmentVariables": [{"name": "MLSHIP_KEY", "secureValue": "open sesame"}],
                "resources": {"requests": {"cpu": 1.0, "memoryInGB": 1.5}},
            }}],
        },
    }).result()
    expect("it is made", group.provisioning_state == "Succeeded")
    expect("it has a host", group.ip_address.fqdn.startswith("judged-group"))
    shown = client.get(GROUP, "judged-group").containers[0].environment_variables[0]
    expect("a secret value is not shown", shown.secure_value is None)
    client.begin_delete(GROUP, "judged-group").result()
    try:
        client.get(GROUP, "judged-group")
        raise AssertionError("a deleted group is gone")
    except ResourceNotFoundError:
        pass
    clients.identities().user_assigned_identities.delete(GROUP, "puller")
    clients.resources().resource_groups.begin_delete(GROUP).result()
