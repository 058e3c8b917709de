//! What `inspect` says of the way from a file to ONNX, before anything is loaded.

use mlship_export::{Loader, Trust, foreign, recipe, trust};
use mlship_inspect::Facts;

/// How a file gets to be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// It is not of a form that is converted, or is not to be loaded.
    None,
    /// `init` converts it, with these words behind the file's name.
    Converts(String),
    /// Python alone can: it is made of these, which have no form in ONNX.
    Python(Vec<String>),
}

/// The way of a file of these facts.
pub(crate) fn way(facts: &Facts) -> Way {
    let Ok(recipe) = recipe(facts) else { return Way::None };
    let trust = trust(facts);
    if matches!(trust, Trust::Refused(_)) {
        return Way::None;
    }
    let foreign = foreign(facts);
    match (recipe.loader, foreign.first()) {
        (Loader::Joblib, Some(_)) => Way::Python(foreign),
        // Of a module alone the definition is needed where its class is of no library.
        (Loader::Torch, Some(class)) => Way::Converts(definition(class)),
        (Loader::Torch, None) if trust == Trust::Data || is_weights(facts) => {
            Way::Converts(" --definition model.py:Net".into())
        }
        _ => Way::Converts(String::new()),
    }
}

/// Whether it holds tensors by name, beside other things that are no modules.
fn is_weights(facts: &Facts) -> bool {
    let mut objects = facts.pickle.iter().flat_map(|pickle| &pickle.objects);
    facts.summary.contains("tensors by name") && !objects.any(|name| name.starts_with("torch.nn."))
}

/// The words that name a class where it is.
fn definition(class: &str) -> String {
    let (module, name) = class.rsplit_once('.').unwrap_or(("model", class));
    match module {
        "__main__" => format!(" --definition model.py:{name}"),
        module if module.contains('.') => format!(" --definition {module}:{name}"),
        module => format!(" --definition {module}.py:{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_named_where_it_is() {
        assert_eq!(definition("mynets.cnn.SmallCNN"), " --definition mynets.cnn:SmallCNN");
        assert_eq!(definition("nets.Net"), " --definition nets.py:Net");
        assert_eq!(definition("__main__.Net"), " --definition model.py:Net");
    }
}
