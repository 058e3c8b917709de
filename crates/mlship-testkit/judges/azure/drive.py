"""Lives a life at a Resource Manager with the vendor's own clients, and says what went wrong.

    drive.py LIFE URL SUBSCRIPTION

A life is a function of lives_*.py; it raises when a client is not answered as it expects. Nothing
but the address is made up: the clients poll, page, retry and read answers as they always do.
"""

import importlib
import socket
import sys

from azure.core.pipeline.policies import SansIOHTTPPolicy

LIVES = {
    "storage": "lives_storage",
    "flex": "lives_web",
    "slots": "lives_web",
    "image": "lives_web",
    "apps": "lives_containers",
    "groups": "lives_containers",
    "logs": "lives_logs",
    "typed_errors": "lives_errors",
    "denied": "lives_errors",
}
GROUP = "judged"
PLACE = "westeurope"
# Seconds between two looks at something that takes a while, where no answer says how many.
POLL = 0.05


class Token:
    """A credential that needs no network; the clients want one and never ask it here."""

    def get_token(self, *_scopes, **_options):
        raise AssertionError("the clients have a policy of their own for tokens")


class Bearer(SansIOHTTPPolicy):
    """Sends the token over http, which the clients' own policy refuses."""

    def on_request(self, request):
        request.http_request.headers["Authorization"] = "Bearer a-token"


class Clients:
    """The vendor's clients for one subscription at one address."""

    def __init__(self, url, subscription):
        self.url, self.subscription = url, subscription

    def of(self, package, name, **more):
        """The client `name` of `azure.mgmt.PACKAGE`."""
        client = getattr(importlib.import_module(f"azure.mgmt.{package}"), name)
        return client(
            Token(), self.subscription, base_url=self.url, authentication_policy=Bearer(),
            polling_interval=POLL, **more,
        )

    def resources(self):
        return self.of("resource.resources", "ResourceManagementClient")

    def storage(self):
        return self.of("storage", "StorageManagementClient", api_version="2025-08-01")

    def web(self):
        return self.of("web", "WebSiteManagementClient")

    def apps(self):
        return self.of("appcontainers", "ContainerAppsAPIClient")

    def instances(self):
        return self.of("containerinstance", "ContainerInstanceManagementClient")

    def registries(self):
        return self.of("containerregistry", "ContainerRegistryManagementClient")

    def identities(self):
        return self.of("msi", "ManagedServiceIdentityClient")

    def roles(self):
        return self.of("authorization", "AuthorizationManagementClient")


def expect(what, is_so):
    """Fails with `what` unless it is so."""
    if not is_so:
        raise AssertionError(what)


def this_machine_is_localhost():
    """Names under .localhost are this machine (RFC 6761), which not every resolver knows."""
    real = socket.getaddrinfo

    def resolve(host, *args, **options):
        name = host.decode() if isinstance(host, bytes) else host
        return real("127.0.0.1" if (name or "").endswith(".localhost") else host, *args, **options)

    socket.getaddrinfo = resolve


def main():
    life, url, subscription = sys.argv[1:]
    this_machine_is_localhost()
    module = importlib.import_module(LIVES[life])
    getattr(module, life)(Clients(url, subscription))


if __name__ == "__main__":
    # The lives import this file by its name: there must be one of it.
    sys.modules["drive"] = sys.modules[__name__]
    main()
