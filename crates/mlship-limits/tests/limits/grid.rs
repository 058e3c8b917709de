//! The grid's text for five projects, kept as golden files.

use crate::support::{all, golden, little, root};
use mlship_core::limits::text::{Paint, text};
use mlship_core::limits::{Amount, Grid, Limits, Need, Origin};

const MIB: u64 = 1024 * 1024;

/// A package of a 1.9 MiB runtime and a model, in bytes.
fn packed(model_bytes: u64, ratio_percent: u64) -> Need {
    let unpacked = model_bytes + 19 * MIB / 10;
    Need {
        memory_mb: Amount::new(512, Origin::Declared),
        timeout_s: Amount::new(30, Origin::Declared),
        packed_bytes: Some(Amount::new(unpacked * ratio_percent / 100, Origin::Measured)),
        unpacked_bytes: Some(Amount::new(unpacked, Origin::Measured)),
        model_bytes: Some(model_bytes),
        ..little()
    }
}

fn check(name: &str, need: Need) -> Grid {
    let all = all();
    let refs: Vec<&Limits> = all.iter().collect();
    let grid = Grid::new(need, &refs, &refs);
    let shown = text(&grid, 100, Paint::Plain);
    let widest = shown.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(100), "{widest:?} columns in\n{shown}");
    golden(&root().join(format!("tests/limits/{name}.txt")), &shown);
    grid
}

fn failing(grid: &Grid) -> Vec<&str> {
    let rows = grid.rows.iter().filter(|row| !row.verdict.fits);
    rows.map(|row| row.verdict.kind.as_str()).collect()
}

#[test]
fn a_small_pipeline_fits_everywhere() {
    let grid = check("small-pipeline", packed(6 * MIB / 10, 40));
    assert_eq!(failing(&grid), ["functions-consumption"]);
}

#[test]
fn a_bert_of_438_mb_fits_images() {
    let mut need = packed(438 * MIB, 93);
    need.memory_mb.value = 2048;
    let grid = check("bert", need);
    let wanted = [
        "lambda-zip",
        "functions-consumption",
        "cloud-run-source",
        "functions-v1",
        "action",
        "action-image",
    ];
    assert_eq!(failing(&grid), wanted);
}

#[test]
fn a_zip_of_300_mb_does_not_fit_lambda_zip() {
    let mut need = packed(300 * MIB, 95);
    need.memory_mb.value = 1024;
    let grid = check("resnet", need);
    assert!(failing(&grid).contains(&"lambda-zip"));
    let advice = &grid.rows[0].advice;
    assert_eq!(advice[0].text, "use kind `lambda-image`: package up to 10 GB");
    assert_eq!(advice[1].text, "deliver the weights by `fetch`: 300 MB less to pack");
}

#[test]
fn a_timeout_of_1200_s_fits_cloud_run() {
    let mut need = packed(6 * MIB / 10, 40);
    need.timeout_s.value = 1200;
    let grid = check("slow", need);
    let fits = |kind| !failing(&grid).contains(&kind);
    assert!(fits("cloud-run-source") && fits("container-instances") && fits("process"));
    assert!(!fits("lambda-zip") && !fits("functions-flex") && !fits("service"));
}

#[test]
fn a_memory_of_6000_mb_leaves_flex_behind() {
    let mut need = packed(6 * MIB / 10, 40);
    need.memory_mb.value = 6000;
    let grid = check("large-memory", need);
    assert!(!failing(&grid).contains(&"lambda-zip"));
    let wanted = ["functions-flex", "functions-consumption", "action", "action-image"];
    assert_eq!(failing(&grid), wanted);
}

#[test]
fn one_kind_is_told_in_full_and_a_narrow_terminal_is_kept_to() {
    let all = all();
    let refs: Vec<&Limits> = all.iter().collect();
    let one = Grid::new(packed(60 * MIB, 95), &refs[..1], &refs);
    let shown = text(&one, 60, Paint::Plain);
    assert!(shown.contains("note: the package of 58.8 MB goes through object"), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 60), "{shown}");
    let coloured = text(&one, 60, Paint::Colour);
    assert!(coloured.contains("\u{1b}[32myes\u{1b}[0m"), "{coloured}");
}

#[test]
fn the_json_has_a_schema_and_a_source_at_every_number() {
    let all = all();
    let refs: Vec<&Limits> = all.iter().collect();
    let grid = Grid::new(packed(300 * MIB, 95), &refs, &refs);
    let json = serde_json::to_value(&grid).expect("json");
    assert_eq!(json["schema"], "mlship/limits-grid/1");
    assert_eq!(json["any-fits"], true);
    let comparison = &json["rows"][0]["verdict"]["comparisons"][0];
    assert_eq!(comparison["key"], "unpacked-bytes");
    assert_eq!(comparison["limit"]["value"], 262_144_000);
    assert_eq!(comparison["limit"]["source"]["page"], "Lambda quotas");
    assert_eq!(comparison["limit"]["checked"], "2026-11-20");
    assert!(comparison["over"].as_u64() > Some(0));
    assert_eq!(json["rows"][0]["advice"][0]["changes"][0]["kind"]["kind"], "lambda-image");
}
