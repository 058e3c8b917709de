//! Every number is held exactly: at the limit it fits, one beyond it does not.

use mlship_core::limits::{
    Amount, Chosen, Force, Limits, Native, Need, Origin, Packing, Scratch, Verdict, check,
};

use crate::support::{all, little};

/// The need that stands at `value` against the number `key`, and nowhere near any other.
fn need_at(key: &str, value: u64, limits: &Limits) -> Option<Need> {
    let amount = Amount::new(value, Origin::Measured);
    let mut need = little();
    need.timeout_s.value = 1;
    let format = limits.formats[0];
    need.format = Some(Chosen { value: format, span: None });
    match key {
        "packed-bytes" => need.packed_bytes = Some(amount),
        // The longest file whose base64 is not longer than `value`.
        "base64-bytes" => need.packed_bytes = Some(Amount { value: value / 4 * 3, ..amount }),
        "unpacked-bytes" => need.unpacked_bytes = Some(amount),
        "image-bytes" => {
            need.unpacked_bytes = Some(amount);
            need.format = Some(Chosen { value: Packing::Image, span: None });
        }
        "memory-max-mb" | "memory-sizes-mb" => need.memory_mb = amount,
        "timeout-max-s" | "http-max-s" => need.timeout_s = amount,
        "disk-max-mb" => need.disk_mb = amount,
        "request-bytes" | "request-default-bytes" => need.request_bytes = Some(amount),
        "response-bytes" => need.response_bytes = Some(amount),
        "concurrency-max" => need.concurrency = amount,
        "start-max-s" | "start-default-s" => need.start_s = Some(amount),
        _ => return None,
    }
    Some(need)
}

/// By how much the verdict says that `key` is exceeded.
fn over(verdict: &Verdict, key: &str) -> u64 {
    let found = verdict.comparisons.iter().find(|one| one.key == key);
    found.unwrap_or_else(|| panic!("{key} of {} is not checked", verdict.kind)).over
}

fn hold(limits: &Limits, key: &'static str, value: u64, force: Force) {
    let step = if key == "base64-bytes" { 4 } else { 1 };
    for (needed, beyond) in [(value - step, 0), (value, 0), (value + step, step)] {
        let need = need_at(key, needed, limits).expect("a key that is checked");
        let verdict = check(&need, limits);
        let place = format!("{} {} {key} at {needed}", limits.provider, limits.kind);
        assert_eq!(over(&verdict, key), beyond, "{place}");
        let fails = verdict.violations().any(|one| one.key == key);
        assert_eq!(fails, beyond > 0 && force == Force::Hard, "{place}");
        let warns = verdict.warnings().any(|one| one.key == key);
        assert_eq!(warns, beyond > 0 && force == Force::Soft, "{place}");
        if fails {
            assert!(!verdict.fits, "{place}");
        }
        let compared = verdict.comparisons.iter().find(|one| one.key == key).expect("compared");
        assert_eq!(compared.need + compared.margin, value.max(needed), "{place}");
    }
}

/// Numbers that inform and refuse nothing.
const FACTS: [&str; 9] = [
    "direct-upload-bytes",
    "memory-min-mb",
    "memory-step-mb",
    "memory-default-mb",
    "timeout-default-s",
    "disk-default-mb",
    "streamed-response-bytes",
    "concurrency-default",
    "instances-max",
];

#[test]
fn every_number_of_every_kind_is_held_to_the_byte() {
    let mut held = 0;
    for limits in all() {
        for (key, _, number) in limits.numbers.all() {
            let Some(number) = number.filter(|_| !FACTS.contains(&key)) else { continue };
            hold(&limits, key, number.value, number.force);
            held += 1;
        }
        if let Some(sizes) = &limits.memory_sizes_mb {
            let largest = *sizes.values.last().expect("a size");
            hold(&limits, "memory-sizes-mb", largest, sizes.force);
            held += 1;
        }
    }
    assert!(held > 90, "only {held} numbers were held");
}

#[test]
fn a_need_at_every_limit_at_once_still_fits() {
    for limits in all().iter().filter(|limits| limits.native != Native::Never) {
        let numbers = &limits.numbers;
        let value =
            |limit: &Option<mlship_core::limits::Limit>| limit.as_ref().map(|one| one.value);
        let amount = |limit| value(limit).map(|value| Amount::new(value, Origin::Measured));
        let mut need = little();
        need.timeout_s.value = value(&numbers.timeout_max_s)
            .into_iter()
            .chain(value(&numbers.http_max_s))
            .min()
            .unwrap_or(1);
        need.request_bytes = amount(&numbers.request_bytes);
        need.response_bytes = amount(&numbers.response_bytes);
        need.packed_bytes = amount(&numbers.packed_bytes);
        need.unpacked_bytes = amount(&numbers.unpacked_bytes).or(amount(&numbers.image_bytes));
        let memory = limits.memory_sizes_mb.as_ref().and_then(|sizes| sizes.values.last().copied());
        let memory = memory.or(value(&numbers.memory_max_mb)).unwrap_or(1);
        need.memory_mb = Amount::new(memory, Origin::Measured);
        need.disk_mb.value = value(&numbers.disk_max_mb).unwrap_or(1);
        let verdict = check(&need, limits);
        assert!(
            verdict.fits,
            "{} {}",
            limits.kind,
            verdict.violations().map(|one| one.phrase()).collect::<String>()
        );
        assert_eq!(verdict.granted.memory_mb, Some(memory), "{}", limits.kind);
    }
}

#[test]
fn base64_counts_four_for_three() {
    use mlship_core::limits::check::base64_bytes;
    let known = [
        (0, 0),
        (1, 4),
        (2, 4),
        (3, 4),
        (4, 8),
        (37_748_736, 50_331_648),
        (37_748_737, 50_331_652),
    ];
    for (bytes, text) in known {
        assert_eq!(base64_bytes(bytes), text);
    }
}

#[test]
fn memory_is_given_in_the_sizes_there_are() {
    let all = all();
    let granted = |kind: &str, memory| {
        let limits = all.iter().find(|one| one.kind == kind).expect("the kind");
        let mut need = little();
        need.memory_mb.value = memory;
        let granted = check(&need, limits).granted;
        (granted.memory_mb, granted.least_milli_cpu)
    };
    assert_eq!(granted("functions-flex", 512), (Some(512), Some(250)));
    assert_eq!(granted("functions-flex", 513), (Some(2048), Some(1000)));
    assert_eq!(granted("functions-flex", 4096), (Some(4096), Some(2000)));
    assert_eq!(granted("functions-flex", 4097), (None, None));
    assert_eq!(granted("lambda-zip", 1), (Some(128), None));
    assert_eq!(granted("lambda-zip", 1769), (Some(1769), None));
    assert_eq!(granted("container-apps", 513), (Some(1024), Some(500)));
    assert_eq!(granted("cloud-run-source", 513), (Some(513), Some(500)));
    assert_eq!(granted("cloud-run-source", 8193), (Some(8193), Some(4000)));
    assert_eq!(granted("cloud-run-source", 32_768), (Some(32_768), Some(8000)));
    assert_eq!(granted("cloud-run-source", 32_769), (None, None));
}

#[test]
fn scratch_files_count_where_they_lie() {
    let all = all();
    let kind = |name: &str| all.iter().find(|one| one.kind == name).expect("the kind");
    let mut need = little();
    need.disk_mb = Amount::new(1024, Origin::Declared);
    need.memory_mb.value = 32_768 - 1024;
    assert_eq!(kind("cloud-run-source").scratch, Scratch::Memory);
    assert!(check(&need, kind("cloud-run-source")).fits);
    need.memory_mb.value += 1;
    assert_eq!(over(&check(&need, kind("cloud-run-source")), "memory-max-mb"), 1);
    // A default that nobody asked for takes nothing away.
    need.disk_mb.origin = Origin::Default;
    assert!(check(&need, kind("cloud-run-source")).fits);

    let mut need = little();
    need.disk_mb = Amount::new(300, Origin::Declared);
    need.unpacked_bytes = Some(Amount::new(500 << 20, Origin::Measured));
    assert!(check(&need, kind("functions-flex")).fits);
    need.unpacked_bytes = Some(Amount::new((500 << 20) + 1, Origin::Measured));
    assert_eq!(over(&check(&need, kind("functions-flex")), "disk-max-mb"), 1);
}

#[test]
fn fifty_megabytes_are_a_route_and_no_failure() {
    let all = all();
    let mut need = little();
    for (bytes, notes) in [(52_428_800, 0), (52_428_801, 1)] {
        need.packed_bytes = Some(Amount::new(bytes, Origin::Measured));
        let verdict = check(&need, &all[0]);
        assert!(verdict.fits);
        assert_eq!(verdict.remarks.len(), notes, "{:?}", verdict.remarks);
    }
}

#[test]
fn huge_needs_do_not_overflow() {
    let most = || Amount::new(u64::MAX, Origin::Declared);
    let need = Need {
        memory_mb: most(),
        timeout_s: most(),
        disk_mb: most(),
        concurrency: most(),
        packed_bytes: Some(most()),
        unpacked_bytes: Some(most()),
        model_bytes: Some(u64::MAX),
        request_bytes: Some(most()),
        response_bytes: Some(most()),
        start_s: Some(most()),
        ..little()
    };
    let all = all();
    let refs: Vec<&Limits> = all.iter().collect();
    let grid = mlship_core::limits::Grid::new(need, &refs, &refs);
    assert!(grid.rows.iter().any(|row| !row.verdict.fits));
    let text = mlship_core::limits::text::text(&grid, 100, mlship_core::limits::text::Paint::Plain);
    assert!(text.contains("17,179,869,184 GB"));
}
