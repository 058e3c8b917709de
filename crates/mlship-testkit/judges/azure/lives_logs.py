"""Log Analytics workspaces and Application Insights components, by the vendor's clients."""

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from drive import GROUP, PLACE, expect
from lives_storage import made_group


def logs(clients):
    made_group(clients)
    workspaces = clients.of("loganalytics", "LogAnalyticsManagementClient").workspaces
    components = clients.of("applicationinsights", "ApplicationInsightsManagementClient").components
    body = {"location": PLACE, "kind": "web", "tags": {"mlship:project": "judged"},
            "properties": {"Application_Type": "web", "WorkspaceResourceId": "/subscriptions/none"}}
    try:
        components.create_or_update(GROUP, "insights", body)
        raise AssertionError("a component needs a workspace")
    except HttpResponseError as error:
        expect(f"it is refused with {error.status_code}", error.status_code == 400)
    workspace = workspaces.begin_create_or_update(GROUP, "lines", {
        "location": PLACE, "properties": {"sku": {"name": "PerGB2018"}, "retentionInDays": 30},
    }).result()
    expect("it is ready", workspace.provisioning_state == "Succeeded")
    expect("it has an id for queries", bool(workspace.customer_id))
    body["properties"]["WorkspaceResourceId"] = workspace.id
    made = components.create_or_update(GROUP, "insights", body)
    expect("functions can find it", made.connection_string.startswith("InstrumentationKey="))
    again = components.get(GROUP, "insights")
    expect("it keeps its key", again.instrumentation_key == made.instrumentation_key)
    components.delete(GROUP, "insights")
    workspaces.begin_delete(GROUP, "lines", force=True).result()
    try:
        workspaces.get(GROUP, "lines")
    except ResourceNotFoundError:
        return
    raise AssertionError("a deleted workspace is gone")
