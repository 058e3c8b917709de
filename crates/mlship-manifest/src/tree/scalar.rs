//! What an unquoted YAML word is: YAML 1.2's core schema, and no more.
//!
//! `yes`, `no`, `on`, `off`, dates and `1_000` are text, as YAML 1.2 has them. A number with a
//! leading zero is refused, because readers of YAML 1.1 and 1.2 take it for different numbers.
//! Source: YAML 1.2.2, section 10.3.2, <https://yaml.org/spec/1.2.2/#1032-tag-resolution>.

use mlship_core::node::Value;

/// Why a word is no value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// `012`: octal to some, decimal to others.
    LeadingZero,
    /// A whole number of more than 63 bits.
    TooLarge,
}

/// The value of an unquoted word.
pub(super) fn plain(word: &str) -> Result<Value, Refused> {
    Ok(match word {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Value::Float(f64::NAN),
        _ => match number(word)? {
            Some(value) => value,
            None => Value::Str(word.to_owned()),
        },
    })
}

fn number(word: &str) -> Result<Option<Value>, Refused> {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = word.strip_prefix(prefix)
            && !digits.is_empty()
            && digits.chars().all(|c| c.is_digit(radix))
        {
            let number = i64::from_str_radix(digits, radix).map_err(|_| Refused::TooLarge)?;
            return Ok(Some(Value::Int(number)));
        }
    }
    let (sign, unsigned) = match word.strip_prefix(['-', '+']) {
        Some(rest) => (if word.starts_with('-') { -1.0 } else { 1.0 }, rest),
        None => (1.0, word),
    };
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Ok(Some(Value::Float(sign * f64::INFINITY)));
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        if unsigned.len() > 1 && unsigned.starts_with('0') {
            return Err(Refused::LeadingZero);
        }
        return word.parse().map(|number| Some(Value::Int(number))).map_err(|_| Refused::TooLarge);
    }
    Ok(is_decimal(unsigned).then(|| word.parse().ok().map(Value::Float)).flatten())
}

/// `\.[0-9]+ | [0-9]+(\.[0-9]*)?`, and an exponent or none.
fn is_decimal(word: &str) -> bool {
    let (mantissa, exponent) = match word.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (word, None),
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mantissa_ok =
        digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    mantissa_ok
        && exponent.is_none_or(|exponent| {
            let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            !exponent.is_empty() && digits(exponent)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_other_readers_turn_into_something_else_stay_text() {
        for word in [
            "yes",
            "no",
            "on",
            "off",
            "y",
            "N",
            "2024-01-31",
            "1_000",
            "1:30",
            "0b101",
            "tRUE",
            "e5",
            ".",
            "+",
            "-",
            "1e",
            "0x",
            "nan",
            "inf",
            "3.10.1",
            "1,5",
        ] {
            assert_eq!(plain(word), Ok(Value::Str(word.into())), "{word}");
        }
    }

    #[test]
    fn numbers_are_numbers() {
        for (word, number) in [("0", 0), ("-7", -7), ("+8", 8), ("0x1F", 31), ("0o17", 15)] {
            assert_eq!(plain(word), Ok(Value::Int(number)), "{word}");
        }
        for (word, number) in [("3.10", 3.1), ("1e3", 1000.0), (".5", 0.5), ("1.", 1.0)] {
            assert_eq!(plain(word), Ok(Value::Float(number)), "{word}");
        }
        assert_eq!(plain("-.inf"), Ok(Value::Float(f64::NEG_INFINITY)));
    }

    #[test]
    fn ambiguous_and_boundless_numbers_are_refused() {
        assert_eq!(plain("012"), Err(Refused::LeadingZero));
        assert_eq!(plain("-007"), Err(Refused::LeadingZero));
        assert_eq!(plain("9223372036854775807"), Ok(Value::Int(i64::MAX)));
        assert_eq!(plain("9223372036854775808"), Err(Refused::TooLarge));
        assert_eq!(plain("0xFFFFFFFFFFFFFFFF"), Err(Refused::TooLarge));
    }
}
