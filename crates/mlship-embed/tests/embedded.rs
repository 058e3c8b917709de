//! The embedded runtimes: what they are, what they weigh, and what they must not hold.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use mlship_embed::{Architecture, Runtime, Variety, runtime};
use sha2::{Digest, Sha256};

/// The most that each may weigh, in bytes.
const CLASSICAL_BYTES: usize = 3_900_000;
const NEURAL_BYTES: usize = 10_500_000;
const FULL_BYTES: usize = 17_500_000;
const PYTHON_BYTES: usize = 7_500_000;

fn all() -> [(Runtime, usize, &'static str); 4] {
    let carried = |variety| runtime(variety, Architecture::X86_64).expect("built on this host");
    [
        (carried(Variety::Classical), CLASSICAL_BYTES, "(classical)"),
        (carried(Variety::Neural), NEURAL_BYTES, "(classical, neural)"),
        (carried(Variety::Full), FULL_BYTES, "(classical, neural)"),
        (carried(Variety::Python), PYTHON_BYTES, "(classical, python)"),
    ]
}

#[test]
fn each_is_small_and_has_its_digest() {
    for (runtime, most, engines) in all() {
        println!("{engines}: {} bytes", runtime.bytes.len());
        assert!(runtime.bytes.len() <= most, "{engines}: {} bytes", runtime.bytes.len());
        let digest: String =
            Sha256::digest(runtime.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(runtime.sha256, digest);
    }
}

#[test]
fn each_is_static_and_starts_alone() {
    for (runtime, _, engines) in all() {
        assert!(!has_interpreter(runtime.bytes), "{engines} asks for a dynamic linker");
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("bootstrap");
        fs::write(&program, runtime.bytes).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        let output = Command::new(&program).arg("--version").env_clear().output().unwrap();
        let version = String::from_utf8(output.stdout).unwrap();
        assert!(version.trim_end().ends_with(engines), "{version}");
    }
}

#[test]
fn none_holds_a_path_of_the_machine_that_built_it() {
    let checkout = fs::canonicalize(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).unwrap();
    let home = std::env::var("HOME").unwrap() + "/.";
    for (runtime, _, engines) in all() {
        for path in [checkout.to_str().unwrap(), &home] {
            let found = runtime.bytes.windows(path.len()).any(|window| window == path.as_bytes());
            assert!(!found, "{engines} holds `{path}`");
        }
    }
}

#[test]
fn there_is_none_for_what_is_not_built() {
    assert_eq!(runtime(Variety::Classical, Architecture::Aarch64), None);
}

/// True when a program header of a 64-bit ELF file is `PT_INTERP`, by elf(5).
fn has_interpreter(elf: &[u8]) -> bool {
    const PT_INTERP: u32 = 3;
    assert_eq!(&elf[..5], b"\x7fELF\x02");
    let short = |at: usize| {
        usize::from(u16::from_le_bytes(elf[at..at + 2].try_into().expect("as many bytes")))
    };
    let table = u64::from_le_bytes(elf[32..40].try_into().expect("as many bytes")) as usize;
    let (size, count) = (short(54), short(56));
    (0..count).any(|index| {
        let at = table + index * size;
        u32::from_le_bytes(elf[at..at + 4].try_into().expect("as many bytes")) == PT_INTERP
    })
}
