//! `mlship package`: builds the artifact and proves it on the samples.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use mlship_core::artifact::Format;
use mlship_package::{docker_archive, whole};
use mlship_registry::Pushed;
use serde_json::json;

use crate::commands::check_limits;
use crate::commands::convert::same_file;
use crate::context::{Context, Loaded};
use crate::failure::Failure;
use crate::providers;
use crate::release::{self, Built};
use crate::render::{counted, size};
use crate::waiting::wait;

/// `mlship package`
#[derive(Debug, Args)]
pub(crate) struct PackageArgs {
    /// Whose layout the artifact gets
    #[arg(long, short, env = "MLSHIP_PROVIDER", default_value = "local", value_name = "NAME")]
    provider: String,
    /// How it is packed [default: as the provider's kind wants it]
    #[arg(long, env = "MLSHIP_FORMAT", value_enum)]
    format: Option<Packing>,
    /// Where the artifact is written [default: .mlship/NAME.zip, .tar.gz or .image beside the
    /// manifest]
    #[arg(long, env = "MLSHIP_OUT", value_name = "PATH")]
    out: Option<PathBuf>,
    /// Also write the image as a tar that `docker load` takes
    #[arg(long, env = "MLSHIP_SAVE", value_name = "FILE")]
    save: Option<PathBuf>,
    /// Also send the image to a registry: HOST/NAME:TAG, with the logins that Docker has
    #[arg(long, env = "MLSHIP_PUSH", value_name = "REFERENCE")]
    push: Option<String>,
    /// First write what the model answers to the samples as what it is expected to answer
    #[arg(long, env = "MLSHIP_RECORD")]
    record: bool,
    /// Also print what of a handler's packages is kept and left out, with bytes and reasons
    #[arg(long, env = "MLSHIP_EXPLAIN")]
    explain: bool,
}

/// How an artifact is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Packing {
    Zip,
    /// A gzipped tar
    Tar,
    Image,
}

pub(crate) fn run(context: &Context, args: PackageArgs) -> Result<(), Failure> {
    let loaded = context.load()?;
    let images = args.save.is_some() || args.push.is_some();
    let format = match args.format {
        Some(Packing::Zip | Packing::Tar) if images => {
            return Err(Failure::usage(
                "an archive is neither saved for Docker nor sent to a registry",
            )
            .hint("leave `--format` out"));
        }
        Some(Packing::Zip) => Some(Format::Zip),
        Some(Packing::Tar) => Some(Format::Tar),
        Some(Packing::Image) => Some(Format::Image),
        None => images.then_some(Format::Image),
    };
    let layout = providers::layout(&args.provider, &loaded, format)?;
    for to in args.out.iter().chain(&args.save) {
        refuse_inputs(&loaded, to)?;
    }
    if args.record {
        let answers = release::answers_at(context, loaded.clone(), layout.lane.site())?;
        let written = release::record(&loaded.project, &answers)?;
        for path in &written {
            context.say(&format!("  wrote {path}"));
        }
        if written.is_empty() {
            context.say("  nothing to write: no sample names a file under `expect`");
        }
    }
    let kind = providers::kind(&args.provider, &loaded)?;
    let built = release::build(context, loaded, layout, args.out.as_deref())?;
    if built.release.artifact.format == Format::Tar {
        // Nobody else takes a tar: what is too large for its kind is of no use.
        check_limits::stop_if_over(context, &built, &args.provider, &kind)?;
    }
    if let Some(file) = &args.save {
        save(context, &built, file)?;
    }
    let image = &built.release.artifact.path;
    let push = |to| wait(release::registry::push(context, image, to, built.base.as_ref()))?;
    let pushed = args.push.as_deref().map(push).transpose()?;
    let value = json!({
        "artifact": built.release.artifact,
        "fetched": built.release.fetched,
        "provenance": built.provenance,
        "explained": built.explained.as_ref().filter(|_| args.explain),
        "saved": args.save,
        "pushed": pushed.as_ref().map(|pushed| json!({
            "digest": pushed.digest,
            "uploaded-bytes": pushed.uploaded_bytes,
            "kept": pushed.kept,
            "mounted": pushed.mounted,
        })),
    });
    let text = text(&built, args.save.as_deref(), args.push.as_deref().zip(pushed.as_ref()));
    if args.explain && built.explained.is_none() {
        context.say("nothing to explain: no packages go along");
    }
    let explained = built.explained.as_deref().filter(|_| args.explain).unwrap_or_default();
    context.answer("mlship/package/1", &value, &format!("{text}{explained}"));
    Ok(())
}

/// What the artifact is made of is not written over.
fn refuse_inputs(loaded: &Loaded, to: &Path) -> Result<(), Failure> {
    let project = &loaded.project;
    let samples =
        project.samples.iter().flat_map(|sample| [Some(&sample.request), sample.expect.as_ref()]);
    let named = samples.flatten().map(|path| path.value.as_str());
    let model = std::iter::once(project.model.path.value.as_str());
    let mut inputs = named.chain(model).map(|path| project.root.join(path));
    if inputs.any(|input| same_file(&input, to)) || same_file(Path::new(&loaded.source.name), to) {
        return Err(Failure::usage(format!("`{}` is part of the project", to.display()))
            .hint("write the artifact to another file"));
    }
    Ok(())
}

/// Writes the image for `docker load`; the file appears only when it is whole.
fn save(context: &Context, built: &Built, file: &Path) -> Result<(), Failure> {
    let layout = &built.release.artifact.path;
    if let Some(base) = &built.base {
        wait(release::registry::complete(context, base, layout))??;
    }
    whole(file, |out, partial| {
        let mut out = BufWriter::new(out);
        docker_archive(layout, Some(&built.release.project.name.value), &mut out)?;
        out.flush().map_err(|error| {
            Failure::usage(format!("could not write `{}`: {error}", partial.display()))
        })
    })
}

fn text(built: &Built, saved: Option<&Path>, pushed: Option<(&str, &Pushed)>) -> String {
    let artifact = &built.release.artifact;
    let mut text = format!(
        "{}\n  {} packed, {} unpacked; engine {}; {} of {} proved\n  sha256 {}\n",
        artifact.path.display(),
        size(artifact.packed_bytes),
        size(artifact.unpacked_bytes),
        built.provenance.engine,
        built.provenance.proved_on.len(),
        counted(built.release.samples.len(), "sample"),
        artifact.sha256,
    );
    for file in &built.release.fetched {
        text.push_str(&format!("  {} is fetched at start: {}\n", file.name, size(file.bytes)));
    }
    if let Some(file) = saved {
        let name = &built.release.project.name.value;
        text.push_str(&format!(
            "  for Docker: docker load -i {}  ({name}:latest)\n",
            file.display()
        ));
    }
    if let Some((to, Pushed { digest, uploaded_bytes, kept, mounted })) = pushed {
        let there = match kept + mounted {
            0 => String::new(),
            1 => " (1 part was there already)".to_owned(),
            there => format!(" ({there} parts were there already)"),
        };
        let sent = size(*uploaded_bytes);
        text.push_str(&format!("  sent to {to}@{digest}: {sent}{there}\n"));
    }
    text
}
