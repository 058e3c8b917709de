"""What the vendor's clients make of refusals: each must be the exception that callers catch."""

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

from drive import GROUP, PLACE, expect
from lives_storage import made_account, made_group


def refused(kind, code, call):
    """The call fails with that exception, and the code that the service gave."""
    try:
        call()
    except kind as error:
        found = error.error.code if error.error else None
        expect(f"the code is {found}, not {code}: {error}", found == code)
        return error
    raise AssertionError(f"nothing was refused with {code}")


def typed_errors(clients):
    resources, web, storage = clients.resources(), clients.web(), clients.storage()
    refused(ResourceNotFoundError, "ResourceGroupNotFound",
            lambda: resources.resource_groups.get(GROUP))
    refused(ResourceNotFoundError, "ResourceGroupNotFound",
            lambda: web.web_apps.begin_create_or_update(GROUP, "nothing", {"location": PLACE}))
    made_group(clients)
    refused(ResourceNotFoundError, "ResourceNotFound", lambda: web.web_apps.get(GROUP, "nothing"))
    refused(ResourceNotFoundError, "ResourceNotFound",
            lambda: storage.storage_accounts.get_properties(GROUP, "nothing"))
    refused(HttpResponseError, "LocationNotAvailableForResourceType",
            lambda: storage.storage_accounts.begin_create(
                GROUP, "judgedaccount", {"location": "atlantis", "kind": "StorageV2",
                                         "sku": {"name": "Standard_LRS"}}))
    refused(HttpResponseError, "AccountNameInvalid",
            lambda: storage.storage_accounts.begin_create(
                GROUP, "Not_A_Name", {"location": PLACE, "kind": "StorageV2",
                                      "sku": {"name": "Standard_LRS"}}))
    made_account(clients)
    # A group cannot move.
    error = refused(ResourceExistsError, "InvalidResourceGroupLocation",
                    lambda: resources.resource_groups.create_or_update(
                        GROUP, {"location": "northeurope"}))
    expect("it is 409", error.status_code == 409)


def denied(clients):
    """For a subscription in which nobody may make storage accounts."""
    made_group(clients)
    error = refused(HttpResponseError, "AuthorizationFailed", lambda: made_account(clients))
    expect("it is 403", error.status_code == 403)
    expect("it names the action",
           "Microsoft.Storage/storageAccounts/write" in error.error.message)
