"""Judges recorded calls to the Azure Resource Manager by the vendor's own Python clients.

Reads one JSON object a line: method, path, query (an object), body, status, answer. For each call
it finds the client's operation and holds the body and the answer against its models: every key
known, types and enums right, nothing sent that only the service writes, nothing required missing.
Prints one problem a line, then the number of calls on the last line. A call that no client and no
entry of known.py has is a problem too.
"""

import json
import re
import sys

import known
import models
import operations

# Keys of a query that a service itself puts into the links that it gives.
FOLLOWED = {"api-version", "$skiptoken", "$skipToken", "t", "c", "s", "h"}


def judge(call):
    if re.search(r"/(containerapp)?operationresults/[^/]+$", call["path"], re.IGNORECASE):
        yield from result(call)
        return
    listed = known.shape(call["method"], call["path"])
    if listed:
        yield from by_shape(call, *listed)
        return
    fitting = operations.find(call["method"], call["path"])
    if not fitting:
        yield "no client has this method and path"
        return
    version = call["query"].get("api-version", "")
    exact = [one for one in fitting if one.version == version]
    if not exact and not known.version_is_known(call["path"], version):
        yield f"api-version `{version}`, the client knows {sorted({one.version for one in fitting})}"
        return
    operation = (exact or fitting)[0]
    for key in set(call["query"]) - operation.query - FOLLOWED:
        yield f"unknown key `{key}` in the query"
    yield from by_model(call, operation)


def result(call):
    """The end of a long operation: nothing yet, or the resource that it made."""
    answer, status = call.get("answer"), call.get("status")
    if answer is None or status is None:
        return
    if call.get("body") is not None:
        yield "the client sends no body"
    if status >= 400:
        yield from known.problems(known.ERROR, answer, "error")
    elif "id" not in answer:
        yield f"the result says not what it is: {answer}"
    else:
        fitting = operations.find("GET", answer["id"])
        if not fitting:
            yield f"no client can get `{answer['id']}`"
            return
        for problem in found_in_answer(fitting[0], answer["id"], answer):
            yield problem


def found_in_answer(operation, path, answer):
    for problem in models.problems(operation.package, operation.answer, answer, models.ANSWERED):
        where, _, what = f"answer{problem}".partition(": ")
        if not (what.startswith("unknown key") and known.is_answered(path, where)):
            yield f"{where}: {what}"


def by_model(call, operation):
    body, status, answer = call.get("body"), call.get("status"), call.get("answer")
    if body is not None and operation.body is None:
        yield "the client sends no body"
    elif body is not None:
        for problem in models.problems(operation.package, operation.body, body, models.SENT):
            yield f"body{problem}"
    elif operation.body is not None and operation.body_is_required:
        yield "the body is missing"
    if answer is None or status is None:
        return
    if status >= 400:
        yield from known.problems(known.ERROR, answer, "error")
    elif operation.answer is None:
        # Accepted, and said how far it is: nothing that a client would read.
        if status != 202:
            yield f"the client expects no answer with {status}"
    else:
        yield from found_in_answer(operation, call["path"], answer)


def by_shape(call, body, answer):
    if call.get("body") is not None or body is not None:
        yield from known.problems(body or {}, call.get("body"), "body")
    if call.get("answer") is None or call.get("status") is None:
        return
    shape = known.ERROR if call["status"] >= 400 else answer
    yield from known.problems(shape, call["answer"], "answer")


def main():
    count = 0
    for line in sys.stdin:
        call = json.loads(line)
        count += 1
        try:
            found = list(judge(call))
        except Exception as error:  # What cannot be read is a problem, whatever the reason.
            found = [f"cannot be judged: {error!r}"]
        for problem in found:
            print(f"{call['method']} {call['path']}: {problem}".replace("\n", " "))
    print(count)


main()
