"""Google's own Python clients, unchanged, live a whole life against the stand-in.

Usage: drive.py LIFE URL
Says nothing when all went as it does at Google; otherwise ends with the client's own error.
"""

import hashlib
import io
import sys
import tarfile
import urllib.request
import zipfile

from google.api_core import exceptions
from google.oauth2.credentials import Credentials

PROJECT = "research-1"
REGION = "europe-west1"
PARENT = f"projects/{PROJECT}/locations/{REGION}"
LOGIN = Credentials(token="a-token-for-tests")


def client(kind, url):
    return kind(credentials=LOGIN, transport="rest", client_options={"api_endpoint": url})


def discovered(api, version, url):
    from googleapiclient.discovery import build

    return build(api, version, credentials=LOGIN, static_discovery=True,
                 client_options={"api_endpoint": url})


def expect(error, call, **arguments):
    try:
        call(**arguments)
    except error:
        return
    raise AssertionError(f"{call} is not refused with {error.__name__}")


def status(call):
    from googleapiclient.errors import HttpError

    try:
        call.execute()
    except HttpError as error:
        return error.status_code
    return 200


def source():
    """A folder of one file, as Cloud Run takes it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        file = tarfile.TarInfo("bootstrap")
        file.mode, file.size = 0o755, 3
        tar.addfile(file, io.BytesIO(b"run"))
    return packed.getvalue()


def bucket_with(url, name, content):
    from googleapiclient.http import MediaIoBaseUpload

    storage = discovered("storage", "v1", f"{url}/storage/v1/")
    storage.buckets().insert(project=PROJECT, body={"name": name, "location": REGION}).execute()
    media = MediaIoBaseUpload(io.BytesIO(content), "application/gzip")
    stored = storage.objects().insert(bucket=name, name="source/a.tar.gz", media_body=media)
    return storage, stored.execute()


def run(url):
    from google.cloud import run_v2

    services, revisions = client(run_v2.ServicesClient, url), client(run_v2.RevisionsClient, url)
    _, stored = bucket_with(url, "heart-source", source())
    name = f"{PARENT}/services/heart"
    expect(exceptions.NotFound, services.get_service, name=name)

    def template(revision):
        place = run_v2.CloudStorageSource(bucket="heart-source", object=stored["name"],
                                          generation=int(stored["generation"]))
        image = f"{REGION}-docker.pkg.dev/serverless-runtimes/google-24/runtimes/osonly24"
        container = run_v2.Container(
            image="scratch", base_image_uri=image, command=["./bootstrap"],
            source_code=run_v2.SourceCode(cloud_storage_source=place),
            resources=run_v2.ResourceRequirements(limits={"cpu": "1", "memory": "512Mi"}),
            env=[run_v2.EnvVar(name="COLOUR", value="red")])
        return run_v2.RevisionTemplate(revision=f"heart-{revision}", containers=[container],
                                       scaling=run_v2.RevisionScaling(max_instance_count=3))

    def target(revision, percent, tag):
        kind = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
        return run_v2.TrafficTarget(type_=kind, revision=f"heart-{revision}", percent=percent,
                                    tag=tag)

    first = run_v2.Service(template=template("v1"), labels={"mlship-project": "heart"},
                           launch_stage="BETA", traffic=[target("v1", 100, "live")])
    made = services.create_service(parent=PARENT, service=first, service_id="heart").result()
    assert made.name == name and made.uri, made
    assert made.terminal_condition.state == run_v2.Condition.State.CONDITION_SUCCEEDED, made
    assert made.latest_ready_revision.endswith("/heart-v1"), made
    expect(exceptions.Conflict, services.create_service, parent=PARENT, service=first,
           service_id="heart")

    made.template = template("v2")
    made.traffic = [target("v1", 100, "live"), target("v2", 0, "trial")]
    changed = services.update_service(service=made).result()
    assert {one.tag for one in changed.traffic_statuses} == {"live", "trial"}, changed
    assert all(one.uri for one in changed.traffic_statuses), changed
    changed.traffic = [target("v1", 40, "live"), target("v2", 60, "beside")]
    moved = services.update_service(service=changed, update_mask={"paths": ["traffic"]}).result()
    assert {one.percent for one in moved.traffic} == {40, 60}, moved
    changed.traffic = [target("v1", 40, "live"), target("v2", 50, "beside")]
    changed.etag = moved.etag
    expect(exceptions.InvalidArgument, services.update_service, service=changed,
           update_mask={"paths": ["traffic"]})
    found = [one.name.rsplit("/", 1)[1] for one in revisions.list_revisions(parent=name)]
    assert sorted(found) == ["heart-v1", "heart-v2"], found
    policy = services.get_iam_policy(request={"resource": name})
    policy.bindings.add(role="roles/run.invoker", members=["allUsers"])
    services.set_iam_policy(request={"resource": name, "policy": policy})
    assert services.get_iam_policy(request={"resource": name}).bindings[0].members == ["allUsers"]
    assert [one.name for one in services.list_services(parent=PARENT)] == [name]
    services.delete_service(name=name).result()
    expect(exceptions.NotFound, services.get_service, name=name)


def functions(url):
    from google.cloud import functions_v2

    functions = client(functions_v2.FunctionServiceClient, url)
    upload = functions.generate_upload_url(request={"parent": PARENT})
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("main.py", "def predict(request):\n    return 'ok'\n")
        archive.writestr("requirements.txt", "functions-framework\n")
    put = urllib.request.Request(upload.upload_url, data=packed.getvalue(), method="PUT",
                                 headers={"content-type": "application/zip"})
    # Hosts below .localhost are this machine; not every resolver knows.
    put.host = upload.upload_url.split("://")[1].split("/")[0]
    if ".localhost" in put.host:
        put.add_header("Host", put.host)
        put.host = url.split("://")[1]
    with urllib.request.urlopen(put) as answer:
        assert answer.status == 200
    name = f"{PARENT}/functions/heart"
    function = functions_v2.Function(
        name=name, environment="GEN_2", labels={"mlship-project": "heart"},
        build_config=functions_v2.BuildConfig(
            runtime="python312", entry_point="predict",
            source=functions_v2.Source(storage_source=upload.storage_source)),
        service_config=functions_v2.ServiceConfig(available_memory="512Mi", timeout_seconds=60,
                                                  all_traffic_on_latest_revision=False))
    made = functions.create_function(parent=PARENT, function=function,
                                     function_id="heart").result()
    assert made.state == functions_v2.Function.State.ACTIVE, made
    assert made.service_config.service == f"{PARENT}/services/heart", made
    assert made.service_config.revision and made.service_config.uri, made
    assert [one.name for one in functions.list_functions(parent=PARENT)] == [name]
    functions.delete_function(name=name).result()
    expect(exceptions.NotFound, functions.get_function, name=name)


def storage(url):
    from googleapiclient.http import MediaIoBaseDownload, MediaIoBaseUpload

    content = bytes(index * index % 251 for index in range(1_500_000))
    storage, small = bucket_with(url, "heart-models", b"small")
    assert small["size"] == "5", small
    media = MediaIoBaseUpload(io.BytesIO(content), "application/octet-stream",
                              chunksize=512 * 1024, resumable=True)
    upload, stored = storage.objects().insert(
        bucket="heart-models", name="models/a", ifGenerationMatch="0", media_body=media), None
    while stored is None:
        _, stored = upload.next_chunk()
    assert stored["size"] == str(len(content)), stored
    again = storage.objects().insert(bucket="heart-models", name="models/a",
                                     ifGenerationMatch="0", body={"name": "models/a"},
                                     media_body=MediaIoBaseUpload(io.BytesIO(b"x"), "a/b"))
    assert status(again) == 412
    got = io.BytesIO()
    wanted = storage.objects().get_media(bucket="heart-models", object="models/a")
    download, done = MediaIoBaseDownload(got, wanted, chunksize=400_000), False
    while not done:
        _, done = download.next_chunk()
    assert hashlib.sha256(got.getvalue()).digest() == hashlib.sha256(content).digest()
    listed = storage.objects().list(bucket="heart-models", prefix="models/").execute()
    assert [one["name"] for one in listed["items"]] == ["models/a"], listed
    policy = storage.buckets().getIamPolicy(bucket="heart-models").execute()
    policy["bindings"].append({"role": "roles/storage.objectViewer",
                               "members": ["serviceAccount:a@b.iam.gserviceaccount.com"]})
    storage.buckets().setIamPolicy(bucket="heart-models", body=policy).execute()
    assert status(storage.buckets().setIamPolicy(bucket="heart-models", body=policy)) == 412
    assert status(storage.buckets().delete(bucket="heart-models")) == 409
    for name in ["models/a", "source/a.tar.gz"]:
        storage.objects().delete(bucket="heart-models", object=name).execute()
    storage.buckets().delete(bucket="heart-models").execute()
    assert status(storage.buckets().get(bucket="heart-models")) == 404


def registry(url):
    registry = discovered("artifactregistry", "v1", url)
    repositories = registry.projects().locations().repositories()
    begun = repositories.create(parent=PARENT, repositoryId="mlship-heart",
                                body={"format": "DOCKER"}).execute()
    operations = registry.projects().locations().operations()
    while not begun.get("done"):
        begun = operations.get(name=begun["name"]).execute()
    made = repositories.get(name=f"{PARENT}/repositories/mlship-heart").execute()
    assert made["registryUri"] == begun["response"]["registryUri"], made
    assert not repositories.packages().list(parent=made["name"]).execute().get("packages")
    begun = repositories.delete(name=made["name"]).execute()
    while not begun.get("done"):
        begun = operations.get(name=begun["name"]).execute()
    assert status(repositories.get(name=made["name"])) == 404


def usage(url):
    usage = discovered("serviceusage", "v1", url)
    names = [f"projects/{PROJECT}/services/{api}.googleapis.com" for api in ("run", "logging")]
    found = usage.services().batchGet(parent=f"projects/{PROJECT}", names=names).execute()
    assert [one["state"] for one in found["services"]] == ["ENABLED"] * 2, found
    begun = usage.services().batchEnable(parent=f"projects/{PROJECT}",
                                         body={"serviceIds": ["run.googleapis.com"]}).execute()
    while not begun.get("done"):
        begun = usage.operations().get(name=begun["name"]).execute()
    logging = discovered("logging", "v2", url)
    body = {"resourceNames": [f"projects/{PROJECT}"], "orderBy": "timestamp desc",
            "filter": 'resource.labels.service_name="heart" AND severity>=DEFAULT'}
    assert not logging.entries().list(body=body).execute().get("entries")
    credentials = discovered("iamcredentials", "v1", url)
    account = "projects/-/serviceAccounts/caller@research-1.iam.gserviceaccount.com"
    accounts = credentials.projects().serviceAccounts()
    token = accounts.generateIdToken(name=account, body={"audience": "https://heart"}).execute()
    from google.auth import jwt

    assert jwt.decode(token["token"], verify=False)["aud"] == "https://heart"


if __name__ == "__main__":
    lives = {"run": run, "functions": functions, "storage": storage, "registry": registry,
             "usage": usage}
    lives[sys.argv[1]](sys.argv[2])
