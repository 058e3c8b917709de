//! Rows, right and wrong.

use mlship_bundle::{
    Bounds, Column, ColumnKind, EngineKind, FORMAT, Input, Model, Output, Packed, Port, Serving,
};

use super::*;

fn column(name: &str, kind: ColumnKind) -> Column {
    Column::plain(name, kind, false)
}

fn packed(input: &str, element: Element, columns: Vec<Column>) -> Packed {
    Packed { input: input.into(), element, columns }
}

/// A bundle whose model takes what is packed, `batch` rows at a time.
fn bundle(packed: Vec<Packed>, batch: Option<usize>) -> Bundle {
    let port = |packed: &Packed| Port {
        name: packed.input.clone(),
        element: packed.element,
        shape: vec![batch, Some(packed.columns.len())],
    };
    Bundle {
        format: FORMAT,
        name: "x".into(),
        model: Model {
            engine: EngineKind::Classical,
            path: "model".into(),
            weights: None,
            half_weights: None,
            fetched: Vec::new(),
            source_sha256: String::new(),
            inputs: packed.iter().map(port).collect(),
            outputs: Vec::new(),
        },
        input: Input::Table(packed),
        output: Output::Tensor,
        samples: Vec::new(),
        bounds: Bounds::default(),
        serving: Serving::default(),
        formats: Vec::new(),
        worker: None,
    }
}

fn table(bundle: &Bundle) -> Result<Table, LoadError> {
    let Input::Table(packed) = &bundle.input else { panic!() };
    Table::new(packed, bundle)
}

fn two_inputs(batch: Option<usize>) -> Bundle {
    let texts = vec![column("town", ColumnKind::String), column("code", ColumnKind::Int)];
    let numbers = vec![column("age", ColumnKind::Float), column("old", ColumnKind::Bool)];
    bundle(
        vec![packed("texts", Element::String, texts), packed("numbers", Element::F64, numbers)],
        batch,
    )
}

const ROWS: &[u8] = br#"[{"age": 0.1, "old": true, "code": 7, "town": "\u00e9"},
                         {"town": "b", "code": -1, "old": false, "age": 2}]"#;

#[test]
fn each_input_gets_its_own_columns_in_their_order() {
    let request = table(&two_inputs(None)).unwrap().read(ROWS, Said::NOTHING).unwrap();
    let texts = ["é", "7", "b", "-1"].map(String::from).to_vec();
    let expected = vec![
        Tensor { shape: vec![2, 2].into(), values: Values::String(texts) },
        Tensor { shape: vec![2, 2].into(), values: Values::F64(vec![0.1, 1.0, 2.0, 0.0].into()) },
    ];
    assert_eq!(request.form, Form::List);
    assert_eq!(request.runs, [Run { inputs: expected, answers: Answers::Examples(2) }]);
}

#[test]
fn a_model_of_one_row_is_run_once_a_row() {
    let request = table(&two_inputs(Some(1))).unwrap().read(ROWS, Said::NOTHING).unwrap();
    assert_eq!(request.runs.len(), 2);
    let last = &request.runs[1].inputs[1];
    assert_eq!(
        *last,
        Tensor { shape: vec![1, 2].into(), values: Values::F64(vec![2.0, 0.0].into()) }
    );
}

#[test]
fn a_model_of_three_rows_takes_three() {
    let problem = table(&two_inputs(Some(3))).unwrap().read(ROWS, Said::NOTHING).unwrap_err();
    assert_eq!(problem.detail, "the model takes 3 rows at a time, found 2");
}

#[test]
fn a_packing_that_does_not_fit_the_model_is_refused() {
    let refused = |packed: Vec<Packed>| table(&bundle(packed, None)).is_err();
    let text = || vec![column("a", ColumnKind::String)];
    assert!(refused(vec![packed("x", Element::F32, text())]), "text in a number's place");
    let optional = Column { optional: true, ..column("a", ColumnKind::Int) };
    assert!(refused(vec![packed("x", Element::I64, vec![optional])]), "no integer is missing");
    let twice = vec![column("a", ColumnKind::Float), column("a", ColumnKind::Float)];
    assert!(refused(vec![packed("x", Element::F32, twice)]), "one name twice");
    let mut wide = two_inputs(None);
    wide.model.inputs[0].shape[1] = Some(3);
    assert!(table(&wide).is_err(), "an input wider than its columns");
    let mut more = two_inputs(None);
    more.model.inputs.pop();
    assert!(table(&more).is_err(), "more packed than the model has");
}

#[test]
fn categories_are_known_passed_or_missing() {
    use mlship_bundle::{Categories, Filler, Stranger};
    let read = |unknown, default: Option<&str>, town: &str| {
        let mut town_column = column("town", ColumnKind::String);
        town_column.default = default.map(|text| Filler::Text(text.into()));
        let names = ["north", "south"].map(String::from).into();
        town_column.categories = Some(Categories { names, unknown });
        let bundle = bundle(vec![packed("x", Element::String, vec![town_column])], None);
        let body = format!(r#"[{{"town": {town}}}]"#);
        let request = table(&bundle).unwrap().read(body.as_bytes(), Said::NOTHING);
        request.map(|request| match &request.runs[0].inputs[0].values {
            Values::String(values) => values[0].clone(),
            other => panic!("{other:?}"),
        })
    };
    for unknown in [Stranger::Refuse, Stranger::Missing, Stranger::Pass] {
        assert_eq!(read(unknown, None, r#""south""#).unwrap(), "south");
    }
    let problem = read(Stranger::Refuse, None, r#""soth""#).unwrap_err();
    assert_eq!((problem.kind, problem.kind.status()), (Kind::UnknownCategory, 422));
    assert_eq!(problem.field.as_deref(), Some("/0/town"));
    assert!(problem.detail.ends_with("the nearest is `south`"), "{}", problem.detail);
    let far = read(Stranger::Refuse, None, r#""elsewhere""#).unwrap_err();
    assert!(far.detail.ends_with("one of: north, south"), "{}", far.detail);
    assert_eq!(read(Stranger::Missing, None, r#""east""#).unwrap(), "");
    assert_eq!(read(Stranger::Missing, Some("north"), r#""east""#).unwrap(), "north");
    assert_eq!(read(Stranger::Pass, None, r#""east""#).unwrap(), "east");
    assert_eq!(read(Stranger::Refuse, Some("north"), "null").unwrap(), "north");
    assert_eq!(read(Stranger::Refuse, None, "null").unwrap_err().kind, Kind::NullValue);
}

#[test]
fn defaults_that_cannot_be_are_contradictions() {
    use mlship_bundle::Filler;
    let with = |kind, element, default| {
        let column = Column { default: Some(default), ..column("x", kind) };
        table(&bundle(vec![packed("x", element, vec![column])], None)).map(drop)
    };
    assert!(with(ColumnKind::Int, Element::I64, Filler::Int(3)).is_ok());
    assert!(with(ColumnKind::Int, Element::I64, Filler::Float(3.5)).is_err());
    assert!(with(ColumnKind::Float, Element::F32, Filler::Text("3".into())).is_err());
    let date = ColumnKind::Date(mlship_bundle::Unit::Days);
    assert!(with(date, Element::F32, Filler::Text("2024-02-29".into())).is_ok());
    assert!(with(date, Element::F32, Filler::Text("2023-02-29".into())).is_err());
    assert!(with(date, Element::String, Filler::Text("2024-02-29".into())).is_err());
}
