//! How much CPU and memory go together:
//! <https://cloud.google.com/run/docs/configuring/services/memory-limits>.

use serde_json::Value;

use super::problem;
use super::text;
use crate::gcp::error::Refusal;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// CPUs in thousandths, the least and the most memory in bytes.
const TABLE: [(u64, u64, u64); 7] = [
    (80, 128 * MIB, 512 * MIB),
    (500, 128 * MIB, GIB),
    (1000, 128 * MIB, 4 * GIB),
    (2000, 128 * MIB, 8 * GIB),
    (4000, 2 * GIB, 16 * GIB),
    (6000, 4 * GIB, 24 * GIB),
    (8000, 4 * GIB, 32 * GIB),
];

/// Thousandths of a CPU: `2`, `0.5` and `500m` are such.
pub(in crate::gcp) fn milli(text: &str) -> Option<u64> {
    if let Some(number) = text.strip_suffix('m') {
        return number.parse().ok();
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if part.len() > 3 {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let part: u64 = format!("{part:0<3}").parse().ok()?;
    Some(whole * 1000 + part)
}

/// Bytes: `512Mi`, `2Gi`, `500M`, `1G`, `1024k` or a plain number.
pub(in crate::gcp) fn bytes(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 6] = [
        ("Ki", 1 << 10),
        ("Mi", MIB),
        ("Gi", GIB),
        ("k", 1000),
        ("M", 1_000_000),
        ("G", 1_000_000_000),
    ];
    let (number, unit) = UNITS
        .iter()
        .find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, *bytes)))
        .unwrap_or((text, 1));
    number.parse::<u64>().ok()?.checked_mul(unit)
}

/// Whether a container (with its defaults) asks for CPU and memory that go together, and with as
/// many calls at once as the template allows.
pub(super) fn check(template: &Value, container: &Value, path: &str) -> Result<(), Refusal> {
    let path = format!("{path}.resources.limits");
    let text = |name: &str| text::of(&container["resources"]["limits"], name);
    if let Some(limits) = container["resources"]["limits"].as_object() {
        let known = ["cpu", "memory", "nvidia.com/gpu"];
        if let Some(other) = limits.keys().find(|name| !known.contains(&name.as_str())) {
            let why = "Invalid resource name. Only cpu, memory and nvidia.com/gpu are supported.";
            return Err(problem::field(&format!("{path}.{other}"), why));
        }
    }
    let cpu_path = format!("{path}.cpu");
    let no_number = "Invalid value specified for cpu. Supported values are 1, 2, 4, 6, 8, and \
                     fractions from 0.08 to 1.";
    let cpu = milli(text("/cpu")).ok_or_else(|| problem::field(&cpu_path, no_number))?;
    if !((80..1000).contains(&cpu) || TABLE.iter().any(|(one, ..)| *one == cpu)) {
        return Err(problem::field(&cpu_path, no_number));
    }
    check_memory(cpu, text("/memory"), &format!("{path}.memory"))?;
    if cpu < 1000 {
        fraction(template, container, &cpu_path)?;
    }
    Ok(())
}

fn check_memory(cpu: u64, memory: &str, path: &str) -> Result<(), Refusal> {
    let no_number = format!("Invalid value specified for container memory: '{memory}'.");
    let memory = bytes(memory).ok_or_else(|| problem::field(path, &no_number))?;
    let row = TABLE.iter().rfind(|(one, ..)| *one <= cpu).unwrap_or(&TABLE[0]);
    let (_, least, most) = *row;
    if (least..=most).contains(&memory) {
        return Ok(());
    }
    let why = format!(
        "Invalid value specified for container memory. For {} CPU, memory must be between {} and \
         {} inclusive.",
        cpu as f64 / 1000.0,
        unit(least),
        unit(most)
    );
    Err(problem::field(path, &why))
}

/// Less than one CPU takes one call at a time, and is there during calls only.
fn fraction(template: &Value, container: &Value, path: &str) -> Result<(), Refusal> {
    let at_once = template["maxInstanceRequestConcurrency"].as_i64().unwrap_or(1);
    if at_once > 1 {
        let why = "Invalid value specified for container concurrency. Total cpu < 1 is not \
                   supported with concurrency > 1.";
        return Err(problem::field("template.max_instance_request_concurrency", why));
    }
    if container["resources"]["cpuIdle"] != true {
        let why = "Invalid value specified for cpu. Total cpu < 1 is not supported with cpu always \
                   allocated.";
        return Err(problem::field(path, why));
    }
    if template["executionEnvironment"] == "EXECUTION_ENVIRONMENT_GEN2" {
        let why = "Invalid value specified for cpu. Total cpu < 1 is not supported with the second \
                   generation execution environment.";
        return Err(problem::field(path, why));
    }
    Ok(())
}

fn unit(bytes: u64) -> String {
    if bytes.is_multiple_of(GIB) {
        format!("{}Gi", bytes / GIB)
    } else {
        format!("{}Mi", bytes / MIB)
    }
}
