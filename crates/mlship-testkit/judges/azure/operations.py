"""The operations of the vendor's clients, read out of their generated code.

For each operation: method, path, api-version, the keys of its query, the model of its body and the
model of its answer. It calls nothing and knows nothing of any recorded call.
"""

import importlib.util
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

# Which client knows which namespace of paths. "" is what has none: resource groups.
CLIENTS = {
    "": "azure.mgmt.resource.resources",
    "microsoft.resources": "azure.mgmt.resource.resources",
    "microsoft.web": "azure.mgmt.web",
    "microsoft.storage": "azure.mgmt.storage",
    "microsoft.app": "azure.mgmt.appcontainers",
    "microsoft.containerinstance": "azure.mgmt.containerinstance",
    "microsoft.containerregistry": "azure.mgmt.containerregistry",
    "microsoft.authorization": "azure.mgmt.authorization",
    "microsoft.managedidentity": "azure.mgmt.msi",
    "microsoft.insights": "azure.mgmt.applicationinsights",
    "microsoft.operationalinsights": "azure.mgmt.loganalytics",
}


@dataclass(frozen=True)
class Operation:
    """One operation. `body` and `answer` are None, or a model's name as `X`, `[X]` or `page X`."""

    name: str
    method: str
    path: str
    version: str
    query: frozenset
    package: str
    body: str | None
    body_is_required: bool
    answer: str | None

    def fits(self, path):
        parts = re.split(r"({\w+})", self.path.rstrip("/"))
        # A scope is itself a path; everything else is one part of it.
        regex = "".join(
            "/?(.+)" if part == "{scope}" else "([^/]+)" if part.startswith("{")
            else re.escape(part)
            for part in parts
        ).replace("//?", "/?")
        return re.fullmatch(regex, path.rstrip("/"), re.IGNORECASE) is not None

    def rank(self):
        """The more of its path is spelt out, the better it fits."""
        return (-self.path.count("{"), self.version)


def namespace_of(path):
    """The last `providers/X` of a path: an extension's, when a resource has one."""
    found = re.findall(r"/providers/([^/]+)", path, re.IGNORECASE)
    return found[-1].lower() if found else ""


def find(method, path):
    """All operations of that method and path, the best fitting first."""
    package = CLIENTS.get(namespace_of(path))
    if package is None:
        raise LookupError(f"no client is known for `{namespace_of(path)}`")
    fitting = [one for one in operations(package) if one.method == method and one.fits(path)]
    return sorted(fitting, key=Operation.rank, reverse=True)


@lru_cache
def operations(package):
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise LookupError(f"`{package}` is not installed; install it with: cargo xtask setup")
    root = Path(spec.submodule_search_locations[0])
    found = []
    for file in sorted(root.rglob("operations/*_operations.py")):
        inner = file.relative_to(root).parts
        if "aio" in inner or "preview" in inner[0]:
            continue
        owner = ".".join((package, *inner[:-2]))
        found += of_file(file.read_text(), owner)
    return found


def of_file(text, package):
    """The operations in one generated file: builders of requests first, then who uses them."""
    blocks = re.split(r"^(?=def build_|class )", text, flags=re.MULTILINE)
    builders = dict(filter(None, map(builder, blocks)))
    for block in blocks:
        if not block.startswith("class "):
            continue
        methods = dict(method_blocks(block))
        for name, code in methods.items():
            used = re.search(r"\b(build_\w+_request)\(", code)
            if used and used[1] in builders:
                yield operation(package, name, code, methods, builders[used[1]])


def builder(block):
    head = re.match(r"def (build_\w+)\(", block)
    if not head:
        return None
    strings = re.search(r"_url = (?:kwargs\.pop\(\s*\"template_url\",\s*)?\(?\s*((?:\"[^\"]*\"\s*)+)",
                        block)
    return head[1], {
        "method": re.search(r"method=\"(\w+)\"", block)[1],
        "path": "".join(re.findall(r"\"([^\"]*)\"", strings[1])),
        # A few builders have none: they follow a link that a service gave.
        "version": (re.findall(r"\"api-version\", \"([^\"]*)\"", block) or [""])[0],
        "query": frozenset(re.findall(r"_params\[\"([^\"]+)\"\]", block)),
    }


def method_blocks(block):
    for part in re.split(r"^    (?=def )", block, flags=re.MULTILINE)[1:]:
        yield re.match(r"def (\w+)", part)[1], part


def operation(package, name, code, methods, request):
    body, required = body_of(code)
    # The first half of a long operation has no answer of its own; the other half knows it.
    whole = code
    if name.endswith("_initial"):
        whole = methods.get("begin" + name.removesuffix("_initial"), code)
    return Operation(
        name=f"{package.removeprefix('azure.mgmt.')}.{name}",
        package=package, body=body, body_is_required=required, answer=answer_of(whole), **request,
    )


def body_of(code):
    found = re.search(r"json\.dumps\(\s*(\w+), cls=", code)
    old = re.search(r"self\._serialize\.body\(\s*(\w+),\s*\"([^\"]+)\"", code)
    if not found and not old:
        return None, False
    variable = (found or old)[1]
    head = code[: code.index("error_map")]
    note = re.search(rf"\b{variable}: (.*?)(?:,\n|\*\*kwargs|\) ->)", head, re.DOTALL)[1]
    if old:
        return old[2], not note.startswith("Optional")
    if "_models." not in note:
        return "object", not note.startswith("Optional")
    model = re.search(r"_models\.(\w+)", note)[1]
    is_list = re.search(r"[Ll]ist\[\"?_models\.", note)
    return (f"[{model}]" if is_list else model), not note.startswith("Optional")


def answer_of(code):
    paged = re.search(
        r"_deserialize\(\s*[Ll]ist\[_models\.(\w+)\],\s*\w+\.get\(\"(\w+)\", \[\]\)", code)
    if paged:
        return f"page {paged[1]} {paged[2]}"
    found = re.search(
        r"(?<!failsafe)_deserialize\(\s*([Ll]ist\[)?_models\.(\w+)", code)
    if found:
        return f"[{found[2]}]" if found[1] else found[2]
    old = re.search(r"self\._deserialize\(\s*\"(\[?\w+\]?)\",\s*pipeline_response", code)
    if old:
        return None if old[1] == "object" else old[1]
    if re.search(r"_deserialize\(\s*(JSON|Any|str|dict|Dict|List\[str\]|MutableMapping)", code):
        return "object"
    return None
