//! The machine that an instance is, how many of them, and where images are kept.

use mlship_core::finding::Finding;
use mlship_core::node::Value;
use mlship_core::reader::{Located, Reader};

use super::{Cpu, Gpu, Instances, Kind, forms};

/// The most instances that the table takes; a project's quota is mostly lower.
const MOST_INSTANCES: i64 = 10_000;

/// Reads `cpu`: a number, as Google Cloud writes it.
pub(super) fn cpu(table: &mut Reader<'_>) -> Option<Located<Cpu>> {
    let node = table.node("cpu")?;
    let written = match &node.value {
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        _ => {
            let path = table.path_of("cpu");
            table.report(table.wrong(&path, node, "a number").hint(all_cpus()));
            return None;
        }
    };
    let found = Cpu::ALL.into_iter().find(|cpu| cpu.as_str() == written);
    if found.is_none() {
        let message = format!("`{}` cannot be {}", table.path_of("cpu"), forms::short(&written));
        let finding = Finding::error("gcp/cpu", message).at(node.span.clone());
        table.report(finding.label("not a size of an instance").hint(all_cpus()));
    }
    Some(Located { value: found?, span: node.span.clone() })
}

fn all_cpus() -> String {
    format!("one of: {}", Cpu::ALL.map(Cpu::as_str).join(", "))
}

/// Reads `gpu`.
pub(super) fn gpu(table: &mut Reader<'_>, kind: Kind, cpu: Option<&Located<Cpu>>) -> Option<Gpu> {
    let gpu = table.one_of("gpu", &Gpu::WORDS)?;
    if kind != Kind::CloudRunImage {
        let message = format!("`{}` is not for `{}`", table.path_of("gpu"), kind.as_str());
        let finding = Finding::error("gcp/gpu", message).at(gpu.span);
        table.report(finding.hint("choose `kind: cloud-run-image`"));
        return None;
    }
    if let Some(cpu) = cpu.filter(|cpu| cpu.value < Cpu::Four) {
        let message = format!("`{}` is too few for a GPU", table.path_of("cpu"));
        let finding = Finding::error("gcp/gpu", message).at(cpu.span.clone());
        table.report(
            finding.label("a GPU needs at least 4").hint("write `cpu: 4`, or leave it out"),
        );
    }
    Some(Gpu::of(gpu.value))
}

/// Reads `instances`.
pub(super) fn instances(table: &mut Reader<'_>) -> Instances {
    let Some(mut written) = table.table("instances") else { return Instances::default() };
    let min = written.integer("min", 0..=MOST_INSTANCES);
    let max = written.integer("max", 1..=MOST_INSTANCES);
    if let (Some(min), Some(max)) = (&min, &max)
        && min.value > max.value
    {
        let path = written.path_of("min");
        let message = format!("`{path}` is {}, more than `max`, {}", min.value, max.value);
        written.report(Finding::error("gcp/instances", message).at(min.span.clone()));
    }
    written.finish();
    let count = |number: Option<Located<i64>>| u32::try_from(number?.value).ok();
    Instances { min: count(min), max: count(max) }
}

/// Reads `repository`.
pub(super) fn repository(table: &mut Reader<'_>, kind: Kind) -> Option<String> {
    let place = table.entry("repository").map(|(key, _)| key.span.clone());
    let repository = forms::read(table, "repository", &forms::REPOSITORY)?;
    if kind == Kind::CloudRunImage {
        return Some(repository);
    }
    let message = format!("`{}` is not for `{}`", table.path_of("repository"), kind.as_str());
    let finding = Finding::error("gcp/repository", message).at(place.unwrap_or(table.place()));
    table.report(finding.hint("choose `kind: cloud-run-image`, or leave it out"));
    None
}
