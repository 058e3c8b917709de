//! `name`: one that every provider takes.

use mlship_core::finding::Finding;
use mlship_core::reader::{Located, Reader};

use super::clip;

const LEAST: usize = 3;
const MOST: usize = 48;

/// The rule as a regular expression. Lambda takes 64 characters, Cloud Run fewer than 50;
/// Kubernetes and Azure names end in a letter or digit.
pub(crate) const PATTERN: &str = "^[a-z][a-z0-9-]{1,46}[a-z0-9]$";

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Located<String>> {
    let name = reader.string("name");
    let name = reader.required("name", name)?;
    let Err(why) = check(&name.value) else { return Some(name) };
    let message = format!("`{}` cannot be the name of a service", clip(&name.value));
    let finding = Finding::error("manifest/name", message).at(name.span).label(why);
    let finding = match corrected(&name.value) {
        Some(corrected) => finding.hint(format!("write `{corrected}`")),
        None => finding,
    };
    reader.report(finding.hint(format!(
        "a name is {LEAST} to {MOST} of `a-z`, `0-9` and `-`, a letter first, no `-` last"
    )));
    None
}

fn check(name: &str) -> Result<(), String> {
    let stray = name.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-'));
    match stray {
        _ if name.is_empty() => return Err("it is empty".into()),
        Some(c) if c.is_ascii_uppercase() => return Err("it has a capital letter".into()),
        Some(' ') => return Err("it has a space".into()),
        Some(c) => return Err(format!("it has `{}`", c.escape_debug())),
        None => {}
    }
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Err("it does not start with a letter".into());
    }
    match name.len() {
        short if short < LEAST => Err(format!("it is shorter than {LEAST} characters")),
        long if long > MOST => Err(format!("it has {long} characters; {MOST} is the most")),
        _ if name.ends_with('-') => Err("it ends with `-`".into()),
        _ => Ok(()),
    }
}

/// The valid name most like `name`; none when letters would be lost.
fn corrected(name: &str) -> Option<String> {
    if name.chars().any(|c| c.is_alphanumeric() && !c.is_ascii()) {
        return None;
    }
    let mut plain = String::new();
    for c in name.chars().take(4 * MOST).map(|c| c.to_ascii_lowercase()) {
        match c {
            'a'..='z' | '0'..='9' => plain.push(c),
            _ if plain.ends_with('-') => {}
            _ => plain.push('-'),
        }
    }
    let start = plain.find(|c: char| c.is_ascii_lowercase())?;
    let mut plain = plain[start..].to_owned();
    plain.truncate(MOST);
    let mut plain = plain.trim_end_matches('-').to_owned();
    if plain.len() < LEAST {
        plain.push_str("-model");
    }
    check(&plain).is_ok().then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corrections_are_valid_and_near() {
        for (name, right) in [
            ("Heart Disease!", Some("heart-disease")),
            ("iris_v2", Some("iris-v2")),
            ("2nd-model", Some("nd-model")),
            ("ab", Some("ab-model")),
            ("-x-", Some("x-model")),
            ("Grüße", None),
            ("42", None),
            ("", None),
        ] {
            assert!(check(name).is_err(), "{name}");
            assert_eq!(corrected(name).as_deref(), right, "{name}");
        }
        assert_eq!(corrected(&"a".repeat(200)).unwrap().len(), MOST);
        assert!(check("abc").is_ok() && check(&"a".repeat(MOST)).is_ok());
    }
}
