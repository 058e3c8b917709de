//! The forms that Google Cloud gives to names, each rule in words and with a name that keeps it.

use mlship_core::finding::Finding;
use mlship_core::reader::{Located, Reader};

/// What a name must look like.
pub(super) struct Form {
    code: &'static str,
    /// The rule, in words.
    rule: &'static str,
    /// What to write, or where to find it.
    hint: &'static str,
    valid: fn(&str) -> bool,
}

/// Id of a project.
pub(super) const PROJECT: Form = Form {
    code: "gcp/project",
    rule: "an id of 6 to 30 small letters, digits and hyphens, beginning with a letter",
    hint: "for example `research-1`; `gcloud projects list` shows yours",
    valid: |text| {
        // Older ones belong to a domain: `example.com:research`.
        let (domain, id) = text.split_once(':').unwrap_or(("", text));
        let domain = domain.bytes().all(|byte| is_small(byte) || b"-.".contains(&byte));
        domain && (6..=30).contains(&id.len()) && is_label(id)
    },
};

/// A region.
pub(super) const REGION: Form = Form {
    code: "gcp/region",
    rule: "not the name of a region",
    hint: "for example `europe-west1`; `gcloud run regions list` shows all",
    valid: |text| {
        let Some((continent, part)) = text.split_once('-') else { return false };
        let letters =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase());
        let part_name = part.trim_end_matches(|c: char| c.is_ascii_digit());
        text.len() <= 40 && letters(continent) && letters(part_name) && part_name != part
    },
};

/// A service account.
pub(super) const ACCOUNT: Form = Form {
    code: "gcp/account",
    rule: "not the e-mail of a service account",
    hint: "for example `server@research-1.iam.gserviceaccount.com`; \
           `gcloud iam service-accounts list` shows yours",
    valid: |text| {
        let Some((name, host)) = text.split_once('@') else { return false };
        let known = |byte: u8| is_small(byte) || b"-.".contains(&byte);
        (1..=64).contains(&name.len())
            && name.bytes().all(known)
            && host.len() <= 128
            && host.bytes().all(known)
            && host.ends_with("gserviceaccount.com")
    },
};

/// An Artifact Registry repository.
pub(super) const REPOSITORY: Form = Form {
    code: "gcp/repository",
    rule: "the short name of a repository: small letters, digits and hyphens, beginning with a \
           letter, 63 at most",
    hint: "for example `images`; `gcloud artifacts repositories list` shows yours",
    valid: |text| (1..=63).contains(&text.len()) && is_label(text),
};

/// The text under `key`, if it has the form.
pub(super) fn read(table: &mut Reader<'_>, key: &'static str, form: &Form) -> Option<String> {
    let text = table.string(key)?;
    keep(table, key, form, text)
}

/// The same where there must be one.
pub(super) fn required(table: &mut Reader<'_>, key: &'static str, form: &Form) -> Option<String> {
    let text = table.string(key);
    let text = table.required(key, text)?;
    keep(table, key, form, text)
}

fn keep(
    table: &Reader<'_>,
    key: &'static str,
    form: &Form,
    text: Located<String>,
) -> Option<String> {
    if (form.valid)(&text.value) {
        return Some(text.value);
    }
    let message = format!("`{}` cannot be `{}`", table.path_of(key), short(&text.value));
    let finding = Finding::error(form.code, message).at(text.span).label(form.rule);
    // The console writes `europe-west1 (Belgium)`, and a zone is one letter longer.
    let first = text.value.split_whitespace().next().unwrap_or_default().to_lowercase();
    let region = first.trim_end_matches(|c: char| c.is_ascii_lowercase()).trim_end_matches('-');
    table.report(match form.code {
        "gcp/region" if (form.valid)(&first) => finding.hint(format!("write `{first}`")),
        "gcp/region" if (form.valid)(region) => {
            finding.hint(format!("a zone is too narrow: write `{region}`"))
        }
        _ => finding.hint(form.hint),
    });
    None
}

/// The text, cut where it would flood a message.
pub(super) fn short(text: &str) -> String {
    let mut shown: String = text.chars().take(80).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

fn is_small(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn is_label(text: &str) -> bool {
    text.bytes().all(|byte| is_small(byte) || byte == b'-')
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
}
