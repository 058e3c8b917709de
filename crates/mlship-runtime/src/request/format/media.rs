//! A media type and its parameters (RFC 9110, 8.3.1).

/// What `Content-Type` holds.
pub(super) struct Media<'a> {
    /// `type/subtype`, as written.
    pub(super) name: &'a str,
    parameters: &'a str,
}

impl<'a> Media<'a> {
    pub(super) fn read(text: &'a str) -> Self {
        let (name, parameters) = text.split_once(';').unwrap_or((text, ""));
        Self { name: name.trim(), parameters }
    }

    /// True when it is of that name.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value of a parameter, its quotes taken off.
    pub(super) fn parameter(&self, name: &str) -> Option<&'a str> {
        self.parameters.split(';').find_map(|parameter| {
            let (key, value) = parameter.split_once('=')?;
            let value = value.trim();
            let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            key.trim().eq_ignore_ascii_case(name).then_some(bare.unwrap_or(value))
        })
    }
}
