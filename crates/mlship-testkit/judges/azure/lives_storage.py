"""Resource groups, tags, storage accounts and their blobs, by the vendor's clients."""

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient

from drive import GROUP, PLACE, expect

ACCOUNT = "judgedaccount"


def made_group(clients):
    return clients.resources().resource_groups.create_or_update(
        GROUP, {"location": PLACE, "tags": {"mlship:project": "judged"}})


def made_account(clients):
    """A storage account and its connection string."""
    storage = clients.storage()
    account = storage.storage_accounts.begin_create(GROUP, ACCOUNT, {
        "location": PLACE, "kind": "StorageV2", "sku": {"name": "Standard_LRS"},
        "properties": {"allowBlobPublicAccess": False, "minimumTlsVersion": "TLS1_2"},
    }).result()
    expect(f"the account is {account.provisioning_state}", account.provisioning_state == "Succeeded")
    keys = storage.storage_accounts.list_keys(GROUP, ACCOUNT).keys_property
    expect("there are two keys", len(keys) == 2)
    return account, keys[0].value


def storage(clients):
    group = made_group(clients)
    expect("the group is named", group.name == GROUP and group.tags["mlship:project"] == "judged")
    resources = clients.resources()
    expect("a group is listed", GROUP in [one.name for one in resources.resource_groups.list()])
    names_and_containers(clients)
    tags(clients, group.id)
    mine = list(resources.resources.list_by_resource_group(GROUP))
    expect("the account is in its group", [one.name for one in mine] == [ACCOUNT])
    clients.storage().storage_accounts.delete(GROUP, ACCOUNT)
    resources.resource_groups.begin_delete(GROUP).result()
    try:
        resources.resource_groups.get(GROUP)
    except ResourceNotFoundError:
        return
    raise AssertionError("a deleted group is gone")


def names_and_containers(clients):
    storage_client = clients.storage()
    wish = {"name": ACCOUNT, "type": "Microsoft.Storage/storageAccounts"}
    free = storage_client.storage_accounts.check_name_availability(wish)
    expect("the name is free", free.name_available)
    account, key = made_account(clients)
    free = storage_client.storage_accounts.check_name_availability(wish)
    expect("the name is taken", not free.name_available and free.reason == "AlreadyExists")
    container = storage_client.blob_containers.create(GROUP, ACCOUNT, "packages", {})
    expect("the container is named", container.name == "packages")
    blobs(account.primary_endpoints.blob, key)


def blobs(endpoint, key):
    """The data side, signed with the account's key."""
    service = BlobServiceClient(endpoint, credential={"account_name": ACCOUNT, "account_key": key})
    container = service.get_container_client("packages")
    expect("what ARM made is there", container.exists())
    blob = container.get_blob_client("v1.zip")
    blob.upload_blob(b"bytes", metadata={"version": "v1"})
    expect("a blob comes back", blob.download_blob().readall() == b"bytes")
    expect("it is listed", [one.name for one in container.list_blobs()] == ["v1.zip"])
    blob.delete_blob()
    expect("it goes", not blob.exists())


def tags(clients, scope):
    client = clients.resources().tags
    client.begin_update_at_scope(
        scope, {"operation": "Merge", "properties": {"tags": {"mlship:live": "v1"}}}).result()
    there = client.get_at_scope(scope).properties.tags
    expect(f"tags are merged: {there}",
           there == {"mlship:project": "judged", "mlship:live": "v1"})
    client.begin_create_or_update_at_scope(scope, {"properties": {"tags": {"a": "b"}}}).result()
    expect("tags are replaced", client.get_at_scope(scope).properties.tags == {"a": "b"})
