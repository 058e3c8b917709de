//! The check: a need beside the limits of one kind.

use super::kind::{CpuTiers, Force, Limit, Limits, Native, Note, Packing, Scratch};
use super::need::{Amount, Chosen, Need};
use super::verdict::{Comparison, Granted, Measure, Mismatch, Remark, RemarkKind, Verdict};
use super::words::{MIB, Unit, pair, quantity};

/// Compares everything that is known of `need` with everything that is published of the kind.
pub fn check(need: &Need, limits: &Limits) -> Verdict {
    let mut comparisons = Comparisons(Vec::new());
    package(need, limits, &mut comparisons);
    memory(need, limits, &mut comparisons);
    time(need, limits, &mut comparisons);
    disk(need, limits, &mut comparisons);
    traffic(need, limits, &mut comparisons);
    let comparisons = comparisons.0;
    let mismatches = mismatches(need, limits);
    let granted = grant(need, limits);
    Verdict {
        provider: limits.provider.to_string(),
        kind: limits.kind.to_string(),
        fits: mismatches.is_empty() && !comparisons.iter().any(Comparison::fails),
        comparisons,
        mismatches,
        remarks: remarks(need, limits, granted),
        granted,
    }
}

/// The length of `bytes` bytes in base64, padded.
pub fn base64_bytes(bytes: u64) -> u64 {
    bytes.div_ceil(3).saturating_mul(4)
}

/// The memory that a kind can give at most, in MiB, as a limit; `None` when nobody says.
pub(super) fn memory_cap(limits: &Limits) -> Option<(&'static str, Limit)> {
    if let Some(limit) = &limits.numbers.memory_max_mb {
        return Some(("memory-max-mb", limit.clone()));
    }
    let sizes = limits.memory_sizes_mb.as_ref()?;
    let largest = Limit {
        value: sizes.values.iter().copied().max()?,
        force: sizes.force,
        source: sizes.source.clone(),
        checked: sizes.checked.clone(),
    };
    Some(("memory-sizes-mb", largest))
}

/// Memory in MiB with the scratch files that are kept in it.
pub(super) fn memory_with_scratch(need: &Need, limits: &Limits) -> u64 {
    match limits.scratch {
        Scratch::Memory => need.memory_mb.value.saturating_add(need.shared_disk_mb()),
        Scratch::Disk | Scratch::HoldsPackage => need.memory_mb.value,
    }
}

/// The unpacked package in MiB where it lies on the scratch disk; otherwise 0.
pub(super) fn package_on_scratch(need: &Need, limits: &Limits) -> u64 {
    match (limits.scratch, &need.unpacked_bytes) {
        (Scratch::HoldsPackage, Some(unpacked)) => unpacked.value.div_ceil(MIB),
        _ => 0,
    }
}

struct Comparisons(Vec<Comparison>);

impl Comparisons {
    fn add(
        &mut self,
        measure: Measure,
        key: &'static str,
        need: Option<&Amount>,
        limit: Option<&Limit>,
    ) -> Option<&mut Comparison> {
        let (need, limit) = (need?, limit?);
        self.0.push(Comparison {
            measure,
            key,
            need: need.value,
            origin: need.origin,
            over: need.value.saturating_sub(limit.value),
            margin: limit.value.saturating_sub(need.value),
            limit: limit.clone(),
            with: None,
            span: need.span.clone(),
        });
        self.0.last_mut()
    }
}

fn package(need: &Need, limits: &Limits, to: &mut Comparisons) {
    let numbers = &limits.numbers;
    let packed = need.packed_bytes.as_ref();
    let unpacked = need.unpacked_bytes.as_ref();
    let as_image = match &need.format {
        Some(format) => format.value == Packing::Image,
        None => limits.formats.first() == Some(&Packing::Image),
    };
    if as_image {
        to.add(Measure::Image, "image-bytes", unpacked, numbers.image_bytes.as_ref());
        return;
    }
    to.add(Measure::Packed, "packed-bytes", packed, numbers.packed_bytes.as_ref());
    let base64 =
        packed.map(|packed| Amount { value: base64_bytes(packed.value), ..packed.clone() });
    to.add(Measure::Base64, "base64-bytes", base64.as_ref(), numbers.base64_bytes.as_ref());
    to.add(Measure::Unpacked, "unpacked-bytes", unpacked, numbers.unpacked_bytes.as_ref());
}

fn memory(need: &Need, limits: &Limits, to: &mut Comparisons) {
    let value = memory_with_scratch(need, limits);
    let amount = Amount { value, ..need.memory_mb.clone() };
    let Some((key, cap)) = memory_cap(limits) else { return };
    let added = to.add(Measure::Memory, key, Some(&amount), Some(&cap));
    if let Some(comparison) = added.filter(|_| value > need.memory_mb.value) {
        comparison.with = Some("the scratch files kept in it");
    }
}

fn time(need: &Need, limits: &Limits, to: &mut Comparisons) {
    let numbers = &limits.numbers;
    let timeout = Some(&need.timeout_s);
    to.add(Measure::Timeout, "timeout-max-s", timeout, numbers.timeout_max_s.as_ref());
    to.add(Measure::HttpTimeout, "http-max-s", timeout, numbers.http_max_s.as_ref());
    let start = need.start_s.as_ref();
    to.add(Measure::Start, "start-default-s", start, numbers.start_default_s.as_ref());
    to.add(Measure::Start, "start-max-s", start, numbers.start_max_s.as_ref());
}

fn disk(need: &Need, limits: &Limits, to: &mut Comparisons) {
    let package_mb = package_on_scratch(need, limits);
    let shared = need.shared_disk_mb().saturating_add(package_mb);
    let amount = Amount { value: need.disk_mb.value.max(shared), ..need.disk_mb.clone() };
    let limit = limits.numbers.disk_max_mb.as_ref();
    let added = to.add(Measure::Disk, "disk-max-mb", Some(&amount), limit);
    if let Some(comparison) = added.filter(|_| amount.value > need.disk_mb.value) {
        comparison.with = Some("the unpacked package on it");
    }
}

fn traffic(need: &Need, limits: &Limits, to: &mut Comparisons) {
    let numbers = &limits.numbers;
    let request = need.request_bytes.as_ref();
    let by_default = numbers.request_default_bytes.as_ref();
    to.add(Measure::Request, "request-default-bytes", request, by_default);
    to.add(Measure::Request, "request-bytes", request, numbers.request_bytes.as_ref());
    let response = need.response_bytes.as_ref();
    to.add(Measure::Response, "response-bytes", response, numbers.response_bytes.as_ref());
    let most = numbers.concurrency_max.as_ref();
    to.add(Measure::Concurrency, "concurrency-max", Some(&need.concurrency), most);
}

fn mismatches(need: &Need, limits: &Limits) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let mut push = |code, phrase, span| {
        found.push(Mismatch { code, phrase, span, source: None, checked: None });
    };
    if let Some(Chosen { value, span }) = &need.format
        && !limits.formats.contains(value)
    {
        let accepted: Vec<_> = limits.formats.iter().map(|format| format.word()).collect();
        let phrase = format!("a {} is not accepted, only {}", value.word(), accepted.join(", "));
        push("limits/format", phrase, span.clone());
    }
    if let Some(Chosen { value, span }) = &need.architecture
        && !limits.architectures.contains(value)
    {
        let there: Vec<_> = limits.architectures.iter().map(|one| one.word()).collect();
        let phrase = format!("{} is not there, only {}", value.word(), there.join(", "));
        push("limits/architecture", phrase, span.clone());
    }
    if limits.native == Native::Never {
        let note = limits.native_note.as_ref();
        found.push(Mismatch {
            code: "limits/native",
            phrase: note
                .map_or("a Linux binary does not start".into(), |note| note.text.to_string()),
            span: None,
            source: note.map(|note| note.source.clone()),
            checked: note.map(|note| note.checked.to_string()),
        });
    }
    found
}

/// The smallest memory of the kind that holds the need, and the CPU that goes with it.
fn grant(need: &Need, limits: &Limits) -> Granted {
    let numbers = &limits.numbers;
    let wanted = memory_with_scratch(need, limits);
    let rounded = match &limits.memory_sizes_mb {
        Some(sizes) => sizes.values.iter().copied().filter(|size| *size >= wanted).min(),
        None => {
            let step = numbers.memory_step_mb.as_ref().map_or(1, |step| step.value.max(1));
            let least = numbers.memory_min_mb.as_ref().map_or(0, |least| least.value);
            wanted.max(least).checked_next_multiple_of(step)
        }
    };
    let memory_mb = rounded.filter(|memory| {
        numbers
            .memory_max_mb
            .as_ref()
            .is_none_or(|most| *memory <= most.value || most.force == Force::Soft)
    });
    let least_milli_cpu =
        memory_mb.zip(limits.cpu_tiers.as_ref()).and_then(|(memory, tiers)| cpu(memory, tiers));
    Granted { memory_mb, least_milli_cpu }
}

fn cpu(memory_mb: u64, tiers: &CpuTiers) -> Option<u64> {
    tiers
        .tiers
        .iter()
        .filter(|tier| (tier.from_mb..=tier.to_mb).contains(&memory_mb))
        .map(|tier| tier.milli_cpu)
        .min()
}

fn remarks(need: &Need, limits: &Limits, granted: Granted) -> Vec<Remark> {
    let mut remarks: Vec<_> = route(need, limits).into_iter().collect();
    remarks.extend(rounded(need, limits, granted));
    if limits.native == Native::Shim {
        remarks.extend(limits.native_note.as_ref().map(|note| noted(RemarkKind::Shim, note)));
    }
    remarks.extend(limits.deprecated.as_ref().map(|note| noted(RemarkKind::Deprecated, note)));
    remarks
}

fn route(need: &Need, limits: &Limits) -> Option<Remark> {
    let direct = limits.numbers.direct_upload_bytes.as_ref()?;
    let packed = need.packed_bytes.as_ref().filter(|packed| packed.value > direct.value)?;
    let (packed, most) = pair(packed.value, direct.value, Unit::Bytes);
    Some(Remark {
        kind: RemarkKind::Route,
        text: format!(
            "the package of {packed} goes through object storage, being over the {most} of a direct upload"
        ),
        source: direct.source.clone(),
        checked: direct.checked.to_string(),
    })
}

fn rounded(need: &Need, limits: &Limits, granted: Granted) -> Option<Remark> {
    let wanted = memory_with_scratch(need, limits);
    let given = granted.memory_mb.filter(|given| *given > wanted)?;
    let numbers = &limits.numbers;
    let (source, checked) = match &limits.memory_sizes_mb {
        Some(sizes) => (&sizes.source, &sizes.checked),
        None => {
            let least = numbers.memory_min_mb.as_ref().filter(|least| least.value == given);
            let basis = least.or(numbers.memory_step_mb.as_ref())?;
            (&basis.source, &basis.checked)
        }
    };
    let (given, wanted) = (quantity(given, Unit::Mib), quantity(wanted, Unit::Mib));
    Some(Remark {
        kind: RemarkKind::Rounded,
        text: format!("memory becomes {given}, the nearest size that holds {wanted}"),
        source: source.clone(),
        checked: checked.to_string(),
    })
}

fn noted(kind: RemarkKind, note: &Note) -> Remark {
    Remark {
        kind,
        text: note.text.to_string(),
        source: note.source.clone(),
        checked: note.checked.to_string(),
    }
}
