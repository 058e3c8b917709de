//! What the table takes, and what it says of the rest.

use mlship_core::finding::Finding;
use mlship_core::node::{Key, Value};
use mlship_testkit::target::table;

use super::*;

const PLACE: [(&str, &str); 2] = [("project", "research-1"), ("region", "europe-west1")];

fn read(entries: &[(&str, &str)]) -> (Option<Config>, Vec<Finding>) {
    let findings = RefCell::default();
    let config = Config::read(&table(entries), &findings);
    (config, findings.into_inner().0)
}

/// With a project and a region, and other values than text.
fn read_with(text: &[(&str, &str)], more: Vec<(&str, Value)>) -> (Option<Config>, Vec<Finding>) {
    let all: Vec<_> = PLACE.iter().chain(text).copied().collect();
    let Value::Table(mut entries) = table(&all).value else { unreachable!("a table") };
    entries.extend(more.into_iter().map(entry));
    let node = Node { span: 0..99, value: Value::Table(entries) };
    let findings = RefCell::default();
    let config = Config::read(&node, &findings);
    (config, findings.into_inner().0)
}

fn entry((name, value): (&str, Value)) -> (Key, Node) {
    (Key { name: name.into(), span: 80..81 }, Node { span: 90..91, value })
}

fn texts(entries: &[(&str, &str)]) -> Value {
    Value::Table(
        entries.iter().map(|(key, text)| entry((key, Value::Str((*text).into())))).collect(),
    )
}

fn accepted(text: &[(&str, &str)], more: Vec<(&str, Value)>) -> Config {
    let (config, findings) = read_with(text, more);
    assert!(findings.is_empty(), "{findings:?}");
    config.expect("a config")
}

/// The only finding there is, in words.
fn refused(text: &[(&str, &str)], more: Vec<(&str, Value)>) -> String {
    let (_, findings) = read_with(text, more);
    let [finding] = &findings[..] else { panic!("{findings:?}") };
    assert!(finding.span.is_some(), "{finding:?}");
    let label = finding.label.clone().unwrap_or_default();
    format!("{} ({label}) {}", finding.message, finding.hints.join("; "))
}

#[test]
fn the_first_kind_is_the_default_and_so_is_the_rest() {
    let config = accepted(&[], vec![]);
    let rest =
        Config { project: "research-1".into(), region: "europe-west1".into(), ..Config::default() };
    assert_eq!(config, rest);
    assert_eq!((config.kind.as_str(), config.kind_span), ("cloud-run-source", None));
    assert_eq!((config.access, config.ingress), (Access::Private, Ingress::All));
}

#[test]
fn every_kind_has_limits() {
    for kind in Kind::ALL {
        assert_eq!(accepted(&[("kind", kind.as_str())], vec![]).kind, kind);
        let known = crate::limits::limits().iter().any(|one| one.kind == kind.as_str());
        assert!(known, "{kind:?}");
    }
    assert_eq!(crate::limits::limits()[0].kind, Kind::WORDS[0]);
    let tiers = |cpu: &Cpu| [cpu.milli(), cpu.memory_mb().0, cpu.memory_mb().1].map(u64::from);
    let ours: Vec<_> = Cpu::ALL.iter().map(tiers).collect();
    let pages = crate::limits::limits()[0].cpu_tiers.as_ref().expect("tiers").tiers.iter();
    let pages: Vec<_> = pages.map(|one| [one.milli_cpu, one.from_mb, one.to_mb]).collect();
    assert_eq!(ours, pages);
}

#[test]
fn mistakes_are_reported_together() {
    let (config, findings) = read(&[("kind", "lambda"), ("projectx", "one"), ("access", "key")]);
    let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
    let wanted = [
        "manifest/choice",
        "manifest/missing",
        "manifest/missing",
        "manifest/choice",
        "manifest/unknown-key",
    ];
    assert_eq!((config, codes), (None, wanted.to_vec()));
    assert!(refused(&[("location", "x")], vec![]).contains("write `region`"));
}

#[test]
fn names_keep_googles_rules() {
    let said = |key: &str, value: &str| {
        let others = PLACE.iter().filter(|(name, _)| *name != key).copied();
        let entries: Vec<_> = others.chain([(key, value)]).collect();
        let (_, findings) = read(&entries);
        findings
            .iter()
            .map(|one| format!("{} {}", one.message, one.hints.join(" ")))
            .collect::<String>()
    };
    for (key, value) in [
        ("project", "example.com:research"),
        ("region", "northamerica-northeast2"),
        ("service-account", "42-compute@developer.gserviceaccount.com"),
        ("caller", "ci@research-1.iam.gserviceaccount.com"),
    ] {
        assert_eq!(said(key, value), "", "{key}");
    }
    for (key, value, words) in [
        ("project", "Research", "`gcloud projects list` shows yours"),
        ("project", "a/../b-research", "`gcloud projects list` shows yours"),
        ("region", "Europe-West1", "write `europe-west1`"),
        ("region", "europe-west1 (Belgium)", "write `europe-west1`"),
        ("region", "europe-west1-b", "a zone is too narrow: write `europe-west1`"),
        ("region", "europe", "for example `europe-west1`"),
        ("region", "europe-west-1", "for example `europe-west1`"),
        ("service-account", "me@example.com", "service-accounts list"),
        ("caller", "ci@x/y.gserviceaccount.com", "service-accounts list"),
    ] {
        assert!(said(key, value).contains(words), "{key} {value}: {}", said(key, value));
    }
}

#[test]
fn an_instance_is_of_a_size_that_there_is() {
    let cpu = |value: Value| accepted(&[], vec![("cpu", value)]).cpu;
    assert_eq!(cpu(Value::Float(0.08)), Some(Cpu::Twelfth));
    assert_eq!(cpu(Value::Float(2.0)), Some(Cpu::Two));
    assert_eq!(cpu(Value::Int(8)), Some(Cpu::Eight));
    let three = refused(&[], vec![("cpu", Value::Int(3))]);
    assert!(three.contains("one of: 0.08, 0.5, 1, 2, 4, 6, 8"), "{three}");
    assert!(refused(&[("cpu", "1")], vec![]).contains("must be a number"));
    let sizes = [(128, Cpu::One), (4096, Cpu::One), (4097, Cpu::Two), (32_768, Cpu::Eight)];
    for (memory, expected) in sizes {
        assert_eq!(Config::default().cpu_for(memory), expected, "{memory}");
    }
    let image = [("kind", "cloud-run-image"), ("gpu", "nvidia-l4")];
    assert_eq!(accepted(&image, vec![]).cpu_for(16_384), Cpu::Four);
    let few = refused(&image, vec![("cpu", Value::Int(2))]);
    assert!(few.contains("a GPU needs at least 4"), "{few}");
    let source = refused(&[("gpu", "nvidia-l4")], vec![]);
    assert!(source.contains("choose `kind: cloud-run-image`"), "{source}");
    let source = refused(&[("repository", "images")], vec![]);
    assert!(source.contains("choose `kind: cloud-run-image`"), "{source}");
}

#[test]
fn instances_are_in_order() {
    let numbers = |min: i64, max: i64| {
        let table = [("min", Value::Int(min)), ("max", Value::Int(max))].map(entry);
        vec![("instances", Value::Table(table.into()))]
    };
    let instances = accepted(&[], numbers(0, 3)).instances;
    assert_eq!(instances, Instances { min: Some(0), max: Some(3) });
    assert!(refused(&[], numbers(4, 3)).contains("is 4, more than `max`, 3"));
    assert!(refused(&[], numbers(0, 0)).contains("must be from 1"));
}

#[test]
fn variables_and_secrets_are_told_apart() {
    let config = accepted(
        &[],
        vec![
            ("environment", texts(&[("MODE", "fast"), ("_x1", "")])),
            ("secrets", texts(&[("KEY", "api-key:3"), ("B", "projects/p-1/secrets/b:latest")])),
        ],
    );
    assert_eq!(config.environment["MODE"], "fast");
    let secret = Secret { name: "projects/p-1/secrets/b".into(), version: "latest".into() };
    assert_eq!(config.secrets["B"], secret);
    let kind = [("kind", "functions-v2")];
    for (kind, table, key, value, words) in [
        (&[][..], "environment", "PORT", "1", "sets it itself"),
        (&[], "environment", "MLSHIP_X", "1", "mlship's own"),
        (&[], "environment", "1A", "1", "does not begin with a digit"),
        (&[], "environment", "A-B", "1", "letters, digits and `_`"),
        (&kind, "environment", "FUNCTION_TARGET", "1", "sets it itself"),
        (&[], "secrets", "KEY", "api-key", "write `name:version`"),
        (&[], "secrets", "KEY", "a/b:1", "write `name:version`"),
        (&[], "secrets", "KEY", "a:1x", "write `name:version`"),
    ] {
        let said = refused(kind, vec![(table, texts(&[(key, value)]))]);
        assert!(said.contains(words), "{said}");
    }
    let both = vec![("environment", texts(&[("A", "1")])), ("secrets", texts(&[("A", "a:1")]))];
    assert!(refused(&[], both).contains("`environment` has it too"));
    let long = "x".repeat(32_769);
    let said = refused(&[], vec![("environment", texts(&[("A", &long)]))]);
    assert!(said.contains("longer than 32768 bytes"), "{said}");
}

#[test]
fn labels_keep_googles_rules() {
    let labels = |key: &str, value: &str| vec![("labels", texts(&[(key, value)]))];
    assert_eq!(accepted(&[], labels("team", "größe-1")).labels["team"], "größe-1");
    for (key, value, words) in [
        ("Team", "x", "begins with a letter"),
        ("team", "X", "a value has up to 63"),
        ("mlship-project", "x", "mlship's own"),
        ("goog-x", "x", "Google's own"),
    ] {
        let said = refused(&[], labels(key, value));
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn the_schema_names_every_key_that_the_reader_knows() {
    let schema = schema();
    let known = schema["properties"].as_object().expect("an object");
    let unknown = |name: &str| {
        let (_, findings) = read_with(&[], vec![(name, Value::Null)]);
        findings.iter().any(|one| one.code == "manifest/unknown-key")
    };
    assert_eq!(known.len(), 14);
    assert!(known.keys().all(|name| !unknown(name)), "{known:?}");
    assert!(unknown("location"));
}
