//! A model of another framework on its way to ONNX: what the user is asked, and what is told.

mod proof;

use std::path::{Path, PathBuf};

use clap::Args;
use mlship_export::{
    Environment, ExportError, Loader, Order, ROWS, Recipe, Report, Sandbox, TOLERANCE, Trust,
    export, recipe, trust,
};
use mlship_inspect::Facts;

use crate::cache::cache;
use crate::context::Context;
use crate::failure::Failure;

/// How a model that is not ONNX is converted.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "For models that are not ONNX")]
pub(crate) struct ExportArgs {
    /// Load a pickle without being asked: loading one runs what is in it, here without a network
    #[arg(long, env = "MLSHIP_TRUST")]
    trust: bool,
    /// A Python that has the model's packages, skl2onnx, onnxmltools and onnxruntime
    /// [default: one is made with uv, locked and kept]
    #[arg(long, env = "MLSHIP_PYTHON", value_name = "PATH")]
    python: Option<PathBuf>,
    /// The program uv [default: the one on PATH]
    #[arg(
        long,
        env = "MLSHIP_UV",
        value_name = "PATH",
        default_value = "uv",
        hide_default_value = true
    )]
    uv: PathBuf,
    /// How many rows both models answer
    #[arg(long, env = "MLSHIP_ROWS", value_name = "COUNT", default_value_t = ROWS,
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rows: u32,
    /// The largest difference of a number that is taken; labels must be equal
    #[arg(long, env = "MLSHIP_TOLERANCE", value_name = "NUMBER", default_value_t = TOLERANCE)]
    tolerance: f64,
    /// ONNX's operator set [default: the newest that the converter can]
    #[arg(long, env = "MLSHIP_OPSET", value_name = "NUMBER")]
    opset: Option<u32>,
    /// Load the model with the network within reach, where a process without one cannot be started
    #[arg(long, env = "MLSHIP_NO_SANDBOX")]
    no_sandbox: bool,
}

/// Whether a model is of a form that is converted to ONNX here.
pub(crate) fn is_for_export(facts: &Facts) -> bool {
    recipe(facts).is_ok()
}

/// Converts the model of these facts to `out`, and says how.
pub(crate) fn exported(
    context: &Context,
    args: &ExportArgs,
    facts: &Facts,
    out: &Path,
) -> Result<Report, Failure> {
    let recipe = recipe(facts).map_err(|error| with_advice(error.into(), facts))?;
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
        model: &model,
        loader: recipe.loader,
        out: &out,
        rows: args.rows,
        tolerance: args.tolerance,
        opset: args.opset,
        samples: Vec::new(),
    };
    let report = export(&order, &environment, sandbox).map_err(|error| refused(error, &recipe))?;
    for drift in drifts(facts, &report) {
        context.say(&format!("warning: {drift}"));
    }
    proof::prove(context, &out, &report, args.tolerance).inspect_err(|_| {
        // What is not proved is not left behind.
        let _ = std::fs::remove_file(&out);
    })?;
    Ok(report)
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
    format!(
        "  {}: {} rows answered by both, labels equal, numbers within {:.1e}{ties}\n",
        report.class, report.rows, report.largest
    )
}

/// Whether the user lets the file's own code run.
fn allowed(context: &Context, args: &ExportArgs, facts: &Facts) -> Result<(), Failure> {
    let path = facts.path.display();
    let strange = match trust(facts) {
        Trust::Data => return Ok(()),
        Trust::Refused(names) => {
            return Err(Failure::from(ExportError::Dangerous(names))
                .hint("no trained model needs that: do not load it, whoever sent it"));
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
    let more = match strange.is_empty() {
        true => String::new(),
        false => format!(", and `{}`", strange.join("`, `")),
    };
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
            failure.hint("a class that was defined beside the training script must be in a package")
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
    const LOADERS: [&str; 3] = ["scikit-learn", "xgboost", "lightgbm"];
    let is_loader = |wanted: &&String| LOADERS.iter().any(|name| wanted.starts_with(name));
    let loaders = recipe.requirements.iter().filter(is_loader);
    loaders.map(|wanted| wanted.replace("==", " ")).collect::<Vec<_>>().join(", ")
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path)
        .map_err(|error| Failure::usage(format!("could not find `{}`: {error}", path.display())))
}
