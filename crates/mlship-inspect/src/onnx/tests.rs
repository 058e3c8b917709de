//! The parser against well-made, truncated and hostile bytes.

use super::*;

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn int(number: u64, value: i64) -> Vec<u8> {
    [varint(number << 3), varint(value.cast_unsigned())].concat()
}

fn bytes(number: u64, payload: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(payload.len() as u64), payload.to_vec()].concat()
}

fn attribute(name: &str, kind: i64, value: Vec<u8>) -> Vec<u8> {
    bytes(5, &[bytes(1, name.as_bytes()), value, int(20, kind)].concat())
}

/// A model with one of everything.
fn sample() -> Vec<u8> {
    let weights: Vec<u8> = [1.0f32, -2.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let tensor = [int(1, 2), int(2, 1), bytes(8, b"w"), bytes(9, &weights)].concat();
    let inner = bytes(1, &bytes(4, b"Identity"));
    let node = [
        bytes(1, b"x"),
        bytes(1, b""),
        bytes(2, b"y"),
        bytes(4, b"Scaler"),
        bytes(7, b"ai.onnx.ml"),
        attribute("scale", 6, bytes(7, &weights)),
        attribute("ids", 7, bytes(8, &[varint(300), varint(u64::MAX)].concat())),
        attribute("labels", 8, [bytes(9, b"a"), bytes(9, b"")].concat()),
        attribute("body", 5, bytes(6, &inner)),
        attribute("mode", 3, bytes(4, b"LEQ")),
        attribute("axis", 2, int(3, -1)),
    ]
    .concat();
    let shape = [bytes(1, &bytes(2, b"batch")), bytes(1, &int(1, 4))].concat();
    let typed = bytes(1, &[int(1, 1), bytes(2, &shape)].concat());
    let input = [bytes(1, b"x"), bytes(2, &typed)].concat();
    let weight_input = [bytes(1, b"w"), bytes(2, &typed)].concat();
    let maps = bytes(4, &bytes(1, &bytes(5, &int(1, 8))));
    let output = [bytes(1, b"y"), bytes(2, &maps)].concat();
    let graph = [
        bytes(1, &node),
        bytes(2, b"g"),
        bytes(5, &tensor),
        bytes(11, &input),
        bytes(11, &weight_input),
        bytes(12, &output),
    ]
    .concat();
    let opset = [bytes(1, b"ai.onnx"), int(2, 17)].concat();
    let metadata = [bytes(1, b"k"), bytes(2, b"v")].concat();
    [int(1, 8), bytes(2, b"maker"), bytes(7, &graph), bytes(8, &opset), bytes(14, &metadata)]
        .concat()
}

#[test]
fn reads_one_of_everything() {
    let file = sample();
    let model = parse(&file).unwrap();
    assert_eq!((model.ir_version, model.producer.as_str()), (8, "maker"));
    assert_eq!(model.opsets, [(String::new(), 17)]);
    assert_eq!(model.metadata, [("k".into(), "v".into())]);
    let node = &model.graph.nodes[0];
    assert_eq!(node.inputs, ["x", ""]);
    assert_eq!(node.domain, "ai.onnx.ml");
    let kinds: Vec<_> = node.attributes.iter().map(|(_, attribute)| attribute).collect();
    assert_eq!(*kinds[0], Attribute::Floats(vec![1.0, -2.0]));
    assert_eq!(*kinds[1], Attribute::Ints(vec![300, -1]));
    assert_eq!(*kinds[2], Attribute::Strings(vec![b"a".to_vec(), Vec::new()]));
    assert!(matches!(kinds[3], Attribute::Graph(graph) if graph.nodes[0].op_type == "Identity"));
    assert_eq!(*kinds[5], Attribute::Int(-1));
    let TensorData::Raw(range) = &model.graph.initializers[0].data else { panic!("not raw") };
    assert_eq!(file[range.clone()][..4], 1.0f32.to_le_bytes());
    assert_eq!(model.graph.inputs.len(), 1, "an initializer is not an input");
    let shape = vec![Dimension::Any("batch".into()), Dimension::Fixed(4)];
    assert_eq!(model.graph.inputs[0].kind, ValueKind::Tensor { data_type: 1, shape });
    assert_eq!(model.graph.outputs[0].kind, ValueKind::Maps);
}

#[test]
fn every_truncation_is_read_or_refused() {
    let file = sample();
    let refused = (0..file.len()).filter(|end| parse(&file[..*end]).is_err()).count();
    assert!(refused > file.len() / 2, "only {refused} of {} were refused", file.len());
}

#[test]
fn flipped_bytes_never_panic() {
    let file = sample();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut refused = 0;
    for _ in 0..20_000 {
        let mut bad = file.clone();
        for _ in 0..3 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let at = (state >> 8) as usize % bad.len();
            bad[at] = state as u8;
        }
        refused += usize::from(parse(&bad).is_err());
    }
    assert!(refused > 1000, "only {refused} were refused");
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| {
        let mut graph = Vec::new();
        for _ in 0..depth {
            graph = bytes(1, &bytes(5, &bytes(6, &graph)));
        }
        bytes(7, &graph)
    };
    assert!(parse(&nested(MAX_DEPTH - 1)).is_ok());
    assert_eq!(parse(&nested(1000)).unwrap_err().problem, Problem::TooDeep);
}

#[test]
fn lengths_beyond_the_file_are_refused() {
    for length in [5, 1 << 31, 1 << 63, u64::MAX] {
        let file = [varint(7 << 3 | 2), varint(length), vec![0; 4]].concat();
        assert_eq!(parse(&file).unwrap_err().problem, Problem::LongLength(length));
    }
}

#[test]
fn integers_of_more_than_ten_bytes_are_refused() {
    let error = parse(&[0xff; 16]).unwrap_err();
    assert_eq!((error.problem, error.offset), (Problem::LongInteger, 10));
    assert_eq!(error.to_string(), "at byte 10, reading the model: the integer is too long");
}

#[test]
fn tiny_messages_cannot_take_all_memory() {
    let graph: Vec<u8> = bytes(1, b"").repeat(1 << 20);
    assert_eq!(parse(&bytes(7, &graph)).unwrap_err().problem, Problem::TooManyValues);
}

#[test]
fn a_large_tree_model_is_within_the_budget() {
    let attributes = [
        attribute("nodes_treeids", 7, bytes(8, &vec![0; 1 << 20])),
        attribute("nodes_modes", 8, bytes(9, b"LEAF").repeat(1 << 20)),
    ];
    let file = bytes(7, &bytes(1, &attributes.concat()));
    assert_eq!(parse(&file).unwrap().graph.nodes[0].attributes.len(), 2);
}

#[test]
fn other_files_are_refused() {
    for file in [&b""[..], b"PK\x03\x04", b"\x80\x04\x95", b"{\"a\": 1}", &[0; 64]] {
        assert!(parse(file).is_err());
    }
}
