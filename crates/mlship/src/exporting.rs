//! A model of another framework on its way to ONNX: what the user is asked, and what is told.

mod args;
mod definition;
mod proof;
mod way;

use std::path::{Path, PathBuf};

use mlship_export::{
    Environment, ExportError, Loader, Order, Recipe, Report, Sandbox, Trust, export, recipe, trust,
};
use mlship_inspect::{Facts, Format};

use crate::cache::cache;
use crate::context::Context;
use crate::failure::Failure;

pub(crate) use args::ExportArgs;
pub(crate) use way::{Way, way};

/// Refuses a file that would do when it is loaded what no model needs, whoever loads it. Whether the
/// user's own code loads it is the user's to say.
pub(crate) fn refuse_dangerous(facts: &Facts) -> Result<(), Failure> {
    match trust(facts) {
        Trust::Refused(names) => Err(dangerous(names)),
        _ => Ok(()),
    }
}

fn dangerous(names: Vec<String>) -> Failure {
    Failure::from(ExportError::Dangerous(names))
        .hint("no trained model needs that: do not load it, whoever sent it")
}

/// Whether a model is of a form that is converted to ONNX here.
pub(crate) fn is_for_export(facts: &Facts) -> bool {
    recipe(facts).is_ok()
}

/// Where the ONNX form of a model goes, where nobody says: beside it; of a folder, into it.
pub(crate) fn place(facts: &Facts) -> PathBuf {
    match facts.format {
        Format::HuggingFace => facts.path.join("model.onnx"),
        _ => facts.path.with_extension("onnx"),
    }
}

/// Converts the model of these facts to `out`, and says how.
pub(crate) fn exported(
    context: &Context,
    args: &ExportArgs,
    facts: &Facts,
    out: &Path,
) -> Result<Report, Failure> {
    let recipe = recipe(facts).map_err(|error| with_advice(error.into(), facts))?;
    defined(args, facts, &recipe)?;
    let definition = args.definition.as_ref().map(|named| named.found(&facts.path)).transpose()?;
    allowed(context, args, facts)?;
    let sandbox = match args.no_sandbox {
        true => Sandbox::None,
        false => Sandbox::find().map_err(|error| {
            Failure::from(error).hint("load it with the network within reach: --no-sandbox")
        })?,
    };
    let environment = environment(context, args, &recipe)?;
    let (model, out) = (absolute(&facts.path)?, absolute(out)?);
    context.say(&format!("  converting {} with {}", facts.path.display(), words(&recipe)));
    let order = Order {
        rows: args.rows,
        tolerance: args.tolerance,
        opset: args.opset,
        shapes: args.shapes.iter().map(|shape| shape.0.clone()).collect(),
        definition,
        imports: imports(facts),
        ..Order::new(&model, recipe.loader, &out)
    };
    let mut report =
        export(&order, &environment, sandbox).map_err(|error| refused(error, &recipe))?;
    for known in drifts(facts, &report).iter().chain(&report.notes) {
        context.say(&format!("warning: {known}"));
    }
    let proved = proof::prove(context, &out, &report, args.tolerance);
    report.runtime = proved.inspect_err(|_| {
        // What is not proved is not left behind.
        let _ = std::fs::remove_file(&out);
    })?;
    report.requests = report.samples.iter().filter(|row| row.is_whole()).count();
    // Tensors are for the proof alone: nobody asks by hand with thousands of numbers.
    report.samples.retain(|row| !row.predict.is_object());
    Ok(report)
}

/// What loading the file imports, the class of the model first.
fn imports(facts: &Facts) -> Vec<String> {
    let Some(pickle) = &facts.pickle else { return Vec::new() };
    pickle.class.iter().chain(&pickle.globals).cloned().collect()
}

/// Weights alone are of a module that only its definition makes; nothing else has one.
fn defined(args: &ExportArgs, facts: &Facts, recipe: &Recipe) -> Result<(), Failure> {
    let path = facts.path.display();
    match (recipe.loader, &args.definition) {
        (Loader::Torch, None) if trust(facts) == Trust::Data => {
            Err(Failure::usage(format!("`{path}` holds tensors by name, and not their module"))
                .hint("name the class that was trained: --definition model.py:Net"))
        }
        (Loader::Torch, _) | (_, None) => Ok(()),
        (_, Some(_)) => Err(Failure::usage(format!("`{path}` needs no --definition"))
            .hint("only files that `torch.save` wrote do")),
    }
}

/// Packages of another version than the model was trained with.
fn drifts(facts: &Facts, report: &Report) -> Vec<String> {
    let trained = facts.pickle.iter().flat_map(|pickle| &pickle.versions);
    let differing = trained.filter_map(|(name, version)| {
        let found = report.packages.get(name).filter(|found| *found != version)?;
        Some(format!("trained with {name} {version}, and loaded with {found}"))
    });
    differing.collect()
}

/// How a conversion went, for people.
pub(crate) fn told(report: &Report) -> String {
    let ties = match report.ties {
        0 => String::new(),
        1 => "; one was a tie of two labels".to_owned(),
        ties => format!("; {ties} were ties of two labels"),
    };
    let asked = match report.requests {
        1 => "1 request".to_owned(),
        several => format!("{several} requests"),
    };
    let served = report.runtime.map_or_else(String::new, |largest| {
        format!("  {asked} answered by the runtime, labels equal, numbers within {largest:.1e}\n")
    });
    format!(
        "  {}: {} rows answered by both, labels equal, numbers within {:.1e}{ties}\n{served}",
        report.class, report.rows, report.largest
    )
}

/// Whether the user lets the file's own code run.
fn allowed(context: &Context, args: &ExportArgs, facts: &Facts) -> Result<(), Failure> {
    let path = facts.path.display();
    let strange = match trust(facts) {
        Trust::Data => return Ok(()),
        Trust::Refused(names) => {
            return Err(dangerous(names));
        }
        Trust::Unclear => {
            return Err(Failure::usage(format!(
                "what loading `{path}` would run cannot be told: it is damaged, or hides it"
            ))
            .hint(format!("see what is in it: mlship inspect {path}")));
        }
        Trust::Runs(strange) => strange,
    };
    if args.trust {
        return Ok(());
    }
    let more = others(&strange);
    let question = format!(
        "{path} is a pickle: loading it runs the constructors in it, of the packages that models \
         are made of{more}. It is loaded without a network. Do you trust who wrote it?"
    );
    if context.may_ask() && context.ask(&question) {
        return Ok(());
    }
    Err(Failure::usage(format!("loading `{path}` runs code that is in it{more}"))
        .hint("if you trust who wrote it: --trust"))
}

/// What is named besides the packages that models are made of. The modules that a script of torch keeps
/// are its own, with names that torch made up.
fn others(strange: &[String]) -> String {
    let (own, strange): (Vec<&String>, Vec<&String>) =
        strange.iter().partition(|name| name.starts_with("__torch__."));
    let mut more = String::new();
    for name in strange {
        let joint = if more.is_empty() { ", and" } else { "," };
        more.push_str(&format!("{joint} `{name}`"));
    }
    match own.len() {
        0 => {}
        1 => more.push_str(", and the module that is in the file"),
        several => more.push_str(&format!(", and the {several} modules that are in the file")),
    }
    more
}

fn environment(
    context: &Context,
    args: &ExportArgs,
    recipe: &Recipe,
) -> Result<Environment, Failure> {
    if let Some(python) = &args.python {
        return Ok(Environment::given(absolute(python)?));
    }
    let folder = cache().ok_or_else(|| {
        Failure::usage("neither `XDG_CACHE_HOME` nor `HOME` says where to keep packages")
    })?;
    let mut tell = |text: &str| context.say(&format!("  {text}"));
    let folder = folder.join("mlship/export");
    Environment::made(recipe, &args.uv, &folder, &mut tell).map_err(|error| {
        let hint = match &error {
            ExportError::Absent(_) => "install it: pip install uv",
            _ => "it asks the package index that uv is set up for",
        };
        Failure::from(error)
            .hint(hint)
            .hint("or name a Python that has the packages: --python PATH")
    })
}

/// The failure, with what else can be done.
fn refused(error: ExportError, recipe: &Recipe) -> Failure {
    let of_the_model = error.is_of_the_model();
    let failure = Failure::from(error);
    match of_the_model {
        true => failure.hint("serve it by Python instead: mlship init MODEL --lane python"),
        false if recipe.loader == Loader::Joblib => {
            failure.hint("what was defined beside the training script must be in a package").hint(
                "or serve it by Python, beside your own modules: mlship init MODEL --lane python",
            )
        }
        false => failure,
    }
}

/// The failure, with the steps that `inspect` would show.
fn with_advice(failure: Failure, facts: &Facts) -> Failure {
    facts.advice.iter().fold(failure, |failure, step| failure.hint(step.clone()))
}

/// What loads the model, of the packages.
fn words(recipe: &Recipe) -> String {
    const LOADERS: [&str; 6] =
        ["scikit-learn", "xgboost", "lightgbm", "fastai", "transformers", "torch>"];
    let is_loader = |wanted: &&String| LOADERS.iter().any(|name| wanted.starts_with(name));
    let loaders = recipe.requirements.iter().filter(is_loader);
    let bare = |wanted: &String| match wanted.split_once('>') {
        Some((name, _)) => name.to_owned(),
        None => wanted.replace("==", " "),
    };
    loaders.map(bare).collect::<Vec<_>>().join(", ")
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path)
        .map_err(|error| Failure::usage(format!("could not find `{}`: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_of_a_script_are_counted_and_others_named() {
        let said = |names: &[&str]| {
            others(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(said(&[]), "");
        assert_eq!(said(&["a.B", "c.D"]), ", and `a.B`, `c.D`");
        let script = ["__torch__.Net", "__torch__.torch.nn.modules.conv.___torch_mangle_1.Conv2d"];
        assert_eq!(said(&script), ", and the 2 modules that are in the file");
        assert_eq!(
            said(&["a.B", "__torch__.Net"]),
            ", and `a.B`, and the module that is in the file"
        );
    }
}
