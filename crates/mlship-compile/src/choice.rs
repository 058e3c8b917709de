//! Which engine runs a model.

use std::collections::BTreeSet;
use std::fmt;

use mlship_inspect::onnx::{Attribute, Graph, Model};

use crate::classical::{Unsupported, unsupported};

/// The operators of rten; the file's head says of which version and when it was read.
const RTEN: &str = include_str!("rten-operators.txt");

/// What runs a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineChoice {
    /// The classical engine has everything.
    Classical,
    /// rten has every operator.
    Neural,
    /// No engine has everything.
    Neither(Lacking),
}

/// What each engine lacks for a model; each once, sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    /// What the classical engine lacks.
    pub classical: Vec<Unsupported>,
    /// The operators that rten lacks, with their domains.
    pub neural: Vec<String>,
    /// The operators that neither has.
    pub both: Vec<String>,
}

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: &[String]| names.join("`, `");
        if !self.both.is_empty() {
            return write!(f, "no engine has `{}`", list(&self.both));
        }
        let classical: Vec<String> = self.classical.iter().map(ToString::to_string).collect();
        write!(f, "the classical engine lacks {}; ", classical.join(", "))?;
        write!(f, "the neural engine lacks `{}`", list(&self.neural))
    }
}

/// A classical program is held in memory while it is made and while it runs; longer ones are left
/// to the engine that maps its weights. In bytes of the trained model.
const LONGEST_PROGRAM: u64 = 256 << 20;

/// Chooses for a model whose own file has `bytes`: the classical engine when it has everything,
/// else rten when it does. A large model that both run is rten's.
pub fn classify(model: &Model, bytes: u64) -> EngineChoice {
    let classical = unsupported(model);
    let neural = lacking(model);
    match (classical.is_empty(), neural.is_empty()) {
        (true, true) if bytes > LONGEST_PROGRAM => EngineChoice::Neural,
        (true, _) => EngineChoice::Classical,
        (false, true) => EngineChoice::Neural,
        (false, false) => {
            let lacked = |name: &String| classical.iter().any(|lack| lack.operator == *name);
            let both = neural.iter().filter(|name| lacked(name)).cloned().collect();
            EngineChoice::Neither(Lacking { classical, neural, both })
        }
    }
}

/// Chooses for a model that takes text or pictures: only the neural engine has tokenizers and
/// decoders beside it.
pub fn classify_text(model: &Model) -> EngineChoice {
    let neural = lacking(model);
    match neural.is_empty() {
        true => EngineChoice::Neural,
        false => {
            let both = neural.clone();
            EngineChoice::Neither(Lacking { classical: Vec::new(), neural, both })
        }
    }
}

/// The operators that rten lacks for a model, with their domains.
fn lacking(model: &Model) -> Vec<String> {
    let mut used = BTreeSet::new();
    operators(&model.graph, &mut used);
    let known: BTreeSet<&str> =
        RTEN.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    used.into_iter().filter(|name| !known.contains(name.as_str())).collect()
}

fn operators(graph: &Graph, used: &mut BTreeSet<String>) {
    for node in &graph.nodes {
        used.insert(match node.domain.as_str() {
            "" => node.op_type.clone(),
            domain => format!("{domain}.{}", node.op_type),
        });
        for (_, attribute) in &node.attributes {
            if let Attribute::Graph(body) = attribute {
                operators(body, used);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use mlship_inspect::onnx::Node;

    use super::*;

    fn model(operators: &[(&str, &str)]) -> Model {
        let node = |(domain, name): &(&str, &str)| Node {
            domain: (*domain).into(),
            op_type: (*name).into(),
            ..Node::default()
        };
        let graph = Graph { nodes: operators.iter().map(node).collect(), ..Graph::default() };
        Model { graph, ..Model::default() }
    }

    #[test]
    fn trained_tables_are_classical() {
        let model = model(&[("ai.onnx.ml", "Scaler"), ("", "MatMul")]);
        assert_eq!(classify(&model, 0), EngineChoice::Classical);
    }

    #[test]
    fn networks_are_neural() {
        let model = model(&[("", "Conv"), ("", "Relu"), ("com.microsoft", "FastGelu")]);
        assert_eq!(classify(&model, 0), EngineChoice::Neural);
    }

    #[test]
    fn what_no_engine_has_is_named() {
        let EngineChoice::Neither(lacking) = classify(&model(&[("", "Conv"), ("", "Hardmax")]), 0)
        else {
            panic!("no engine has Hardmax");
        };
        assert_eq!(lacking.both, ["Hardmax"]);
        assert_eq!(lacking.to_string(), "no engine has `Hardmax`");
    }

    #[test]
    fn engines_that_each_have_half_are_told_apart() {
        let both = model(&[("", "Conv"), ("ai.onnx.ml", "Scaler")]);
        let EngineChoice::Neither(lacking) = classify(&both, 0) else { panic!("none has both") };
        assert_eq!(
            lacking.to_string(),
            "the classical engine lacks `Conv`; the neural engine lacks `ai.onnx.ml.Scaler`"
        );
    }

    #[test]
    fn what_both_run_goes_to_the_one_that_suits_it() {
        let both = model(&[("", "MatMul")]);
        assert_eq!(classify(&both, 1 << 20), EngineChoice::Classical);
        assert_eq!(classify(&both, 1 << 30), EngineChoice::Neural);
        assert_eq!(classify_text(&both), EngineChoice::Neural);
        let trees = model(&[("ai.onnx.ml", "TreeEnsembleClassifier")]);
        assert_eq!(classify(&trees, 1 << 30), EngineChoice::Classical);
        assert!(matches!(classify_text(&trees), EngineChoice::Neither(_)));
    }
}
