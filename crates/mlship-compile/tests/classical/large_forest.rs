//! A large forest starts like a small one: loading maps the file and touches few of its pages.

use std::path::Path;

use mlship_compile::classical;
use mlship_inspect::onnx::{Attribute, Graph, Model, Node, ValueInfo};
use mlship_runtime::classical::open;
use mlship_runtime::engine::Engine;
use mlship_runtime::tensor::{Tensor, Values};

/// Complete trees of that depth over four features; each leaf weighs one.
fn forest(trees: i64, depth: u32) -> Model {
    let nodes = (1i64 << (depth + 1)) - 1;
    let inner = (1i64 << depth) - 1;
    let all = || (0..trees).flat_map(|tree| (0..nodes).map(move |node| (tree, node)));
    let leaves = || all().filter(|(_, node)| *node >= inner);
    let ints = |values: Vec<i64>| Attribute::Ints(values);
    let child =
        |side: i64| all().map(|(_, node)| if node < inner { 2 * node + side } else { 0 }).collect();
    let mode = |node: i64| if node < inner { b"BRANCH_LEQ".to_vec() } else { b"LEAF".to_vec() };
    let attributes = [
        ("n_targets", Attribute::Int(1)),
        ("nodes_treeids", ints(all().map(|(tree, _)| tree).collect())),
        ("nodes_nodeids", ints(all().map(|(_, node)| node).collect())),
        ("nodes_featureids", ints(all().map(|(_, node)| node % 4).collect())),
        ("nodes_values", Attribute::Floats(all().map(|(_, node)| node as f32 % 7.0).collect())),
        ("nodes_modes", Attribute::Strings(all().map(|(_, node)| mode(node)).collect())),
        ("nodes_truenodeids", ints(child(1))),
        ("nodes_falsenodeids", ints(child(2))),
        ("target_treeids", ints(leaves().map(|(tree, _)| tree).collect())),
        ("target_nodeids", ints(leaves().map(|(_, node)| node).collect())),
        ("target_ids", ints(leaves().map(|_| 0).collect())),
        ("target_weights", Attribute::Floats(leaves().map(|_| 1.0).collect())),
    ];
    let node = Node {
        op_type: "TreeEnsembleRegressor".into(),
        domain: "ai.onnx.ml".into(),
        inputs: vec!["x".into()],
        outputs: vec!["y".into()],
        attributes: attributes.map(|(name, value)| (name.to_owned(), value)).into(),
        ..Node::default()
    };
    let value = |name: &str| ValueInfo { name: name.into(), ..ValueInfo::default() };
    let graph = Graph {
        nodes: vec![node],
        inputs: vec![value("x")],
        outputs: vec![value("y")],
        ..Graph::default()
    };
    Model { opsets: vec![("ai.onnx.ml".into(), 3)], graph, ..Model::default() }
}

/// How much of a mapped file is in this process's memory, in bytes.
fn resident(path: &Path) -> usize {
    let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let mut lines = maps.lines().skip_while(|line| !line.ends_with(path.to_str().unwrap()));
    assert!(lines.next().is_some(), "{} is not mapped", path.display());
    let rss = lines.find(|line| line.starts_with("Rss:")).unwrap();
    rss.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

/// The file's length, and what of it is resident once it is loaded.
fn measured(folder: &Path, trees: i64, depth: u32) -> (usize, usize) {
    let program = classical(&forest(trees, depth), &[]).unwrap();
    let path = folder.join(format!("{trees}-{depth}.program"));
    std::fs::write(&path, &program).unwrap();
    let engine = open(&path).unwrap();
    let loaded = resident(&path);
    let row =
        Tensor { shape: vec![1, 4].into(), values: Values::F32(vec![1.0, 5.0, 3.0, 0.0].into()) };
    let answer = engine.run(&[row]).unwrap();
    assert_eq!(answer[0].values, Values::F32(vec![trees as f32].into()));
    (program.len(), loaded)
}

#[test]
fn loading_touches_as_little_of_a_large_forest_as_of_a_small_one() {
    let folder = tempfile::tempdir().unwrap();
    let small = measured(folder.path(), 100, 4);
    let large = measured(folder.path(), 100, 13);
    println!("small and large, length and resident bytes: {small:?} {large:?}");
    assert!(large.0 > 20 << 20, "the large forest has only {} bytes", large.0);
    // The kernel brings a file in by pages of up to 2 MiB: one for the header, one for the rest.
    assert!(large.1 <= 4 << 20, "{} of {} bytes were touched", large.1, large.0);
}
