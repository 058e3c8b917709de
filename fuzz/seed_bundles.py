"""Bundles of every input, output and engine, for seeds.py."""


def port(name, element, *shape):
    return {"name": name, "element": element, "shape": list(shape)}


def bundle(given, output, inputs, outputs, **more):
    model = {
        "engine": "classical", "path": "model.flat", "source-sha256": "0" * 64,
        "inputs": inputs, "outputs": outputs, **more.pop("model", {}),
    }
    return {
        "format": 1, "name": "a", "model": model, "input": given, "output": output, "samples": [],
        "bounds": {"body-bytes": 6291456, "rows": 100, "timeout-s": 30}, **more,
    }


def column(name, kind, **more):
    return {"name": name, "kind": kind, "optional": False, **more}


def table():
    numbers = [
        column("age", "float", optional=True), column("visits", "int", default=3),
        column("day", {"date": "days"}), column("at", {"datetime": "ms"}, default="2024-02-29T00:00:00Z"),
        column("smoker", "bool", default=True),
    ]
    city = column("city", "string", categories={"names": ["Bern", "Genf"], "unknown": "missing"}, default="Bern")
    packed = [
        {"input": "x", "element": "f64", "columns": numbers},
        {"input": "city", "element": "string", "columns": [city]},
    ]
    return {"table": packed}, [port("x", "f64", None, 5), port("city", "string", None)]


def image(**more):
    plan = {
        "field": "image", "input": "x", "layout": "nchw", "channels": "rgb", "resize": {"shorter": 8},
        "filter": "bicubic", "crop": {"width": 8, "height": 8}, "scale": 255.0, "mean": [0.5, 0.5, 0.5],
        "std": [0.2, 0.2, 0.2], "urls": ["a.example", "127.0.0.1:80"], "most-pixels": 10000, **more,
    }
    return {"image": plan}


TEXT = {
    "text": {
        "field": "text", "tokenizer": "tokenizer.bin", "form": "compiled", "max-tokens": 6,
        "padded-to": None, "ids": "ids", "mask": "mask", "types": None,
    }
}
CLASSIFY = {
    "field": "diagnosis", "label-output": "label", "score-output": "y", "classes": ["0", "1"],
    "labels": ["well", "ill"], "top": 1, "activation": "softmax",
}


def bundles():
    y, label = port("y", "f32", None, 2), port("label", "i64", None)
    given, inputs = table()
    yield "table", bundle(given, {"classify": {**CLASSIFY, "threshold": 0.5}}, inputs, [label, y], formats=["arrow"])
    score = {"regress": {"field": "score", "output": "y"}}
    serving = {"page": "on", "queue": 8, "batching": {"examples": 32, "wait-ms": 5}}
    yield "regress", bundle(given, score, inputs, [y], serving=serving)
    fetched = [{"path": "model.onnx", "url": "https://a.example/m", "sha256": "0" * 64, "bytes": 9}]
    neural = {"engine": "neural", "path": "model.onnx", "weights": "weights.data", "half-weights": "half.data", "fetched": fetched}
    best = {"classify": {**CLASSIFY, "label-output": None, "activation": "log-softmax"}}
    pictures = [port("x", "f32", None, 3, 8, 8)]
    yield "image", bundle(image(), best, pictures, [y], model=neural)
    gray = image(channels="gray", layout="nhwc", mean=[], std=[], resize={"to": {"width": 9, "height": 8}})
    yield "gray", bundle(gray, "tensor", [port("x", "f32", 1, None, None, 1)], [y], model={"engine": "onnxruntime"})
    embed = {"embed": {"field": "vector", "output": "states", "pooling": "mean", "unit-length": True}}
    tokens = [port("ids", "i64", None, None), port("mask", "i64", None, None)]
    yield "text", bundle(TEXT, embed, tokens, [port("states", "f32", None, None, 2)], model=neural)
    samples = [{"request": "a.json", "expect": "b.json"}]
    yield "tensor", bundle("tensor", "tensor", [port("a", "i32", None, 3), port("b", "bool")], [y], samples=samples)
    sigmoid = {"classify": {**CLASSIFY, "label-output": None, "activation": "sigmoid", "top": None}}
    yield "one", bundle("tensor", sigmoid, [port("a", "f32", None, 3)], [y])
