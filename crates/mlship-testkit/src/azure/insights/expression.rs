//! What a column of `project` is made of: another column, a text, `strcat` and `tostring`.

use super::stages::apart;

/// A value of each row.
#[derive(Debug)]
pub(super) enum Expression {
    Column(usize),
    Text(String),
    Joined(Vec<Expression>),
}

/// Reads one.
///
/// # Errors
/// What is not understood.
pub(super) fn parse(text: &str, columns: &[String]) -> Result<Expression, String> {
    let text = text.trim();
    let quoted = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    if let Some(text) = quoted('"').or_else(|| quoted('\'')) {
        return Ok(Expression::Text(text.to_owned()));
    }
    if let Some((function, rest)) = text.split_once('(') {
        let inside = rest.strip_suffix(')').filter(|_| ["strcat", "tostring"].contains(&function));
        let inside = inside.ok_or_else(|| format!("'{text}' is not understood"))?;
        let parts = apart(inside, ',');
        let parts: Result<_, _> = parts.iter().map(|part| parse(part, columns)).collect();
        return Ok(Expression::Joined(parts?));
    }
    let at = columns.iter().position(|column| column == text);
    at.map(Expression::Column).ok_or_else(|| format!("'{text}' is no known column"))
}

impl Expression {
    pub(super) fn of(&self, row: &[String]) -> String {
        match self {
            Self::Column(at) => row[*at].clone(),
            Self::Text(text) => text.clone(),
            Self::Joined(parts) => parts.iter().map(|part| part.of(row)).collect(),
        }
    }
}
