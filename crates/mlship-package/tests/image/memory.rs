//! What packing takes: a model of 3 GB in less than 150 MB, whatever it is packed into.

use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// The bound, in KiB.
const MOST_KIB: u64 = 150 * 1000;

/// Peak KiB and packed bytes of the example `pack`, which cargo builds with the tests.
fn pack(form: &str, weights: &Path, to: &Path) -> (u64, u64) {
    let test = env::current_exe().unwrap();
    let example = test.parent().and_then(Path::parent).unwrap().join("examples/pack");
    let out = Command::new(example).arg(form).args([weights, to]).output().unwrap();
    let said = String::from_utf8(out.stdout).unwrap();
    let words: Vec<&str> = said.split_whitespace().collect();
    let [peak, packed] = words[..] else {
        panic!("{said}{}", String::from_utf8_lossy(&out.stderr))
    };
    (peak.parse().unwrap(), packed.parse().unwrap())
}

/// 192 MiB that deflate cannot shrink: noise that repeats far beyond its window.
fn write_noise(path: &Path) {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let block: Vec<u8> = (0..1 << 17).flat_map(|_| next()).collect();
    let mut file = File::create(path).unwrap();
    for _ in 0..192 {
        file.write_all(&block).unwrap();
    }
}

#[test]
fn an_image_of_a_3_gb_model_takes_little_memory() {
    let work = tempfile::tempdir().unwrap();
    let weights = work.path().join("weights");
    File::create(&weights).unwrap().set_len(3 << 30).unwrap();
    let (peak, packed) = pack("image", &weights, &work.path().join("image"));
    assert!(peak < MOST_KIB, "{peak} KiB");
    assert!(packed < 8 << 20, "zeros shrink: {packed}");
}

#[test]
fn weights_that_do_not_shrink_pass_through_in_either_form() {
    let work = tempfile::tempdir().unwrap();
    let weights = work.path().join("weights");
    write_noise(&weights);
    let length = fs::metadata(&weights).unwrap().len();
    for form in ["image", "zip"] {
        let (peak, packed) = pack(form, &weights, &work.path().join(form));
        assert!(peak < MOST_KIB, "{form}: {peak} KiB");
        assert!(packed > length && packed < length + length / 100, "{form}: {packed}");
    }
}
