//! `worker` in `bundle.json`: the user's own Python code, and what runs it.

use serde::{Deserialize, Serialize};

/// The folder in [`Worker::path`] that is the bundle itself.
pub const BUNDLE_ITSELF: &str = ".";

/// The user's own code, which a Python process runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Worker {
    /// The Pythons to start: the first that is there. A name without a slash is looked for on
    /// `PATH`; any other is a path, from the bundle on unless it begins with a slash.
    pub python: Vec<String>,
    /// What is called, as `module:function`.
    pub handler: String,
    /// The folders to import from, in their order, before Python's own: paths in the bundle, of
    /// which [`BUNDLE_ITSELF`] is the bundle.
    pub path: Vec<String>,
}

impl Worker {
    /// The module and the function of [`Worker::handler`]; `None` when it does not name both.
    pub fn handler_parts(&self) -> Option<(&str, &str)> {
        let (module, function) = self.handler.split_once(':')?;
        let is_name = |name: &str| {
            let mut characters = name.chars();
            characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
                && characters.all(|character| character.is_alphanumeric() || character == '_')
        };
        (module.split('.').all(is_name) && is_name(function)).then_some((module, function))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_is_a_module_and_a_function() {
        let parts = |handler: &str| {
            let worker = Worker { python: vec![], handler: handler.into(), path: vec![] };
            worker
                .handler_parts()
                .map(|(module, function)| (module.to_owned(), function.to_owned()))
        };
        assert_eq!(parts("app:predict"), Some(("app".into(), "predict".into())));
        assert_eq!(parts("a.b_2:_f"), Some(("a.b_2".into(), "_f".into())));
        for wrong in ["", "app", "app:", ":f", "a..b:f", "a:b:c", "a/b:f", "1a:f", "a:f()", "a :f"]
        {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
    }
}
