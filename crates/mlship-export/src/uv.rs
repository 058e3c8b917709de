//! uv, which finds versions that go together, locks them by digest, and installs them.

use std::path::Path;

use mlship_slim::resolve::{self, NotRun};

use crate::error::ExportError;

/// uv at work in a folder.
pub(crate) struct Uv<'a> {
    pub(crate) program: &'a Path,
    pub(crate) work: &'a Path,
}

impl Uv<'_> {
    /// Runs it; what it says is kept for an error.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<(), ExportError> {
        let uv = resolve::Uv { program: self.program.to_owned(), ..resolve::Uv::default() };
        let output = uv.run(uv.command().args(arguments).current_dir(self.work));
        let output = output.map_err(|error| match error {
            NotRun::Absent { program } => ExportError::Absent(program.display().to_string()),
            NotRun::Unstarted { source, .. } => {
                ExportError::Packages(format!("`uv` does not start: {source}"))
            }
        })?;
        match output.status.success() {
            true => Ok(()),
            false => Err(ExportError::Packages(cause(&String::from_utf8_lossy(&output.stderr)))),
        }
    }
}

/// The part of what uv says that names a cause, on one line.
fn cause(said: &str) -> String {
    const HEADS: [&str; 3] = ["error:", "×", "╰─▶"];
    let told: Vec<&str> = said
        .lines()
        .map(str::trim)
        .skip_while(|line| !HEADS.iter().any(|head| line.starts_with(head)))
        .take_while(|line| !line.starts_with("hint:"))
        .map(|line| line.trim_start_matches(|letter| "×╰─▶│".contains(letter)).trim())
        .map(|line| line.trim_start_matches("error:").trim())
        .filter(|line| !line.is_empty())
        .take(6)
        .collect();
    match told.is_empty() {
        true => "uv says nothing".into(),
        false => told.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_one_line() {
        let said = "Resolved 2 packages\n  × No solution found when resolving dependencies:\n  \
                    ╰─▶ Because there is no version of nothing-of-the-kind==9 and you require\n      \
                    nothing-of-the-kind==9, we can conclude that it fails.\nhint: look";
        let cause = cause(said);
        assert!(cause.starts_with("No solution found"), "{cause}");
        assert!(cause.contains("nothing-of-the-kind==9, we can conclude"), "{cause}");
        assert!(!cause.contains('\n') && !cause.contains("hint"), "{cause}");
        assert_eq!(super::cause(""), "uv says nothing");
    }
}
