//! Text that nobody writes by accident: always words, never a panic, never more than it costs to
//! read the text.

use std::fs;
use std::ops::Range;
use std::path::Path;

use mlship_core::finding::Report;
use mlship_core::project::{Input, Project};
use mlship_manifest::{
    Format, LoadError, MAX_BYTES, MAX_FINDINGS, Source, Style, find, load, parse, render,
};

const GOOD: &str =
    "version: 1\nname: abc\nmodel: {path: m.onnx}\ninput: {tensor: {}}\noutput: {classify: {}}\n";

/// Reads and renders `text`, checks what holds for any text, and gives the outcome.
fn read(text: &str, format: Format) -> (Option<Project>, Report, String) {
    let (project, report) = parse(text, format, Path::new("."));
    assert_eq!(project.is_none(), report.has_errors());
    assert!(report.0.len() <= MAX_FINDINGS);
    for finding in &report.0 {
        let span: Range<usize> = finding.span.clone().unwrap_or_default();
        assert!(text.get(span.clone()).is_some(), "{span:?} of {} bytes: {finding:?}", text.len());
        let longest = finding.hints.iter().map(String::len).max().unwrap_or(0);
        assert!(longest.max(finding.message.len()) < 500, "{:.2000}", format!("{finding:?}"));
    }
    let source = Source { name: "mlship.yaml".into(), text: text.into() };
    let words = render(&report, &source, Style::Plain);
    assert!(words.len() < 1_000_000, "{} bytes of words", words.len());
    (project, report, words)
}

/// Like [`read`], for text whose outcome may be any.
fn survives(text: &str, format: Format) {
    let _ = read(text, format);
}

#[track_caller]
fn refused(text: &str, format: Format, with: &str) {
    let (_, report, words) = read(text, format);
    assert!(report.has_errors() && words.contains(with), "no `{with}` in:\n{words:.2000}");
}

#[test]
fn nesting_is_bounded_in_every_notation() {
    let many = 100_000;
    for (open, close) in [("[", ""), ("[", "]"), ("{", ""), ("{a: ", "}"), ("[{a: ", "}]")] {
        let text = open.repeat(many) + &close.repeat(many);
        refused(&text, Format::Yaml, "nested deeper than 64 levels");
        refused(
            &format!("a = {}", text.replace(": ", "=")),
            Format::Toml,
            "error[manifest/syntax]",
        );
    }
    refused(&"- ".repeat(many), Format::Yaml, "nested deeper than 64 levels");
    let steps: String = (0..1000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    refused(&steps, Format::Yaml, "nested deeper than 64 levels");
    refused(&("a.".repeat(many) + "a = 1"), Format::Toml, "error[manifest/syntax]");
    refused(&format!("[{}a]\n", "a.".repeat(many)), Format::Toml, "error[manifest/syntax]");
    let below = format!("{}1{}", "[".repeat(60), "]".repeat(60));
    refused(&format!("{GOOD}extra: {below}\n"), Format::Yaml, "unknown key `extra`");
}

#[test]
fn laughs_are_not_multiplied() {
    let mut text = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for level in 1..20 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(",");
        text += &format!("a{level}: &a{level} [{aliases}]\n");
    }
    refused(&text, Format::Yaml, "the anchor `&a0` is not supported");
    refused("a: &a [*a]\n", Format::Yaml, "the anchor `&a` is not supported");
}

#[test]
fn a_long_run_of_anything_is_read_in_one_pass() {
    let fill = |part: &str| part.repeat(MAX_BYTES / 16 / part.len());
    let parts = [
        "[",
        "]",
        "{",
        "}",
        "\"",
        "'",
        "?",
        "? ",
        ":",
        ": ",
        "- ",
        "-",
        "&a ",
        "*a ",
        "!a ",
        "|",
        ">",
        "%a\n",
        "---\n",
        "...\n",
        "#\n",
        "a",
        "a: b\n",
        "a: \n",
        "a\n",
        " ",
        "\n",
        "\t",
        ",",
        "a,",
        "[],",
        "{},",
        "<<: a\n",
        "\\",
        "\"\\u0041",
        "ä",
        "=",
        "a=1\n",
        "[a]\n",
        "[[a]]\n",
        "[[a.b]]\n",
        "a.b=1\n",
        "'''",
        "\"\"\"",
        "0",
        "é: 1\n",
        "- a: \n",
        "\r",
        "a: [\n",
    ];
    for part in parts {
        for text in [fill(part), format!("{GOOD}{}", fill(part))] {
            survives(&text, Format::Yaml);
            survives(&text, Format::Toml);
        }
    }
    let keys: String = (0..100_000).map(|i| format!("k{i}: 1\n")).collect();
    refused(&keys[..MAX_BYTES.min(keys.len())], Format::Yaml, "unknown key `k0`");
    let columns: String = (0..50_000).map(|i| format!("c{i}: flaot, ")).collect();
    let text = GOOD.replace("tensor: {}", &format!("table: {{columns: {{{columns}}}}}"));
    refused(&text, Format::Yaml, "more\n");
    let same: String = (0..50_000).map(|i| format!("k{}: 1\n", i % 10)).collect();
    refused(&same, Format::Yaml, "`k0` is written twice");
    let same: String = (0..50_000).map(|i| format!("k{} = 1\n", i % 10)).collect();
    refused(&same, Format::Toml, "`k0` is written twice");
}

#[test]
fn characters_that_are_no_text_have_their_place() {
    let nul = GOOD.replace("abc", "a\0c");
    refused(
        &nul,
        Format::Yaml,
        "error[manifest/syntax]: the manifest holds a NUL byte\n --> mlship.yaml:2:8",
    );
    refused("a = \"\u{1b}[31m\"", Format::Toml, "the control character U+001B");
    for format in [Format::Yaml, Format::Toml] {
        refused(&"\r".repeat(MAX_BYTES), format, "a carriage return alone");
    }
    let (_, _, words) = read("name: \"\u{1b}[2J\u{7}\"", Format::Yaml);
    assert!(!words.contains('\u{1b}'), "{words:?}");
    // Neither does an escape in the text reach the terminal by way of a message.
    let (_, _, words) = read(&GOOD.replace("abc", "\"\\e[2J\""), Format::Yaml);
    assert!(!words.contains('\u{1b}'), "{words:?}");
}

#[test]
fn a_byte_order_mark_does_no_harm() {
    let toml = "version = 1\nname = \"abc\"\nmodel.path = \"m.onnx\"\ninput.tensor = {}\noutput.classify = {}\n";
    for (text, format) in [(GOOD, Format::Yaml), (toml, Format::Toml)] {
        let (project, _, words) = read(&format!("\u{feff}{text}"), format);
        assert!(project.is_some(), "{words}");
        let marked = format!("\u{feff}{}", text.replace("abc", "ABC"));
        let (_, report, _) = read(&marked, format);
        let span = report.0[0].span.clone().unwrap();
        assert_eq!(marked[span].trim_matches('"'), "ABC");
    }
}

#[test]
fn spans_count_bytes() {
    let text = "größe: x\n# ☃☃☃\nversion: 1\nname: abc\nmodel: {path: m.onnx}\noutput: {regress: }\ninput: {table: {columns: {体重: float, 'é': int?, \"b\": bool, ☃: string}}}\n";
    let (_, report, _) = read(text, Format::Yaml);
    assert_eq!(&text[report.0[0].span.clone().unwrap()], "größe");
    let text = text.replacen("größe: x\n", "", 1);
    let (project, _, _) = read(&text, Format::Yaml);
    let Input::Table(table) = project.unwrap().input else { panic!() };
    let written: Vec<_> = table.columns.iter().map(|column| &text[column.span.clone()]).collect();
    assert_eq!(written, ["体重", "'é'", "\"b\"", "☃"]);
}

#[test]
fn broken_manifests_never_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/manifest");
    let mut seed = 0x9E37_79B9_7F4A_7C15u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    };
    let pieces: Vec<char> = "[]{}:,-?&*!|>'\"%@`#\n\t \\=.<~0aé\u{feff}\r".chars().collect();
    let mut tried = 0;
    for name in ["good", "bad"] {
        let mut paths: Vec<_> =
            fs::read_dir(folder.join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            let Some(format) = Format::of(&path) else { continue };
            let original: Vec<char> = fs::read_to_string(&path).unwrap().chars().collect();
            for _ in 0..40 {
                let mut text = original.clone();
                for _ in 0..=random(3) {
                    let at = random(text.len() + 1);
                    match random(3) {
                        0 => text.insert(at, pieces[random(pieces.len())]),
                        1 if at < text.len() => text[at] = pieces[random(pieces.len())],
                        _ => text.truncate(at),
                    }
                }
                survives(&text.into_iter().collect::<String>(), format);
                tried += 1;
            }
        }
    }
    assert!(tried > 3000, "{tried}");
}

#[test]
fn files_are_found_and_read_within_bounds() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let yaml = folder.join("mlship.yaml");
    assert!(matches!(load(folder), Err(LoadError::Absent { .. })));
    assert!(matches!(load(&yaml), Err(LoadError::Read { .. })));
    assert!(matches!(load(&folder.join("model.onnx")), Err(LoadError::Extension { .. })));

    let toml = folder.join("mlship.toml");
    fs::write(&toml, "version = 1").unwrap();
    assert_eq!(find(folder).as_deref(), Some(&*toml));
    fs::write(&yaml, format!("\u{feff}{GOOD}")).unwrap();
    assert_eq!(find(folder).as_deref(), Some(&*yaml));
    let loaded = load(folder).unwrap();
    assert_eq!(loaded.source.text, GOOD);
    assert_eq!(loaded.project.unwrap().root, folder);

    let code = |bytes: &[u8]| {
        fs::write(&yaml, bytes).unwrap();
        let loaded = load(&yaml).unwrap();
        let words = render(&loaded.report, &loaded.source, Style::Plain);
        assert!(loaded.project.is_none(), "{words}");
        words
    };
    let words = code(b"version: 1\nname: caf\xe9\n");
    assert!(words.contains("not UTF-8") && words.contains(":2:10"), "{words}");
    assert!(words.contains("the byte 0xE9"), "{words}");
    assert!(code(b"\xff\xfev\0e\0r\0").contains("UTF-16"));
    fs::File::options().write(true).open(&yaml).unwrap().set_len(50 * 1024 * 1024).unwrap();
    let loaded = load(&yaml).unwrap();
    assert_eq!(loaded.report.0[0].code, "manifest/too-large");
    assert!(loaded.source.text.is_empty());
}
