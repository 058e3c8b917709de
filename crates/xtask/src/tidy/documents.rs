//! What the documents must say to be in step with the code.

use super::graph::Crate;
use super::source::File;

/// Where direct dependencies are explained.
const DEPENDENCIES: &str = "docs/dependencies.md";

/// Everything that the documents lack.
pub(crate) fn check(crates: &[Crate], files: &[File]) -> Vec<String> {
    let Some(page) = files.iter().find(|file| file.path == DEPENDENCIES) else {
        return vec![format!("{DEPENDENCIES} is missing")];
    };
    let ours = |name: &str| crates.iter().any(|member| member.name == name);
    let mut named: Vec<_> =
        crates.iter().flat_map(|member| member.shipped.iter().chain(&member.tested)).collect();
    named.sort();
    named.dedup();
    named
        .into_iter()
        .filter(|name| !ours(name) && !says(&page.text, name))
        .map(|name| format!("{DEPENDENCIES} does not say what {name} is for"))
        .collect()
}

/// True when the page holds the name as a word of its own: `hyper-util` does not name `hyper`.
fn says(page: &str, name: &str) -> bool {
    page.split(|letter: char| !letter.is_alphanumeric() && letter != '-' && letter != '_')
        .any(|word| word == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crates() -> Vec<Crate> {
        let ours = Crate { name: "mlship-core".into(), ..Crate::default() };
        let shipped = ["mlship-core", "hyper", "serde"].map(String::from).into();
        vec![ours, Crate { name: "mlship".into(), shipped, ..Crate::default() }]
    }

    fn page(text: &str) -> Vec<File> {
        vec![File { path: DEPENDENCIES.into(), text: text.into() }]
    }

    #[test]
    fn every_direct_dependency_is_named() {
        assert_eq!(check(&crates(), &page("| hyper, serde | … |")), Vec::<String>::new());
        let broken = check(&crates(), &page("| `hyper-util` and `serde` |"));
        assert_eq!(broken, ["docs/dependencies.md does not say what hyper is for"]);
    }

    #[test]
    fn a_missing_page_is_found() {
        assert_eq!(check(&crates(), &[]).len(), 1);
    }
}
