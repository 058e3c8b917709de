//! No advice is given that does not help.

use mlship_core::limits::{
    Amount, Architecture, Change, Chosen, Limits, Need, Origin, Packing, advise, check,
};

use crate::support::{all, little};

const MIB: u64 = 1 << 20;

/// Needs of every shape: all pairs and more of sizes, settings and choices.
fn needs() -> Vec<Need> {
    let mut needs = Vec::new();
    for model in [0, 30, 100, 240, 300, 700, 9_000, 20_000] {
        for memory in [64, 512, 3_008, 6_000, 12_000, 300_000] {
            for timeout in [10, 61, 235, 700, 1_200, 9_999] {
                for disk in [100, 700, 20_000] {
                    needs.push(need(model, memory, timeout, disk));
                }
            }
        }
    }
    needs
}

fn need(model_mb: u64, memory: u64, timeout: u64, disk: u64) -> Need {
    let origins = [Origin::Declared, Origin::Default, Origin::Measured, Origin::Estimated];
    let origin =
        origins[usize::try_from((model_mb + memory + timeout + disk) / 7 % 4).expect("small")];
    let bytes = |mib: u64| Some(Amount::new(mib * MIB + 12_345, Origin::Estimated));
    let mut need = Need {
        memory_mb: Amount::new(memory, origin),
        timeout_s: Amount::new(timeout, Origin::Declared),
        disk_mb: Amount::new(disk, origin),
        concurrency: Amount::new(1 + memory % 7 * 300, Origin::Declared),
        packed_bytes: bytes(model_mb + 1),
        unpacked_bytes: bytes(model_mb + 3),
        model_bytes: Some(model_mb * MIB),
        request_bytes: (timeout % 2 == 1).then(|| Amount::new(7 * MIB, Origin::Measured)),
        ..little()
    };
    if model_mb == 100 {
        need.architecture = Some(Chosen { value: Architecture::Arm64, span: None });
    }
    if model_mb == 300 {
        need.format = Some(Chosen { value: Packing::Zip, span: None });
    }
    need
}

#[test]
fn what_is_advised_passes_the_check() {
    let all = all();
    let refs: Vec<&Limits> = all.iter().collect();
    let mut seen = [0; 7];
    for need in needs() {
        for advice in advise(&need, &refs) {
            let (mut provider, mut kind) = (advice.provider.as_str(), advice.kind.as_str());
            let from = all.iter().find(|one| one.provider == provider && one.kind == kind);
            assert!(!check(&need, from.expect("a kind")).fits, "{advice:?} where it fits");
            for change in &advice.changes {
                seen[index(change)] += 1;
                if let Change::Kind { provider: other, kind: name } = change {
                    (provider, kind) = (other, name);
                }
            }
            let to = all.iter().find(|one| one.provider == provider && one.kind == kind);
            let to = to.expect("a kind that there is");
            let verdict = check(&need.changed(&advice.changes), to);
            assert!(verdict.fits, "{advice:?} of {need:?} is {:?}", verdict.violations().next());
            assert!(to.deprecated.is_none() || to.kind == from.expect("a kind").kind);
            unmeasured(&need, &advice.changes);
        }
    }
    assert!(seen.iter().all(|count| *count > 0), "some advice was never given: {seen:?}");
}

/// Nothing that was measured or estimated is to be set lower.
fn unmeasured(need: &Need, changes: &[Change]) {
    let fetches = changes.contains(&Change::Fetch);
    for change in changes {
        match change {
            Change::MemoryMb(value) => {
                assert!(need.memory_mb.origin.is_setting(), "{changes:?} of {need:?}");
                let package = need.unpacked_bytes.as_ref().expect("known").value;
                assert!(value * MIB >= package, "{value} MB cannot hold {package} bytes");
            }
            Change::DiskMb(value) if !fetches => {
                assert!(need.disk_mb.origin.is_setting() && *value < need.disk_mb.value);
            }
            Change::TimeoutS(value) => assert!(*value < need.timeout_s.value),
            _ => {}
        }
    }
}

fn index(change: &Change) -> usize {
    match change {
        Change::Kind { .. } => 0,
        Change::MemoryMb(_) => 1,
        Change::TimeoutS(_) => 2,
        Change::DiskMb(_) => 3,
        Change::Concurrency(_) => 4,
        Change::Architecture(_) => 5,
        Change::Fetch => 6,
    }
}

#[test]
fn the_same_need_gets_the_same_advice() {
    let all = all();
    let refs: Vec<&Limits> = all.iter().collect();
    let need = need(300, 6_000, 1_200, 700);
    assert_eq!(advise(&need, &refs), advise(&need, &refs));
}

#[test]
fn a_kind_that_fits_gets_none() {
    let all = all();
    let refs: Vec<&Limits> = all.iter().filter(|one| one.provider == "aws").collect();
    assert_eq!(advise(&little(), &refs), []);
}

#[test]
fn the_words_are_those_that_a_user_types() {
    let all = all();
    let refs: Vec<&Limits> = all.iter().collect();
    let of = |need: &Need, kind: &str| -> Vec<String> {
        let all = advise(need, &refs);
        all.into_iter().filter(|one| one.kind == kind).map(|one| one.text).collect()
    };
    let mut slow = little();
    slow.timeout_s = Amount::new(1_200, Origin::Declared);
    let wanted = [
        "set `timeout-s` to 900",
        "use provider `gcp`, kind `cloud-run-source`: timeout up to 3,600 s",
    ];
    assert_eq!(of(&slow, "lambda-zip"), wanted);
    let mut large = little();
    large.memory_mb = Amount::new(12_000, Origin::Declared);
    large.timeout_s = Amount::new(1_200, Origin::Declared);
    assert_eq!(of(&large, "lambda-image")[0], "set `memory-mb` to 10240 and `timeout-s` to 900");
}
