//! The sizes that container apps run on: what there is, where, and how much an app may ask for.

use serde_json::{Value, json};

use super::super::error::error;
use super::super::http::Response;

/// A kind of machine that an environment may have.
pub(super) struct Profile {
    pub(super) kind: &'static str,
    /// Cores of one machine, or the most that one replica may have.
    pub(super) cores: f64,
    /// The same in GiB.
    pub(super) gib: f64,
    /// `None` is everywhere.
    regions: Option<&'static [&'static str]>,
}

/// Where there are T4s for containers (Microsoft's list of March 2026).
const T4: &[&str] = &[
    "australiaeast",
    "brazilsouth",
    "canadacentral",
    "centralindia",
    "eastus",
    "francecentral",
    "italynorth",
    "japaneast",
    "northcentralus",
    "southcentralus",
    "southeastasia",
    "southindia",
    "swedencentral",
    "westeurope",
    "westus",
    "westus2",
    "westus3",
];

/// Where there are A100s for containers (the same list).
const A100: &[&str] = &[
    "australiaeast",
    "brazilsouth",
    "canadacentral",
    "eastus",
    "italynorth",
    "swedencentral",
    "westus",
    "westus3",
];

const PROFILES: [Profile; 11] = [
    everywhere("Consumption", 4.0, 8.0),
    everywhere("D4", 4.0, 16.0),
    everywhere("D8", 8.0, 32.0),
    everywhere("D16", 16.0, 64.0),
    everywhere("D32", 32.0, 128.0),
    everywhere("E4", 4.0, 32.0),
    everywhere("E8", 8.0, 64.0),
    everywhere("E16", 16.0, 128.0),
    everywhere("E32", 32.0, 256.0),
    Profile { kind: "Consumption-GPU-NC8as-T4", cores: 8.0, gib: 56.0, regions: Some(T4) },
    Profile { kind: "Consumption-GPU-NC24-A100", cores: 24.0, gib: 220.0, regions: Some(A100) },
];

const fn everywhere(kind: &'static str, cores: f64, gib: f64) -> Profile {
    Profile { kind, cores, gib, regions: None }
}

/// The profiles of a region.
pub(super) fn offered(location: &str) -> impl Iterator<Item = &'static Profile> {
    let location = location.replace(' ', "").to_lowercase();
    PROFILES.iter().filter(move |profile| {
        profile.regions.is_none_or(|regions| regions.contains(&location.as_str()))
    })
}

/// What `availableManagedEnvironmentsWorkloadProfileTypes` answers.
pub(super) fn listed(location: &str) -> Value {
    let all: Vec<Value> = offered(location)
        .map(|profile| {
            let gpus = u8::from(profile.kind.contains("GPU"));
            let category = match profile.kind.as_bytes()[0] {
                b'D' => "GeneralPurpose",
                b'E' => "MemoryOptimized",
                _ => profile.kind,
            };
            json!({
                "name": profile.kind,
                "location": location,
                "properties": {
                    "category": category, "applicability": "LocationDefault",
                    "cores": profile.cores, "memoryGiB": profile.gib, "gpus": gpus,
                    "displayName": profile.kind,
                },
            })
        })
        .collect();
    json!({"value": all})
}

/// Whether a region has all profiles that an environment asks for.
///
/// # Errors
/// What Azure answers when it has not.
pub(super) fn check(profiles: &Value, location: &str) -> Result<(), Response> {
    for profile in profiles.as_array().into_iter().flatten() {
        let kind = profile["workloadProfileType"].as_str().unwrap_or_default();
        if !PROFILES.iter().any(|known| known.kind == kind) {
            let message = format!("Workload profile type '{kind}' is invalid.");
            return Err(error(400, "InvalidWorkloadProfileType", &message));
        }
        if !offered(location).any(|known| known.kind == kind) {
            let message =
                format!("Workload profile type '{kind}' is not supported in region '{location}'.");
            return Err(error(400, "WorkloadProfileTypeNotSupportedInRegion", &message));
        }
    }
    Ok(())
}

/// What the containers of a template ask for together: cores and GiB. What is not said is the
/// smallest.
pub(super) fn asked(template: &Value) -> (f64, f64) {
    let containers = template["containers"].as_array().cloned().unwrap_or_default();
    let sum = containers.iter().fold((0.0, 0.0), |(cores, gib), container| {
        let resources = &container["resources"];
        let memory = resources["memory"].as_str().and_then(|text| text.strip_suffix("Gi"));
        let memory = memory.and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.5);
        (cores + resources["cpu"].as_f64().unwrap_or(0.25), gib + memory)
    });
    (sum.0, sum.1)
}

/// Whether a replica of that size may run on a profile.
///
/// # Errors
/// What Azure answers when it may not.
pub(super) fn fits(kind: &str, cores: f64, gib: f64) -> Result<(), Response> {
    let Some(profile) = PROFILES.iter().find(|known| known.kind == kind) else { return Ok(()) };
    let steps = cores / 0.25;
    let pair = (steps - steps.round()).abs() < 1e-9 && (gib - 2.0 * cores).abs() < 1e-9;
    let within = cores > 0.0 && cores <= profile.cores && gib > 0.0 && gib <= profile.gib;
    if within && (pair || kind != "Consumption") {
        return Ok(());
    }
    let allowed = if kind == "Consumption" {
        let pairs = (1..=16).map(|step| f64::from(step) * 0.25);
        let pairs: Vec<String> =
            pairs.map(|cores| format!("[cpu: {cores}, memory: {:.1}Gi]", cores * 2.0)).collect();
        format!("add up to one of the following CPU - Memory combinations: {}", pairs.join("; "))
    } else {
        format!("be at most [cpu: {}, memory: {}Gi]", profile.cores, profile.gib)
    };
    let message = format!(
        "The total requested CPU and memory resources for this application (CPU: {cores}, memory: \
         {gib}) is invalid. Total CPU and memory for all containers defined in a Container App \
         must {allowed}"
    );
    Err(error(400, "ContainerAppInvalidResourceTotal", &message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_twice_the_cores_unless_the_profile_is_a_machine() {
        assert!(fits("Consumption", 0.25, 0.5).is_ok());
        assert!(fits("Consumption", 4.0, 8.0).is_ok());
        for (cores, gib) in [(0.25, 1.0), (0.3, 0.6), (4.25, 8.5), (0.0, 0.0)] {
            let refused = fits("Consumption", cores, gib).expect_err("no such pair");
            assert_eq!(refused.value()["error"]["code"], "ContainerAppInvalidResourceTotal");
        }
        assert!(fits("Consumption-GPU-NC8as-T4", 8.0, 56.0).is_ok());
        assert!(fits("Consumption-GPU-NC8as-T4", 8.0, 57.0).is_err());
    }

    #[test]
    fn graphics_processors_are_in_some_regions() {
        let a100 = json!([{"name": "gpu", "workloadProfileType": "Consumption-GPU-NC24-A100"}]);
        assert!(check(&a100, "Sweden Central").is_ok());
        assert!(check(&a100, "westeurope").is_err());
        let unknown = json!([{"name": "gpu", "workloadProfileType": "NC-of-my-own"}]);
        assert!(check(&unknown, "swedencentral").is_err());
    }
}
