//! Templates of paths: `v2/{+name}:setIamPolicy`, whose parameters have patterns such as
//! `^projects/[^/]+/locations/[^/]+$`.

use serde_json::Value;

/// Parameters by name, decoded.
pub(super) type Found = Vec<(String, String)>;

/// A template, ready to be fitted.
#[derive(Debug, Clone)]
pub(super) struct Template {
    parts: Vec<Part>,
    /// How much of it is fixed.
    literal: usize,
}

#[derive(Debug, Clone)]
enum Part {
    Fixed(String),
    /// `[^/]+`.
    Segment,
    /// `.*`.
    Rest,
    Open(String),
    Close,
}

impl Template {
    /// `parameters` is the method's member of that name.
    pub(super) fn parse(template: &str, parameters: &Value) -> Self {
        let mut parts = Vec::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            let name = name.trim_start_matches('+');
            parts.push(Part::Fixed(before.to_owned()));
            parts.push(Part::Open(name.to_owned()));
            let pattern = parameters[name]["pattern"].as_str().unwrap_or("[^/]+");
            pattern_parts(pattern, &mut parts);
            parts.push(Part::Close);
            rest = after;
        }
        parts.push(Part::Fixed(rest.to_owned()));
        let length = |part: &Part| if let Part::Fixed(text) = part { text.len() } else { 0 };
        let literal = parts.iter().map(length).sum();
        Self { parts, literal }
    }

    /// How much of the template is fixed, and the parameters of a path that fits.
    pub(super) fn fit(&self, path: &str) -> Option<(usize, Found)> {
        let mut marks = Vec::new();
        if !fit(&self.parts, path, 0, &mut marks) {
            return None;
        }
        let mut found = Vec::new();
        for pair in marks.chunks(2) {
            let [(Some(name), from), (None, to)] = pair else { continue };
            found.push(((*name).to_owned(), decoded(&path[*from..*to])));
        }
        Some((self.literal, found))
    }
}

fn pattern_parts(pattern: &str, parts: &mut Vec<Part>) {
    let mut rest = pattern.trim_start_matches('^').trim_end_matches('$');
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[^/]+") {
            parts.push(Part::Segment);
            rest = after;
        } else if let Some(after) = rest.strip_prefix(".*") {
            parts.push(Part::Rest);
            rest = after;
        } else {
            let end = ["[^/]+", ".*"].iter().filter_map(|special| rest.find(special)).min();
            let (fixed, after) = rest.split_at(end.unwrap_or(rest.len()));
            parts.push(Part::Fixed(fixed.to_owned()));
            rest = after;
        }
    }
}

/// Where parameters begin (with their name) and end.
type Marks<'p> = Vec<(Option<&'p str>, usize)>;

fn fit<'p>(parts: &'p [Part], path: &str, at: usize, marks: &mut Marks<'p>) -> bool {
    let Some((part, later)) = parts.split_first() else { return at == path.len() };
    let rest = &path[at..];
    match part {
        Part::Fixed(text) => rest.starts_with(text) && fit(later, path, at + text.len(), marks),
        Part::Segment => {
            let longest = rest.find('/').unwrap_or(rest.len());
            longest_first(later, path, at, 1..=longest, marks)
        }
        Part::Rest => longest_first(later, path, at, 0..=rest.len(), marks),
        Part::Open(name) => {
            marks.push((Some(name), at));
            fit(later, path, at, marks) || marks.pop().is_none()
        }
        Part::Close => {
            marks.push((None, at));
            fit(later, path, at, marks) || marks.pop().is_none()
        }
    }
}

fn longest_first<'p>(
    later: &'p [Part],
    path: &str,
    at: usize,
    lengths: std::ops::RangeInclusive<usize>,
    marks: &mut Marks<'p>,
) -> bool {
    let whole = |length: &usize| path.is_char_boundary(at + length);
    lengths.rev().filter(whole).any(|length| fit(later, path, at + length, marks))
}

/// Without percent signs.
pub(super) fn decoded(text: &str) -> String {
    let plain = text.replace('+', "%2B").replace('=', "%3D").replace('&', "%26");
    let pair = form_urlencoded::parse(plain.as_bytes()).next();
    pair.map_or_else(String::new, |(name, _)| name.into_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_fits_its_template_alone() {
        let parameters = json!({"name": {"pattern": "^projects/[^/]+/things/.*$"}});
        let template = Template::parse("v2/{+name}/{id}:run", &parameters);
        let (_, found) = template.fit("v2/projects/p/things/a/b/c%2Fd:run").unwrap();
        let pairs = |one: (&str, &str)| (one.0.to_owned(), one.1.to_owned());
        assert_eq!(found, [("name", "projects/p/things/a/b"), ("id", "c/d")].map(pairs).to_vec());
        for other in ["v2/projects/p/things/a", "v2/projects/p/q/things/b/c:run", "v2/x:run"] {
            assert!(template.fit(other).is_none(), "{other}");
        }
    }
}
