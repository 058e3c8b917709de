//! Finds the real components that `cargo xtask setup` installed. One that is missing fails the
//! test with the line that installs it.

use std::path::PathBuf;
use std::process::Command;

/// The folder that `cargo xtask setup` fills: `.tools` at the top of the checkout.
pub fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.tools"))
}

/// The Python of the test environment, with the packages of `crates/xtask/requirements.txt`.
pub fn python() -> PathBuf {
    tool("venv/bin/python")
}

/// The Python of other people's clients and servers, with the packages of
/// `crates/xtask/clients.txt`.
pub fn clients_python() -> PathBuf {
    tool("clients/bin/python")
}

/// Debian's own Python, which has torch and torchvision.
///
/// # Panics
/// When it has not, with the line that installs them.
pub fn torch_python() -> PathBuf {
    let python = PathBuf::from("/usr/bin/python3");
    let has = Command::new(&python).args(["-c", "import torchvision"]).status();
    assert!(
        has.is_ok_and(|status| status.success()),
        "torch is missing; install it with: cargo xtask setup"
    );
    python
}

/// Debian's torch with what is put on top by `crates/xtask/torch.txt`: fastai, transformers, onnx,
/// onnxruntime.
pub fn networks_python() -> PathBuf {
    tool("torch/bin/python")
}

/// The library of ONNX Runtime, of the version that goes into artifacts, in the test environment's
/// installed package.
///
/// # Panics
/// When it is not there, with the line that installs it.
pub fn onnxruntime() -> PathBuf {
    tool("venv/lib/python3.11/site-packages/onnxruntime/capi/libonnxruntime.so.1.31.1")
}

/// uv, which resolves and installs Python packages.
pub fn uv() -> PathBuf {
    tool("venv/bin/uv")
}

/// `moto_server`, the AWS stand-in.
pub fn moto_server() -> PathBuf {
    tool("venv/bin/moto_server")
}

/// Google's own framework for functions in Python.
pub fn functions_framework() -> PathBuf {
    tool("venv/bin/functions-framework")
}

/// The Lambda runtime interface emulator.
pub fn lambda_emulator() -> PathBuf {
    tool("bin/aws-lambda-rie")
}

/// Debian's `docker-registry`.
pub fn docker_registry() -> PathBuf {
    program("docker-registry")
}

/// `skopeo`, which looks at images as others do.
pub fn skopeo() -> PathBuf {
    program("skopeo")
}

/// Debian's Chromium.
pub fn chromium() -> PathBuf {
    program("chromium")
}

/// A program of the system.
///
/// # Panics
/// When it is not there, with the line that installs it.
fn program(name: &str) -> PathBuf {
    let path = PathBuf::from("/usr/bin").join(name);
    assert!(path.exists(), "`{}` is missing; install it with: cargo xtask setup", path.display());
    path
}

/// A file below [`folder`].
///
/// # Panics
/// When it is not there, with the line that installs it.
pub fn tool(path: &str) -> PathBuf {
    let path = folder().join(path);
    assert!(path.exists(), "`{}` is missing; install it with: cargo xtask setup", path.display());
    path
}
