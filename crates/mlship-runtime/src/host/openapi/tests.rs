//! The description of models of every kind.

use mlship_bundle::{
    Activation, Bounds, Classify, Element, EngineKind, FORMAT, Input, Model, Output, Port, Regress,
    Serving,
};

use super::*;

fn port(name: &str, element: Element, shape: &[usize]) -> Port {
    let shape = shape.iter().map(|length| (*length > 0).then_some(*length)).collect();
    Port { name: name.into(), element, shape }
}

fn bundle(inputs: Vec<Port>, output: Output) -> Bundle {
    Bundle {
        format: FORMAT,
        name: "cats".into(),
        model: Model {
            engine: EngineKind::Neural,
            path: "absent.onnx".into(),
            weights: None,
            half_weights: None,
            fetched: Vec::new(),
            source_sha256: String::new(),
            inputs,
            outputs: vec![port("y", Element::F32, &[0, 3])],
        },
        input: Input::Tensor,
        output,
        samples: Vec::new(),
        bounds: Bounds { rows: 7, ..Bounds::default() },
        serving: Serving::default(),
        formats: Vec::new(),
        worker: None,
    }
}

fn described(bundle: &Bundle, is_there: &dyn Fn(&str) -> bool) -> Value {
    let bytes = describe(Path::new("/nowhere"), bundle, Guard::Open, is_there);
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn only_paths_that_are_there_are_described_and_under_the_models_name() {
    let bundle = bundle(vec![port("x", Element::F32, &[0, 2])], Output::Tensor);
    let document = described(&bundle, &|path| path == "/predict" || path.starts_with("/v2/m"));
    let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    let wanted = ["/predict", "/v2/models/cats", "/v2/models/cats/ready", "/v2/models/cats/infer"];
    assert_eq!(paths, wanted);
    // Every reference leads somewhere.
    let text = document.to_string();
    for reference in text.split(r##""$ref":"#"##).skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

#[test]
fn a_tensor_is_whole_or_one_example() {
    let inputs = vec![port("x", Element::I64, &[0, 2])];
    let document = described(&bundle(inputs, Output::Tensor), &|_| true);
    let example = &document["components"]["schemas"]["Example"]["anyOf"];
    let (whole, one) = (&example[0]["properties"]["x"], &example[1]["properties"]["x"]);
    assert_eq!((&whole["minItems"], &whole["maxItems"]), (&json!(1), &json!(7)));
    assert_eq!(&whole["items"], one);
    assert_eq!((&one["minItems"], &one["maxItems"]), (&json!(2), &json!(2)));
    // What the engine keeps of 64 bits.
    assert_eq!(one["items"]["maximum"], json!(i32::MAX));
    // A batch that is always as large has no single examples.
    let inputs = vec![port("x", Element::F32, &[4, 2])];
    let document = described(&bundle(inputs, Output::Tensor), &|_| true);
    assert_eq!(document["components"]["schemas"]["Example"]["required"], json!(["x"]));
}

#[test]
fn an_answer_has_the_labels_once_and_numbers_where_they_are_numbers() {
    let classify = Classify {
        field: "animal".into(),
        label_output: None,
        score_output: Some("y".into()),
        classes: ["0", "1", "2"].map(str::to_owned).into(),
        labels: ["cat", "dog", "cat"].map(str::to_owned).into(),
        top: Some(2),
        activation: Activation::Softmax,
        threshold: None,
    };
    let inputs = vec![port("x", Element::F32, &[0, 2])];
    let document = described(&bundle(inputs.clone(), Output::Classify(classify)), &|_| true);
    let prediction = &document["components"]["schemas"]["Prediction"]["properties"];
    assert_eq!(prediction["animal"]["enum"], json!(["cat", "dog"]));
    assert_eq!(prediction["probabilities"]["maxProperties"], json!(2));
    assert_eq!(document["info"]["x-model"]["labels"], json!(3));
    let regress = Regress { field: "price".into(), output: "y".into() };
    let document = described(&bundle(inputs, Output::Regress(regress)), &|_| true);
    let price = &document["components"]["schemas"]["Prediction"]["properties"]["price"];
    assert_eq!((&price["type"], &price["maxItems"]), (&json!("array"), &json!(3)));
}

#[test]
fn a_bound_of_32_bit_floats_is_where_the_reader_has_it() {
    let bound = number::plain(Element::F32, crate::request::Range::Full);
    let least = bound["exclusiveMaximum"].as_f64().unwrap();
    assert!((least as f32).is_infinite());
    assert!((least.next_down() as f32).is_finite());
}
