//! The stages of a query that are known.

use super::{expression, time};

/// Rows on their way through a query; every value is a text.
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

/// Answers a query: `table` has the tables that are known.
///
/// # Errors
/// What is not understood; nothing is half obeyed.
pub(super) fn answer(query: &str, table: &dyn Fn(&str) -> Option<Table>) -> Result<Table, String> {
    let mut stages = apart(query, '|').into_iter();
    let source = stages.next().unwrap_or_default();
    let source = source.trim();
    let mut found = match source.strip_prefix("union ") {
        Some(list) => union(None, list, table)?,
        None => match table(source) {
            Some(found) => found,
            None => return Err(format!("'{source}' is no known table")),
        },
    };
    for stage in stages {
        match stage.trim().strip_prefix("union ") {
            Some(list) => found = union(Some(found), list, table)?,
            None => found.apply(&stage)?,
        }
    }
    Ok(found)
}

/// The rows of all in a list, each a table's name or a query in parentheses.
fn union(
    first: Option<Table>,
    list: &str,
    table: &dyn Fn(&str) -> Option<Table>,
) -> Result<Table, String> {
    let list = list.trim().trim_start_matches("isfuzzy=true").trim();
    let mut all: Vec<Table> = first.into_iter().collect();
    for one in apart(list, ',') {
        let one = one.trim();
        let inside = one.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
        all.push(answer(inside.unwrap_or(one), table)?);
    }
    let mut columns: Vec<String> = Vec::new();
    for name in all.iter().flat_map(|one| &one.columns) {
        if !columns.contains(name) {
            columns.push(name.clone());
        }
    }
    let mut rows = Vec::new();
    for one in &all {
        let at: Vec<_> = columns.iter().map(|name| one.column(name).ok()).collect();
        let value =
            |row: &Vec<String>, at: &Option<usize>| at.map_or(String::new(), |at| row[at].clone());
        rows.extend(one.rows.iter().map(|row| at.iter().map(|at| value(row, at)).collect()));
    }
    Ok(Table { columns, rows })
}

/// The parts of a text between bars or commas, where none is in quotes or parentheses.
pub(super) fn apart(text: &str, at: char) -> Vec<String> {
    let (mut parts, mut part, mut depth, mut quote) = (Vec::new(), String::new(), 0_usize, None);
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, c) if c == at && depth == 0 => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    parts.push(part);
    parts
}

/// The conditions between `and`; one in quotes is none.
fn conditions(text: &str) -> Vec<String> {
    apart(&text.replace(" and ", " \0 "), '\0').iter().map(|one| one.replace('\0', "and")).collect()
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
        let mut names = Vec::new();
        let mut rows = vec![Vec::new(); self.rows.len()];
        for one in apart(list, ',') {
            let (name, value) = match apart(&one, '=').as_slice() {
                [name, value] => (name.trim().to_owned(), value.trim().to_owned()),
                _ => (one.trim().to_owned(), one.trim().to_owned()),
            };
            let value = expression::parse(&value, &self.columns)?;
            for (row, into) in self.rows.iter().zip(&mut rows) {
                into.push(value.of(row));
            }
            names.push(name);
        }
        (self.columns, self.rows) = (names, rows);
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

    fn keep(&mut self, all: &str) -> Result<(), String> {
        for condition in conditions(all) {
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
    } else if let Some(ms) = inside("unixtime_milliseconds_todatetime") {
        ms.trim().parse().ok()
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

    fn table(name: &str) -> Option<Table> {
        let row = |time: i64, text: &str| vec![time::moment(time), text.to_owned()];
        let rows = match name {
            "T" => vec![row(0, "zero"), row(1000, "one | or two"), row(2000, "two")],
            "U" => vec![row(1500, "other")],
            _ => return None,
        };
        Some(Table { columns: vec!["TimeGenerated".to_owned(), "Message".to_owned()], rows })
    }

    fn after(query: &str) -> Result<Vec<Vec<String>>, String> {
        answer(query, &table).map(|table| table.rows)
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
        let joined = "union (T | where TimeGenerated > unixtime_milliseconds_todatetime(1000)), \
                      (U | project TimeGenerated, Message = strcat(\"an\", Message, \": (\")) \
                      | project Message";
        let both = vec![vec!["two".to_owned()], vec!["another: (".to_owned()]];
        assert_eq!(after(joined), Ok(both.clone()));
        let later = joined.replace("union (T", "T").replace("(1000)), ", "(1000) | union ");
        assert_eq!(after(&later), Ok(both));
        for refused in [
            "union T, V",
            "T | project A = max(Message)",
            "T | summarize count()",
            "T | where Level > 3",
            "T | project Level",
        ] {
            assert!(after(refused).is_err(), "{refused}");
        }
    }
}
