//! What stands beside a bundle, or beside a user's own Python code, where Google runs a Python
//! function: the function itself, and what it needs installed. Makes bytes and writes none.

use serde_json::json;

/// What the runtime is called: the program that a native function starts.
pub const EXECUTABLE: &str = "mlship-runtime";

/// The function's name in `main.py`, in both lanes.
pub const ENTRY_POINT: &str = "predict";

/// The list of Python packages that Google installs.
pub const REQUIREMENTS: &str = "requirements.txt";

/// The package that calls the function, with its version.
const FRAMEWORK: &str = include_str!("../../../templates/functions-v2/content/requirements.txt");

/// The function that hands requests on to the runtime.
const NATIVE: &str = include_str!("../../../templates/functions-v2/content/main.py");

/// The function that calls the user's handler.
const PYTHON: &str = include_str!("../../../templates/functions-v2-python/content/main.py");

/// Why a list of packages cannot be taken.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RequirementsError {
    /// A line leads to another file.
    #[error("line {0} leads to another file: `{1}`")]
    Elsewhere(usize, String),
    /// Packages are pinned by their digests, and the one that calls the function is not there.
    #[error("packages are pinned by digests, and `functions-framework` is not among them")]
    Unpinned,
}

/// The files beside a bundle that the runtime serves, sorted by path.
pub fn files() -> Vec<(String, Vec<u8>)> {
    vec![("main.py".into(), NATIVE.into()), (REQUIREMENTS.into(), FRAMEWORK.into())]
}

/// The files beside the user's own code, sorted by path. `handler` is `module:function`, and
/// `requirements` what the user's code needs, in pip's own form
/// (<https://pip.pypa.io/en/stable/reference/requirements-file-format/>).
///
/// # Errors
/// When the requirements cannot be installed where the user's disk is not.
pub fn python_files(
    handler: &str,
    requirements: &str,
) -> Result<Vec<(String, Vec<u8>)>, RequirementsError> {
    let settings = format!("{:#}\n", json!({"handler": handler}));
    Ok(vec![
        ("main.py".into(), PYTHON.into()),
        ("mlship.json".into(), settings.into_bytes()),
        (REQUIREMENTS.into(), with_framework(requirements)?.into_bytes()),
    ])
}

/// The user's packages, and the framework unless they name it themselves.
fn with_framework(requirements: &str) -> Result<String, RequirementsError> {
    for (number, line) in (1..).zip(requirements.lines()) {
        let line = line.trim();
        let leads = ["-r", "-c", "-e", "--requirement", "--constraint", "--editable", ".", "/"];
        if leads.iter().any(|start| line.starts_with(start)) || line.contains("file:") {
            return Err(RequirementsError::Elsewhere(number, line.to_owned()));
        }
    }
    if requirements.lines().any(is_framework) {
        return Ok(requirements.to_owned());
    }
    if requirements.contains("--hash") {
        return Err(RequirementsError::Unpinned);
    }
    let end = if requirements.is_empty() || requirements.ends_with('\n') { "" } else { "\n" };
    Ok(format!("{requirements}{end}{FRAMEWORK}"))
}

/// Names of packages know neither case nor kinds of dashes
/// (<https://packaging.python.org/en/latest/specifications/name-normalization/>).
fn is_framework(line: &str) -> bool {
    let is_of_name = |c: &char| c.is_ascii_alphanumeric() || "-_.".contains(*c);
    let name: String = line.trim().chars().take_while(is_of_name).collect();
    name.to_ascii_lowercase().replace(['_', '.'], "-") == "functions-framework"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_framework_is_added_once() {
        assert_eq!(with_framework("").unwrap(), FRAMEWORK);
        assert_eq!(with_framework("numpy").unwrap(), format!("numpy\n{FRAMEWORK}"));
        for own in ["numpy\nfunctions_framework>=3\n", "Functions.Framework[x]==3.9.0"] {
            assert_eq!(with_framework(own).unwrap(), own);
        }
        let near = "functions-framework-extra\n# functions-framework\n";
        assert_eq!(with_framework(near).unwrap(), format!("{near}{FRAMEWORK}"));
    }

    #[test]
    fn what_is_not_sent_cannot_be_installed() {
        for line in ["-r more.txt", "-e .", "./wheel.whl", "/opt/x", "x @ file:///x", "-c c.txt"] {
            let refused = with_framework(&format!("numpy\n  {line}\n"));
            assert_eq!(refused, Err(RequirementsError::Elsewhere(2, line.into())));
        }
        let pinned = "numpy==2.0 --hash=sha256:00";
        assert_eq!(with_framework(pinned), Err(RequirementsError::Unpinned));
        let whole = format!("{pinned}\nfunctions-framework==3.10.2 --hash=sha256:00");
        assert_eq!(with_framework(&whole).unwrap(), whole);
    }
}
