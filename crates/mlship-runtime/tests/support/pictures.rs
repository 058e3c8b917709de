//! Pictures, what torchvision makes of them, and bundles that take them.

use std::path::{Path, PathBuf};
use std::process::Command;

use mlship_bundle::{
    Activation, Bounds, Bundle, Channels, Classify, Element, Filter, Image, Input, Layout, Output,
    Port, Resize, Size,
};
use serde_json::Value;

use super::bundles::{port, tensors};
use super::client::{Client, Response};

/// A picture of `tests/models/pictures.py`.
pub(crate) struct Picture {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) is_refused: bool,
    pub(crate) bytes: Vec<u8>,
}

/// The folder with the pictures, what torchvision makes of them, the networks and their answers.
pub(crate) fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
    let scripts = ["pictures.py", "pictured.py"].map(super::script);
    let [draw, answer] = &scripts;
    mlship_testkit::fixture::made_once(&folder, &[draw, answer], |folder| {
        super::run(Command::new(mlship_testkit::tools::torch_python()).arg(draw).arg(folder));
        super::run(Command::new(mlship_testkit::tools::python()).arg(answer).arg(folder));
    });
    folder
}

/// The plans and the pictures.
pub(crate) fn listed(folder: &Path) -> (Value, Vec<Picture>) {
    let list = std::fs::read(folder.join("pictures.json")).unwrap();
    let list: Value = serde_json::from_slice(&list).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let picture = |value: &Value| Picture {
        name: text(&value["name"]),
        kind: text(&value["kind"]),
        is_refused: value["refused"].as_bool().unwrap(),
        bytes: std::fs::read(folder.join(text(&value["file"]))).unwrap(),
    };
    let pictures = list["pictures"].as_array().unwrap().iter().map(picture).collect();
    (list["plans"].clone(), pictures)
}

/// How pictures are taken by a plan of `tests/models/pictures.py`.
pub(crate) fn image(plan: &Value) -> Image {
    let size = |value: &Value| Size {
        width: value[0].as_u64().unwrap() as u32,
        height: value[1].as_u64().unwrap() as u32,
    };
    let numbers = |value: &Value| {
        value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
    };
    Image {
        field: "image".into(),
        input: "x".into(),
        layout: if plan["layout"] == "nhwc" { Layout::Nhwc } else { Layout::Nchw },
        channels: match plan["channels"].as_str() {
            Some("gray") => Channels::Gray,
            Some("bgr") => Channels::Bgr,
            _ => Channels::Rgb,
        },
        resize: Some(match plan["resize"].as_u64() {
            Some(edge) => Resize::Shorter(edge as u32),
            None => Resize::To(size(&plan["resize"])),
        }),
        filter: if plan["filter"] == "bicubic" { Filter::Bicubic } else { Filter::Bilinear },
        crop: plan["crop"].is_array().then(|| size(&plan["crop"])),
        scale: plan["scale"].as_f64().unwrap() as f32,
        mean: numbers(&plan["mean"]),
        std: numbers(&plan["std"]),
        urls: Vec::new(),
        most_pixels: mlship_bundle::MOST_PIXELS,
    }
}

/// A bundle that answers the tensor that it makes of a picture.
pub(crate) fn same(image: Image) -> (Bundle, &'static str) {
    let (model, shape): (_, [usize; 4]) = match (image.layout, image.channels) {
        (Layout::Nhwc, _) => ("same-last", [0, 0, 0, 3]),
        (_, Channels::Gray) => ("same-1", [0, 1, 0, 0]),
        _ => ("same-3", [0, 3, 0, 0]),
    };
    let ports = |name: &str| vec![port(name, Element::F32, &shape)];
    let bundle = tensors(model, ports("x"), ports("y"));
    (Bundle { input: Input::Image(image), ..bundle }, model)
}

/// The small convolutional network as a classifier.
pub(crate) fn seen(image: Image) -> Bundle {
    let classes: Vec<String> = (0..10).map(|class| format!("c{class}")).collect();
    let classify = Classify {
        field: "label".into(),
        label_output: None,
        score_output: Some("y".into()),
        classes: classes.clone(),
        labels: classes,
        top: None,
        activation: Activation::Softmax,
        threshold: None,
    };
    let x: Port = port("x", Element::F32, &[0, 3, 56, 56]);
    let bundle = tensors("seen", vec![x], vec![port("y", Element::F32, &[0, 10])]);
    let bounds = Bounds { timeout_s: 30, ..bundle.bounds };
    let (input, output) = (Input::Image(image), Output::Classify(classify));
    Bundle { input, output, bounds, ..bundle }
}

/// Sends a body of a media type.
pub(crate) fn post(address: &str, media_type: &str, body: &[u8]) -> Response {
    let mut client = Client::connect(address);
    client.send(format!(
        "POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    ));
    client.send(body);
    client.response()
}

/// All numbers of an answer, in their order.
pub(crate) fn numbers(value: &Value, onto: &mut Vec<f32>) {
    match value {
        Value::Number(number) => onto.push(number.as_f64().unwrap() as f32),
        Value::Array(items) => items.iter().for_each(|item| numbers(item, onto)),
        Value::Object(items) => items.values().for_each(|item| numbers(item, onto)),
        _ => {}
    }
}
