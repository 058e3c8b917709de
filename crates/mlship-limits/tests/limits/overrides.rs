//! A file of the user's own numbers.

use mlship_core::limits::{Force, Limits, check};
use mlship_limits::apply_override;

use crate::support::{all, little};

fn kind<'a>(limits: &'a [Limits], name: &str) -> &'a Limits {
    limits.iter().find(|one| one.kind == name).expect("the kind")
}

#[test]
fn numbers_are_replaced_and_added_with_their_source() {
    let text = r#"
source = "quotas of our account"
checked = "2026-11-19"

[aws.lambda-zip]
memory-max-mb = 3008
timeout-max-s = { value = 300, force = "soft", source = "ticket 17", checked = "2026-10-01" }

[knative.service]
memory-max-mb = 8192
"#;
    let limits = apply_override(all(), text).expect("good");
    let zip = &kind(&limits, "lambda-zip").numbers;
    let memory = zip.memory_max_mb.as_ref().expect("there");
    assert_eq!((memory.value, memory.force), (3008, Force::Hard));
    assert_eq!(memory.source.page, "quotas of our account");
    assert_eq!(memory.checked, "2026-11-19");
    let timeout = zip.timeout_max_s.as_ref().expect("there");
    assert_eq!((timeout.value, timeout.force), (300, Force::Soft));
    assert_eq!(timeout.source.page, "ticket 17");
    let mut need = little();
    need.memory_mb.value = 8193;
    assert!(!check(&need, kind(&limits, "service")).fits);
    assert!(check(&need, kind(&limits, "lambda-image")).fits, "other kinds are left alone");
}

#[test]
fn a_memory_limit_moves_the_largest_size() {
    let with = |most: u64| {
        let text = format!(
            "source = \"us\"\nchecked = \"2026-11-19\"\n[azure.functions-flex]\nmemory-max-mb = {most}"
        );
        let limits = apply_override(all(), &text).expect("good");
        let sizes = kind(&limits, "functions-flex").memory_sizes_mb.clone();
        sizes.expect("sizes").values.into_owned()
    };
    assert_eq!(with(2048), [512, 2048]);
    assert_eq!(with(8192), [512, 2048, 4096, 8192]);
    assert_eq!(with(300), [300]);
}

#[test]
fn an_empty_file_changes_nothing() {
    assert_eq!(apply_override(all(), "").expect("good"), all());
}

#[test]
fn mistakes_are_reported_with_their_place() {
    for (text, message, at) in [
        (
            "[aws.lambda-zip]\nmemory-max-mb = 3008",
            "`aws.lambda-zip.memory-max-mb` has no `source`",
            "3008",
        ),
        ("[aws.lamda-zip]\nmemory-max-mb = 1", "no kind is called `aws.lamda-zip`", "lamda-zip"),
        (
            "source = \"x\"\nchecked = \"soon\"",
            "`checked` must be a day such as `2026-11-20`, not `soon`",
            "\"soon\"",
        ),
        (
            "source = \"x\"\nchecked = \"2026-11-19\"\n[aws.lambda-zip]\nmemory = 1",
            "unknown key `aws.lambda-zip.memory`",
            "memory",
        ),
        (
            "source = \"x\"\nchecked = \"2026-11-19\"\n[aws.lambda-zip]\nmemory-max-mb = 0",
            "`aws.lambda-zip.memory-max-mb` is 0; it must be from 1 to 9223372036854775807",
            "0",
        ),
        (
            "source = \"x\"\nchecked = \"2026-11-19\"\n[aws.lambda-zip]\nmemory-max-mb = \"3 GB\"",
            "`aws.lambda-zip.memory-max-mb` must be a whole number, not text",
            "\"3 GB\"",
        ),
        ("aws = 3", "`aws` must be a table, not a whole number", "3"),
        ("[aws", "", ""),
    ] {
        let report = apply_override(all(), text).expect_err(text);
        let first = &report.0[0];
        assert!(first.message.starts_with(message), "{}", first.message);
        let span = first.span.clone().expect("a place");
        assert!(text[span].ends_with(at), "{text}: {:?}", first.span);
    }
}
