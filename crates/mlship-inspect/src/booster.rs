//! xgboost's JSON and lightgbm's text: what the model was trained for, not its trees.

use std::io::{self, BufRead, BufReader, Read};

use serde::Deserialize;

use crate::facts::BoosterFacts;
use crate::json::{self, Capped, Cut};

/// The longest line of a lightgbm file that is kept, in bytes.
const LINE_BYTES: u64 = 1 << 20;
/// The most feature names that are listed.
const NAMES: usize = 10_000;

#[derive(Deserialize)]
struct Document {
    learner: Learner,
    #[serde(default)]
    version: Capped<u32, 8>,
}

#[derive(Deserialize)]
struct Learner {
    #[serde(default)]
    feature_names: Capped<Cut, NAMES>,
    #[serde(default)]
    gradient_booster: Gradient,
    learner_model_param: Parameters,
    objective: Objective,
}

#[derive(Deserialize, Default)]
struct Gradient {
    #[serde(default)]
    model: Model,
    /// `dart` keeps its trees one level deeper.
    gbtree: Option<Box<Gradient>>,
}

#[derive(Deserialize, Default)]
struct Model {
    #[serde(default)]
    gbtree_model_param: TreeParameters,
}

#[derive(Deserialize, Default)]
struct TreeParameters {
    num_trees: Option<String>,
}

#[derive(Deserialize)]
struct Parameters {
    num_class: Option<String>,
    num_feature: Option<String>,
}

#[derive(Deserialize)]
struct Objective {
    name: String,
}

/// Reads xgboost's JSON, without keeping the trees.
pub(crate) fn xgboost(reader: impl Read) -> Result<BoosterFacts, serde_json::Error> {
    let document: Document = json::read(reader)?;
    let Document { learner, version } = document;
    let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
    let gradient = &learner.gradient_booster;
    let model = gradient.gbtree.as_ref().map_or(&gradient.model, |inner| &inner.model);
    let parts: Vec<String> = version.0.iter().map(u32::to_string).collect();
    Ok(BoosterFacts {
        version: (!parts.is_empty()).then(|| parts.join(".")),
        objective: Some(learner.objective.name),
        features: number(learner.learner_model_param.num_feature),
        feature_names: learner.feature_names.0.into_iter().map(|name| name.0).collect(),
        classes: number(learner.learner_model_param.num_class),
        trees: model.gbtree_model_param.num_trees.as_ref().and_then(|text| text.parse().ok()),
    })
}

/// Reads lightgbm's text: `key=value` lines, then the trees, which are counted. The second is
/// whether `end of trees` was seen.
pub(crate) fn lightgbm(reader: impl Read) -> io::Result<(BoosterFacts, Trees)> {
    let mut reader = BufReader::new(reader);
    let mut facts = BoosterFacts { trees: Some(0), ..BoosterFacts::default() };
    let mut trees = Trees::Cut;
    while let Some(line) = line(&mut reader)? {
        match line.split_once('=').unwrap_or((&line, "")) {
            ("version", value) if facts.version.is_none() => facts.version = Some(value.into()),
            ("objective", value) if facts.objective.is_none() => {
                facts.objective = Some(value.into());
            }
            ("num_class", value) if facts.classes.is_none() => facts.classes = value.parse().ok(),
            ("max_feature_idx", value) if facts.features.is_none() => {
                facts.features = value.parse().ok().and_then(|last: u64| last.checked_add(1));
            }
            ("feature_names", value) if facts.feature_names.is_empty() => {
                facts.feature_names = value.split(' ').take(NAMES).map(str::to_owned).collect();
            }
            ("Tree", _) => facts.trees = facts.trees.map(|count| count + 1),
            ("end of trees", _) => trees = Trees::Whole,
            _ => {}
        }
    }
    Ok((facts, trees))
}

/// Whether all trees are in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trees {
    /// All of them.
    Whole,
    /// The file ends before they do.
    Cut,
}

/// The next line; of a long one only the beginning.
fn line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    if reader.take(LINE_BYTES).read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    if bytes.last() != Some(&b'\n') {
        reader.skip_until(b'\n')?;
    }
    Ok(Some(String::from_utf8_lossy(bytes.trim_ascii_end()).into_owned()))
}
