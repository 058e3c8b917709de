//! Whether a handler's modules are Python and have its function: looked at, never run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mlship_core::finding::{Finding, Report};
use mlship_core::project::{Project, Python};
use mlship_manifest::Source;
use mlship_package::Contents;
use serde::Deserialize;

use crate::failure::Failure;

/// Compiles each file that is named and tells of those that cannot be; runs nothing of them. An
/// older Python than the one that is wanted says nothing: it may not know the words.
const COMPILE: &str = r#"
import json, sys
wanted = [int(part) for part in sys.argv[1].split(".")]
if list(sys.version_info[:2]) < wanted:
    sys.exit()
for path in sys.argv[2:]:
    try:
        with open(path, "rb") as file:
            compile(file.read(), path, "exec", 0, True)
    except (SyntaxError, ValueError) as error:
        said = {"path": path, "line": getattr(error, "lineno", None),
                "message": getattr(error, "msg", None) or str(error),
                "text": (getattr(error, "text", None) or "").strip()[:80]}
        print(json.dumps(said))
        break
"#;

/// The oldest Python that code is compared with where the manifest names none.
const ANY: &str = "3.0";

/// A file that is no Python.
#[derive(Debug, Deserialize)]
struct Mistake {
    path: String,
    line: Option<u64>,
    message: String,
    text: String,
}

/// Refuses code that cannot be compiled, and a module without the handler's function.
pub(super) fn check(
    project: &Project,
    python: &Python,
    contents: &Contents,
    source: &Source,
) -> Result<(), Failure> {
    let own = contents.entries().iter().map(|entry| entry.path.as_str());
    let own = own.filter(|path| path.ends_with(".py") && project.root.join(path).is_file());
    if let Some(mistake) = mistake(&project.root, python, own) {
        let place = mistake.line.map(|line| format!(":{line}")).unwrap_or_default();
        let words = format!("`{}{place}` is not Python: {}", mistake.path, mistake.message);
        let failure = Failure::usage(words);
        return Err(match mistake.text.is_empty() {
            true => failure,
            false => failure.hint(format!("it reads `{}`", mistake.text)),
        });
    }
    find_function(&project.root, python, source)
}

/// What a Python of this machine says, if there is one.
fn mistake<'a>(
    root: &Path,
    python: &Python,
    files: impl Iterator<Item = &'a str>,
) -> Option<Mistake> {
    let version = python.version.as_ref().map_or(ANY, |version| version.value.as_str());
    let files: Vec<&str> = files.collect();
    let names = [format!("python{version}"), "python3".to_owned(), "python".to_owned()];
    let ran = names.iter().find_map(|name| {
        let mut command = Command::new(name);
        command.args(["-I", "-S", "-c", COMPILE, version]).args(&files).current_dir(root);
        let ran = command.stdin(Stdio::null()).output().ok()?;
        ran.status.success().then_some(ran)
    })?;
    serde_json::from_slice(&ran.stdout).ok()
}

/// The function has a line of its own in the module, if only one that brings it from elsewhere.
fn find_function(root: &Path, python: &Python, source: &Source) -> Result<(), Failure> {
    let Some((module, function)) = python.handler.value.split_once(':') else { return Ok(()) };
    let Some((path, text)) = text(root, module) else { return Ok(()) };
    if defines(&text, function) {
        return Ok(());
    }
    let message = format!("`{}` has no function `{function}`", path.display());
    let finding = Finding::error("python/handler", message)
        .at(python.handler.span.clone())
        .label("not in that file")
        .hint(format!("write `def {function}(request):` there, or name another function"));
    Err(Failure::Manifest { report: Report(vec![finding]), source: Some(source.clone()) })
}

fn text(root: &Path, module: &str) -> Option<(PathBuf, String)> {
    let path = module.replace('.', "/");
    let places = [PathBuf::from(format!("{path}.py")), Path::new(&path).join("__init__.py")];
    places.into_iter().find_map(|place| {
        let bytes = fs::read(root.join(&place)).ok()?;
        Some((place, String::from_utf8_lossy(&bytes).into_owned()))
    })
}

/// Whether the name is among the words of a line that may define or import it.
fn defines(text: &str, function: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let has = |line: &str| line.split(|c| !is_word(c)).any(|word| word == function);
    let all_of_another = text.lines().any(|line| {
        line.trim_start().starts_with("from ") && line.contains("import") && line.contains('*')
    });
    let mut in_import = false;
    let defined = text.lines().any(|line| {
        let code = line.split('#').next().unwrap_or_default();
        let start = code.trim_start();
        let imports = in_import || start.starts_with("from ") || start.starts_with("import ");
        in_import = imports && (code.contains('(') || in_import) && !code.contains(')');
        let after_def = start.strip_prefix("async ").unwrap_or(start).trim_start();
        let def = ["def ", "class "].iter().find_map(|word| after_def.strip_prefix(word));
        let name = |rest: &str| rest.trim_start().split(|c| !is_word(c)).next() == Some(function);
        let assigned = code.contains('=') && has(code.split('=').next().unwrap_or_default());
        def.is_some_and(name) || assigned || (imports && has(code))
    });
    defined || all_of_another
}

#[cfg(test)]
mod tests {
    use super::defines;

    #[test]
    fn a_function_is_found_wherever_it_may_come_from() {
        for text in [
            "def predict(request):",
            "if x:\n    async def predict (request):",
            "predict = other",
            "predict: Callable = other",
            "from other import (\n    a,\n    predict,\n)",
            "from other import x as predict",
            "from other import *",
            "class predict:",
        ] {
            assert!(defines(text, "predict"), "{text}");
        }
        for text in
            ["", "def predict_all(request):", "# def predict(x)", "predict(1)", "x = predict"]
        {
            assert!(!defines(text, "predict"), "{text}");
        }
    }
}
