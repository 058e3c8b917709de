//! A resource id taken apart. Ids are compared without case and kept as they were first written.

/// What a path is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Id {
    /// As it was written, without what follows the resource.
    pub(super) text: String,
    /// The resource group, when it is in one.
    pub(super) group: Option<String>,
    /// What the provider's part hangs on: a group, or a resource for tags and role assignments.
    pub(super) scope: String,
    /// `Microsoft.Web/sites`, as the type itself writes it.
    pub(super) kind: &'static str,
    /// The names, outermost first: one for each word of the kind after the namespace.
    pub(super) names: Vec<String>,
}

impl Id {
    /// The last name.
    pub(super) fn name(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }

    /// All names, as an answer's `name` has them for types within types: `site/slot`.
    pub(super) fn full_name(&self) -> String {
        self.names.join("/")
    }

    /// `Microsoft.Web/sites/heart`, as errors name a resource.
    pub(super) fn kind_and_name(&self) -> String {
        let mut words = self.kind.split('/');
        let mut text = words.next().unwrap_or_default().to_owned();
        for (word, name) in words.zip(&self.names) {
            text.push_str(&format!("/{word}/{name}"));
        }
        match self.names.as_slice() {
            [only] => format!("{}/{only}", self.kind),
            _ => text,
        }
    }

    /// What it is found by.
    pub(super) fn key(&self) -> String {
        self.text.to_lowercase()
    }

    /// The id of the resource that this one is within: the site of a slot.
    pub(super) fn parent(&self) -> String {
        let mut parts: Vec<&str> = self.text.split('/').collect();
        parts.truncate(parts.len().saturating_sub(2));
        parts.join("/")
    }
}

/// The words of a path, decoded, none of them empty.
pub(super) fn words(path: &str) -> Vec<String> {
    path.split('/').filter(|word| !word.is_empty()).map(decode).collect()
}

/// Undoes percent signs; a plus stays a plus.
pub(super) fn decode(text: &str) -> String {
    let escaped = text.replace('+', "%2B");
    form_urlencoded::parse(escaped.as_bytes()).next().map_or(String::new(), |(key, _)| key.into())
}
