//! What runs a bundle: the runtime for its engine and what goes beside that; and, where the manifest
//! leaves it open, which engine.

use mlship_bundle::{EngineKind, LIBRARIES};
use mlship_core::finding::{Finding, Report};
use mlship_core::project::{Engine, Project};
use mlship_core::sample::Sample;
use mlship_embed::{Architecture, Variety};
use mlship_package::onnxruntime::OnnxRuntime;
use mlship_package::{Assembly, Contents, Mode, Part, Source};

use super::contest::{Contest, contest};
use super::library::{Missing, library};
use super::runtime::{Runtime, runtime};
use crate::context::Context;
use crate::failure::Failure;

/// A bundle and what runs it.
pub(super) struct Manned {
    pub(super) assembly: Assembly,
    pub(super) runtime: Runtime,
    library: Option<OnnxRuntime>,
}

impl Manned {
    /// Puts what the runtime needs beside it into a bundle.
    pub(super) fn add_beside(&self, contents: &mut Contents) {
        for beside in &self.runtime.beside {
            let mode = if beside.is_program { Mode::Executable } else { Mode::Plain };
            let path = format!("{LIBRARIES}/{}", beside.name);
            contents.add_to(Part::Engine, path, mode, Source::Bytes(beside.bytes.clone()));
        }
        if let Some(library) = &self.library {
            library.add_to(contents);
        }
    }

    /// All of it, to be tried on this machine; the runtime is called `executable`.
    pub(super) fn whole(&self, executable: &str) -> Contents {
        let mut contents = self.assembly.whole();
        let program = Source::Bytes(self.runtime.bytes.clone());
        contents.add_to(Part::Runtime, executable, Mode::Executable, program);
        self.add_beside(&mut contents);
        contents
    }
}

/// Mans a bundle with the engine that it was assembled for; where the manifest says `auto` and there
/// is a choice, with the one that is faster.
pub(super) fn man(
    context: &Context,
    project: &Project,
    assembly: Assembly,
    architecture: Architecture,
    samples: &[Sample],
) -> Result<Manned, Failure> {
    let wanted = project.model.engine.value;
    match (assembly.bundle.model.engine, wanted) {
        (EngineKind::OnnxRuntime, _) => {
            let library = library(context).map_err(|missing| at_its_line(project, missing))?;
            with_library(assembly, architecture, library)
        }
        (EngineKind::Neural, Engine::Auto { calls_per_start }) => {
            let native = native(assembly, architecture)?;
            choose(context, project, native, (architecture, calls_per_start), samples)
        }
        _ => native(assembly, architecture),
    }
}

fn native(assembly: Assembly, architecture: Architecture) -> Result<Manned, Failure> {
    let runtime = runtime(Variety::of(&assembly.bundle), architecture)?;
    Ok(Manned { assembly, runtime, library: None })
}

fn with_library(
    assembly: Assembly,
    architecture: Architecture,
    library: OnnxRuntime,
) -> Result<Manned, Failure> {
    let runtime = runtime(Variety::OnnxRuntime, architecture)?;
    Ok(Manned { assembly, runtime, library: Some(library) })
}

/// Lets both engines answer, says how long they take, and gives the better one.
fn choose(
    context: &Context,
    project: &Project,
    native: Manned,
    (architecture, calls_per_start): (Architecture, u32),
    samples: &[Sample],
) -> Result<Manned, Failure> {
    let stays = |why: &str| context.say(&format!("  engine: native; {why}"));
    let Some(sample) = samples.first() else {
        stays("without a sample there is nothing to measure ONNX Runtime with");
        return Ok(native);
    };
    let runs_here = cfg!(all(target_os = "linux", target_arch = "x86_64"));
    if !runs_here || architecture != Architecture::X86_64 {
        stays("ONNX Runtime cannot be measured on this system");
        return Ok(native);
    }
    let library = match library(context) {
        Ok(library) => library,
        Err(Missing::Absent(cause)) => {
            stays(&format!("ONNX Runtime is not compared: {cause}"));
            return Ok(native);
        }
        Err(refused) => return Err(refused.into()),
    };
    let other = native.assembly.clone().run_by(EngineKind::OnnxRuntime);
    let other = with_library(other, architecture, library)?;
    let work = project.root.join(".mlship");
    let bound = super::proof_bound(project);
    let Contest { line, better } =
        contest([&native, &other], &work, sample, calls_per_start, bound)?;
    context.say(&format!("  {line}"));
    Ok(if better == EngineKind::OnnxRuntime { other } else { native })
}

/// A library that is not to be had, at the line that asks for it.
fn at_its_line(project: &Project, missing: Missing) -> Failure {
    let cause = match missing {
        Missing::Absent(cause) => cause,
        refused => return refused.into(),
    };
    let span = project.model.engine.span.clone();
    let finding = Finding::error("model/engine", cause);
    let finding = match span.is_empty() {
        true => finding,
        false => finding.at(span).label("its library goes into the artifact"),
    };
    let report = Report(vec![finding.hint(Missing::hint())]);
    Failure::Manifest { report, source: None }
}
