//! Packages of another version than the model was trained with.

use mlship_inspect::Facts;
use mlship_slim::resolve::{Lock, drift};

use crate::release::python::Case;

/// Says which: a pickle is only right with the versions that it was made with.
pub(super) fn tell(case: &Case<'_>, model: Option<&Facts>, lock: &Lock) {
    let Some(pickle) = model.and_then(|facts| facts.pickle.as_ref()) else { return };
    let trained: Vec<(String, String)> = pickle.versions.clone().into_iter().collect();
    for drift in drift(&trained, lock) {
        let (name, trained) = (&drift.name, &drift.trained);
        let locked = match &drift.locked {
            Some(version) => format!("would run with {version}"),
            None => "would run without".to_owned(),
        };
        case.context.say(&format!(
            "warning: the model was trained with {name} {trained}, and {locked}: write \
             `{name}=={trained}` into the requirements"
        ));
    }
}
