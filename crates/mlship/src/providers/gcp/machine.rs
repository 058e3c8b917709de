//! What of the manifest's resources does not go together on Google Cloud: CPU, memory, GPU and
//! requests at once. Found before anything is packed.

use std::cell::RefCell;

use mlship_core::finding::{Finding, Report, Span};
use mlship_core::node::{Node, Value};
use mlship_core::project::Project;
use mlship_core::reader::Located;
use mlship_gcp::{Config, Cpu, Gpu};

/// The most memory of an instance, in MiB: beyond it, it is a matter of limits.
const MOST_MEMORY_MB: u32 = Cpu::Eight.memory_mb().1;

/// Every combination that Google Cloud refuses, at its line.
pub(in crate::providers) fn misfits(project: &Project) -> Report {
    let target = project.targets.get("gcp");
    let config = target.and_then(|target| Config::read(target, &RefCell::default()));
    let (Some(target), Some(config)) = (target, config) else { return Report::default() };
    let resources = &project.resources;
    let found = [
        memory(&config, target, &resources.memory_mb),
        gpu(&config, target, &resources.memory_mb),
        concurrency(&config, target, &resources.concurrency),
    ];
    Report(found.into_iter().flatten().collect())
}

/// CPU and memory go together.
/// Source: <https://docs.cloud.google.com/run/docs/configuring/memory-limits>, 2026-11-20.
fn memory(config: &Config, target: &Node, memory: &Located<u32>) -> Option<Finding> {
    let cpu = config.cpu_for(memory.value);
    let (least, most) = cpu.memory_mb();
    let cpu_is_said = config.cpu.is_some();
    if memory.value > MOST_MEMORY_MB || (least..=most).contains(&memory.value) {
        return None;
    }
    // A GPU asks for more than its CPUs do, and says so itself.
    if config.gpu.is_some() && memory.value < Gpu::LEAST_MEMORY_MB {
        return None;
    }
    let fitting = Cpu::ALL.into_iter().filter(|cpu| {
        let (least, most) = cpu.memory_mb();
        (least..=most).contains(&memory.value)
    });
    let fitting: Vec<&str> = fitting.map(Cpu::as_str).collect();
    let with = if cpu_is_said { format!("with `cpu: {}`", cpu.as_str()) } else { "there".into() };
    let message = format!(
        "`resources.memory-mb` is {}, and {with} Google Cloud takes {least} to {most}",
        memory.value
    );
    let nearest = memory.value.clamp(least, most);
    let finding =
        Finding::error("gcp/memory", message).hint(format!("write `memory-mb: {nearest}`"));
    let finding = match fitting.is_empty() || !cpu_is_said {
        true => finding,
        false => finding.hint(format!("or another `cpu`: {}", fitting.join(", "))),
    };
    Some(placed(finding, &memory.span, target, "cpu"))
}

/// A GPU takes so much memory at least.
fn gpu(config: &Config, target: &Node, memory: &Located<u32>) -> Option<Finding> {
    let gpu = config.gpu.filter(|_| memory.value < Gpu::LEAST_MEMORY_MB)?;
    let message = format!(
        "`resources.memory-mb` is {}, and with `gpu: {}` Google Cloud takes {} at least",
        memory.value,
        gpu.as_str(),
        Gpu::LEAST_MEMORY_MB
    );
    let finding = Finding::error("gcp/gpu", message)
        .hint(format!("write `memory-mb: {}` under `resources`", Gpu::LEAST_MEMORY_MB));
    Some(placed(finding, &memory.span, target, "gpu"))
}

/// Less than a whole CPU serves one request at a time.
/// Source: <https://docs.cloud.google.com/run/docs/configuring/services/cpu>, 2026-11-20.
fn concurrency(config: &Config, target: &Node, concurrency: &Located<u32>) -> Option<Finding> {
    let cpu = config.cpu.filter(|cpu| cpu.is_shared() && concurrency.value > 1)?;
    let message = format!(
        "`resources.concurrency` is {}, and with `cpu: {}` an instance serves one request at once",
        concurrency.value,
        cpu.as_str()
    );
    let finding = Finding::error("gcp/concurrency", message)
        .hint("write `cpu: 1` or more under `targets.gcp`, or `concurrency: 1`");
    Some(placed(finding, &concurrency.span, target, "cpu"))
}

/// At the number where the manifest has it, else at what asks for another one.
fn placed(finding: Finding, number: &Span, target: &Node, key: &str) -> Finding {
    let written = (!number.is_empty()).then(|| number.clone());
    let place = written.or_else(|| place_of(target, key)).unwrap_or(target.span.clone());
    finding.at(place)
}

fn place_of(target: &Node, key: &str) -> Option<Span> {
    let Value::Table(entries) = &target.value else { return None };
    entries.iter().find(|(name, _)| name.name == key).map(|(_, node)| node.span.clone())
}
