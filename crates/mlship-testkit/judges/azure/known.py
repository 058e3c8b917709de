"""What the clients do not know and is right all the same, each with its reason.

Nothing else is let through: a call that neither a client nor this list knows is a problem.
"""

import re

# Versions of an API that a client of another version is taken for: (path, version, reason).
VERSIONS = [
    (r"/subscriptions/[^/]+/resourcegroups/[^/]+", "2024-11-01",
     "az 2.91.0 makes groups with it; the client knows 2025-04-01, in which a group is the same"),
    (r"/subscriptions/[^/]+(/resourcegroups/[^/]+)?/resources", "2021-04-01",
     "the list of resources has been the same from 2021-04-01 to 2025-04-01"),
    (r"/.+/providers/microsoft\.resources/tags/default", "2021-04-01",
     "the tags of a scope have been the same from 2021-04-01 to 2025-04-01"),
    (r"/.+/providers/microsoft\.storage/.+", "2025-08-01",
     "az 2.91.0 uses it, and it is among the versions that the client lists for itself"),
    (r"/.+/providers/microsoft\.operationalinsights/workspaces/[^/]+", "2023-09-01",
     "the client knows 2025-07-01; a workspace's sku and retention are the same in both"),
]

# What the real service answers and no client knows: (path, key, where it was seen). A body that is
# sent may never have them. Seen in az's own recordings of the service: github.com/Azure/azure-cli,
# test_functionapp_slot_swap.yaml (2025-01-02) and test_functionapp_elastic_plan.yaml (2025-05-10).
SITE, PLAN = r"/.+/microsoft\.web/sites.*", r"/.+/microsoft\.web/serverfarms.*"
COMPONENT = r"/.+/microsoft\.insights/components.*"
ANSWERED = [
    (COMPONENT, "properties", {"Ver"}),
    # A part of an app says where the app is, and how it is tagged.
    (SITE + r"/(config|functions|basicpublishingcredentialspolicies)(/.+)?", "",
     {"location", "tags"}),
    (r"/.+/microsoft\.web/georegions", "properties", {"name"}),
    (SITE, "properties", {
        "name", "webSpace", "selfLink", "owner", "adminEnabled", "siteScopedCertificatesEnabled",
        "afdEnabled", "siteProperties", "sslCertificates", "csrs", "cers", "siteMode",
        "computeMode", "serverFarm", "storageRecoveryDefaultState", "contentAvailabilityState",
        "runtimeAvailabilityState", "vnetRouteAllEnabled", "vnetImagePullEnabled",
        "vnetContentShareEnabled", "containerAllocationSubnet", "useContainerLocalhostBindings",
        "deploymentId", "slotName", "hostingEnvironment", "vnetBackupRestoreEnabled",
        "blockPathTraversal", "domainVerificationIdentifiers", "kind", "inboundIpAddress",
        "possibleInboundIpAddresses", "ftpUsername", "ftpsHostName", "tags", "homeStamp",
    }),
    (SITE, "properties.hostNameSslStates", {
        "ipBasedSslResult", "virtualIPv6", "certificateResourceId", "toUpdateIpBasedSsl",
        "ipBasedSslState",
    }),
    (SITE, "properties.siteConfig", {
        "sitePrivateLinkHostEnabled", "clusteringEnabled", "storageType", "antivirusScanEnabled",
        "sitePort", "fileChangeAuditEnabled", "winAuthTenantState", "routingRules",
    }),
    (PLAN, "properties", {
        "serverFarmId", "name", "sku", "workerSize", "workerSizeId", "workerTierName",
        "currentWorkerSize", "currentWorkerSizeId", "currentNumberOfWorkers", "webSpace",
        "adminSiteName", "hostingEnvironment", "hostingEnvironmentId", "planName",
        "adminRuntimeSiteName", "computeMode", "siteMode", "tags", "kind", "mdmId", "webSiteId",
        "existingServerFarmIds", "migrateToVMSS", "vnetConnectionsUsed", "vnetConnectionsMax",
        "createdTime", "elasticScaleEnabled", "isSpot", "asyncScalingEnabled",
    }),
]

TEXT, NUMBER, TRUTH, ANYTHING = str, (int, float), bool, object
TIME = TEXT
FAILURE = {
    "code": TEXT, "message": TEXT, "target?": TEXT, "details?": [ANYTHING],
    "additionalInfo?": [ANYTHING], "innererror?": ANYTHING,
}

# learn.microsoft.com/azure/azure-resource-manager/management/async-operations
OPERATION = {
    "status": TEXT, "id?": TEXT, "name?": TEXT, "startTime?": TIME, "endTime?": TIME,
    "percentComplete?": NUMBER, "properties?": ANYTHING, "error?": FAILURE, "resourceId?": TEXT,
}
# github.com/Azure/azure-resource-manager-rpc/blob/master/v1.0/common-api-details.md#error-response-content
ERROR = {"error": FAILURE}

# learn.microsoft.com/azure/azure-monitor/logs/api/response-format
TABLES = {
    "tables": [{"name": TEXT, "columns": [{"name": TEXT, "type": TEXT}], "rows": [[ANYTHING]]}],
    "statistics?": ANYTHING, "render?": ANYTHING, "error?": FAILURE,
}
QUESTION = {"query": TEXT, "timespan?": TEXT, "workspaces?": [TEXT]}

# learn.microsoft.com/rest/api/resources/subscriptions
SUBSCRIPTION = {
    "id": TEXT, "subscriptionId": TEXT, "displayName": TEXT, "state": TEXT, "tenantId?": TEXT,
    "subscriptionPolicies?": ANYTHING, "authorizationSource?": TEXT, "managedByTenants?": [ANYTHING],
    "tags?": ANYTHING,
}
LOCATION = {
    "id": TEXT, "name": TEXT, "displayName": TEXT, "regionalDisplayName?": TEXT, "type?": TEXT,
    "metadata?": ANYTHING, "subscriptionId?": TEXT, "availabilityZoneMappings?": [ANYTHING],
}

# Operations that no client here has: (method, path, body, answer). None: there is none.
SHAPES = [
    # The address in `Azure-AsyncOperation` and `Location`; the clients follow it without a model.
    ("GET", r"/subscriptions/.+/(operationstatus(es)?|asyncoperations)/[^/]+(/.*)?",
     None, OPERATION),
    # The clients for subscriptions and for logs are packages of their own.
    ("GET", r"/subscriptions", None, {"value": [SUBSCRIPTION], "count?": ANYTHING}),
    ("GET", r"/subscriptions/[^/]+", None, SUBSCRIPTION),
    ("GET", r"/subscriptions/[^/]+/locations", None, {"value": [LOCATION]}),
    ("POST", r"/.+/providers/microsoft\.(operationalinsights/workspaces|insights/components)/[^/]+/(api/)?query",
     QUESTION, TABLES),
]


def version_is_known(path, version):
    return any(version == known and re.fullmatch(where, path, re.IGNORECASE)
               for where, known, _ in VERSIONS)


def is_answered(path, where):
    """Whether `answer….properties.key` is one that the service is known to answer."""
    place = re.sub(r"\[\d+\]", "", where).removeprefix("answer.").removeprefix("value.")
    parent, _, key = place.rpartition(".")
    return any(
        parent == known and key in keys and re.fullmatch(kind, path, re.IGNORECASE)
        for kind, known, keys in ANSWERED
    )


def shape(method, path):
    """The body and the answer of an operation that no client has; None when it is not listed."""
    for known, where, body, answer in SHAPES:
        if known == method and re.fullmatch(where, path, re.IGNORECASE):
            return body, answer
    return None


def problems(shape, value, where):
    """What is wrong with a value of a hand-written shape."""
    if shape is ANYTHING:
        return
    if isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{where}: {value!r} is no list"
            return
        for inner in value:
            yield from problems(shape[0], inner, f"{where}[]")
    elif isinstance(shape, dict):
        if not isinstance(value, dict):
            yield f"{where}: {value!r} is no object"
            return
        keys = {key.rstrip("?"): inner for key, inner in shape.items()}
        for key, inner in value.items():
            if key not in keys:
                yield f"{where}.{key}: unknown key"
            else:
                yield from problems(keys[key], inner, f"{where}.{key}")
        for key in shape:
            if not key.endswith("?") and key not in value:
                yield f"{where}.{key}: required"
    elif not isinstance(value, shape) or isinstance(value, bool) and shape is not bool:
        yield f"{where}: {value!r} is no {shape}"
