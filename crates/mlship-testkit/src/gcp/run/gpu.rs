//! Graphics cards: <https://cloud.google.com/run/docs/configuring/services/gpu>.

use serde_json::{Value, json};

use super::names::Place;
use super::problem;
use super::resources::{bytes, milli};
use super::text;
use super::world::World;
use crate::gcp::error::Refusal;

/// The cards, the regions that have them, and the quota of each.
const CARDS: [(&str, &[&str], &str); 2] = [
    (
        "nvidia-l4",
        &[
            "asia-southeast1",
            "asia-south1",
            "europe-west1",
            "europe-west4",
            "us-central1",
            "us-east4",
        ],
        "NvidiaL4GpuAllocNoZonalRedundancyPerProjectRegion",
    ),
    (
        "nvidia-rtx-pro-6000",
        &["asia-southeast1", "europe-west4", "us-central1"],
        "NvidiaRtxPro6000GpuAllocNoZonalRedundancyPerProjectRegion",
    ),
];

/// Whether a template (with its defaults) may have the card that it asks for, if any.
pub(super) fn check(template: &Value, place: &Place, world: &dyn World) -> Result<(), Refusal> {
    let container = &template["containers"][0];
    let limits = &container["resources"]["limits"];
    let count = limits["nvidia.com/gpu"].as_str().unwrap_or_default();
    let card = text::of(template, "/nodeSelector/accelerator");
    let gpu_path = "template.containers[0].resources.limits.nvidia.com/gpu";
    match (card, count) {
        ("", "") => return Ok(()),
        ("", _) => {
            let why = "A GPU type must be specified with node_selector.accelerator.";
            return Err(problem::field("template.node_selector", why));
        }
        (_, "1") => {}
        _ => return Err(problem::field(gpu_path, "GPU count must be 1.")),
    }
    let Some((_, regions, quota)) = CARDS.iter().find(|(name, ..)| *name == card) else {
        let why = format!("Invalid value specified for accelerator: '{card}'.");
        return Err(problem::field("template.node_selector.accelerator", &why));
    };
    if world.lacks_gpu(&place.region) || !regions.contains(&place.region.as_str()) {
        let why = format!("GPU type '{card}' is not supported in region '{}'.", place.region);
        return Err(problem::field("template.node_selector.accelerator", &why));
    }
    let (cpu, memory) = (milli(text::of(limits, "/cpu")), bytes(text::of(limits, "/memory")));
    if cpu.is_none_or(|cpu| cpu < 4000) || memory.is_none_or(|memory| memory < 16 << 30) {
        let why = "GPU requires a minimum of 4 CPU and 16Gi of memory.";
        return Err(problem::field("template.containers[0].resources.limits", why));
    }
    if container["resources"]["cpuIdle"] == true {
        let why = "GPU requires cpu always allocated (cpu_idle must be false).";
        return Err(problem::field("template.containers[0].resources.cpu_idle", why));
    }
    check_quota(template, place, quota, world)
}

fn check_quota(
    template: &Value,
    place: &Place,
    quota: &str,
    world: &dyn World,
) -> Result<(), Refusal> {
    if !world.exhausted("gpu") && !world.exhausted(quota) {
        return Ok(());
    }
    let most = template["scaling"]["maxInstanceCount"].as_i64().unwrap_or(1);
    let message = format!(
        "template.scaling.max_instance_count: Quota exceeded for quota metric '{quota}' in region \
         {}: requested {most}, limit 0. You do not have quota for using GPUs. Learn more about \
         GPU zonal redundancy at \
         https://cloud.google.com/run/docs/configuring/services/gpu-zonal-redundancy",
        place.region
    );
    Err(Refusal::exhausted(message).because(
        "QUOTA_EXCEEDED",
        "googleapis.com",
        json!({"service": "run.googleapis.com", "quota_metric": quota,
            "quota_location": place.region}),
    ))
}
