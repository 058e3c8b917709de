//! What `inspect` found out, as text for people. Pure: nothing is printed here.

use mlship_compile::EngineChoice;
use mlship_inspect::{
    BoosterFacts, ClassLabels, Facts, Missing, OnnxFacts, PickleFacts, Port, Signature, TensorFacts,
};

use super::size;
use crate::exporting::{Way, way};

/// How many of a list are shown.
const SHOWN: usize = 24;

/// How many tensors are shown.
const TENSORS: usize = 8;

/// Everything found, the most useful first.
pub(crate) fn text(facts: &Facts, engine: Option<&EngineChoice>) -> String {
    let mut out = format!("{}\n  {}, {}\n", facts.path.display(), facts.summary, size(facts.bytes));
    if let Some(engine) = engine {
        out.push_str(&engine_text(engine));
    }
    if let Some(onnx) = &facts.onnx {
        out.push_str(&onnx_text(onnx));
    }
    if let Some(pickle) = &facts.pickle {
        out.push_str(&pickle_text(pickle));
    }
    if let Some(tensors) = &facts.tensors {
        out.push_str(&tensors_text(tensors));
    }
    if let Some(booster) = &facts.booster {
        out.push_str(&booster_text(booster));
    }
    if !facts.holds.is_empty() {
        out.push_str("\nholds\n");
        for held in facts.holds.iter().take(SHOWN) {
            out.push_str(&format!(
                "  {:>10}  {}\n",
                held.bytes.map_or_else(|| "?".into(), size),
                held.name
            ));
        }
    }
    if let Some(bytes) = &facts.first_bytes {
        out.push_str(&row("begins with", bytes));
    }
    for warning in &facts.warnings {
        out.push_str(&format!("\nwarning: {warning}\n"));
    }
    if let Way::Converts(more) = way(facts) {
        let path = facts.path.display();
        let of = match more.is_empty() {
            true => "",
            false => ", where that is the class that was trained",
        };
        out.push_str(&format!(
            "\nmlship init {path}{more}\nconverts it, with proof{of}; by hand:\n"
        ));
    }
    for step in &facts.advice {
        out.push_str(&format!("\n{step}\n"));
    }
    out
}

fn engine_text(engine: &EngineChoice) -> String {
    match engine {
        EngineChoice::Classical => row("engine", "classical: compiled, no Python in the artifact"),
        EngineChoice::Neural => row("engine", "neural: rten, no Python in the artifact"),
        EngineChoice::Neither(lacking) => row("engine", &format!("none: {lacking}")),
    }
}

fn onnx_text(onnx: &OnnxFacts) -> String {
    let mut opsets: Vec<String> =
        onnx.opsets.iter().map(|opset| format!("{} {}", opset.domain, opset.version)).collect();
    opsets.dedup();
    let mut out = row("operator sets", &opsets.join(", "));
    if onnx.tree_nodes > 0 {
        out.push_str(&row("tree nodes", &onnx.tree_nodes.to_string()));
    }
    out.push_str(&row("parameters", &onnx.parameters.to_string()));
    for (key, value) in &onnx.metadata {
        out.push_str(&row(key, value));
    }
    for file in &onnx.external_files {
        let there = file.bytes.map_or_else(|| "not there".into(), size);
        out.push_str(&row("weights in", &format!("{} ({there})", file.location)));
    }
    out.push_str("\ninputs\n");
    for (port, signature) in onnx.inputs.iter().zip(&onnx.signature.inputs) {
        let missing = if signature.missing == Missing::Handled { "  may be missing" } else { "" };
        out.push_str(&format!("{}{missing}\n", port_text(port)));
    }
    out.push_str("\noutputs\n");
    for port in &onnx.outputs {
        let role = role(port, &onnx.signature);
        out.push_str(&format!("{}{role}\n", port_text(port)));
    }
    if let Some(labels) = &onnx.signature.class_labels {
        out.push_str(&row("classes", &labels_text(labels)));
    }
    out.push_str("\noperators\n");
    for operator in onnx.operators.iter().take(SHOWN) {
        let domain = if operator.domain == "ai.onnx" { "" } else { &operator.domain };
        out.push_str(
            &format!("  {:>6}  {:<28}{domain}\n", operator.count, operator.name)
                .replace(" \n", "\n"),
        );
    }
    if onnx.operators.len() > SHOWN {
        out.push_str(&format!("  and {} more\n", onnx.operators.len() - SHOWN));
    }
    out
}

fn role(port: &Port, signature: &Signature) -> &'static str {
    let name = Some(port.name.as_str());
    if name == signature.label.as_deref() {
        "  the class"
    } else if name == signature.probabilities.as_deref() {
        "  a score for each class"
    } else if name == signature.value.as_deref() {
        "  the number"
    } else {
        ""
    }
}

fn port_text(port: &Port) -> String {
    let shape =
        port.shape.as_ref().map_or_else(String::new, |shape| format!("[{}]", shape.join(", ")));
    format!("  {:<19} {:<8} {shape:<14}", port.name, port.dtype).trim_end().to_owned()
}

fn labels_text(labels: &ClassLabels) -> String {
    let names: Vec<String> = match labels {
        ClassLabels::Strings(names) => names.clone(),
        ClassLabels::Ints(numbers) => numbers.iter().map(ToString::to_string).collect(),
    };
    listed(&names)
}

fn pickle_text(pickle: &PickleFacts) -> String {
    let mut out = row("pickle protocol", &pickle.protocol.to_string());
    if let Some(compression) = pickle.compression {
        out.push_str(&row("compressed with", compression));
    }
    if let Some(class) = &pickle.class {
        out.push_str(&row("class", class));
    }
    out.push_str(&row("made of", &listed(&pickle.objects)));
    out.push_str(&row("needs", &listed(&pickle.packages)));
    for (package, version) in &pickle.versions {
        out.push_str(&row(package, version));
    }
    out
}

fn tensors_text(tensors: &TensorFacts) -> String {
    let dtypes: Vec<String> =
        tensors.dtypes.iter().map(|(dtype, count)| format!("{dtype} {count}")).collect();
    let mut out = row("parameters", &tensors.parameters.to_string());
    out.push_str(&row("of types", &listed(&dtypes)));
    if let Some(count) = tensors.count {
        out.push_str(&row("tensors", &count.to_string()));
    }
    for port in tensors.first.iter().take(TENSORS) {
        out.push_str(&format!("{}\n", port_text(port)));
    }
    let shown = tensors.first.len().min(TENSORS) as u64;
    if let Some(more @ 1..) =
        tensors.count.filter(|_| shown > 0).map(|all| all.saturating_sub(shown))
    {
        out.push_str(&format!("  and {more} more\n"));
    }
    out
}

fn booster_text(booster: &BoosterFacts) -> String {
    let mut out = String::new();
    if let Some(version) = &booster.version {
        out.push_str(&row("version", version));
    }
    if let Some(objective) = &booster.objective {
        out.push_str(&row("objective", objective));
    }
    let numbers =
        [("features", booster.features), ("classes", booster.classes), ("trees", booster.trees)];
    for (name, number) in numbers {
        if let Some(number) = number {
            out.push_str(&row(name, &number.to_string()));
        }
    }
    if !booster.feature_names.is_empty() {
        out.push_str(&row("feature names", &listed(&booster.feature_names)));
    }
    out
}

fn listed(items: &[String]) -> String {
    let mut text = items.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if items.len() > SHOWN {
        text.push_str(&format!(" and {} more", items.len() - SHOWN));
    }
    text
}

fn row(name: &str, value: &str) -> String {
    if value.is_empty() { String::new() } else { format!("  {name:<18}{value}\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_stand_apart_and_what_is_left_out_is_counted() {
        let name = "distilbert.embeddings.LayerNorm.bias";
        let port = |name: &str| Port {
            name: name.into(),
            dtype: "float32".into(),
            shape: Some(vec!["8".into()]),
        };
        assert_eq!(port_text(&port(name)), format!("  {name} float32  [8]"));
        assert_eq!(port_text(&port("age")), "  age                 float32  [8]");
        let mut tensors = TensorFacts { count: Some(41), ..TensorFacts::default() };
        tensors.first = vec![port(name); 41];
        let text = tensors_text(&tensors);
        assert!(text.ends_with("  and 33 more\n"), "{text}");
        tensors.count = Some(8);
        tensors.first.truncate(8);
        assert!(tensors_text(&tensors).ends_with("[8]\n"));
    }
}
