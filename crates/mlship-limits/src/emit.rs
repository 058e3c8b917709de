//! Limits as the text of a Rust `static`.

use std::fmt::Write;

use mlship_core::limits::{CpuTiers, Limit, Limits, Machine, Note, Sizes, Source};

/// An expression of type `&'static [Limits]`. Every type is named by its full path.
pub(crate) fn slice(kinds: &[Limits]) -> String {
    let mut out = String::from("{\nuse std::borrow::Cow;\nuse mlship_core::limits as l;\n");
    out.push_str("static KINDS: &[l::Limits] = &[\n");
    for kind in kinds {
        out.push_str(&limits(kind));
        out.push_str(",\n");
    }
    out.push_str("];\nKINDS\n}\n");
    out
}

fn limits(kind: &Limits) -> String {
    let mut numbers = String::from("l::Numbers {\n");
    for (_, field, number) in kind.numbers.all() {
        if let Some(number) = number {
            // Writing to a string does not fail.
            let _ = writeln!(numbers, "{field}: Some({}),", limit(number));
        }
    }
    numbers.push_str("..l::Numbers::NONE }");
    let fields = [
        ("provider", text(&kind.provider)),
        ("kind", text(&kind.kind)),
        ("title", text(&kind.title)),
        ("formats", list(kind.formats.iter().map(|one| format!("l::Packing::{one:?}")))),
        (
            "architectures",
            list(kind.architectures.iter().map(|one| format!("l::Architecture::{one:?}"))),
        ),
        ("native", format!("l::Native::{:?}", kind.native)),
        ("native_note", option(kind.native_note.as_ref(), note)),
        ("scratch", format!("l::Scratch::{:?}", kind.scratch)),
        ("memory_sizes_mb", option(kind.memory_sizes_mb.as_ref(), sizes)),
        ("cpu_tiers", option(kind.cpu_tiers.as_ref(), tiers)),
        ("machines", list(kind.machines.iter().map(machine))),
        ("cpu", option(kind.cpu.as_ref(), note)),
        ("gpu", option(kind.gpu.as_ref(), note)),
        ("deprecated", option(kind.deprecated.as_ref(), note)),
        ("notes", list(kind.notes.iter().map(note))),
        ("numbers", numbers),
    ];
    structure("Limits", &fields)
}

fn limit(limit: &Limit) -> String {
    structure(
        "Limit",
        &[
            ("value", limit.value.to_string()),
            ("force", format!("l::Force::{:?}", limit.force)),
            ("source", source(&limit.source)),
            ("checked", text(&limit.checked)),
        ],
    )
}

fn note(note: &Note) -> String {
    structure(
        "Note",
        &[
            ("text", text(&note.text)),
            ("source", source(&note.source)),
            ("checked", text(&note.checked)),
        ],
    )
}

fn sizes(sizes: &Sizes) -> String {
    structure(
        "Sizes",
        &[
            ("values", list(sizes.values.iter().map(u64::to_string))),
            ("force", format!("l::Force::{:?}", sizes.force)),
            ("source", source(&sizes.source)),
            ("checked", text(&sizes.checked)),
        ],
    )
}

fn tiers(tiers: &CpuTiers) -> String {
    let each = tiers.tiers.iter().map(|tier| {
        structure(
            "CpuTier",
            &[
                ("milli_cpu", tier.milli_cpu.to_string()),
                ("from_mb", tier.from_mb.to_string()),
                ("to_mb", tier.to_mb.to_string()),
            ],
        )
    });
    structure(
        "CpuTiers",
        &[
            ("tiers", list(each)),
            ("source", source(&tiers.source)),
            ("checked", text(&tiers.checked)),
        ],
    )
}

fn machine(machine: &Machine) -> String {
    structure(
        "Machine",
        &[
            ("name", text(&machine.name)),
            ("memory_mb", machine.memory_mb.to_string()),
            ("milli_cpu", machine.milli_cpu.to_string()),
            ("gpu", option(machine.gpu.as_ref(), |gpu| text(gpu))),
            ("source", source(&machine.source)),
            ("checked", text(&machine.checked)),
        ],
    )
}

fn source(source: &Source) -> String {
    let url = option(source.url.as_ref(), |url| text(url));
    structure("Source", &[("page", text(&source.page)), ("url", url)])
}

fn structure(name: &str, fields: &[(&str, String)]) -> String {
    let fields: Vec<_> = fields.iter().map(|(field, value)| format!("{field}: {value}")).collect();
    format!("l::{name} {{ {} }}", fields.join(", "))
}

fn text(text: &str) -> String {
    format!("Cow::Borrowed({text:?})")
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("Cow::Borrowed(&[{}])", items.collect::<Vec<_>>().join(", "))
}

fn option<T>(value: Option<&T>, write: impl Fn(&T) -> String) -> String {
    value.map_or_else(|| "None".into(), |value| format!("Some({})", write(value)))
}
