//! Every manifest under `tests/manifest`: the good ones give the project in their `.project`
//! file, the bad ones the words in their `.err` file. `BLESS=1` writes those files anew.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs;
use std::path::{Path, PathBuf};

use mlship_manifest::{Format, Source, Style, parse, render};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/manifest").join(name)
}

fn manifests(name: &str) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder(name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| Format::of(path).is_some())
        .collect();
    paths.sort();
    paths
}

fn read(path: &Path) -> (Option<String>, String) {
    let text = fs::read_to_string(path).unwrap();
    let (project, report) = parse(&text, Format::of(path).unwrap(), Path::new("."));
    assert_eq!(project.is_none(), report.has_errors(), "{}: {report:#?}", path.display());
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let words = render(&report, &Source { name, text }, Style::Plain);
    (project.map(|project| without_spans(&format!("{project:#?}"))), words)
}

/// The project's debug text without places, which differ between YAML and TOML.
fn without_spans(debug: &str) -> String {
    let mut lines = Vec::new();
    let mut in_span = false;
    for line in debug.lines() {
        let bare = line.trim_start();
        let bare = bare.strip_prefix("labels_").unwrap_or(bare);
        if bare.starts_with("span: Some(") {
            in_span = true;
        }
        if !in_span && !bare.starts_with("span: ") {
            lines.push(line);
        }
        if in_span && bare == ")," {
            in_span = false;
        }
    }
    lines.join("\n") + "\n"
}

/// Compares with the golden file, or writes it.
fn golden(path: &Path, got: &str, wrong: &mut Vec<String>) {
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, got).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    if expected != got {
        wrong.push(format!("{}\n--- expected\n{expected}--- got\n{got}", path.display()));
    }
}

#[test]
fn good_manifests_give_their_projects() {
    let paths = manifests("good");
    assert!(paths.len() >= 8, "{paths:?}");
    let mut wrong = Vec::new();
    for path in &paths {
        let (project, words) = read(path);
        let Some(project) = project else {
            wrong.push(format!("{}\n{words}", path.display()));
            continue;
        };
        golden(&path.with_extension("project"), &project, &mut wrong);
        let warnings = path.with_extension("warnings");
        if !words.is_empty() || warnings.exists() {
            golden(&warnings, &words, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn yaml_and_toml_twins_give_one_project() {
    let twins: Vec<_> = manifests("good")
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    assert!(twins.len() >= 5, "{twins:?}");
    for toml in twins {
        let yaml = toml.with_extension("yaml");
        assert_eq!(read(&toml).0, read(&yaml).0, "{}", toml.display());
    }
}

#[test]
fn bad_manifests_give_their_words() {
    let paths = manifests("bad");
    assert!(paths.len() >= 30, "only {} bad manifests", paths.len());
    let mut wrong = Vec::new();
    for path in &paths {
        let (project, words) = read(path);
        if project.is_some() {
            wrong.push(format!("{} is a good manifest\n{words}", path.display()));
        }
        // The file's whole name: a YAML and a TOML twin have different words.
        let golden_path = PathBuf::from(format!("{}.err", path.display()));
        golden(&golden_path, &words, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
