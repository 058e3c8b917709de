"""Judges recorded AWS requests by botocore's models of the services.

Reads one JSON object a line: service, method, target, headers, body (base64). For each request it
finds the operation, turns the bytes on the wire back into parameters, and checks them: required,
type, enum, pattern, min, max, and nothing that the model does not know. Prints one problem a line,
then the number of requests on the last line. A request that it cannot read is a problem too.
"""

import base64
import json
import re
import sys
import urllib.parse
import xml.etree.ElementTree as xml
from functools import lru_cache

import botocore.session
from botocore.validate import ParamValidator

SESSION = botocore.session.get_session()
# The SDK's own header and query parts, which no model lists.
SIGNED = {"x-id"}


@lru_cache
def model_of(service):
    return SESSION.get_service_model(service)


@lru_cache
def operations_of(service):
    model = model_of(service)
    return [model.operation_model(name) for name in model.operation_names]


@lru_cache
def compiled(pattern):
    # Java's Unicode classes; they stand inside brackets in every model that is used.
    for java, python in ((r"\p{L}", r"\w"), (r"\p{N}", r"\d"), (r"\p{Z}", r"\s"),
                         (r"\p{S}", r"$+<=>^`|~"), (r"\p{P}", r"!-/:-@\[-`{-~"),
                         (r"\p{M}", "")):
        pattern = pattern.replace(java, python)
    return re.compile(pattern)


def selecting(operation):
    """The required headers and query parts: they tell S3 operations of one path apart."""
    shape = operation.input_shape
    for name in shape.required_members if shape else ():
        member = shape.members[name]
        key = member.serialization.get("name", name)
        if member.serialization.get("location") == "header":
            yield key.lower()
        elif member.serialization.get("location") == "querystring":
            yield key


def rest_operation(call):
    """The REST operation of a request, with the parameters of its path."""
    path, _, query = call["target"].partition("?")
    given = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
    best = None
    for operation in operations_of(call["service"]):
        template, _, literals = operation.http["requestUri"].partition("?")
        literals = dict(urllib.parse.parse_qsl(literals, keep_blank_values=True))
        if operation.http["method"] != call["method"]:
            continue
        if any(given.get(key) != value for key, value in literals.items()):
            continue
        if not set(selecting(operation)) <= set(given) | set(call["headers"]):
            continue
        names = re.findall(r"{(\w+)\+?}", template)
        parts = re.split(r"({\w+\+?})", template.rstrip("/"))
        regex = "".join(
            ("(.+)" if part.endswith("+}") else "([^/]+)") if part.startswith("{")
            else re.escape(part)
            for part in parts
        )
        found = re.fullmatch(regex + "/?", path)
        # Of two that fit, the one that asks for more: ListParts is no GetObject.
        rank = (len(literals), len(set(selecting(operation))), -len(names))
        if found and (best is None or rank > best[0]):
            values = [urllib.parse.unquote(value) for value in found.groups()]
            best = (rank, operation, dict(zip(names, values)), literals)
    if best is None:
        raise ValueError("no operation has this method and path")
    query = {key: value for key, value in given.items() if key not in best[3]}
    return best[1], best[2], query


def rest_parameters(call):
    operation, path, query = rest_operation(call)
    shape = operation.input_shape
    parameters, problems, body_members = {}, [], {}
    payload = shape.serialization.get("payload") if shape else None
    for name, member in (shape.members if shape else {}).items():
        location = member.serialization.get("location")
        key = member.serialization.get("name", name)
        if location == "uri":
            if key in path:
                parameters[name] = plain(member, path.pop(key))
        elif location == "querystring":
            if key in query:
                parameters[name] = plain(member, query.pop(key))
        elif location == "header":
            value = call["headers"].get(key.lower())
            if value is not None:
                parameters[name] = plain(member, value)
        elif location is None and name != payload:
            body_members[key] = (name, member)
    problems += [f"unknown query parameter {key}" for key in query if key not in SIGNED]
    problems += [f"unknown path parameter {key}" for key in path]
    body = base64.b64decode(call["body"])
    if payload:
        member = shape.members[payload]
        if member.type_name == "blob":
            parameters[payload] = body
        elif body:
            parameters[payload] = from_xml(member, xml.fromstring(body), problems)
    elif body_members or body:
        given = json.loads(body) if body else {}
        for key, value in given.items():
            if key not in body_members:
                problems.append(f"unknown key {key}")
                continue
            name, member = body_members[key]
            parameters[name] = from_json(member, value, key, problems)
    return operation, parameters, problems


def plain(shape, text):
    if shape.type_name in ("integer", "long"):
        return int(text)
    if shape.type_name == "boolean":
        return {"true": True, "false": False}[text]
    return text


def from_json(shape, value, where, problems):
    kind = shape.type_name
    if kind == "structure":
        members = {}
        for key, inner in value.items():
            if key in shape.members:
                members[key] = from_json(shape.members[key], inner, f"{where}.{key}", problems)
            else:
                problems.append(f"unknown key {where}.{key}")
        return members
    if kind == "list":
        return [from_json(shape.member, inner, f"{where}[]", problems) for inner in value]
    if kind == "map":
        return {key: from_json(shape.value, inner, f"{where}.{key}", problems)
                for key, inner in value.items()}
    if kind == "blob":
        return base64.b64decode(value, validate=True)
    return value


def from_xml(shape, element, problems):
    tag = element.tag.rpartition("}")[2]
    if shape.type_name == "structure":
        members, names = {}, {
            member.serialization.get("name", name): (name, member)
            for name, member in shape.members.items()
        }
        for child in element:
            key = child.tag.rpartition("}")[2]
            if key in names:
                name, member = names[key]
                members[name] = from_xml(member, child, problems)
            else:
                problems.append(f"unknown element {tag}.{key}")
        return members
    if shape.type_name == "list":
        return [from_xml(shape.member, child, problems) for child in element]
    return plain(shape, element.text or "")


def query_parameters(call):
    """The query protocol: Action=…&Tags.member.1.Key=…"""
    pairs = urllib.parse.parse_qsl(base64.b64decode(call["body"]).decode(), keep_blank_values=True)
    tree = {}
    for key, value in pairs:
        node = tree
        *parents, last = key.split(".")
        for part in parents:
            node = node.setdefault(part, {})
        node[last] = value
    model = model_of(call["service"])
    operation = model.operation_model(tree.pop("Action"))
    problems = []
    if tree.pop("Version") != model.api_version:
        problems.append("wrong Version")
    shape = operation.input_shape
    if shape is None:
        return operation, {}, problems + [f"unknown key {key}" for key in tree]
    return operation, from_query(shape, tree, "", problems), problems


def from_query(shape, node, where, problems):
    if shape.type_name == "structure":
        members = {}
        for key, inner in node.items():
            if key in shape.members:
                members[key] = from_query(shape.members[key], inner, f"{where}.{key}", problems)
            else:
                problems.append(f"unknown key {where}.{key}")
        return members
    if shape.type_name == "list":
        items = node["member"]
        ordered = [items[str(number)] for number in range(1, len(items) + 1)]
        return [from_query(shape.member, item, f"{where}[]", problems) for item in ordered]
    return plain(shape, node)


def json_parameters(call):
    prefix, _, name = call["headers"]["x-amz-target"].partition(".")
    model = model_of(call["service"])
    problems = [] if prefix == model.metadata["targetPrefix"] else ["wrong target prefix"]
    operation = model.operation_model(name)
    body = json.loads(base64.b64decode(call["body"]))
    return operation, from_json(operation.input_shape, body, "", problems), problems


READERS = {
    "rest-json": rest_parameters,
    "rest-xml": rest_parameters,
    "query": query_parameters,
    "json": json_parameters,
}


def check(shape, value, where):
    """Everything in the model that botocore's own validator leaves out."""
    kind, meta = shape.type_name, shape.metadata
    if kind == "structure":
        for name, inner in value.items():
            yield from check(shape.members[name], inner, f"{where}.{name}")
    elif kind == "list":
        yield from bounds(meta, len(value), "length", where)
        for inner in value:
            yield from check(shape.member, inner, f"{where}[]")
    elif kind == "map":
        yield from bounds(meta, len(value), "size", where)
        for key, inner in value.items():
            yield from check(shape.key, key, f"{where} key")
            yield from check(shape.value, inner, f"{where}.{key}")
    elif kind == "string":
        yield from bounds(meta, len(value), "length", where)
        if shape.enum and value not in shape.enum:
            yield f"{where}: {value!r} is none of {shape.enum}"
        if "pattern" in meta and not compiled(meta["pattern"]).fullmatch(value):
            yield f"{where}: {value!r} does not match {meta['pattern']}"
    elif kind == "blob":
        yield from bounds(meta, len(value), "length", where)
    elif kind in ("integer", "long", "float", "double"):
        yield from bounds(meta, value, "value", where)


def bounds(meta, number, what, where):
    if "min" in meta and number < meta["min"]:
        yield f"{where}: {what} {number} is below {meta['min']}"
    if "max" in meta and number > meta["max"]:
        yield f"{where}: {what} {number} is above {meta['max']}"


def judge(call):
    protocol = model_of(call["service"]).metadata["protocol"]
    operation, parameters, problems = READERS[protocol](call)
    shape = operation.input_shape
    if shape is not None:
        report = ParamValidator().validate(parameters, shape)
        if report.has_errors():
            problems.append(report.generate_report())
        problems += check(shape, parameters, "")
    return operation.name, problems


def main():
    count = 0
    for line in sys.stdin:
        call = json.loads(line)
        count += 1
        try:
            name, problems = judge(call)
        except Exception as error:  # What cannot be read is a problem, whatever the reason.
            name = f"{call['method']} {call['target']}"
            problems = [f"cannot be read: {error!r}"]
        for problem in problems:
            print(f"{call['service']} {name}: {problem}".replace("\n", " "))
    print(count)


main()
