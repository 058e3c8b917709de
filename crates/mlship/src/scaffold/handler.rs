//! What `init` writes for a model that is served as Python: a handler to begin with, what it needs
//! installed, and the manifest that names both. Pure text.

use mlship_inspect::{Facts, Format, PickleFacts};

use super::quoted;

/// The handler of what joblib reads.
const APP: &str = include_str!("../../../../templates/python-handler/content/app.py");

/// The handler of a torch module.
const TORCH: &str = include_str!("../../../../templates/python-handler-torch/content/app.py");

/// What a torch module needs: without the code for graphics cards
/// (<https://pytorch.org/get-started/locally/>).
const TORCH_NEEDS: &str = "--extra-index-url https://download.pytorch.org/whl/cpu\ntorch\n";

/// What loads a model when nothing is known of it.
const LOADER: &str = "joblib";

/// What a model that was trained on named columns keeps them under, and is asked with.
const COLUMNS: (&str, &str) = ("feature_names_in_", "pandas");

/// Packages that are called otherwise where they are installed from than where they are imported.
const NAMES: [(&str, &str); 6] = [
    ("PIL", "pillow"),
    ("cv2", "opencv-python-headless"),
    ("skimage", "scikit-image"),
    ("sklearn", "scikit-learn"),
    ("xgboost", "xgboost-cpu"),
    ("yaml", "PyYAML"),
];

/// The handler of a model of these facts and bytes, and what it needs installed. `is_beside` says
/// whether a module is the user's own.
pub(crate) fn handler(
    facts: &Facts,
    bytes: &[u8],
    is_beside: impl Fn(&str) -> bool,
) -> [String; 2] {
    let name = facts.path.file_name().unwrap_or_default().to_string_lossy();
    match facts.format {
        Format::Torch | Format::TorchScript => {
            [TORCH.replace("model.pt", &name), TORCH_NEEDS.to_owned()]
        }
        _ => {
            let (kept, package) = COLUMNS;
            let has_columns = bytes.windows(kept.len()).any(|part| part == kept.as_bytes());
            let more = has_columns.then_some(package);
            let wanted = requirements(facts.pickle.as_ref(), is_beside, more);
            [APP.replace("model.joblib", &name), wanted]
        }
    }
}

/// What is named in a model and was defined in the script that trained it: nobody else has it.
pub(crate) fn of_the_script(facts: &Facts) -> Vec<&str> {
    let globals = facts.pickle.iter().flat_map(|pickle| &pickle.globals);
    globals.filter_map(|name| name.strip_prefix("__main__.")).collect()
}

/// The manifest of the service `name` with the model's file `model`, which is described by `about`;
/// `has_sample` when there is a request at the place of the first.
pub(crate) fn manifest(name: &str, model: &str, about: &str, has_sample: bool) -> String {
    let mark = if has_sample { "" } else { "# " };
    format!(
        "# yaml-language-server: $schema=.mlship/mlship.schema.json\n\
         # {about}\n\
         version: 1\n\
         # Letters, digits and dashes; everything that is made is named after it.\n\
         name: {name}\n\
         \n\
         model:\n  path: {}\n\
         \n\
         # The handler takes and gives what it likes.\n\
         input: {{tensor: {{}}}}\n\
         output: {{tensor: {{}}}}\n\
         \n\
         python:\n  \
           handler: \"app:predict\"\n  \
           version: \"3.12\"\n  \
           requirements: requirements.txt\n  \
           slim: safe            # balanced and traced leave out more; none leaves out nothing\n  \
           # keep: [pandas.io]   # what stays in any case; held-out: requests that are not watched\n\
         \n\
         {mark}samples:              # requests and the answers they must get: what the packages are tried with\n\
         {mark}  - {{request: samples/1.json, expect: samples/1.expect.json}}\n\
         \n\
         resources:\n  memory-mb: 512\n  timeout-s: 30         # the longest that one request may take\n\
         \n\
         # targets:              # `mlship deploy` serves it on this machine; --provider NAME needs:\n\
         #   aws: {{region: eu-central-1, url: {{auth: iam}}}}   # auth: none makes the address public\n\
         #   azure: {{location: westeurope, kind: container-apps, access: key}}\n\
         #   gcp: {{project: my-project, region: europe-west1}}   # access: public lets anybody call\n",
        quoted(model)
    )
}

/// As a requirements file: of the versions that are written in the model.
fn requirements(
    facts: Option<&PickleFacts>,
    is_beside: impl Fn(&str) -> bool,
    more: Option<&str>,
) -> String {
    let mut names = vec![LOADER.to_owned()];
    let packages = facts.map(|facts| facts.packages.as_slice()).unwrap_or_default();
    for package in packages.iter().filter(|package| !is_beside(package)) {
        let known = NAMES.iter().find(|(imported, _)| imported == package);
        let name = known.map_or(package.as_str(), |(_, name)| *name);
        let version = facts.and_then(|facts| facts.versions.get(name));
        names.push(match version {
            Some(version) => format!("{name}=={version}"),
            None => name.to_owned(),
        });
    }
    names.extend(more.map(str::to_owned));
    names.sort();
    names.dedup_by(|one, other| bare(one) == bare(other));
    names.iter().map(|name| format!("{name}\n")).collect()
}

/// The name without a version.
fn bare(requirement: &str) -> &str {
    requirement.split("==").next().unwrap_or(requirement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_needs_what_its_model_was_made_of() {
        let mut facts = PickleFacts {
            protocol: 5,
            compression: None,
            class: None,
            objects: Vec::new(),
            globals: Vec::new(),
            packages: ["sklearn", "numpy", "features", "joblib"].map(str::to_owned).into(),
            versions: Default::default(),
            suspicious: Vec::new(),
            is_followed: true,
        };
        facts.versions.insert("scikit-learn".into(), "1.5.2".into());
        let written = requirements(Some(&facts), |module| module == "features", Some("pandas"));
        assert_eq!(written, "joblib\nnumpy\npandas\nscikit-learn==1.5.2\n");
        assert_eq!(requirements(None, |_| false, None), "joblib\n");
    }
}
