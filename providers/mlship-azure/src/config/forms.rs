//! The forms that Azure gives to names, each rule in words and with a name that keeps it.

use mlship_core::finding::Finding;
use mlship_core::reader::{Located, Reader};

use super::Kind;

/// What a name must look like.
pub(super) struct Form {
    /// The rule, in words.
    rule: &'static str,
    /// Whether a name keeps it.
    valid: fn(&str) -> bool,
    /// The name nearest to a wrong one that keeps it.
    mend: fn(&str) -> String,
}

/// An id such as `00000000-0000-0000-0000-000000000000`.
pub(super) const SUBSCRIPTION: Form = Form {
    rule: "an id of 32 hexadecimal digits in five groups; `az account list` shows yours",
    valid: is_id,
    mend: |_| "00000000-0000-0000-0000-000000000000".into(),
};

/// A resource group.
pub(super) const GROUP: Form = Form {
    rule: "1 to 90 letters, digits and `-_.()`, not ending with a full stop",
    valid: is_group,
    mend: |text| {
        let kept: String =
            text.chars().map(|c| if is_group_character(c) { c } else { '-' }).collect();
        let kept: String = kept.chars().take(90).collect();
        or(kept.trim_end_matches('.'), 1, "models")
    },
};

/// A storage account, of which there is one of each name in the world.
pub(super) const STORAGE_ACCOUNT: Form = Form {
    rule: "3 to 24 small letters and digits, nothing else",
    valid: |text| (3..=24).contains(&text.len()) && text.bytes().all(is_small),
    mend: |text| plain(text, 3, 24, "mymodels").to_lowercase(),
};

/// A container registry, of which there is one of each name in the world.
pub(super) const REGISTRY: Form = Form {
    rule: "5 to 50 letters and digits, nothing else",
    valid: |text| (5..=50).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric()),
    mend: |text| plain(text.trim_end_matches(".azurecr.io"), 5, 50, "mymodels"),
};

const SITE: Form = Form {
    rule: "2 to 60 letters, digits and hyphens, no hyphen at either end",
    valid: |text| {
        let known = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
        (2..=60).contains(&text.len()) && text.bytes().all(known) && !has_end(text)
    },
    mend: |text| hyphenated(text, 60),
};

const CONTAINER_APP: Form = Form {
    rule: "2 to 32 small letters, digits and single hyphens, beginning with a letter",
    valid: |text| {
        (2..=32).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && is_label(text)
    },
    mend: |text| {
        let text = text.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
        hyphenated(&text.to_lowercase(), 32)
    },
};

const GROUP_LABEL: Form = Form {
    rule: "5 to 63 small letters, digits and single hyphens, no hyphen at either end",
    valid: |text| (5..=63).contains(&text.len()) && is_label(text),
    mend: |text| {
        let name = hyphenated(&text.to_lowercase(), 63);
        or(&name, 5, "my-model")
    },
};

/// The name of the app, which is part of its address.
pub(super) const fn app(kind: Kind) -> Form {
    match kind {
        Kind::ContainerApps => CONTAINER_APP,
        Kind::ContainerInstances => GROUP_LABEL,
        Kind::FunctionsFlex | Kind::FunctionsPremium | Kind::FunctionsDedicated | Kind::WebApp => {
            SITE
        }
    }
}

/// The text under `key`, if it has the form.
pub(super) fn read(table: &mut Reader<'_>, key: &'static str, form: &Form) -> Option<String> {
    let text = table.string(key)?;
    if (form.valid)(&text.value) {
        return Some(text.value);
    }
    let message = format!("`{}` cannot be `{}`", table.path_of(key), short(&text.value));
    table.report(
        Finding::error("azure/name", message)
            .at(text.span)
            .label(form.rule)
            .hint(format!("for example `{}`", (form.mend)(&text.value))),
    );
    None
}

/// The region, written as the calls want it.
pub(super) fn location(table: &mut Reader<'_>) -> Option<Located<String>> {
    let text = table.string("location");
    let text = table.required("location", text)?;
    let is_region = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_lowercase()) && text.bytes().all(is_small)
    };
    if is_region(&text.value) {
        return Some(text);
    }
    let message = format!("`{}` cannot be `{}`", table.path_of("location"), short(&text.value));
    let finding = Finding::error("azure/location", message)
        .at(text.span)
        .label("not the short name of a region");
    // The portal writes `(Europe) West Europe`.
    let name = text.value.split_once(") ").map_or(text.value.as_str(), |(_, name)| name);
    let closed: String =
        name.chars().filter(|c| !" -_".contains(*c)).collect::<String>().to_lowercase();
    table.report(match is_region(&closed) {
        true => finding.hint(format!("write `{closed}`")),
        false => {
            finding.hint("for example `westeurope`; `az account list-locations -o table` shows all")
        }
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

/// Whether it looks like the id of a subscription: `00000000-0000-0000-0000-000000000000`.
pub(crate) fn is_id(text: &str) -> bool {
    let groups = text.split('-').map(str::len);
    groups.eq([8, 4, 4, 4, 12]) && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

fn is_group(text: &str) -> bool {
    (1..=90).contains(&text.chars().count())
        && text.chars().all(is_group_character)
        && !text.ends_with('.')
}

fn is_group_character(c: char) -> bool {
    c.is_alphanumeric() || "-_.()".contains(c)
}

fn is_small(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn has_end(text: &str) -> bool {
    text.starts_with('-') || text.ends_with('-')
}

fn is_label(text: &str) -> bool {
    text.bytes().all(|b| is_small(b) || b == b'-') && !has_end(text) && !text.contains("--")
}

/// The letters and digits of `text`, or `example` where they are too few.
fn plain(text: &str, least: usize, most: usize, example: &str) -> String {
    let kept: String = text.chars().filter(char::is_ascii_alphanumeric).take(most).collect();
    or(&kept, least, example)
}

/// `text` with single hyphens in the place of everything that is no letter or digit.
fn hyphenated(text: &str, most: usize) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let joined: String = words.collect::<Vec<_>>().join("-").chars().take(most).collect();
    or(joined.trim_end_matches('-'), 2, "my-model")
}

fn or(text: &str, least: usize, example: &str) -> String {
    if text.chars().count() < least { example.into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_for_a_wrong_name_keeps_the_rule() {
        let forms = [GROUP, STORAGE_ACCOUNT, REGISTRY, SITE, CONTAINER_APP, GROUP_LABEL];
        let long = "a-B_9.".repeat(40);
        let names = ["", "-", "My Models!", "a", "9", "é.", "--x--y--", "....", &long, "-9-ab-"];
        for form in &forms {
            for name in names {
                let offered = (form.mend)(name);
                assert!((form.valid)(&offered), "{}: `{name}` -> `{offered}`", form.rule);
            }
        }
    }

    #[test]
    fn the_ends_of_each_rule_hold() {
        let long = "a".repeat(100);
        let check = |form: &Form, good: &[&str], bad: &[&str]| {
            for name in good {
                assert!((form.valid)(name), "{}: {name}", form.rule);
            }
            for name in bad {
                assert!(!(form.valid)(name), "{}: {name}", form.rule);
            }
        };
        check(&STORAGE_ACCOUNT, &["abc", &long[..24], "0ab"], &["ab", &long[..25], "Abc", "a-b"]);
        check(&REGISTRY, &["abcde", "ABC12", &long[..50]], &["abcd", &long[..51], "abc-de"]);
        check(&SITE, &["ab", "A-b--c", &long[..60]], &["a", "-ab", "ab-", "a.b", &long[..61]]);
        check(&CONTAINER_APP, &["ab", "a-b"], &["1a", "a--b", "Ab", "a", &long[..33]]);
        check(&GROUP_LABEL, &["1abcd", &long[..63]], &["abcd", "ab--cd", &long[..64]]);
        check(&GROUP, &["a", "Größe_(1).x", &long[..90]], &["", "a.", "a b", &long[..91]]);
        check(
            &SUBSCRIPTION,
            &["00000000-0000-0000-0000-00000000000a"],
            &[
                "00000000-0000-0000-0000-00000000000",
                "mine",
                "g0000000-0000-0000-0000-000000000000",
            ],
        );
    }
}
