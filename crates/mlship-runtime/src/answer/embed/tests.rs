//! Vectors of outputs worked out by hand.

use mlship_bundle::{
    Bounds, Element, EngineKind, FORMAT, Model, Output, Port, Serving, Text, TokenizerForm,
};

use super::*;

fn embedder(rank: usize, pooling: Pooling, unit_length: bool) -> Embedder {
    of(rank, pooling, unit_length, Some("mask")).unwrap()
}

fn of(
    rank: usize,
    pooling: Pooling,
    unit_length: bool,
    mask: Option<&str>,
) -> Result<Embedder, LoadError> {
    let port =
        |name: &str, element, rank| Port { name: name.into(), element, shape: vec![None; rank] };
    let text = Text {
        field: "text".into(),
        tokenizer: "words".into(),
        form: TokenizerForm::Compiled,
        max_tokens: 8,
        padded_to: Some(8),
        ids: "ids".into(),
        mask: mask.map(str::to_owned),
        types: None,
    };
    let embed = Embed { field: "vector".into(), output: "y".into(), pooling, unit_length };
    let bundle = Bundle {
        format: FORMAT,
        name: "x".into(),
        model: Model {
            engine: EngineKind::Neural,
            path: "model".into(),
            weights: None,
            half_weights: None,
            fetched: Vec::new(),
            source_sha256: String::new(),
            inputs: vec![port("ids", Element::I64, 2), port("mask", Element::I64, 2)],
            outputs: vec![port("y", Element::F32, rank)],
        },
        input: Input::Text(text),
        output: Output::Embed(embed.clone()),
        samples: Vec::new(),
        bounds: Bounds::default(),
        serving: Serving::default(),
        formats: Vec::new(),
        worker: None,
    };
    Embedder::new(&embed, &bundle)
}

fn written(embedder: &Embedder, shape: &[usize], values: &[f32], row: usize) -> String {
    let ids = Tensor { shape: vec![2, 3].into(), values: Values::I64(vec![9; 6].into()) };
    let mask =
        Tensor { shape: vec![2, 3].into(), values: Values::I64(vec![1, 1, 0, 0, 1, 1].into()) };
    let output =
        Tensor { shape: shape.to_vec().into(), values: Values::F32(values.to_vec().into()) };
    let mut onto = Vec::new();
    match embedder.write(&mut onto, &[ids, mask], &[output], row, 2) {
        Ok(()) => String::from_utf8(onto).unwrap(),
        Err(error) => error.to_string(),
    }
}

const STATES: &[f32] = &[1.0, 2.0, 5.0, 6.0, 9.0, 9.0, 8.0, 8.0, 3.0, 4.0, 0.0, 0.0];

#[test]
fn the_mean_leaves_padding_out_on_either_side() {
    let mean = embedder(3, Pooling::Mean, false);
    assert_eq!(written(&mean, &[2, 3, 2], STATES, 0), r#"{"vector":[3.0,4.0]}"#);
    assert_eq!(written(&mean, &[2, 3, 2], STATES, 1), r#"{"vector":[1.5,2.0]}"#);
    let unit = embedder(3, Pooling::Mean, true);
    assert_eq!(written(&unit, &[2, 3, 2], STATES, 0), r#"{"vector":[0.6,0.8]}"#);
}

#[test]
fn the_first_token_is_the_first_that_is_no_padding() {
    let first = embedder(3, Pooling::First, false);
    assert_eq!(written(&first, &[2, 3, 2], STATES, 0), r#"{"vector":[1.0,2.0]}"#);
    assert_eq!(written(&first, &[2, 3, 2], STATES, 1), r#"{"vector":[3.0,4.0]}"#);
}

#[test]
fn a_model_that_pools_is_taken_at_its_word() {
    let pooled = embedder(2, Pooling::Mean, true);
    assert_eq!(written(&pooled, &[2, 2], &[3.0, 4.0, 0.0, 0.0], 0), r#"{"vector":[0.6,0.8]}"#);
    assert_eq!(written(&pooled, &[2, 2], &[3.0, 4.0, 0.0, 0.0], 1), r#"{"vector":[0.0,0.0]}"#);
}

#[test]
fn another_shape_is_an_error() {
    let mean = embedder(3, Pooling::Mean, false);
    for shape in [&[12][..], &[3, 2, 2], &[2, 6, 1], &[2, 2, 3, 1], &[2, 3, 9], &[2, 3, 0]] {
        assert_eq!(written(&mean, shape, STATES, 1), "an output is no vector a text", "{shape:?}");
    }
}

#[test]
fn padding_that_nothing_tells_from_tokens_is_refused() {
    let error = of(3, Pooling::Mean, false, None).err().unwrap().to_string();
    assert!(error.ends_with("nothing tells the model's tokens from padding"), "{error}");
    assert!(of(2, Pooling::Mean, false, None).is_ok());
}
