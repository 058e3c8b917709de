//! The words of a call to the command that they mean; and what is said when they mean none, in the
//! form that was asked for. Runs nothing.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory, Parser};
use serde_json::json;

use crate::cli::Cli;

/// Reads the arguments of this process. Help, the version and mistakes are answered here.
pub(crate) fn read() -> Result<Cli, ExitCode> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let error = match Cli::try_parse_from(&words) {
        Ok(cli) => return Ok(cli),
        Err(error) => error,
    };
    let code = ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let variable = variable_of(&error, &words);
    if !is_help && wants_json(&words, std::env::var_os("MLSHIP_OUTPUT")) {
        let _ = writeln!(std::io::stdout(), "{:#}", object(&error, variable.as_deref()));
        return Err(code);
    }
    let _ = error.print();
    if let Some(variable) = variable {
        let _ = writeln!(std::io::stderr(), "\nhint: {}", from_variable(&variable));
    }
    Err(code)
}

/// The mistake as every failure is written for programs.
fn object(error: &clap::Error, variable: Option<&str>) -> serde_json::Value {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let message = match error.kind() {
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "no command was given"
        }
        _ => text.split("\n\n").next().unwrap_or_default().trim(),
    };
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let tips = text.lines().filter_map(|line| line.trim_start().strip_prefix("tip: "));
    let mut hints: Vec<String> = tips.map(str::to_owned).collect();
    hints.extend(variable.map(from_variable));
    hints.push("`mlship --help` shows the commands, `mlship COMMAND --help` its flags".to_owned());
    json!({
        "schema": "mlship/error/1",
        "error": {"kind": "usage", "message": message, "causes": [], "hints": hints},
    })
}

fn from_variable(variable: &str) -> String {
    format!("the value comes from the environment variable `{variable}`")
}

/// Whether the answer was to be JSON: the last word on it, else the variable.
fn wants_json(words: &[OsString], variable: Option<OsString>) -> bool {
    let words: Vec<_> = words.iter().skip(1).map(|word| word.to_string_lossy()).collect();
    let words: Vec<&str> =
        words.iter().map(AsRef::as_ref).take_while(|word| *word != "--").collect();
    let mut asked = None;
    for (at, word) in words.iter().enumerate() {
        let value = match *word {
            "-o" | "--output" => words.get(at + 1).copied(),
            word => word
                .strip_prefix("--output=")
                .or_else(|| short(word).map(|value| value.trim_start_matches('='))),
        };
        asked = value.or(asked);
    }
    match asked {
        Some(asked) => asked == "json",
        None => variable.is_some_and(|value| value == "json"),
    }
}

/// The value in `-ojson`.
fn short(word: &str) -> Option<&str> {
    word.strip_prefix("-o").filter(|value| !value.is_empty())
}

/// The environment variable that the wrong value came from: its flag is not among the words.
fn variable_of(error: &clap::Error, words: &[OsString]) -> Option<String> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let (flag, value) = (text(ContextKind::InvalidArg)?, text(ContextKind::InvalidValue)?);
    let long = flag.split([' ', '=']).find_map(|word| word.strip_prefix("--"))?;
    let long = long.trim_end_matches("...");
    let command = Cli::command();
    let named = |command: &Command| {
        let mut flags = command.get_arguments();
        let flag = flags.find(|flag| flag.get_long() == Some(long))?;
        let variable = flag.get_env()?.to_string_lossy().into_owned();
        Some((variable, flag.get_short()))
    };
    let all = std::iter::once(&command).chain(command.get_subcommands());
    let (variable, short) = all.into_iter().find_map(named)?;
    let said = words.iter().skip(1).map(|word| word.to_string_lossy()).any(|word| {
        let long_one = word.strip_prefix("--").and_then(|word| word.split('=').next());
        let letter = short.is_some_and(|short| {
            word.starts_with('-') && !word.starts_with("--") && word.contains(short)
        });
        long_one == Some(long) || letter
    });
    let is_it = std::env::var_os(&variable).is_some_and(|there| there.to_string_lossy() == value);
    (is_it && !said).then_some(variable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_the_answer_is_known_without_understanding_the_rest() {
        let json = |words: &[&str], variable: Option<&str>| {
            let words: Vec<OsString> =
                ["mlship"].iter().chain(words).map(|word| OsString::from(*word)).collect();
            wants_json(&words, variable.map(OsString::from))
        };
        assert!(json(&["x", "-o", "json"], None) && json(&["-ojson", "x"], None));
        assert!(json(&["--output=json"], None) && json(&["--output", "json"], Some("text")));
        assert!(json(&[], Some("json")) && !json(&["-o", "text"], Some("json")));
        assert!(!json(&["x"], None) && !json(&["x", "--", "-o", "json"], None));
        assert!(!json(&["-o"], None));
    }
}
