//! What a misspelt word was probably meant to be.

/// How alike two words must be, from 0 to 1, for one to be offered for the other.
const ALIKE: f64 = 0.8;

/// The one of `known` that `word` was probably meant to be.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // Longer than any key: nothing to compare, and hostile text would be compared for long.
    if word.len() > 64 {
        return None;
    }
    let word = word.to_lowercase().replace(['_', ' '], "-");
    known
        .into_iter()
        .map(|candidate| (likeness(&word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// From 0 to 1. In short words one slip weighs more than likeness of the whole can tell.
fn likeness(word: &str, candidate: &str) -> f64 {
    let whole = strsim::jaro_winkler(word, candidate);
    let one_slip = candidate.len() > 2 && strsim::osa_distance(word, candidate) == 1;
    if one_slip { whole.max(0.9) } else { whole }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_hand_finds_its_word() {
        let known = ["memory-mb", "timeout-s", "disk-mb", "concurrency"];
        for (word, meant) in [
            ("memory", "memory-mb"),
            ("memroy-mb", "memory-mb"),
            ("Timeout_S", "timeout-s"),
            ("concurency", "concurrency"),
        ] {
            assert_eq!(nearest(word, known), Some(meant), "{word}");
        }
        assert_eq!(nearest("asw", ["azure", "aws", "gcp"]), Some("aws"));
    }

    #[test]
    fn another_word_finds_none() {
        assert_eq!(nearest("zebra", ["memory-mb", "timeout-s"]), None);
        assert_eq!(nearest(&"memory-mb".repeat(1000), ["memory-mb"]), None);
    }
}
