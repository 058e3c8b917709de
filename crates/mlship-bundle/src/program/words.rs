//! What `com.microsoft.Tokenizer` calls a word: the few expressions that converters write, and no
//! others.

/// Runs of letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The letters that words are made of; `None` where every letter is a word.
    letters: Option<Vec<(char, char)>>,
    /// The fewest of them.
    least: usize,
}

impl Words {
    /// Reads an expression: `.`, or a class of letters in brackets with `+` or `{2,}` behind it.
    /// `None` for every other.
    pub fn read(expression: &str) -> Option<Self> {
        if expression == "." {
            return Some(Self { letters: None, least: 1 });
        }
        let (class, count) = expression.strip_prefix('[')?.split_once(']')?;
        let least = match count {
            "+" => 1,
            count => count.strip_prefix('{')?.strip_suffix(",}")?.parse().ok()?,
        };
        (least > 0).then_some(Self { letters: Some(letters(class)?), least })
    }

    /// The words of a text of at least `least` letters, in their order.
    pub fn of<'t>(&self, text: &'t str, least: usize) -> Vec<&'t str> {
        let least = least.max(self.least);
        let Some(letters) = &self.letters else {
            let each = text.char_indices().map(|(at, letter)| &text[at..at + letter.len_utf8()]);
            return if least > 1 { Vec::new() } else { each.collect() };
        };
        let is_in = |letter: char| letters.iter().any(|(a, z)| (*a..=*z).contains(&letter));
        let runs = text.split(|letter| !is_in(letter));
        runs.filter(|run| !run.is_empty() && run.chars().count() >= least).collect()
    }
}

/// The letters of a class, as spans from one to another.
fn letters(class: &str) -> Option<Vec<(char, char)>> {
    let mut rest = class.chars();
    let mut letters = Vec::new();
    if class.is_empty() || class.starts_with('^') {
        return None;
    }
    while let Some(first) = rest.next() {
        match first {
            '\\' => match rest.next()? {
                'w' => letters.extend([('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')]),
                'd' => letters.push(('0', '9')),
                _ => return None,
            },
            '[' | '-' => return None,
            first if rest.as_str().starts_with('-') => {
                rest.next();
                let last = rest.next().filter(|last| first <= *last && *last != '\\')?;
                letters.push((first, last));
            }
            letter => letters.push((letter, letter)),
        }
    }
    Some(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_runs_of_a_class() {
        let words = |expression| Words::read(expression).unwrap();
        let text = "Good value: 4_u, caf\u{e9}!";
        let plain = ["Good", "value", "4_u", "caf"];
        assert_eq!(words("[a-zA-Z0-9_]+").of(text, 1), plain);
        assert_eq!(words("[\\w]+").of(text, 1), plain);
        assert_eq!(words("[a-z]{2,}").of("a bc def", 1), ["bc", "def"]);
        assert_eq!(words("[a-z]+").of("a bc def", 3), ["def"]);
        assert_eq!(words(".").of("a\u{e9} ", 1), ["a", "\u{e9}", " "]);
        assert_eq!(words("[a-z]+").of("", 1), [""; 0]);
    }

    #[test]
    fn what_means_something_else_is_not_read() {
        for expression in [
            "",
            "\\w+",
            "[^a]+",
            "[a-z]*",
            "[a-z]",
            "[a-z]{2}",
            "[z-a]+",
            "[\\s]+",
            "[]+",
            "a+",
            "[[:alpha:]]+",
            "[a-z]{0,}",
            "[a-]+",
            "(?u)[a]+",
            "[a-z]{2,}x",
        ] {
            assert_eq!(Words::read(expression), None, "{expression}");
        }
    }
}
