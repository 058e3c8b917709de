//! The reference page of all limits, written from the data.

use mlship_core::limits::words::{Unit, exact, grouped, quantity};
use mlship_core::limits::{Force, Limits, Machine, Native, Note, Packing, Scratch, Source};

const HEAD: &str = "# Limits

Written from `providers/*/limits.toml` by `BLESS=1 cargo test -p mlship-limits`; do not edit it.

What each kind of each provider allows, with the page that says so and the day it was checked.
A hard limit is one at which the provider refuses, cuts or kills; `check-limits` fails beyond it.
A soft one is a default or quota that can be raised, or a matter of degree; `check-limits` warns.
A number that nobody publishes is not here. MB is 1,048,576 bytes.
";

/// The page, in Markdown.
pub fn markdown(all: &[Limits]) -> String {
    let mut page = String::from(HEAD);
    let mut provider = "";
    for limits in all {
        if limits.provider != provider {
            provider = &limits.provider;
            put(&mut page, &format!("\n## {provider}\n"));
        }
        kind(&mut page, limits);
    }
    page
}

fn kind(page: &mut String, limits: &Limits) {
    put(page, &format!("\n### `{}`: {}\n\n", limits.kind, limits.title));
    let formats: Vec<_> = limits.formats.iter().map(|one: &Packing| one.word()).collect();
    let architectures: Vec<_> = limits.architectures.iter().map(|one| one.word()).collect();
    let scratch = match limits.scratch {
        Scratch::Disk => "on a disk of their own",
        Scratch::Memory => "in memory, and count as memory",
        Scratch::HoldsPackage => "on the disk that holds the unpacked package",
    };
    let native = match limits.native {
        Native::Direct => "starts directly",
        Native::Shim => "starts through a shim",
        Native::Never => "does not start",
    };
    put(
        page,
        &format!(
            "Takes {}; runs on {}. A Linux binary {native}. Scratch files are {scratch}.\n",
            formats.join(" or "),
            architectures.join(" and ")
        ),
    );
    let notes = [&limits.deprecated, &limits.native_note, &limits.cpu, &limits.gpu];
    let labels = ["Deprecated", "Native", "CPU", "GPU"];
    let labelled = labels.into_iter().zip(notes);
    let labelled = labelled.filter_map(|(label, one)| one.as_ref().map(|one| (label, one)));
    let rest = limits.notes.iter().map(|one| ("Note", one));
    let lines: String = labelled.chain(rest).map(|(label, one)| note(label, one)).collect();
    if !lines.is_empty() {
        put(page, &format!("\n{lines}"));
    }
    table(page, limits);
}

fn note(label: &str, note: &Note) -> String {
    format!("- {label}: {} ({}, checked {})\n", note.text, link(&note.source), note.checked)
}

fn table(page: &mut String, limits: &Limits) {
    let mut rows = String::new();
    let mut row = |key: &str, value: String, force: Force, source: &Source, checked: &str| {
        let force = match force {
            Force::Hard => "hard",
            Force::Soft => "soft",
        };
        put(
            &mut rows,
            &format!("| `{key}` | {value} | {force} | {} | {checked} |\n", link(source)),
        );
    };
    if let Some(sizes) = &limits.memory_sizes_mb {
        let values: Vec<_> = sizes.values.iter().copied().map(grouped).collect();
        let values = format!("{} MB", values.join(" / "));
        row("memory-sizes-mb", values, sizes.force, &sizes.source, &sizes.checked);
    }
    if let Some(tiers) = &limits.cpu_tiers {
        let each = tiers.tiers.iter().map(|tier| {
            let memory = match tier.from_mb == tier.to_mb {
                true => grouped(tier.from_mb),
                false => format!("{}-{}", grouped(tier.from_mb), grouped(tier.to_mb)),
            };
            format!("{memory} MB: {}", cores(tier.milli_cpu))
        });
        let value = each.collect::<Vec<_>>().join(", ");
        row("cpu-tiers (vCPU)", value, Force::Hard, &tiers.source, &tiers.checked);
    }
    for machine in limits.machines.iter() {
        let Machine { name, source, checked, .. } = machine;
        row(&format!("machine {name}"), machine.words(), Force::Hard, source, checked);
    }
    for (key, _, number) in limits.numbers.all() {
        let Some(number) = number else { continue };
        row(key, amount(key, number.value), number.force, &number.source, &number.checked);
    }
    if rows.is_empty() {
        put(page, "\nNo number is published.\n");
    } else {
        put(page, "\n| key | value | force | page | checked |\n|---|---|---|---|---|\n");
        put(page, &rows);
    }
}

fn cores(milli_cpu: u64) -> f64 {
    f64::from(u32::try_from(milli_cpu).unwrap_or(0)) / 1000.0
}

fn amount(key: &str, value: u64) -> String {
    let unit = match key.rsplit('-').next() {
        Some("bytes") => Unit::Bytes,
        Some("mb") => Unit::Mib,
        Some("s") => Unit::Seconds,
        _ => Unit::Count,
    };
    let (short, long) = (quantity(value, unit), exact(value, unit));
    if short == long { short } else { format!("{short} ({long})") }
}

fn link(source: &Source) -> String {
    match &source.url {
        Some(url) => format!("[{}]({url})", source.page),
        None => source.page.to_string(),
    }
}

fn put(page: &mut String, text: &str) {
    page.push_str(text);
}
