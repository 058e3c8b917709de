//! A service's own words made fit to be shown: one line, bounded, nothing a terminal acts upon.

use super::ErrorKind;

/// What is said of a refusal that came without words.
pub fn plain(kind: ErrorKind, status: Option<u16>) -> String {
    let status = status.map(|status| format!(" (status {status})")).unwrap_or_default();
    let words = match kind {
        ErrorKind::Denied => "access is denied",
        ErrorKind::NotFound => "it is not there",
        ErrorKind::Conflict => "it exists or is being changed",
        ErrorKind::Throttled => "too many calls",
        ErrorKind::Unavailable => "the service failed",
        _ => "the request was refused",
    };
    format!("{words}{status}")
}

/// The most characters of a service's words that are repeated.
pub const REPEATED: usize = 500;

/// A service's words on one line of bounded length, without what a terminal would act upon.
pub fn harmless(words: &str) -> String {
    let visible = words.chars().filter_map(|c| match c {
        c if c.is_whitespace() => Some(' '),
        c if c.is_control() => None,
        c => Some(c),
    });
    let mut visible = visible.peekable();
    let mut shown: String = visible.by_ref().take(REPEATED).collect();
    if visible.peek().is_some() {
        shown.push('…');
    }
    shown
}

/// A service's sentence as one phrase in the house's style.
pub fn phrase(message: &str) -> String {
    let message = harmless(message.trim());
    let message = message.trim_end_matches('.');
    let mut letters = message.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            first.to_lowercase().chain([second]).chain(letters).collect()
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_becomes_a_phrase() {
        assert_eq!(phrase("The role is unknown."), "the role is unknown");
        assert_eq!(phrase("IAM is down"), "IAM is down");
        assert_eq!(phrase("1 validation error"), "1 validation error");
    }

    #[test]
    fn what_a_service_says_cannot_act_on_a_terminal_nor_flood_it() {
        let shown = phrase(&format!("No\u{1b}[2J\u{9b}31m\r\nsize. {}", "ß".repeat(9000)));
        assert!(shown.starts_with("no[2J31m  size. ßß"), "{shown}");
        assert_eq!(shown.chars().count(), REPEATED + 1);
    }

    #[test]
    fn a_refusal_without_words_has_its_status() {
        assert_eq!(plain(ErrorKind::Unavailable, Some(502)), "the service failed (status 502)");
        assert_eq!(plain(ErrorKind::Refused, None), "the request was refused");
    }
}
