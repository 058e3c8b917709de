//! Runs the converter.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::environment::Environment;
use crate::error::ExportError;
use crate::order::Order;
use crate::report::{Report, Stage, Written};
use crate::sandbox::Sandbox;

/// The converter's modules, by file name.
const MODULES: &[(&str, &str)] = &[
    ("__init__.py", include_str!("mlship_export/__init__.py")),
    ("__main__.py", include_str!("mlship_export/__main__.py")),
    ("categories.py", include_str!("mlship_export/categories.py")),
    ("cuts.py", include_str!("mlship_export/cuts.py")),
    ("edges.py", include_str!("mlship_export/edges.py")),
    ("estimators.py", include_str!("mlship_export/estimators.py")),
    ("linear.py", include_str!("mlship_export/linear.py")),
    ("load.py", include_str!("mlship_export/load.py")),
    ("net_inputs.py", include_str!("mlship_export/net_inputs.py")),
    ("net_load.py", include_str!("mlship_export/net_load.py")),
    ("net_onnx.py", include_str!("mlship_export/net_onnx.py")),
    ("net_proof.py", include_str!("mlship_export/net_proof.py")),
    ("networks.py", include_str!("mlship_export/networks.py")),
    ("parity.py", include_str!("mlship_export/parity.py")),
    ("pictures.py", include_str!("mlship_export/pictures.py")),
    ("prepared.py", include_str!("mlship_export/prepared.py")),
    ("refusal.py", include_str!("mlship_export/refusal.py")),
    ("rows.py", include_str!("mlship_export/rows.py")),
    ("steps.py", include_str!("mlship_export/steps.py")),
    ("texts.py", include_str!("mlship_export/texts.py")),
    ("to_onnx.py", include_str!("mlship_export/to_onnx.py")),
    ("unsupported.py", include_str!("mlship_export/unsupported.py")),
    ("wide.py", include_str!("mlship_export/wide.py")),
];

/// The longest that a conversion may take.
const LONGEST: Duration = Duration::from_secs(1800);

/// How often it is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(20);

/// The most that is kept of what it says, in bytes.
const SAID: u64 = 1 << 20;

/// Loads the model, converts it and lets both answer the same rows. The ONNX file is written when
/// they agree.
///
/// # Errors
/// When the model cannot be loaded, converted, or answers otherwise.
pub fn export(
    order: &Order<'_>,
    environment: &Environment,
    sandbox: Sandbox,
) -> Result<Report, ExportError> {
    let work = tempfile::tempdir().map_err(ExportError::file("make", std::env::temp_dir()))?;
    let package = work.path().join("mlship_export");
    fs::create_dir(&package).map_err(ExportError::file("make", &package))?;
    for (name, text) in MODULES {
        let file = package.join(name);
        fs::write(&file, text).map_err(ExportError::file("write", &file))?;
    }
    let report = work.path().join("report.json");
    let mut command = sandbox.command(&environment.python, work.path());
    command.args(["-s", "-E", "-m", "mlship_export"]).current_dir(work.path());
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| {
        ExportError::Packages(format!("`{}` does not start: {error}", environment.python.display()))
    })?;
    let ended = converse(&mut child, &order.json(&report).to_string());
    let (status, said) = match ended {
        Ok(ended) => ended,
        Err(error) => {
            let _ = child.kill();
            let _ = child.wait();
            return Err(error);
        }
    };
    read(&report, status, &said)
}

/// Gives the order, and waits for the end.
fn converse(child: &mut Child, order: &str) -> Result<(ExitStatus, String), ExportError> {
    let silent = |error: std::io::Error| ExportError::Silent {
        status: error.to_string(),
        said: String::new(),
    };
    if let Some(mut stdin) = child.stdin.take() {
        // Who ends without reading says why.
        let _ = stdin.write_all(order.as_bytes());
    }
    let listener = child.stderr.take().map(|stderr| {
        std::thread::spawn(move || {
            let mut said = Vec::new();
            let mut stderr = stderr;
            let _ = (&mut stderr).take(SAID).read_to_end(&mut said);
            let _ = std::io::copy(&mut stderr, &mut std::io::sink());
            String::from_utf8_lossy(&said).into_owned()
        })
    });
    let start = Instant::now();
    let status = loop {
        match child.try_wait().map_err(silent)? {
            Some(status) => break status,
            None if start.elapsed() > LONGEST => {
                return Err(ExportError::Overdue(LONGEST.as_secs()));
            }
            None => std::thread::sleep(LOOK),
        }
    };
    let said = listener.and_then(|listener| listener.join().ok()).unwrap_or_default();
    Ok((status, said))
}

fn read(report: &Path, status: ExitStatus, said: &str) -> Result<Report, ExportError> {
    let silent = || ExportError::Silent {
        status: status.to_string(),
        said: said.lines().last().map(|line| format!(": {line}")).unwrap_or_default(),
    };
    let text = fs::read(report).map_err(|_| silent())?;
    let written: Written = serde_json::from_slice(&text).map_err(|_| silent())?;
    if written.ok {
        return serde_json::from_value(written.rest).map_err(|_| silent());
    }
    let reason = written.reason.unwrap_or_default();
    Err(match written.stage {
        Stage::Load => ExportError::Load(reason),
        Stage::Convert => ExportError::Step { step: written.step, reason },
        Stage::Parity => ExportError::Differs(reason),
    })
}
