//! `mlship check-limits`: where the project fits, before anything is built.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use mlship_compile::{EngineChoice, classify, classify_text};
use mlship_core::finding::{Finding, Report};
use mlship_core::limits::{Grid, Limits, Mismatch, Need, Origin, Size, check, text};
use mlship_core::project::{Delivery, Engine, Input};
use mlship_embed::{Architecture, Variety};
use mlship_inspect::read_onnx;
use mlship_package::onnxruntime::OnnxRuntime;

use crate::context::{Context, Loaded};
use crate::failure::Failure;
use crate::providers;
use crate::release::{self, Built};

/// How much of its size a runtime keeps when it is deflated, in percent (measured: 41 to 45; with
/// ONNX Runtime 39).
const RUNTIME_PACKED_PERCENT: u64 = 46;

/// The same of a handler's packages (measured by `benches/slim.py`: 34 to 35; with code for graphics
/// cards 53).
const PACKAGES_PACKED_PERCENT: u64 = 36;

/// `mlship check-limits`
#[derive(Debug, Args)]
pub(crate) struct CheckLimitsArgs {
    /// Only this provider's kinds; the one that the manifest chooses must fit
    #[arg(long, short, env = "MLSHIP_PROVIDER", value_name = "NAME")]
    provider: Option<String>,
    /// Only this kind; it must fit
    #[arg(long, short, env = "MLSHIP_KIND", value_name = "KIND")]
    kind: Option<String>,
    /// A file of limits that replace the built-in ones
    #[arg(long, env = "MLSHIP_LIMITS", value_name = "PATH")]
    limits: Option<PathBuf>,
}

pub(crate) fn run(context: &Context, args: CheckLimitsArgs) -> Result<(), Failure> {
    let loaded = context.load()?;
    providers::check_targets(&loaded)?;
    let limits = on_machines(known_limits(args.limits.as_ref())?, &loaded);
    let all: Vec<&Limits> = limits.iter().collect();
    let shown = select(&all, &args)?;
    let need = Need::of(&loaded.project, size(&loaded).as_ref());
    let mut grid = Grid::new(need, &shown, &offered(&all, &loaded));
    refuse_python(&mut grid, &loaded);
    let chosen = chosen(&args, &loaded)?;
    let fits = verdict(&grid, &args, &chosen);
    context.findings(&Report(uncounted(&loaded).into_iter().collect()), &loaded.source);
    for (provider, kind) in &chosen {
        let mut warnings = providers::warnings(provider, &loaded);
        let row = grid.rows.iter().find(|row| is(&row.limits, provider, kind));
        warnings.0.extend(row.and_then(|row| other_size(&grid.need, &row.limits)));
        context.findings(&warnings, &loaded.source);
    }
    context.answer(
        mlship_core::limits::grid::SCHEMA,
        &grid,
        &text::text(&grid, context.width(), context.paint()),
    );
    if fits { Ok(()) } else { Err(Failure::Limit) }
}

/// Stops a deploy whose finished artifact goes beyond a hard limit of the kind it is for.
pub(crate) fn stop_if_over(
    context: &Context,
    built: &Built,
    provider: &str,
    kind: &str,
) -> Result<(), Failure> {
    let release = &built.release;
    let size = Size::of(&release.artifact, built.model_bytes);
    let need = Need::of(&release.project, Some(&size));
    let all: Vec<&Limits> = providers::limits().collect();
    let Some(limits) = all.iter().find(|limits| is(limits, provider, kind)) else { return Ok(()) };
    let machine = providers::machine(provider, &release.project);
    let limits = &machine.and_then(|name| limits.on(&name)).unwrap_or((*limits).clone());
    let verdict = check(&need, limits);
    if verdict.fits {
        let warnings = Report(other_size(&need, limits).into_iter().collect());
        context.findings(&warnings, &built.manifest);
        return Ok(());
    }
    let advice = mlship_core::limits::advice::advise_one(&need, limits, &all);
    let hints: Vec<String> = advice.into_iter().map(|advice| advice.text).collect();
    Err(Failure::over(verdict.report(&hints), built.manifest.clone()))
}

/// The kinds that may be advised: those that run what the project is written in.
fn offered<'a>(all: &[&'a Limits], loaded: &Loaded) -> Vec<&'a Limits> {
    let is_python = loaded.project.python.is_some();
    let runs = |one: &&&Limits| !is_python || providers::runs_python(&one.provider, &one.kind);
    all.iter().filter(runs).copied().collect()
}

/// Packages whose size nobody knows before they are there.
fn uncounted(loaded: &Loaded) -> Option<Finding> {
    let requirements = loaded.project.python.as_ref()?.requirements.as_ref()?;
    if release::packages_bytes(&loaded.project).is_some() {
        return None;
    }
    let finding = Finding::warning("limits/packages", "the packages are not counted yet")
        .hint("`mlship package` installs them and makes them smaller; then they are");
    Some(finding.at(requirements.span.clone()).label("what these need comes on top"))
}

/// The user's own Python code fits no kind that does not run it, however small it is.
fn refuse_python(grid: &mut Grid, loaded: &Loaded) {
    let Some(python) = &loaded.project.python else { return };
    for row in &mut grid.rows {
        if providers::runs_python(&row.limits.provider, &row.limits.kind) {
            continue;
        }
        row.verdict.fits = false;
        row.verdict.mismatches.push(Mismatch {
            code: "limits/python",
            phrase: "Python code of one's own is not run".into(),
            span: Some(python.handler.span.clone()),
            source: None,
            checked: None,
        });
    }
    grid.any_fits = grid.rows.iter().any(|row| row.verdict.fits);
}

fn is(limits: &Limits, provider: &str, kind: &str) -> bool {
    limits.provider == provider && limits.kind == kind
}

/// The memory that the manifest asks for where instances come in other sizes, with its line.
/// Less than the smallest is asked for wherever other providers have less.
fn other_size(need: &Need, limits: &Limits) -> Option<Finding> {
    let wanted = &need.memory_mb;
    let sizes = limits.memory_sizes_mb.as_ref().filter(|_| limits.machines.is_empty())?;
    let given = sizes.values.iter().skip(1).find(|size| **size >= wanted.value)?;
    let is_size = sizes.values.contains(&wanted.value);
    let is_less = sizes.values.first().is_some_and(|least| wanted.value < *least);
    if is_size || is_less || wanted.origin != Origin::Declared {
        return None;
    }
    let words: Vec<String> = sizes.values.iter().map(u64::to_string).collect();
    let message = format!(
        "`resources.memory-mb` is {}, and an instance of `{}` gets {given}",
        wanted.value, limits.kind
    );
    let finding = Finding::warning("limits/memory-size", message)
        .label("not a size of this kind")
        .hint(format!("one of: {}", words.join(", ")));
    Some(match &wanted.span {
        Some(span) => finding.at(span.clone()),
        None => finding,
    })
}

/// The limits, with those of the machines that the manifest names in the place of their kinds'.
fn on_machines(mut limits: Vec<Limits>, loaded: &Loaded) -> Vec<Limits> {
    for name in loaded.project.targets.keys() {
        let Some(machine) = providers::machine(name, &loaded.project) else { continue };
        let Ok(kind) = providers::kind(name, loaded) else { continue };
        if let Some(one) = limits.iter_mut().find(|one| is(one, name, &kind))
            && let Some(narrowed) = one.on(&machine)
        {
            *one = narrowed;
        }
    }
    limits
}

/// The built-in limits, with the user's own on top.
fn known_limits(overrides: Option<&PathBuf>) -> Result<Vec<Limits>, Failure> {
    let limits = providers::limits().cloned().collect();
    let Some(path) = overrides else { return Ok(limits) };
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("could not read `{}`: {error}", path.display())))?;
    mlship_limits::apply_override(limits, &text).map_err(|report| {
        let source = mlship_manifest::Source { name: path.display().to_string(), text };
        Failure::Manifest { report, source: Some(source) }
    })
}

fn select<'a>(all: &[&'a Limits], args: &CheckLimitsArgs) -> Result<Vec<&'a Limits>, Failure> {
    let wanted = |limits: &&Limits| {
        args.provider.as_ref().is_none_or(|provider| limits.provider == provider.as_str())
            && args.kind.as_ref().is_none_or(|kind| limits.kind == kind.as_str())
    };
    let shown: Vec<&Limits> = all.iter().copied().filter(wanted).collect();
    if let Some(provider) = &args.provider {
        providers::find(provider)?;
    }
    if shown.is_empty() {
        let kinds: Vec<&str> = all.iter().map(|limits| limits.kind.as_ref()).collect();
        let kind = args.kind.as_deref().unwrap_or_default();
        return Err(Failure::usage(format!("there is no `{kind}` among the kinds"))
            .hint(format!("the kinds: {}", kinds.join(", "))));
    }
    Ok(shown)
}

/// The kinds that the manifest or the provider chooses, of the provider asked for or of all.
fn chosen(args: &CheckLimitsArgs, loaded: &Loaded) -> Result<Vec<(String, String)>, Failure> {
    let names: Vec<&String> = match &args.provider {
        Some(provider) => vec![provider],
        None => loaded.project.targets.keys().collect(),
    };
    let kind = |name: &String| providers::kind(name, loaded).map(|kind| (name.clone(), kind));
    names.into_iter().map(kind).collect()
}

/// What must fit: the one kind asked for; else those that are chosen; and when nothing is
/// chosen, any.
fn verdict(grid: &Grid, args: &CheckLimitsArgs, chosen: &[(String, String)]) -> bool {
    if args.kind.is_some() {
        return grid.all_fit();
    }
    if chosen.is_empty() {
        return grid.any_fits;
    }
    chosen.iter().all(|(provider, kind)| {
        let mut rows = grid.rows.iter().filter(|row| is(&row.limits, provider, kind));
        rows.all(|row| row.verdict.fits)
    })
}

/// How large the artifact will be: the model as it is, and the runtime that serves it. `None`
/// when the model is not there yet.
fn size(loaded: &Loaded) -> Option<Size> {
    let path = loaded.project.root.join(&loaded.project.model.path.value);
    let model_bytes = model_files(&path)?;
    if loaded.project.python.is_some() {
        return Some(of_handler(loaded, model_bytes));
    }
    let takes_other = matches!(loaded.project.input, Input::Text(_) | Input::Image(_));
    let choose = |model, file: &[u8]| match takes_other {
        true => classify_text(&model),
        false => classify(&model, file.len() as u64),
    };
    let wanted = loaded.project.model.engine.value;
    let variety = match (read_onnx(&path, choose), wanted) {
        (_, Engine::OnnxRuntime) => Variety::OnnxRuntime,
        (Ok(EngineChoice::Classical), _) => Variety::Classical,
        // What will be chosen is not known before it is measured: the larger one.
        (_, Engine::Auto { .. }) => Variety::OnnxRuntime,
        _ => Variety::Neural,
    };
    let (variety, embedded_bytes) = match (loaded.project.model.delivery, variety) {
        (Delivery::Embed, variety) => (variety, model_bytes),
        (Delivery::Fetch, Variety::OnnxRuntime) => (variety, 0),
        (Delivery::Fetch, _) => (Variety::Full, 0),
    };
    let library = if variety == Variety::OnnxRuntime { OnnxRuntime::bytes() } else { 0 };
    let runtime = release::runtime(variety, Architecture::X86_64).map_or(0, |runtime| {
        let beside = runtime.beside.iter().map(|beside| beside.bytes.len());
        (runtime.bytes.len() + beside.sum::<usize>()) as u64
    }) + library;
    Some(Size {
        packed_bytes: embedded_bytes + runtime * RUNTIME_PACKED_PERCENT / 100,
        unpacked_bytes: embedded_bytes + runtime,
        model_bytes,
        origin: Origin::Estimated,
    })
}

/// The size of a handler with its runtime and the packages that were built last; how small the model
/// packs is not known.
fn of_handler(loaded: &Loaded, model_bytes: u64) -> Size {
    let runtime = release::runtime(Variety::Python, Architecture::X86_64);
    let runtime = runtime.map_or(0, |runtime| runtime.bytes.len() as u64);
    let packages = release::packages_bytes(&loaded.project).unwrap_or_default();
    let embedded = match loaded.project.model.delivery {
        Delivery::Embed => model_bytes,
        Delivery::Fetch => 0,
    };
    let unpacked_bytes = embedded + runtime + packages;
    Size {
        packed_bytes: embedded
            + runtime * RUNTIME_PACKED_PERCENT / 100
            + packages * PACKAGES_PACKED_PERCENT / 100,
        unpacked_bytes,
        model_bytes,
        origin: Origin::Estimated,
    }
}

/// Bytes of the model's file and of the files that its weights are in.
fn model_files(path: &std::path::Path) -> Option<u64> {
    let facts = mlship_inspect::inspect(path).ok()?;
    let external = facts.onnx.map(|onnx| onnx.external_files).unwrap_or_default();
    Some(facts.bytes + external.iter().filter_map(|file| file.bytes).sum::<u64>())
}
