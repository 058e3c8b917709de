"""Pushes a small image to a registry of Azure's, through its exchange of tokens.

The exchange: github.com/Azure/acr/blob/main/docs/AAD-OAuth.md; the pushes: the OCI distribution
specification.
"""

import gzip
import hashlib
import io
import json
import tarfile
import urllib.parse
import urllib.request


def push(server, repository, tag, answer):
    """An image whose one file is `answer`; gives its whole name."""
    registry = Registry(server, repository)
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as made:
        entry = tarfile.TarInfo("answer.json")
        entry.size = len(answer)
        made.addfile(entry, io.BytesIO(answer))
    layer = content.getvalue()
    config = json.dumps({
        "architecture": "amd64", "os": "linux", "config": {"Cmd": ["/handler"]},
        "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
    }).encode()
    packed = gzip.compress(layer, mtime=0)
    kind = "application/vnd.oci.image"
    manifest = {
        "schemaVersion": 2, "mediaType": f"{kind}.manifest.v1+json",
        "config": registry.blob(config, f"{kind}.config.v1+json"),
        "layers": [registry.blob(packed, f"{kind}.layer.v1.tar+gzip")],
    }
    registry.call("PUT", f"/v2/{repository}/manifests/{tag}", json.dumps(manifest).encode(),
                  manifest["mediaType"])
    return f"{server}/{repository}:{tag}"


class Registry:
    """A registry for one repository, with the right to push."""

    def __init__(self, server, repository):
        self.server, self.repository = server, repository
        refresh = self.tokens("exchange", {"grant_type": "access_token",
                                           "access_token": "a-token"})["refresh_token"]
        self.token = self.tokens("token", {
            "grant_type": "refresh_token", "refresh_token": refresh,
            "scope": f"repository:{repository}:pull,push"})["access_token"]

    def tokens(self, what, form):
        body = urllib.parse.urlencode({"service": self.server, **form}).encode()
        with urllib.request.urlopen(f"http://{self.server}/oauth2/{what}", body) as answer:
            return json.load(answer)

    def call(self, method, path, body=None, media="application/octet-stream"):
        url = urllib.parse.urljoin(f"http://{self.server}", path)
        request = urllib.request.Request(url, data=body, method=method, headers={
            "Authorization": f"Bearer {self.token}", "Content-Type": media})
        with urllib.request.urlopen(request) as answer:
            return answer.headers

    def blob(self, content, media):
        place = self.call("POST", f"/v2/{self.repository}/blobs/uploads/", b"")["Location"]
        joint = "&" if "?" in place else "?"
        self.call("PUT", f"{place}{joint}digest={digest(content)}", content)
        return {"mediaType": media, "digest": digest(content), "size": len(content)}


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()
