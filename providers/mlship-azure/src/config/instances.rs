//! How many instances a kind may have.

use std::ops::RangeInclusive;

use mlship_core::finding::Finding;
use mlship_core::reader::{Located, Reader};

use super::{Instances, Kind};
use crate::sizes;

/// The fewest and the most that a kind takes for each of the two numbers.
struct Bounds {
    min: RangeInclusive<i64>,
    max: RangeInclusive<i64>,
}

fn bounds(kind: Kind, sku: Option<&str>) -> Bounds {
    match kind {
        // The lowest cap that a plan takes is 40.
        Kind::FunctionsFlex => Bounds { min: 0..=1000, max: 40..=1000 },
        Kind::FunctionsPremium => Bounds { min: 1..=20, max: 1..=100 },
        Kind::FunctionsDedicated | Kind::WebApp => {
            let size = sku.and_then(|name| sizes::named(kind, name));
            let most = size.map_or(30, |size| i64::from(size.tier.most_instances()));
            Bounds { min: 1..=most, max: 1..=most }
        }
        Kind::ContainerApps => Bounds { min: 0..=1000, max: 1..=1000 },
        Kind::ContainerInstances => Bounds { min: 1..=1, max: 1..=1 },
    }
}

/// Reads `instances`.
pub(super) fn read(table: &mut Reader<'_>, kind: Kind, sku: Option<&str>) -> Instances {
    let Some(mut written) = table.table("instances") else { return Instances::default() };
    let bounds = bounds(kind, sku);
    let min = number(&mut written, "min", &bounds.min, kind);
    let max = number(&mut written, "max", &bounds.max, kind);
    if let (Some(min), Some(max)) = (&min, &max) {
        compare(&written, kind, min, max);
    }
    written.finish();
    let count = |number: Option<Located<i64>>| u32::try_from(number?.value).ok();
    Instances { min: count(min), max: count(max) }
}

fn number(
    table: &mut Reader<'_>,
    key: &'static str,
    bounds: &RangeInclusive<i64>,
    kind: Kind,
) -> Option<Located<i64>> {
    let number = table.integer(key, 0..=i64::from(u32::MAX))?;
    if bounds.contains(&number.value) {
        return Some(number);
    }
    let (path, value, word) = (table.path_of(key), number.value, kind.as_str());
    let (low, high) = (bounds.start(), bounds.end());
    let message = match low == high {
        true => format!("`{path}` is {value}; `{word}` has {low} instance"),
        false => format!("`{path}` is {value}; with `{word}` it must be from {low} to {high}"),
    };
    let finding = Finding::error("azure/instances", message).at(number.span);
    table.report(match kind {
        Kind::ContainerInstances => finding.hint("choose `kind: container-apps` for more"),
        Kind::ContainerApps if value == 0 => finding.hint("write `min: 0` to scale to zero"),
        _ => finding,
    });
    None
}

fn compare(table: &Reader<'_>, kind: Kind, min: &Located<i64>, max: &Located<i64>) {
    let (fewest, most) = (min.value, max.value);
    if fewest > most {
        let message = format!("`{}` is {fewest}, more than `max`, {most}", table.path_of("min"));
        table.report(Finding::error("azure/instances", message).at(min.span.clone()));
    } else if fewest < most && matches!(kind, Kind::FunctionsDedicated | Kind::WebApp) {
        let message = format!("a plan of `{}` has a fixed number of machines", kind.as_str());
        table.report(
            Finding::error("azure/instances", message)
                .at(max.span.clone())
                .label(format!("not {fewest}, as `min` says"))
                .hint("write `min` alone"),
        );
    }
}
