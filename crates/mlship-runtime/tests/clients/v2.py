"""Asks the runtime by the Open Inference Protocol with other people's clients.

Usage: v2.py TYPES LINEAR TEXT: the addresses at which those models answer.
"""

import asyncio
import sys

import numpy
from kserve import InferenceRESTClient, InferInput as KInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException

TYPES, LINEAR, TEXT = sys.argv[1:]
DATATYPES = {
    "f": ("FP32", "float32"),
    "d": ("FP64", "float64"),
    "i": ("INT32", "int32"),
    "l": ("INT64", "int64"),
    "b": ("BOOL", "bool"),
    "s": ("BYTES", "object"),
}


def batch(rows):
    """A value of each type, none like another, and what the model makes of them."""
    count = numpy.arange(2 * rows).reshape(rows, 2)
    texts = [f"Zürich {number}" if number else "" for number in count.flatten()]
    given = {
        "f": (count / 3).astype("float32"),
        "d": count / 7,
        "i": (count - 5).astype("int32"),
        "l": count + 2**40,
        "b": count % 3 == 0,
        "s": numpy.array(texts, dtype=object).reshape(rows, 2),
    }
    expected = {
        "f2": given["f"] + given["f"],
        "d2": given["d"] + given["d"],
        "i2": given["i"] + given["i"],
        "l2": given["l"] + given["i"],
        "b2": ~given["b"],
        "s2": given["s"],
    }
    return given, expected


def tensor(name, values, datatype, binary=True):
    given = InferInput(name, list(values.shape), datatype)
    given.set_data_from_numpy(values, binary_data=binary)
    return given


def check(found, expected):
    assert found is not None, "the output is missing"
    if expected.dtype == object:
        found = [text.decode() if isinstance(text, bytes) else text for text in found.flatten()]
        assert found == list(expected.flatten()), (found, expected)
        return
    assert found.shape == expected.shape and found.dtype == expected.dtype, (found, expected)
    assert (found == expected).all(), (found, expected)


def refused(status, words, ask):
    try:
        ask()
    except InferenceServerException as error:
        assert error.status() == status and words in error.message(), error
        return
    raise AssertionError(f"no refusal with `{words}`")


def says_what_it_is(client):
    assert client.is_server_live() and client.is_server_ready()
    server = client.get_server_metadata()
    assert server["name"] == "mlship" and server["extensions"] == ["binary_tensor_data"], server
    assert client.is_model_ready("types") and client.is_model_ready("types", "1")
    assert not client.is_model_ready("other") and not client.is_model_ready("types", "2")
    model = client.get_model_metadata("types", "1")
    assert model["name"] == "types" and model["versions"] == ["1"], model
    ports = [
        {"name": name, "datatype": datatype, "shape": [-1, 2]}
        for name, (datatype, _) in DATATYPES.items()
    ]
    assert model["inputs"] == ports, model
    assert model["outputs"] == [port | {"name": port["name"] + "2"} for port in ports], model
    refused("404", "the model here is `types`", lambda: client.get_model_metadata("other"))
    refused("404", "the paths are", lambda: client.get_model_config("types"))
    refused("404", "the paths are", client.get_model_repository_index)


def answers(client):
    for rows in (1, 40):
        given, expected = batch(rows)
        for binary_in, binary_out in ((True, True), (True, False), (False, True), (False, False)):
            inputs = [
                tensor(name, values, DATATYPES[name][0], binary_in)
                for name, values in given.items()
            ]
            outputs = [InferRequestedOutput(name, binary_data=binary_out) for name in expected]
            result = client.infer("types", inputs, outputs=outputs, request_id="a/7")
            response = result.get_response()
            assert response["id"] == "a/7" and response["model_name"] == "types", response
            names = [output["name"] for output in response["outputs"]]
            assert names == list(expected), names
            for name, values in expected.items():
                check(result.as_numpy(name), values)
    # Half of the inputs as bytes, some of the outputs, in another order and form.
    inputs = [
        tensor(name, values, DATATYPES[name][0], name in "dlb") for name, values in given.items()
    ]
    some = [InferRequestedOutput("s2"), InferRequestedOutput("b2", binary_data=False)]
    result = client.infer("types", inputs[::-1], outputs=some, model_version="1")
    assert [output["name"] for output in result.get_response()["outputs"]] == ["s2", "b2"]
    check(result.as_numpy("s2"), expected["s2"])
    check(result.as_numpy("b2"), expected["b2"])
    # Nothing said of the outputs: all of them, as bytes.
    result = client.infer("types", inputs)
    for name, values in expected.items():
        check(result.as_numpy(name), values)
    assert "binary_data_size" in result.get_output("f2")["parameters"]
    handle = client.async_infer("types", inputs)
    check(handle.get_result().as_numpy("l2"), expected["l2"])
    refuses(client, inputs)


def refuses(client, inputs):
    wrong = tensor("f", numpy.zeros((40, 2)), "FP64")
    refused("400", "`f` is of `FP32`, found `FP64`", lambda: client.infer("types", [wrong]))
    wrong = tensor("f", numpy.zeros((40, 3), "float32"), "FP32")
    refused("400", "expected the shape [-1, 2]", lambda: client.infer("types", [wrong]))
    refused("400", "`s` is missing", lambda: client.infer("types", inputs[:-1]))
    unknown = [InferRequestedOutput("f3")]
    ask = lambda: client.infer("types", inputs, outputs=unknown)
    refused("400", "no output `f3`; the nearest is `f2`", ask)
    ask = lambda: client.infer("types", inputs, request_compression_algorithm="gzip")
    refused("415", "`Content-Encoding`", ask)


def widens(client):
    """Narrower types than the model's."""
    for datatype, dtype in (("FP16", "float16"), ("INT8", "int8"), ("UINT16", "uint16")):
        values = numpy.array([[1, 2, 3], [0, 100, 127]]).astype(dtype)
        if datatype == "FP16":
            values = numpy.array([[1.5, -2**-24, 65504], [0.1, -0.0, 3]]).astype(dtype)
        result = client.infer("linear", [tensor("x", values, datatype)])
        x = values.astype("float32")
        a, b, c = x.T
        expected = numpy.stack([a + 10 * b, b + 100 * c], axis=1)
        numpy.testing.assert_allclose(result.as_numpy("y"), expected, rtol=1e-6)


def reads(client):
    """Text of its own accord."""
    model = client.get_model_metadata("tokens")
    assert model["inputs"] == [{"name": "text", "datatype": "BYTES", "shape": [-1]}], model
    texts = numpy.array(["a", "a b", "b b b"], dtype=object)
    for binary in (True, False):
        result = client.infer("tokens", [tensor("text", texts, "BYTES", binary)])
        # The ids, special ones included, and four for each token.
        check(result.as_numpy("sum"), numpy.array([[10, 12], [16, 16], [23, 20]], "float32"))


async def kserve():
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    url = f"http://{TYPES}"
    assert await client.is_server_live(url) is True
    assert await client.is_server_ready(url) is True
    assert await client.is_model_ready(url, "types") is True
    assert await client.is_model_ready(url, "other") is False
    given, expected = batch(3)
    for binary_in in (True, False):
        for binary_out in (True, False):
            inputs = []
            for name, values in given.items():
                one = KInput(name, list(values.shape), DATATYPES[name][0])
                one.set_data_from_numpy(values, binary_data=binary_in)
                inputs.append(one)
            outputs = [RequestedOutput(name, {"binary_data": binary_out}) for name in expected]
            request = InferRequest("types", inputs, "b-8", request_outputs=outputs)
            response = await client.infer(url, request, model_name="types")
            assert (response.id, response.model_name) == ("b-8", "types")
            for output in response.outputs:
                check(output.as_numpy(), expected.pop(output.name))
            assert not expected, expected
            _, expected = batch(3)
    # As a plain object.
    body = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 3], "data": [[1, 2, 3]]}]}
    response = await client.infer(f"http://{LINEAR}", body, model_name="linear")
    check(response.outputs[0].as_numpy(), numpy.array([[21, 302]], "float32"))


with InferenceServerClient(TYPES) as client:
    says_what_it_is(client)
    answers(client)
with InferenceServerClient(LINEAR) as client:
    widens(client)
with InferenceServerClient(TEXT) as client:
    reads(client)
asyncio.run(kserve())
print("all as expected")
