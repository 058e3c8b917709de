//! What the table takes, and what it says of the rest.

use mlship_core::finding::Severity;
use mlship_core::node::{Key, Value};
use mlship_testkit::target::table;

use super::*;

fn read(entries: &[(&str, &str)]) -> (Option<Config>, Vec<Finding>) {
    let findings = RefCell::default();
    let config = Config::read(&table(entries), &findings);
    (config, findings.into_inner().0)
}

/// With a region, and one nested table.
fn read_with(entries: &[(&str, &str)], key: &str, inner: Vec<(&str, Value)>) -> Vec<String> {
    let Value::Table(mut all) = table(entries).value else { unreachable!("a table") };
    let node = |value| Node { span: 90..91, value };
    let named = |name: &str| Key { name: name.into(), span: 80..81 };
    let inner = inner.into_iter().map(|(name, value)| (named(name), node(value))).collect();
    all.push((named(key), node(Value::Table(inner))));
    all.push((named("location"), node(Value::Str("westeurope".into()))));
    let findings = RefCell::default();
    Config::read(&node(Value::Table(all)), &findings);
    findings.into_inner().0.into_iter().map(|finding| finding.message).collect()
}

/// The only finding there is, with its hints.
fn refused(entries: &[(&str, &str)]) -> String {
    let entries: Vec<_> = [("location", "westeurope")].iter().chain(entries).copied().collect();
    let (_, findings) = read(&entries);
    let [finding] = &findings[..] else { panic!("{entries:?}: {findings:?}") };
    assert_eq!(finding.severity, Severity::Error);
    assert!(finding.span.is_some(), "{finding:?}");
    format!(
        "{} ({}) {}",
        finding.message,
        finding.label.clone().unwrap_or_default(),
        finding.hints.join("; ")
    )
}

fn accepted(entries: &[(&str, &str)]) -> Config {
    let entries: Vec<_> = [("location", "westeurope")].iter().chain(entries).copied().collect();
    let (config, findings) = read(&entries);
    assert!(findings.is_empty(), "{findings:?}");
    config.expect("a config")
}

#[test]
fn everything_has_a_default_but_the_region() {
    let config = accepted(&[]);
    assert_eq!((config.kind, config.kind_span.clone()), (Kind::FunctionsFlex, None));
    assert_eq!((config.access, config.package), (Access::Key, Package::Zip));
    assert_eq!(
        (config.location.as_str(), config.location_span.clone()),
        ("westeurope", Some(1..2))
    );
    let rest = Config {
        location: config.location.clone(),
        location_span: Some(1..2),
        ..Config::default()
    };
    assert_eq!(config, rest);
    let (config, findings) = read(&[("kind", "web-app")]);
    assert_eq!((config, findings[0].code), (None, "manifest/missing"));
}

#[test]
fn every_kind_has_limits_and_the_first_is_the_default() {
    for kind in Kind::ALL {
        assert_eq!(Config { kind, ..Config::default() }.kind.as_str(), kind.as_str());
        let known = crate::limits::limits().iter().any(|one| one.kind == kind.as_str());
        assert!(known, "{kind:?}");
    }
    assert_eq!(crate::limits::limits()[0].kind, Kind::WORDS[0]);
    let profiles: Vec<_> =
        sizes::machines(Kind::ContainerApps).iter().map(|one| &*one.name).collect();
    assert!(
        PROFILES.iter().all(|name| profiles.contains(name)) && profiles.len() == PROFILES.len()
    );
}

#[test]
fn the_region_is_its_short_name() {
    for (written, hint) in [
        ("West Europe", "write `westeurope`"),
        ("WestEurope", "write `westeurope`"),
        ("west-europe", "write `westeurope`"),
        ("(Europe) West Europe", "write `westeurope`"),
        ("", "for example `westeurope`"),
        ("22", "for example `westeurope`"),
        ("Ost\u{fc}rreich", "for example `westeurope`"),
    ] {
        let (config, findings) = read(&[("location", written)]);
        assert_eq!((config, findings[0].code), (None, "azure/location"), "{written}");
        assert!(findings[0].hints[0].starts_with(hint), "{written}: {:?}", findings[0].hints);
    }
}

#[test]
fn a_name_that_cannot_be_is_told_with_the_rule_and_one_that_can() {
    for (key, value, words) in [
        (
            "storage-account",
            "my-models",
            "3 to 24 small letters and digits, nothing else) for example `mymodels`",
        ),
        ("storage-account", "M", "for example `mymodels`"),
        ("registry", "models.azurecr.io", "5 to 50 letters and digits"),
        (
            "app",
            "-heart-",
            "2 to 60 letters, digits and hyphens, no hyphen at either end) for example `heart`",
        ),
        ("resource-group", "models.", "for example `models`"),
        ("subscription", "Pay-As-You-Go", "`az account list` shows yours"),
    ] {
        let kind = if key == "registry" { "web-app" } else { "functions-flex" };
        let said = refused(&[("kind", kind), (key, value)]);
        assert!(said.contains(words), "{said}");
    }
    let said = refused(&[("kind", "container-apps"), ("app", "Heart Disease")]);
    assert!(said.contains("for example `heart-disease`"), "{said}");
}

#[test]
fn a_size_must_be_one_of_the_kind() {
    let premium = [("kind", "functions-premium"), ("sku", "ep2")];
    assert_eq!(accepted(&premium).sku.as_deref(), Some("EP2"));
    assert_eq!(accepted(&[("kind", "web-app"), ("sku", "P1V3")]).machine(), Some("P1v3"));
    let said = refused(&[("kind", "functions-premium"), ("sku", "P1v3")]);
    assert!(said.contains("one of: EP1, EP2, EP3"), "{said}");
    let said = refused(&[("kind", "functions-dedicated"), ("sku", "P1v4")]);
    assert!(said.contains("one of: S1, S2, "), "{said}");
    for kind in ["functions-dedicated", "web-app"] {
        let said = refused(&[("kind", kind), ("sku", "b2")]);
        assert!(said.contains("cannot be `B2` (it has no slot") && said.contains("`S1`"), "{said}");
    }
    let said = refused(&[("sku", "FC1")]);
    assert!(said.contains("resources.memory-mb"), "{said}");
    let said = refused(&[("kind", "container-apps"), ("sku", "D4")]);
    assert!(said.contains("workload-profile"), "{said}");
}

#[test]
fn keys_of_other_kinds_are_refused_with_the_kind_that_takes_them() {
    let config =
        accepted(&[("kind", "functions-premium"), ("package", "image"), ("registry", "models")]);
    assert!(config.takes_image() && config.registry.is_some());
    assert!(!accepted(&[("package", "zip")]).takes_image());
    for (entries, words) in [
        (vec![("package", "image")], "choose `kind: functions-premium`"),
        (vec![("kind", "web-app"), ("package", "image")], "leave it out"),
        (vec![("registry", "models")], "is for images, and this is a zip"),
        (vec![("kind", "functions-dedicated"), ("registry", "models")], "add `package: image`"),
        (vec![("workload-profile", "D4")], "choose `kind: container-apps`"),
        (vec![("kind", "container-apps"), ("workload-profile", "T4")], "one of: Consumption, "),
        (vec![("access", "keys")], "did you mean `key`?"),
        (vec![("loction", "westeurope")], "did you mean `location`?"),
        (vec![("region", "westeurope")], "write `location`"),
        (vec![("kind", "functions-consumption")], "one of: functions-flex, "),
    ] {
        let said = refused(&entries);
        assert!(said.contains(words), "{said}");
    }
    let gpu = accepted(&[("kind", "container-apps"), ("workload-profile", GPU_PROFILES[0])]);
    assert_eq!(gpu.machine(), Some(GPU_PROFILES[0]));
    let plain = accepted(&[("kind", "container-apps"), ("workload-profile", "Consumption")]);
    assert_eq!(plain.machine(), None);
}

#[test]
fn instances_are_within_the_bounds_of_the_kind() {
    let said = |kind, min: Option<i64>, max: Option<i64>| {
        let numbers = [("min", min), ("max", max)];
        let inner =
            numbers.into_iter().filter_map(|(key, n)| Some((key, Value::Int(n?)))).collect();
        read_with(&[("kind", kind)], "instances", inner).join("; ")
    };
    for (kind, min, max) in [
        ("functions-flex", Some(0), Some(40)),
        ("functions-flex", Some(1000), Some(1000)),
        ("functions-premium", Some(20), Some(100)),
        ("web-app", Some(3), Some(3)),
        ("container-apps", Some(0), Some(1000)),
        ("container-apps", None, None),
    ] {
        assert_eq!(said(kind, min, max), "", "{kind}");
    }
    for (kind, min, max, words) in [
        ("functions-flex", None, Some(39), "it must be from 40 to 1000"),
        ("functions-flex", Some(50), Some(40), "is 50, more than `max`, 40"),
        ("functions-flex", None, Some(1001), "it must be from 40 to 1000"),
        ("functions-premium", Some(0), None, "it must be from 1 to 20"),
        ("functions-dedicated", Some(1), Some(2), "has a fixed number of machines"),
        ("web-app", Some(31), None, "it must be from 1 to 30"),
        ("container-apps", None, Some(0), "it must be from 1 to 1000"),
        ("container-apps", Some(-1), None, "must be from 0"),
    ] {
        assert!(said(kind, min, max).contains(words), "{kind}: {}", said(kind, min, max));
    }
    let basic = vec![("min", Value::Int(4))];
    let said = read_with(&[("kind", "web-app"), ("sku", "B1")], "instances", basic).join("; ");
    assert!(said.contains("it must be from 1 to 3"), "{said}");
    let two = read_with(
        &[("kind", "container-instances"), ("access", "public")],
        "instances",
        vec![("max", Value::Int(2))],
    );
    assert!(two.join("; ").contains("has 1 instance"), "{two:?}");
}

#[test]
fn tags_keep_the_rules_of_azure() {
    let text = |text: &str| Value::Str(text.into());
    assert!(read_with(&[], "tags", vec![("team", text("risk")), ("Größe", text(""))]).is_empty());
    for (tags, words) in [
        (vec![("mlship:project", text("x"))], "mlship's own"),
        (vec![("Azure-x", text("x"))], "are Azure's own"),
        (vec![("a/b", text("x"))], "a name has none of"),
        (vec![("a", text(&"x".repeat(257)))], "a value has up to 256 characters"),
        (vec![("a", text("x\ny"))], "one line"),
        (vec![("a", Value::Int(1))], "must be text"),
        (vec![("Team", text("x")), ("team", text("y"))], "`Team` is the same to Azure"),
        (vec![("", text("x"))], "1 to 128 characters"),
    ] {
        let said = read_with(&[], "tags", tags);
        assert!(said.len() == 1 && said[0].contains(words), "{said:?}");
    }
    let names: Vec<String> = (0..41).map(|number| format!("tag{number}")).collect();
    let many = names.iter().map(|name| (name.as_str(), text("x"))).collect();
    assert!(read_with(&[], "tags", many)[0].contains("a resource takes 40 of yours"));
}

#[test]
fn a_key_over_an_open_line_is_warned_of() {
    let entries =
        |access| [("kind", "container-instances"), ("location", "westeurope"), ("access", access)];
    let (config, findings) = read(&entries("key"));
    assert!(config.is_some());
    let codes: Vec<_> = findings.iter().map(|one| (one.code, one.severity)).collect();
    assert_eq!(codes, [("azure/no-tls", Severity::Warning)]);
    assert!(read(&entries("public")).1.is_empty());
}

#[test]
fn mistakes_are_reported_together() {
    let (_, findings) = read(&[("kind", "lambda"), ("locationx", "one"), ("storage-account", "A")]);
    let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
    assert_eq!(
        codes,
        ["manifest/choice", "manifest/missing", "azure/name", "manifest/unknown-key"]
    );
}
