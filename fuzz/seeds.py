"""Writes what fuzzing begins with: for each target inputs as callers send them.

Usage: seeds.py FOLDER. Needs numpy, onnx, pandas, pillow, pyarrow, scikit-learn, skl2onnx and cargo.
"""

import base64
import io
import json
import pathlib
import struct
import sys

import numpy
import pyarrow
from PIL import Image
from pyarrow import ipc

from seed_bundles import bundles
from seed_programs import programs

random = numpy.random.default_rng(6)
root = pathlib.Path(sys.argv[1])


def keep(target, name, data):
    folder = root / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())


def drawn(width, height):
    soft = random.uniform(0, 255, (3, 3, 3)).astype("uint8")
    pixels = numpy.asarray(Image.fromarray(soft).resize((width, height), Image.BICUBIC)).astype(int)
    return Image.fromarray((pixels + random.integers(-9, 9, pixels.shape)).clip(0, 255).astype("uint8"))


def see_through(image):
    image = image.copy()
    image.putalpha(drawn(*image.size).convert("L"))
    return image


def saved(image, form, **options):
    held = io.BytesIO()
    image.save(held, form, **options)
    return held.getvalue()


def bitmap(bits, compression, pixels, masks=b"", palette=b"", width=8, height=8):
    """A BMP of a kind that Pillow does not write."""
    start = 14 + 40 + len(masks) + len(palette)
    head = struct.pack("<2sIHHI", b"BM", start + len(pixels), 0, 0, start)
    facts = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(pixels), 0, 0, len(palette) // 4, 0)
    return head + facts + masks + palette + pixels


def jpegs():
    image = drawn(24, 19)
    for subsampling in (0, 1, 2):
        yield f"jpeg-{subsampling}", saved(image, "JPEG", subsampling=subsampling, quality=70)
        yield f"jpeg-p{subsampling}", saved(image, "JPEG", subsampling=subsampling, progressive=True)
    yield "jpeg-optimal", saved(image, "JPEG", optimize=True)
    yield "jpeg-restarts", saved(image, "JPEG", restart_marker_blocks=1)
    yield "jpeg-restarts-p", saved(image, "JPEG", restart_marker_rows=1, progressive=True)
    yield "jpeg-gray", saved(image.convert("L"), "JPEG")
    yield "jpeg-cmyk", saved(image.convert("CMYK"), "JPEG")
    yield "jpeg-cmyk-p", saved(image.convert("CMYK"), "JPEG", progressive=True)
    yield "jpeg-rgb", saved(image, "JPEG", keep_rgb=True)
    for orientation in (3, 6):
        exif = Image.Exif()
        exif[0x0112] = orientation
        yield f"jpeg-turned-{orientation}", saved(image, "JPEG", exif=exif)


def pngs():
    image = drawn(21, 18)
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA"):
        source = see_through(image) if mode in ("LA", "RGBA") else image
        yield f"png-{mode}", saved(source.convert(mode), "PNG")
    for colours in (2, 4, 16):
        yield f"png-p{colours}", saved(image.quantize(colours), "PNG", transparency=1)
    yield "png-16", saved(Image.fromarray((numpy.arange(99, dtype="uint16") * 700).reshape(9, 11)), "PNG")
    exif = Image.Exif()
    exif[0x0112] = 8
    yield "png-turned", saved(image, "PNG", exif=exif)
    yield "png-moving", saved(image, "PNG", save_all=True, append_images=[drawn(21, 18)])
    yield "png-noted", saved(image, "PNG", dpi=(70, 70), icc_profile=b"\0" * 140)


def others():
    image = drawn(22, 17)
    yield "gif", saved(image.quantize(30), "GIF", interlace=0)
    yield "gif-interlaced", saved(image.convert("L"), "GIF", interlace=1)
    yield "gif-moving", saved(image.quantize(9), "GIF", save_all=True, append_images=[drawn(22, 17).quantize(5)], transparency=2)
    for mode in ("1", "L", "P", "RGB"):
        yield f"bmp-{mode}", saved(image.convert(mode), "BMP")
    yield "bmp-RGBA", saved(see_through(image), "BMP")
    colours = random.integers(0, 256, 64).astype("uint8").tobytes()
    yield "bmp-rle8", bitmap(8, 1, b"\x08\x01\0\0\x03\x02\0\x05\1\2\3\4\5\0\0\0\0\2\1\1\x04\x07\0\1", palette=colours)
    yield "bmp-rle4", bitmap(4, 2, b"\x08\x12\0\0\x03\x45\0\x05\x12\x34\x50\0\0\0\0\2\1\1\x04\x67\0\1", palette=colours)
    yield "bmp-565", bitmap(16, 3, bytes(range(128)), masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F))
    yield "bmp-555", bitmap(16, 0, bytes(range(128)))
    yield "bmp-masks", bitmap(32, 3, bytes(range(256)), masks=struct.pack("<III", 0xFF0000, 0xFF00, 0xFF))
    yield "bmp-down", bitmap(8, 0, bytes(64), palette=colours, height=-8)
    yield "webp-lossless", saved(image, "WEBP", lossless=True)
    yield "webp-seen-through", saved(see_through(image), "WEBP", lossless=True, exact=True)
    yield "webp-few", saved(image.quantize(4).convert("RGB"), "WEBP", lossless=True)
    for quality in (5, 90):
        yield f"webp-{quality}", saved(image, "WEBP", quality=quality)
    yield "webp-alpha", saved(see_through(image), "WEBP", quality=50, alpha_quality=50)
    yield "webp-moving", saved(image, "WEBP", save_all=True, append_images=[drawn(22, 17)], quality=20)
    exif = Image.Exif()
    exif[0x0112] = 5
    yield "webp-turned", saved(image, "WEBP", quality=20, exif=exif)


def image():
    for pictures in (jpegs(), pngs(), others()):
        for name, data in pictures:
            keep("image", name, data)
    for name, size in (("narrow", (90, 2)), ("dot", (1, 1)), ("exact", (20, 20))):
        keep("image", f"png-{name}", saved(drawn(*size), "PNG"))


def part(name, body, file=None, kind=None, more=b""):
    head = f'--x\r\nContent-Disposition: form-data; name="{name}"'
    head += f'; filename="{file}"' if file else ""
    head += f"\r\nContent-Type: {kind}" if kind else ""
    return head.encode() + b"\r\n" + more + b"\r\n" + body + b"\r\n"


def multipart():
    tiny = {
        "png": saved(drawn(3, 2), "PNG"),
        "gif": saved(drawn(3, 2).quantize(3), "GIF"),
        "bmp": saved(drawn(2, 2), "BMP"),
        "jpeg": saved(drawn(8, 8), "JPEG"),
    }
    end = b"--x--\r\n"
    for form, data in tiny.items():
        keep("multipart", f"form-{form}", part("image", data, f"a.{form}", f"image/{form}") + end)
        text = base64.b64encode(data).decode()
        keep("multipart", f"json-{form}", json.dumps({"image": text}))
        keep("multipart", f"url-{form}", json.dumps({"image": f"data:image/{form};base64,{text}"}))
    png, gif = tiny["png"], tiny["gif"]
    both = part("a", png, "a.png") + part("note", b"hello") + part("b", gif, "b.gif", "image/gif")
    keep("multipart", "several", b"before\r\n" + both + end + b"behind")
    keep("multipart", "headers", part("a", png, "a;b.png", "IMAGE/png", b"Content-Transfer-Encoding: binary\r\nX-A: b\r\n") + end)
    keep("multipart", "encoded", part("a", png, "a", "image/png", b"Content-Transfer-Encoding: base64\r\n") + end)
    keep("multipart", "bare", b"--x \t\r\n\r\nnothing\r\n" + part("a", png, "") + end)
    keep("multipart", "star", b"--x\r\ncontent-disposition: form-data; name=a; filename*=utf-8''a.png\r\n\r\n" + png + b"\r\n" + end)
    keep("multipart", "cut", part("a", png, "a.png"))
    text = base64.b64encode(png).decode()
    keep("multipart", "list", json.dumps([text, {"image": {"b64": text}}, {"image": text.rstrip("=")}]))
    keep("multipart", "lines", json.dumps({"image": text[:20] + "\n" + text[20:]}))
    keep("multipart", "address", json.dumps({"image": {"url": "https://a.example/b.png"}}))
    keep("multipart", "address-alone", json.dumps([{"url": "http://127.0.0.1:9/a"}, None]))


ROWS = [
    {"age": 61.5, "day": "2024-02-29", "visits": 2, "smoker": True, "city": "Bern"},
    {"age": None, "day": None, "visits": None, "smoker": False, "city": None},
    {"age": -1e300, "day": "0001-01-01", "visits": 3, "smoker": False, "city": "Genf"},
]
COLUMNS = ["age", "day", "visits", "smoker", "city"]
# In the target: the form, and the bundle from 0 for the table, 8 for two tensors, 16 for one.
TABLE, TENSORS, ONE, INSTANCES = 0, 8, 16, 192
JSON, LINES, CSV, HEADLESS, NPY, STREAM, FILE, PLAIN = range(8)


def arrows(table):
    held = io.BytesIO()
    with ipc.new_stream(held, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    yield STREAM, held.getvalue()
    held = io.BytesIO()
    with ipc.new_file(held, table.schema) as writer:
        writer.write_table(table)
    yield FILE, held.getvalue()


def npy(array):
    held = io.BytesIO()
    numpy.save(held, array)
    return held.getvalue()


def rows():
    def table(name, form, data):
        keep("request", f"table-{name}", bytes([TABLE + form]) + (data if isinstance(data, bytes) else data.encode()))

    table("one", JSON, json.dumps(ROWS[0]))
    table("list", JSON, json.dumps(ROWS))
    table("odd", JSON, '{"age":"61","visits":2.0,"smoker":1,"day":"2024-13-01","city":"Bernn"}')
    table("twice", JSON, '[{"age":1,"age":2,"visits":9223372036854775808,"smoker":null,"ci\\u0074y":"B"}]')
    keep("request", "table-instances", bytes([INSTANCES + TABLE]) + json.dumps({"instances": ROWS, "parameters": {"a": 1}}).encode())
    table("lines", LINES, "\n".join(json.dumps(row) for row in ROWS) + "\r\n\n")
    csv = "\n".join(",".join("" if v is None else str(v).lower() if isinstance(v, bool) else str(v) for v in row.values()) for row in ROWS)
    table("csv", CSV, "\ufeff" + ",".join(COLUMNS) + "\r\n" + csv)
    table("quoted", CSV, 'city,"age",smoker\n"Be""rn",1,true\n"G\nenf",2,0\n')
    table("headless", HEADLESS, csv)
    table("npy", NPY, npy(numpy.ones((2, 5))))
    frame = pyarrow.Table.from_pylist(ROWS)
    for form, data in arrows(frame):
        table(f"arrow-{form}", form, data)
    kinds = pyarrow.table({
        "age": pyarrow.array([1.5, None], pyarrow.float16() if False else pyarrow.float32()),
        "day": pyarrow.array([19000, None], pyarrow.date32()),
        "visits": pyarrow.array([1, 2], pyarrow.uint8()),
        "smoker": pyarrow.array([True, False]),
        "city": pyarrow.array(["Bern", "Genf"]).dictionary_encode(),
    })
    for form, data in arrows(kinds):
        table(f"arrow-kinds-{form}", form, data)
    times = kinds.set_column(1, "day", pyarrow.array([1, 2], pyarrow.timestamp("ms", "UTC")))
    times = times.set_column(2, "visits", pyarrow.array([1, 2], pyarrow.int64()))
    times = times.set_column(4, "city", pyarrow.array(["Bern", "Genf"], pyarrow.large_string()))
    for form, data in arrows(times):
        table(f"arrow-times-{form}", form, data)
    for form, data in arrows(pyarrow.table({name: pyarrow.nulls(2) for name in COLUMNS})):
        table(f"arrow-null-{form}", form, data)
    table("plain", PLAIN, "Bern")


def tensors():
    several = {"a": [[1, 2], [3, -4]], "b": [[[1.5, 2], [3, 4e38]], [[0, 0], [1e-9, "NaN"]]]}
    keep("request", "tensors", bytes([TENSORS]) + json.dumps(several).encode())
    keep("request", "tensors-list", bytes([TENSORS]) + json.dumps([several, several]).encode())
    keep("request", "tensors-lines", bytes([TENSORS + LINES]) + (json.dumps(several) + "\n").encode() * 2)
    keep("request", "tensors-instances", bytes([INSTANCES + TENSORS]) + json.dumps({"instances": [{"a": [1], "b": [[1, 2], [3, 4]]}] * 2}).encode())
    keep("request", "tensors-ragged", bytes([TENSORS]) + b'{"a":[[1],[2,3]],"b":[]}')
    keep("request", "one", bytes([ONE]) + b'{"x":[[1,2,3],[4,5,6]]}')
    keep("request", "one-bare", bytes([ONE]) + b"[[1,2.5,null]]")
    keep("request", "one-instances", bytes([INSTANCES + ONE]) + b'{"instances":[[1,2,3],[4,5,6]]}')
    for kind in ("f2", "<f4", ">f8", "i1", "<i4", ">i8", "u2", "?", "S3"):
        keep("request", f"one-npy-{kind[-2:]}", bytes([ONE + NPY]) + npy(numpy.ones((2, 3), kind)))
    keep("request", "one-npy-fortran", bytes([ONE + NPY]) + npy(numpy.asfortranarray(numpy.ones((2, 3)))))
    keep("request", "one-npy-long", bytes([ONE + NPY]) + b"\x93NUMPY\x02\0" + struct.pack("<I", 60) + b"{'shape': (1, 3), 'fortran_order': False, 'descr': '<f8', }  " [:59] + b"\n" + bytes(24))


def texts():
    def put(name, first, data):
        keep("text", name, bytes([first]) + (data if isinstance(data, bytes) else data.encode()))

    words = ["a bc! A", "", "\u00c4b\u0301\u4e2d\u200d \U0001f600", "[MASK] a [SEP]b", "b" * 120]
    put("one", JSON, json.dumps({"text": words[0]}))
    put("bare", JSON, json.dumps(words[2]))
    put("list", JSON, json.dumps(words, ensure_ascii=False))
    put("objects", JSON, json.dumps([{"text": word} for word in words]))
    put("odd", JSON, '[{"text":"a","text":1},null,{"te\\u0078t":"\\ud83d\\ude00"}]')
    put("lines", LINES, "\n".join(json.dumps({"text": word}) for word in words))
    put("csv", CSV, 'text\r\n"a ""b"" c"\nb!\n')
    put("headless", HEADLESS, "a b\n\n\"c\nd\"\n")
    put("plain", PLAIN, words[2])
    put("instances", 192, json.dumps({"instances": words}))
    put("infer", 224, json.dumps({"inputs": [infer_input("text", "BYTES", [2], words[:2])]}))


DATATYPES = {
    "FP16": "<f2", "FP32": "<f4", "FP64": "<f8", "INT8": "i1", "INT16": "<i2", "INT32": "<i4",
    "INT64": "<i8", "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8", "BOOL": "?",
}


def infer_input(name, datatype, shape, data=None, size=None):
    given = {"name": name, "shape": shape, "datatype": datatype}
    if data is not None:
        given["data"] = data
    if size is not None:
        given["parameters"] = {"binary_data_size": size}
    return given


def infer():
    def put(name, which, request, rest=None):
        text = json.dumps(request).encode()
        # From 128 on nothing is said of bytes.
        first = which + (128 if rest is None else 0)
        keep("infer", name, struct.pack(">BH", first, len(text)) + text + (rest or b""))

    def text(*values):
        return b"".join(struct.pack("<I", len(value)) + value for value in values)

    x = infer_input("x", "FP32", [2, 4], [[1, 2.5, 3, 0], [4, 5, 6, 1]])
    city = infer_input("city", "BYTES", [2, 1], ["Bern", "Genf"])
    put("table", 0, {"id": "1", "inputs": [x, city], "outputs": [{"name": "y"}]})
    put("table-flat", 0, {"inputs": [infer_input("city", "BYTES", [1, 1], ["B"]), infer_input("x", "FP32", [1, 4], [1, 2, 3, 4])]})
    words = text(b"Bern", b"")
    behind = [infer_input("x", "FP32", [2, 4], size=32), infer_input("city", "BYTES", [2, 1], size=len(words))]
    put("table-bytes", 0, {"inputs": behind, "parameters": {"binary_data_output": True}}, bytes(32) + words)
    b = infer_input("b", "FP32", [1, 2, 2], [[[1, 2], [3, 4]]])
    put("tensors", 1, {"inputs": [infer_input("a", "INT64", [2, 1], [[1], [2]]), b], "outputs": [{"name": "y", "parameters": {"binary_data": True}}]})
    put("tensors-mixed", 1, {"inputs": [infer_input("a", "INT32", [1, 3], size=12), b]}, bytes(12))
    put("tensors-none", 1, {"inputs": [infer_input("a", "INT64", [0, 5], []), infer_input("b", "FP32", [0, 2, 2], size=0)]}, b"")
    for name, kind in DATATYPES.items():
        data = numpy.ones((1, 3), kind).tobytes()
        put(f"one-{name}", 2, {"inputs": [infer_input("x", name, [1, 3], size=len(data))]}, data)
    put("one", 2, {"inputs": [infer_input("x", "FP64", [1, 3], [[1, 2, 1e400]])]})
    put("one-long", 2, {"inputs": [infer_input("x", "FP64", [1 << 40, 3], [1])]})
    shared = infer_input("x", "FP64", [1, 3])
    shared["parameters"] = {"shared_memory_region": "a", "shared_memory_byte_size": 24}
    put("shared", 2, {"inputs": [shared], "outputs": [{"name": "y", "parameters": {"classification": 2}}]})


def lambda_event():
    def put(name, event):
        keep("lambda_event", name, json.dumps(event))

    body = json.dumps(ROWS[0])
    headers = {"content-type": "application/json", "X-Api-Key": "k", "host": "a.example"}
    http = {"method": "POST", "path": "/predict", "protocol": "HTTP/1.1", "sourceIp": "1.2.3.4", "userAgent": "a"}
    second = {
        "version": "2.0", "routeKey": "$default", "rawPath": "/predict", "rawQueryString": "a=b",
        "cookies": ["a=b"], "headers": headers, "requestContext": {"accountId": "anonymous", "http": http, "requestId": "r", "stage": "$default", "timeEpoch": 1},
        "body": body, "isBase64Encoded": False,
    }
    put("url", second)
    put("url-base64", {**second, "body": base64.b64encode(body.encode()).decode(), "isBase64Encoded": True})
    put("url-broken", {**second, "body": "=a", "isBase64Encoded": True})
    put("url-bytes", {**second, "body": base64.b64encode(bytes(range(250, 256))).decode(), "isBase64Encoded": True})
    staged = {**second["requestContext"], "stage": "prod"}
    put("api-2", {**second, "rawPath": "/prod/predict", "requestContext": staged})
    put("api-2-top", {**second, "rawPath": "/prod", "requestContext": staged, "body": None})
    put("api-2-context", {key: value for key, value in {**second, "requestContext": staged}.items() if key != "rawPath"})
    first = {
        "version": "1.0", "resource": "/{proxy+}", "path": "/predict", "httpMethod": "POST", "headers": headers,
        "multiValueHeaders": {"content-type": ["application/json"], "accept": ["a", "b"]}, "queryStringParameters": None,
        "requestContext": {"stage": "prod", "identity": {"sourceIp": "1.2.3.4"}, "httpMethod": "POST"}, "body": body, "isBase64Encoded": False,
    }
    put("api-1", first)
    put("api-1-null", {**first, "headers": None, "multiValueHeaders": None, "body": None})
    balancer = {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/a/b"}}
    put("balancer", {"requestContext": balancer, "httpMethod": "POST", "path": "/predict", "headers": headers, "body": body, "isBase64Encoded": False})
    put("balancer-multi", {"requestContext": balancer, "httpMethod": "GET", "path": "/", "multiValueHeaders": {"a": [], "b": ["c"]}, "body": "", "isBase64Encoded": False})
    put("plain", ROWS[0])


def custom_handler():
    def put(name, request, metadata=None, data=None):
        wrapped = {"Data": {"req": request, **(data or {})}, "Metadata": metadata or {"sys": {"MethodName": "predict", "UtcNow": "2026-01-01T00:00:00Z", "RandGuid": "0"}}}
        keep("custom_handler", name, json.dumps(wrapped))

    request = {
        "Url": "http://localhost:7071/api/predict?a=b", "Method": "POST", "Query": {"a": "b"}, "Headers": {
            "Content-Type": ["application/json"], "x-api-key": ["k"], "Authorization": ["Bearer a"], "Content-Encoding": ["gzip"],
            "Inference-Header-Content-Length": ["12"], "Host": ["localhost:7071"],
        }, "Params": {}, "Identities": [{"AuthenticationType": None, "IsAuthenticated": False, "Claims": []}], "Body": json.dumps(ROWS),
    }
    put("post", request)
    put("get", {**request, "Method": "GET", "Body": None, "Headers": {}})
    put("bytes", {**request, "Headers": {"Content-Type": ["application/octet-stream"]}, "Body": base64.b64encode(bytes(range(200, 230))).decode()})
    put("image", {**request, "Headers": {"content-type": ["image/png"]}, "Body": base64.b64encode(b"\x89PNG").decode()})
    put("form", {**request, "Headers": {"content-type": ["multipart/form-data; boundary=x"]}, "Body": "!"})
    put("string-headers", {**request, "Headers": {"Content-Type": "text/csv"}, "Body": "a,b\n1,2"})
    put("wrong", {"Url": 1, "Method": [], "Body": {}, "Headers": []}, data={"other": 1})
    put("object", {**request, "Body": {"a": [1, 2.5, None, True]}})
    keep("custom_handler", "beside", b'{"Data":{},"Metadata":{},"Other":1}')
    keep("custom_handler", "twice", b'{"Data":{"req":{}},"Data":{"req":{}},"Metadata":{}}')


image()
multipart()
rows()
tensors()
texts()
infer()
lambda_event()
custom_handler()
for name, bundle in bundles():
    keep("bundle", name, json.dumps(bundle))
for name, program in programs():
    keep("program", name, program)
