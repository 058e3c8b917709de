//! Packs one file of weights and says the most memory that it took: what the tests on memory run,
//! in a process of its own. `pack image|zip <weights> <to>`.

#![expect(clippy::print_stdout, reason = "what a test reads")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use mlship_package::{Contents, Frame, Mode, Part, Source, image, zip};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [form, weights, to] = &words[..] else {
        return Err("pack image|zip <weights> <to>".into());
    };
    let mut contents = Contents::default();
    let source = Source::File(PathBuf::from(weights));
    contents.add_to(Part::Weights, "model.weights", Mode::Plain, source);
    contents.add_bytes("bundle.json", b"{}".to_vec());
    let to = Path::new(to);
    let artifact = match form.as_str() {
        "image" => {
            image(&contents, &Frame::new("var/task", "var/task/bootstrap", "amd64"), None, to)?
        }
        _ => zip(&contents, to)?,
    };
    // Linux keeps the most memory that was resident, in KiB (proc(5), `VmHWM`).
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let kib = peak.trim().trim_end_matches(" kB");
    println!("{kib} {}", artifact.packed_bytes);
    Ok(())
}
