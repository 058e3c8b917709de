//! Debian packages. Elsewhere the same programs must be there already.

use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Done;
use crate::process::{output, run, succeeds};

/// What the tests use of Debian; the release that is installed pins their versions.
const PACKAGES: &[&str] = &[
    "python3-venv",
    "python3-torch",
    "python3-torchvision",
    "docker-registry",
    "skopeo",
    "strace",
    "chromium",
    "curl",
    "hyperfine",
    "wrk",
];

/// What is taken from Debian only when it is not there by other means: program and packages.
const PROGRAMS: &[(&str, &[&str])] =
    &[("npm", &["nodejs", "npm"]), ("dockerd", &["docker.io"]), ("git", &["git"])];

/// Installs the packages that are missing.
pub(crate) fn install() -> Result<Done> {
    if !succeeds(Command::new("dpkg-query").arg("--version")) {
        eprintln!("setup: no dpkg here; the tests expect the programs of: {}", PACKAGES.join(" "));
        return Ok(Done::AlreadyThere);
    }
    let installed =
        output(Command::new("dpkg-query").args(["-W", "-f", "${Package} ${Status}\n"]))?;
    let mut missing = missing(PACKAGES, &installed);
    for (program, packages) in PROGRAMS {
        if !succeeds(Command::new(program).arg("--version")) {
            missing.extend(self::missing(packages, &installed));
        }
    }
    if missing.is_empty() {
        return Ok(Done::AlreadyThere);
    }
    apt(&missing)?;
    Ok(Done::Installed)
}

fn missing(wanted: &[&'static str], installed: &str) -> Vec<&'static str> {
    let there = |package: &str| {
        installed
            .lines()
            .any(|line| line.split_once(' ') == Some((package, "install ok installed")))
    };
    wanted.iter().copied().filter(|package| !there(package)).collect()
}

fn apt(packages: &[&str]) -> Result<()> {
    let by_hand = format!("apt-get install --no-install-recommends {}", packages.join(" "));
    let prefix: &[&str] = if output(Command::new("id").arg("-u"))?.trim() == "0" {
        &[]
    } else if succeeds(Command::new("sudo").args(["-n", "true"])) {
        &["sudo", "-n"]
    } else {
        bail!("packages are missing and this user cannot install them; as root: {by_hand}");
    };
    let apt_get = |arguments: &[&str]| {
        let mut words = prefix.to_vec();
        words.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]);
        words.extend(arguments);
        run(Command::new(words[0]).args(&words[1..]))
    };
    let failed = || format!("by hand: {by_hand}");
    apt_get(&["update"]).with_context(failed)?;
    apt_get(&[&["install", "--no-install-recommends"], packages].concat()).with_context(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_fully_installed_is_there() {
        let installed = "wrk install ok installed\nhyperfine deinstall ok config-files\n";
        let missing = missing(&["wrk", "hyperfine", "docker.io"], installed);
        assert_eq!(missing, ["hyperfine", "docker.io"]);
    }
}
