//! The kinds that there must be, and what each must say.

use mlship_core::limits::{Native, Packing, check};

use crate::support::{all, little};

#[test]
fn every_kind_is_there_in_order() {
    let all = all();
    let kinds: Vec<_> = all.iter().map(|one| (one.provider.as_ref(), one.kind.as_ref())).collect();
    let wanted = [
        ("aws", "lambda-zip"),
        ("aws", "lambda-image"),
        ("azure", "functions-flex"),
        ("azure", "functions-premium"),
        ("azure", "functions-dedicated"),
        ("azure", "functions-consumption"),
        ("azure", "container-apps"),
        ("azure", "container-instances"),
        ("azure", "web-app"),
        ("gcp", "cloud-run-source"),
        ("gcp", "cloud-run-image"),
        ("gcp", "functions-v2"),
        ("gcp", "functions-v1"),
        ("openwhisk", "action"),
        ("openwhisk", "action-image"),
        ("knative", "service"),
        ("local", "process"),
    ];
    assert_eq!(kinds, wanted);
}

#[test]
fn x86_64_runs_everywhere_and_little_fits_wherever_a_binary_starts() {
    for limits in all() {
        let mut need = little();
        need.architecture = Some(mlship_core::limits::Chosen {
            value: mlship_core::limits::Architecture::X86_64,
            span: None,
        });
        assert_eq!(check(&need, &limits).fits, limits.native != Native::Never, "{}", limits.kind);
    }
}

#[test]
fn every_number_page_is_named_and_was_read_on_a_day() {
    for limits in all() {
        for (key, _, number) in limits.numbers.all() {
            let Some(number) = number else { continue };
            assert!(!number.source.page.is_empty(), "{} {key}", limits.kind);
            assert!(mlship_limits::Date::parse(&number.checked).is_some(), "{} {key}", limits.kind);
            let url = number.source.url.as_deref().unwrap_or("https://");
            assert!(url.starts_with("https://"), "{} {key}: {url}", limits.kind);
        }
    }
}

#[test]
fn a_verdict_becomes_findings_with_a_place_and_a_source() {
    use mlship_core::finding::Severity;
    use mlship_core::limits::{Amount, Origin};
    let all = all();
    let mut need = little();
    need.timeout_s = Amount { value: 901, origin: Origin::Declared, span: Some(40..43) };
    need.concurrency = Amount::new(2, Origin::Declared);
    let report = check(&need, &all[0]).report(&["set `timeout-s` to 900".into()]);
    assert_eq!(report.0.len(), 2);
    let error = &report.0[0];
    assert_eq!((error.code, error.severity), ("limits/timeout", Severity::Error));
    assert_eq!(error.span, Some(40..43));
    assert_eq!(error.message, "timeout is 901 s, 1 s over the limit of 900 s on aws `lambda-zip`");
    assert_eq!(error.label.as_deref(), Some("the limit is 900 s"));
    assert!(error.hints[0].starts_with("source: Lambda quotas, https://docs.aws.amazon.com/"));
    assert_eq!(error.hints[1], "set `timeout-s` to 900");
    assert_eq!(report.0[1].severity, Severity::Warning);
}

#[test]
fn a_packing_or_processor_that_is_not_there_is_said() {
    use mlship_core::limits::{Architecture, Chosen};
    let all = all();
    let kind = |name: &str| all.iter().find(|one| one.kind == name).expect("the kind");
    let mut need = little();
    need.format = Some(Chosen { value: Packing::Zip, span: Some(1..2) });
    need.architecture = Some(Chosen { value: Architecture::Arm64, span: Some(3..4) });
    let verdict = check(&need, kind("cloud-run-image"));
    let phrases: Vec<_> = verdict.mismatches.iter().map(|one| one.phrase.as_str()).collect();
    assert_eq!(phrases, ["a zip is not accepted, only image", "arm64 is not there, only x86_64"]);
    assert_eq!(verdict.report(&[]).0[1].span, Some(3..4));
    assert!(check(&need, kind("lambda-zip")).fits);
}
