//! What the fuzz targets call, built for them and for tests alone (`cargo fuzz` sets
//! `cfg(fuzzing)`). Each takes bytes from anywhere and must come back: with an answer or a problem,
//! without a panic, in bounded memory.

use std::path::Path;
use std::sync::LazyLock;

use mlship_bundle::Bundle;
use serde_json::{Value, json};

use crate::classical;
use crate::host;
use crate::request::{Carries, Head, Infer, Reader, Request, Said, Wrap};
use crate::tensor::{Tensor, Values};

/// Media types of tables and tensors; the first byte chooses.
const FORMS: [Option<&str>; 8] = [
    None,
    Some("application/jsonlines"),
    Some("text/csv"),
    Some("text/csv; header=absent"),
    Some("application/x-npy"),
    Some("application/vnd.apache.arrow.stream"),
    Some("application/vnd.apache.arrow.file"),
    Some("text/plain"),
];

static TABLE: LazyLock<Bundle> = LazyLock::new(|| {
    let columns = json!([
        {"name": "age", "kind": "float", "optional": true},
        {"name": "day", "kind": {"date": "days"}, "optional": true},
        {"name": "visits", "kind": "int", "optional": false, "default": 3},
        {"name": "smoker", "kind": "bool", "optional": false},
    ]);
    let cities = json!([{"name": "city", "kind": "string", "optional": true,
        "categories": {"names": ["Bern", "Genf"], "unknown": "refuse"}}]);
    let table = json!([
        {"input": "x", "element": "f32", "columns": columns},
        {"input": "city", "element": "string", "columns": cities},
    ]);
    let ports = [port("x", "f32", json!([null, 4])), port("city", "string", json!([null, 1]))];
    bundle(json!({ "table": table }), &ports)
});

static TENSORS: LazyLock<Bundle> = LazyLock::new(|| {
    let ports = [port("a", "i64", json!([null, null])), port("b", "f32", json!([null, 2, 2]))];
    bundle(json!("tensor"), &ports)
});

static ONE: LazyLock<Bundle> =
    LazyLock::new(|| bundle(json!("tensor"), &[port("x", "f64", json!([null, 3]))]));

#[cfg(feature = "image")]
static PICTURES: LazyLock<Reader> = LazyLock::new(|| {
    let image = json!({"field": "image", "input": "x", "layout": "nchw", "channels": "rgb",
        "resize": {"shorter": 20}, "crop": {"width": 16, "height": 16}, "scale": 255.0,
        "most-pixels": 200_000});
    let ports = [port("x", "f32", json!([null, 3, 16, 16]))];
    reader(&bundle(json!({ "image": image }), &ports))
});

static READERS: LazyLock<[Reader; 3]> =
    LazyLock::new(|| [&TABLE, &TENSORS, &ONE].map(|bundle| reader(bundle)));

static INFER: LazyLock<[(Infer, Reader); 3]> =
    LazyLock::new(|| [&TABLE, &TENSORS, &ONE].map(|bundle| (Infer::new(bundle), reader(bundle))));

fn port(name: &str, element: &str, shape: Value) -> Value {
    json!({"name": name, "element": element, "shape": shape})
}

fn bundle(input: Value, ports: &[Value]) -> Bundle {
    let formats: &[&str] = if cfg!(feature = "arrow") { &["arrow"] } else { &[] };
    let bundle = json!({
        "format": mlship_bundle::FORMAT, "name": "fuzzed", "input": input, "output": "tensor",
        "samples": [], "formats": formats,
        "bounds": {"body-bytes": 1 << 20, "rows": 100, "timeout-s": 5},
        "model": {"engine": "classical", "path": "model", "source-sha256": "0",
            "inputs": ports, "outputs": [port("y", "f32", json!([null, 2]))]},
    });
    serde_json::from_value(bundle).unwrap_or_else(|error| panic!("a bundle: {error}"))
}

fn reader(bundle: &Bundle) -> Reader {
    Reader::new(Path::new(""), bundle).unwrap_or_else(|error| panic!("a reader: {error}"))
}

/// `bundle.json`: its reader and writer, what is said of it, and a request of nothing.
pub fn bundle_json(bytes: &[u8]) {
    let Ok(bundle) = serde_json::from_slice::<Bundle>(bytes) else { return };
    host::fuzz_bundle(&bundle);
    let Ok(reader) = Reader::new(Path::new("/nowhere"), &bundle) else { return };
    let _ = crate::answer::Writer::new(&bundle);
    let _ = Infer::new(&bundle);
    let _ = reader.read(b"[{}]", Said::NOTHING);
}

/// A classical program, and runs of it: on nothing, on numbers and on texts.
pub fn program(bytes: &[u8]) {
    let Ok(engine) = classical::load(classical::Aligned::copy_of(bytes)) else { return };
    let numbers =
        Tensor { shape: vec![1, 3].into(), values: Values::F32(vec![1.0, f32::NAN, -2.5].into()) };
    let text = |text: &str| Values::String(vec![text.into(), "blue".into()]);
    let words = Tensor { shape: vec![1, 2].into(), values: text("green") };
    let texts = Tensor { shape: vec![2, 1].into(), values: text("red green") };
    for inputs in [&[][..], &[numbers], &[words], &[texts]] {
        let _ = crate::engine::Engine::run(&engine, inputs);
    }
}

/// A request of rows or tensors; its first byte says of which, and in which form.
pub fn request(bytes: &[u8]) {
    let Some((first, body)) = bytes.split_first() else { return };
    let first = usize::from(*first);
    let wrap = if first >= 192 { Wrap::Instances } else { Wrap::Plain };
    let said = Said { media_type: FORMS[first % FORMS.len()], wrap };
    let reader = &READERS[first / FORMS.len() % READERS.len()];
    if let Ok(request) = reader.read(body, said) {
        assert!(request.examples() <= 100, "{} examples", request.examples());
        check(&request);
    }
}

/// A picture as it is.
#[cfg(feature = "image")]
pub fn image(bytes: &[u8]) {
    let _ = PICTURES.read(bytes, Said { media_type: Some("image/*"), wrap: Wrap::Plain });
}

/// Pictures in a form, and in JSON.
#[cfg(feature = "image")]
pub fn multipart(bytes: &[u8]) {
    const FORM: Option<&str> = Some("multipart/form-data; boundary=x");
    let _ = PICTURES.read(bytes, Said { media_type: FORM, wrap: Wrap::Plain });
    let _ = PICTURES.read(bytes, Said::NOTHING);
}

/// A Lambda event.
pub fn lambda_event(bytes: &[u8]) {
    host::fuzz_event(bytes);
}

/// A request that the Functions host wraps.
pub fn custom_handler(bytes: &[u8]) {
    host::fuzz_invocation(bytes);
}

/// A request of the Open Inference Protocol; its first bytes say of what, and how much is JSON.
pub fn infer(bytes: &[u8]) {
    let Some(([which, high, low], body)) = bytes.split_first_chunk::<3>() else { return };
    let json_bytes = usize::from(*high) << 8 | usize::from(*low);
    let json_bytes = (*which < 128).then_some(json_bytes);
    let (infer, reader) = &INFER[usize::from(*which) % INFER.len()];
    let head = Head { json_bytes, carries: Carries::Bytes };
    if let Ok(request) = infer.read(body, head, reader) {
        check(&request);
    }
}

/// A request of texts, whose tokenizer is `words.bin` in a folder, the same at each call; its first
/// byte says in which form.
#[cfg(feature = "networks")]
pub fn text(bytes: &[u8], folder: &Path) {
    static TEXTS: std::sync::OnceLock<(Infer, Reader)> = std::sync::OnceLock::new();
    let (infer, reader) = TEXTS.get_or_init(|| {
        let text = json!({"field": "text", "tokenizer": "words.bin", "form": "compiled",
            "max-tokens": 6, "padded-to": null, "ids": "ids", "mask": "mask", "types": null});
        let ports = ["ids", "mask"].map(|name| port(name, "i64", json!([null, null])));
        let bundle = bundle(json!({ "text": text }), &ports);
        let reader = Reader::new(folder, &bundle);
        (Infer::new(&bundle), reader.unwrap_or_else(|error| panic!("a reader: {error}")))
    });
    let Some((first, body)) = bytes.split_first() else { return };
    let media_type = FORMS[usize::from(*first) % FORMS.len()];
    let read = match first {
        0..192 => reader.read(body, Said { media_type, wrap: Wrap::Plain }),
        192..224 => reader.read(body, Said { media_type: None, wrap: Wrap::Instances }),
        224.. => infer.read(body, Head { json_bytes: None, carries: Carries::Text }, reader),
    };
    if let Ok(request) = read {
        assert!(request.examples() <= 100, "{} examples", request.examples());
        check(&request);
    }
}

/// Lets panics pass in decoders of others' making, which the runtime catches; any other still ends
/// the fuzzer.
#[cfg(fuzzing)]
pub fn spare_decoders() {
    const DECODERS: [&str; 7] =
        ["/arrow-", "/fdeflate-", "/gif-", "/image-0", "/image-webp-", "/png-", "/weezl-"];
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let is_in = |name: &&str| panic.location().is_some_and(|at| at.file().contains(*name));
        if !DECODERS.iter().any(is_in) {
            usual(panic);
        }
    }));
}

/// Every tensor has as many elements as its shape says.
fn check(request: &Request) {
    for input in request.runs.iter().flat_map(|run| &run.inputs) {
        let count = input.shape.iter().product::<usize>();
        assert_eq!(count, input.values.len(), "{:?}", input.shape);
    }
}

#[cfg(test)]
mod tests;
