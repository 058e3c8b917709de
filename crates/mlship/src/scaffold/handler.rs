//! What `init` writes for a model that is served as Python: a handler to begin with, and the
//! manifest that names it. Pure text.

mod needs;
mod template;

use mlship_inspect::{Facts, Format};

use super::quoted;
use template::{Template, template};

/// What a model that was trained on named columns keeps them under, and is asked with.
const COLUMNS: (&str, &str) = ("feature_names_in_", "pandas");

/// The handler of a model of these facts and bytes, and what it needs installed; `None` of a form
/// that has none. `is_beside` says whether a module is the user's own.
pub(crate) fn handler(
    facts: &Facts,
    bytes: &[u8],
    is_beside: impl Fn(&str) -> bool,
) -> Option<[String; 2]> {
    let Template { mut app, file, needs, .. } = template(facts)?;
    let name = facts.path.file_name().unwrap_or_default().to_string_lossy();
    // JSON's text is Python's too.
    app = app.replace(&format!("\"{file}\""), &serde_json::Value::from(name).to_string());
    if facts.format == Format::Fastai {
        let names = serde_json::Value::from(only_named(facts)).to_string();
        app = app.replace("OF_THE_SCRIPT = []", &format!("OF_THE_SCRIPT = {names}"));
    }
    let (kept, package) = COLUMNS;
    let has_columns = bytes.windows(kept.len()).any(|part| part == kept.as_bytes());
    let needs = needs.into_iter().chain(has_columns.then(|| package.to_owned()));
    Some([app, needs::requirements(needs.collect(), facts.pickle.as_ref(), is_beside)])
}

/// What the user must write before the handler can answer.
pub(crate) fn missing(facts: &Facts) -> Option<&'static str> {
    template(facts)?.missing
}

/// What a model is made of and was defined in the script that trained it: nobody else has it.
pub(crate) fn of_the_script(facts: &Facts) -> Vec<&str> {
    let stands_in = if facts.format == Format::Fastai { only_named(facts) } else { Vec::new() };
    let mut names = named_there(facts);
    names.retain(|name| !stands_in.contains(name));
    names
}

/// Names of the script that a learner asks for, and makes nothing with: its functions of labels.
fn only_named(facts: &Facts) -> Vec<&str> {
    let is_made = |name: &&str| {
        let made = facts.pickle.iter().flat_map(|pickle| &pickle.objects);
        made.filter_map(|made| made.strip_prefix(SCRIPT)).any(|made| made == *name)
    };
    let mut names = named_there(facts);
    names.retain(|name| !is_made(name));
    names
}

/// What the training script's own names begin with.
const SCRIPT: &str = "__main__.";

fn named_there(facts: &Facts) -> Vec<&str> {
    let globals = facts.pickle.iter().flat_map(|pickle| &pickle.globals);
    let mut names: Vec<&str> = globals.filter_map(|name| name.strip_prefix(SCRIPT)).collect();
    names.dedup();
    names
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
