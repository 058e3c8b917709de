//! Graphs as exporters write their embeddings.

use mlship_inspect::onnx::{Attribute, Graph, Node, Tensor};

use super::{position_rows, token_rows};

fn node(op_type: &str, inputs: &[&str], output: &str) -> Node {
    Node {
        op_type: op_type.into(),
        inputs: inputs.iter().map(|name| String::from(*name)).collect(),
        outputs: vec![output.into()],
        ..Node::default()
    }
}

fn table(name: &str, dims: &[i64]) -> Tensor {
    Tensor { name: name.into(), dims: dims.to_vec(), ..Tensor::default() }
}

/// BERT as torch exports it: positions out of a buffer, cut to the ids' length.
fn bert() -> Graph {
    Graph {
        nodes: vec![
            node("Gather", &["words", "input_ids"], "w"),
            node("Shape", &["input_ids"], "shape"),
            node("Slice", &["buffer", "zero", "shape"], "places"),
            node("Gather", &["positions", "places"], "p"),
            node("Gather", &["segments", "token_type_ids"], "s"),
            node("Gather", &["shape", "one"], "length"),
            node("Add", &["w", "p"], "wp"),
        ],
        initializers: vec![
            table("words", &[30_522, 768]),
            table("positions", &[512, 768]),
            table("segments", &[2, 768]),
            table("buffer", &[1, 512]),
            table("other", &[40, 768]),
        ],
        ..Graph::default()
    }
}

#[test]
fn bert_tells_its_tokens_and_positions() {
    let graph = bert();
    assert_eq!(token_rows(&graph, "input_ids"), Some(30_522));
    assert_eq!(token_rows(&graph, "attention_mask"), None);
    assert_eq!(position_rows(&graph, &["input_ids", "token_type_ids"]), Some(512));
}

#[test]
fn segments_that_no_input_gives_are_no_positions() {
    let mut graph = bert();
    graph.nodes[4] = node("Gather", &["segments", "places"], "s");
    assert_eq!(position_rows(&graph, &["input_ids"]), Some(512));
}

#[test]
fn positions_counted_from_the_mask_leave_two_rows_unused() {
    let mut graph = bert();
    graph.initializers[1].dims[0] = 514;
    graph.nodes[2] = node("CumSum", &["mask", "one"], "counted");
    graph.nodes.push(node("Add", &["counted", "one"], "places"));
    assert_eq!(position_rows(&graph, &["input_ids"]), Some(512));
}

#[test]
fn tables_are_found_behind_casts_and_quantization() {
    let mut graph = bert();
    graph.nodes[0] = node("Gather", &["scaled", "narrow"], "w");
    graph.nodes.push(node("DequantizeLinear", &["words", "scale"], "scaled"));
    graph.nodes.push(node("Cast", &["input_ids"], "narrow"));
    assert_eq!(token_rows(&graph, "input_ids"), Some(30_522));
    assert_eq!(position_rows(&graph, &["input_ids"]), Some(512));
}

#[test]
fn other_graphs_tell_nothing() {
    let mut graph = bert();
    graph.nodes[0].attributes.push(("axis".into(), Attribute::Int(1)));
    assert_eq!(token_rows(&graph, "input_ids"), None);
    assert_eq!(position_rows(&graph, &["input_ids"]), None);
    let round =
        Graph { nodes: vec![node("Cast", &["a"], "b"), node("Cast", &["b"], "a")], ..bert() };
    let mut nodes = round.nodes.clone();
    nodes.push(node("Gather", &["words", "a"], "w"));
    let round = Graph { nodes, ..round };
    assert_eq!(token_rows(&round, "input_ids"), None);
    assert_eq!(token_rows(&Graph::default(), ""), None);
}
