//! Tensors, right and wrong.

use mlship_bundle::{Bounds, EngineKind, FORMAT, Input, Model, Output, Serving};

use super::*;

fn port(name: &str, element: Element, shape: &[Option<usize>]) -> Port {
    Port { name: name.into(), element, shape: shape.to_vec() }
}

fn tensors(inputs: Vec<Port>, outputs: Vec<Port>) -> Tensors {
    Tensors::new(&Bundle {
        format: FORMAT,
        name: "x".into(),
        model: Model {
            engine: EngineKind::Classical,
            path: "model".into(),
            weights: None,
            half_weights: None,
            fetched: Vec::new(),
            source_sha256: String::new(),
            inputs,
            outputs,
        },
        input: Input::Tensor,
        output: Output::Tensor,
        samples: Vec::new(),
        bounds: Bounds::default(),
        serving: Serving::default(),
        formats: Vec::new(),
        worker: None,
    })
}

fn two() -> Tensors {
    let inputs = vec![port("a", Element::I64, &[None, Some(2)]), port("b", Element::F32, &[None])];
    tensors(inputs, vec![port("y", Element::F32, &[None])])
}

#[test]
fn examples_of_one_shape_are_stacked() {
    let body = br#"[{"a": [1, 9223372036854775807], "b": 0.5}, {"b": 1, "a": [3, 4]}]"#;
    let request = two().read(body, Said::NOTHING).unwrap();
    let a =
        Tensor { shape: vec![2, 2].into(), values: Values::I64(vec![1, i64::MAX, 3, 4].into()) };
    let b = Tensor { shape: vec![2].into(), values: Values::F32(vec![0.5, 1.0].into()) };
    assert_eq!(request.runs, [Run { inputs: vec![a, b], answers: Answers::Examples(2) }]);
}

#[test]
fn examples_are_not_stacked_where_an_output_is_of_one() {
    let fixed =
        tensors(vec![port("b", Element::F32, &[None])], vec![port("y", Element::F32, &[Some(1)])]);
    assert_eq!(fixed.read(br#"[{"b": 1}, {"b": 2}]"#, Said::NOTHING).unwrap().runs.len(), 2);
}

#[test]
fn one_input_cannot_be_a_batch_where_another_is_an_example() {
    let problem = two().read(br#"{"a": [[1, 2]], "b": 1}"#, Said::NOTHING).unwrap_err();
    assert_eq!((problem.kind, problem.field.as_deref()), (Kind::WrongShape, Some("/b")));
}

#[test]
fn a_bare_number_is_a_tensor_without_dimensions() {
    let scalar = tensors(vec![port("x", Element::F64, &[])], Vec::new());
    let request = scalar.read(br#"{"x": 0.1}"#, Said::NOTHING).unwrap();
    let x = Tensor { shape: Vec::new().into(), values: Values::F64(vec![0.1].into()) };
    assert_eq!(request.runs, [Run { inputs: vec![x], answers: Answers::Whole }]);
}
