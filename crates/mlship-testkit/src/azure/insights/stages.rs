//! The stages of a query that are known.

use super::time;

/// Rows on their way through a query; every value is a text.
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

/// The parts of a query between bars; a bar in quotes is no bar.
pub(super) fn split(query: &str) -> Vec<String> {
    apart(query, |rest| rest.starts_with('|').then_some(1))
}

/// Cuts a text wherever `cut` says how long a cut is, outside of quotes.
fn apart(text: &str, cut: impl Fn(&str) -> Option<usize>) -> Vec<String> {
    let (mut parts, mut start, mut at, mut quote) = (Vec::new(), 0, 0, None);
    while let Some(c) = text[at..].chars().next() {
        let length = if quote.is_none() { cut(&text[at..]) } else { None };
        if let Some(length) = length {
            parts.push(text[start..at].to_owned());
            at += length;
            start = at;
            continue;
        }
        match quote {
            None if c == '"' || c == '\'' => quote = Some(c),
            Some(open) if open == c => quote = None,
            _ => {}
        }
        at += c.len_utf8();
    }
    parts.push(text[start..].to_owned());
    parts
}

impl Table {
    /// Does what a stage says.
    ///
    /// # Errors
    /// What is not understood.
    pub(super) fn apply(&mut self, stage: &str) -> Result<(), String> {
        let stage = stage.trim();
        let (word, rest) = stage.split_once(char::is_whitespace).unwrap_or((stage, ""));
        let rest = rest.trim();
        let unknown = || format!("the stage '{stage}' is not understood");
        match word {
            "where" => self.keep(rest),
            "project" => self.project(rest),
            "take" | "limit" => {
                self.rows.truncate(rest.parse().map_err(|_| unknown())?);
                Ok(())
            }
            "order" | "sort" => self.order(rest.strip_prefix("by ").ok_or_else(unknown)?),
            "top" => {
                let (count, by) = rest.split_once(" by ").ok_or_else(unknown)?;
                self.order(by)?;
                self.rows.truncate(count.trim().parse().map_err(|_| unknown())?);
                Ok(())
            }
            _ => Err(unknown()),
        }
    }

    fn column(&self, name: &str) -> Result<usize, String> {
        let at = self.columns.iter().position(|column| column == name.trim());
        at.ok_or_else(|| format!("'{}' is no known column", name.trim()))
    }

    fn project(&mut self, list: &str) -> Result<(), String> {
        let mut kept = Vec::new();
        for one in list.split(',') {
            let (name, column) = one.split_once('=').unwrap_or((one, one));
            kept.push((name.trim().to_owned(), self.column(column)?));
        }
        for row in &mut self.rows {
            *row = kept.iter().map(|(_, at)| row[*at].clone()).collect();
        }
        self.columns = kept.into_iter().map(|(name, _)| name).collect();
        Ok(())
    }

    /// Falling, unless it says otherwise.
    fn order(&mut self, by: &str) -> Result<(), String> {
        let (name, direction) = by.trim().split_once(' ').unwrap_or((by.trim(), "desc"));
        let at = self.column(name)?;
        self.rows.sort_by(|a, b| a[at].cmp(&b[at]));
        match direction.trim() {
            "asc" => {}
            "desc" => self.rows.reverse(),
            other => return Err(format!("'{other}' is no direction")),
        }
        Ok(())
    }

    fn keep(&mut self, conditions: &str) -> Result<(), String> {
        for condition in apart(conditions, |rest| rest.starts_with(" and ").then_some(5)) {
            let condition = condition.trim();
            let inside = condition.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
            let (column, is, value) = read(inside.unwrap_or(condition))
                .ok_or_else(|| format!("the condition '{condition}' is not understood"))?;
            let at = self.column(column)?;
            let value = text(value)?;
            self.rows.retain(|row| holds(&row[at], is, &value));
        }
        Ok(())
    }
}

/// Column, comparison, value.
fn read(condition: &str) -> Option<(&str, &'static str, &str)> {
    const COMPARISONS: [&str; 10] =
        ["==", "=~", "!=", ">=", "<=", ">", "<", " contains ", " has ", " startswith "];
    let at = |is: &&'static str| Some((condition.find(*is)?, *is));
    let (at, is) =
        COMPARISONS.iter().filter_map(at).min_by_key(|(at, is)| (*at, 9 - is.len().min(9)))?;
    Some((condition[..at].trim(), is.trim(), condition[at + is.len()..].trim()))
}

/// A text in quotes, or a moment.
fn text(value: &str) -> Result<String, String> {
    let inside = |name: &str| value.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
    let moment = if let Some(moment) = inside("datetime").or_else(|| inside("todatetime")) {
        time::parse(moment)
    } else if let Some(length) = inside("ago") {
        time::length(length).map(|length| time::now() - length)
    } else {
        let quoted = ['"', '\'']
            .into_iter()
            .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote).map(str::to_owned));
        return quoted.ok_or_else(|| format!("the value '{value}' is not understood"));
    };
    moment.map(time::moment).ok_or_else(|| format!("the moment '{value}' is not understood"))
}

fn holds(is: &str, comparison: &str, value: &str) -> bool {
    let (low, wanted) = (is.to_lowercase(), value.to_lowercase());
    match comparison {
        "==" => is == value,
        "=~" => low == wanted,
        "!=" => is != value,
        ">=" => is >= value,
        "<=" => is <= value,
        ">" => is > value,
        "<" => is < value,
        "startswith" => low.starts_with(&wanted),
        _ => low.contains(&wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(query: &str) -> Result<Vec<Vec<String>>, String> {
        let row = |time: i64, text: &str| vec![time::moment(time), text.to_owned()];
        let rows = vec![row(0, "zero"), row(1000, "one | or two"), row(2000, "two")];
        let columns = vec!["TimeGenerated".to_owned(), "Message".to_owned()];
        let mut table = Table { columns, rows };
        for stage in split(query).iter().skip(1) {
            table.apply(stage)?;
        }
        Ok(table.rows)
    }

    #[test]
    fn a_query_is_obeyed_or_refused() {
        let later = "T | where TimeGenerated >= datetime(1970-01-01T00:00:01Z) and Message != \
                     \"two\" | project Message";
        assert_eq!(after(later), Ok(vec![vec!["one | or two".to_owned()]]));
        let top = "T | top 1 by TimeGenerated | project text = Message";
        assert_eq!(after(top), Ok(vec![vec!["two".to_owned()]]));
        let none = "T | where Message == 'one | or' | take 5";
        assert_eq!(after(none), Ok(Vec::new()));
        for refused in ["T | summarize count()", "T | where Level > 3", "T | project Level"] {
            assert!(after(refused).is_err(), "{refused}");
        }
    }
}
