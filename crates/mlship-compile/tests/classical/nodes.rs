//! The ONNX project's own backend node tests, for every operator the classical engine claims, and
//! the same against onnxruntime for the ai.onnx.ml operators that the project has no tests of.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::cases::{Case, compare, generate};
use mlship_bundle::program::OPERATORS;

fn names_file() -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("claimed-operators.txt");
    let names: Vec<&str> = OPERATORS.iter().map(|operator| operator.name).collect();
    std::fs::write(&path, names.join("\n")).unwrap();
    path
}

/// Cases that are not run although every operator of theirs is claimed, and why.
const NOT_RUN: &[(&str, &str)] = &[
    ("test_training_dropout", "training: what is dropped is random"),
    ("test_scan_sum", "Scan of version 8, which has another form and which no converter writes"),
];

fn failure(case: &Case) -> Option<String> {
    let got = match case.run() {
        Ok(got) => got,
        Err(problem) => return Some(problem),
    };
    let rtol = case.entry["rtol"].as_f64().unwrap_or(1e-3).max(1e-5);
    let atol = case.entry["atol"].as_f64().unwrap_or(1e-7).max(1e-6);
    for (nth, (expected, got)) in case.expected().iter().zip(&got).enumerate() {
        match compare(expected, got) {
            Err(problem) => return Some(format!("output {nth}: {problem}")),
            Ok(apart) if apart.unequal > 0 => {
                return Some(format!("output {nth}: {} elements differ", apart.unequal));
            }
            Ok(apart) if apart.absolute > atol && apart.relative > rtol => {
                return Some(format!("output {nth}: {apart:?}"));
            }
            Ok(_) => {}
        }
    }
    None
}

fn operators(case: &Case) -> Vec<String> {
    let list = case.entry["operators"].as_array().unwrap();
    list.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_claimed_operator_passes_its_node_tests() {
    let names = names_file();
    let mut cases = generate("nodes.py", &[&names]);
    cases.extend(generate("trained.py", &[]));
    let mut run: BTreeMap<String, usize> = BTreeMap::new();
    let mut not_run: BTreeMap<String, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for case in &cases {
        let listed = NOT_RUN.iter().find(|(name, _)| case.name.starts_with(name));
        let reason = case.skipped().map(str::to_owned).or(listed.map(|(_, why)| (*why).to_owned()));
        let reason = reason.or_else(|| lacking_types(case));
        if let Some(reason) = reason {
            *not_run.entry(reason).or_default() += 1;
            continue;
        }
        for name in operators(case) {
            *run.entry(name).or_default() += 1;
        }
        failures.extend(failure(case).map(|why| format!("{}: {why}", case.name)));
    }
    for (name, count) in &run {
        println!("{name:50} {count:4} tests");
    }
    for (reason, count) in &not_run {
        println!("not run: {count:4} with {reason}");
    }
    assert!(failures.is_empty(), "{} fail:\n{}", failures.len(), failures.join("\n"));
    let claimed: BTreeSet<&str> = OPERATORS.iter().map(|operator| operator.name).collect();
    let untested: Vec<&&str> = claimed.iter().filter(|name| !run.contains_key(**name)).collect();
    assert!(untested.is_empty(), "claimed and not tested: {untested:?}");
}

/// The element types that the engine does not have, when those are all that is lacking.
fn lacking_types(case: &Case) -> Option<String> {
    let lacking = mlship_compile::unsupported(&case.model());
    let first = lacking.first()?;
    lacking.iter().all(|lack| lack.part.starts_with("type ")).then(|| first.part.clone())
}
