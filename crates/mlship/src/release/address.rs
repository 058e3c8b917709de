//! A model at an address, brought to this disk once and kept under its digest.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use mlship_core::project::Project;
use ureq::Agent;

use crate::context::Context;
use crate::failure::Failure;
use crate::providers;
use crate::render::size;

/// The longest model that is brought here, in bytes.
const LONGEST: u64 = 64 << 30;

/// Where the project's model is on this disk. One at an address is brought into the folder `work`
/// unless it is there; its checksum is compared by whoever reads it.
pub(super) fn on_disk(
    context: &Context,
    project: &Project,
    work: &Path,
) -> Result<PathBuf, Failure> {
    let address = &project.model.path.value;
    let Some((scheme, _)) = address.split_once("://") else {
        return Ok(project.root.join(address));
    };
    let digest = project.model.sha256.as_ref().map_or("unknown", |sha256| sha256.value.as_str());
    let folder = work.join("models").join(digest);
    let name = address.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("model");
    let file = folder.join(name);
    if file.exists() {
        return Ok(file);
    }
    context.say(&format!("  bringing the model from {address}"));
    let partial = folder.join("partial");
    let unwritable = |error: io::Error| {
        Failure::usage(format!("could not write `{}`: {error}", partial.display()))
    };
    fs::create_dir_all(&folder).map_err(unwritable)?;
    let mut out = BufWriter::new(File::create(&partial).map_err(unwritable)?);
    match scheme {
        "https" => from_web(context, address, &mut out)?,
        _ => {
            providers::download(address, project, &mut out)?;
        }
    }
    out.flush().map_err(unwritable)?;
    let found = mlship_package::sha256_of_file(&partial)?;
    if found != digest {
        let _ = fs::remove_file(&partial);
        let message = format!("the model at `{address}` is not the one that the manifest means");
        return Err(Failure::verification(message)
            .hint(format!("it has the SHA-256 {found}"))
            .hint("`model.sha256` says another; when the new one is right, write it there"));
    }
    fs::rename(&partial, &file).map_err(unwritable)?;
    Ok(file)
}

fn from_web(context: &Context, address: &str, out: &mut impl Write) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::answered(format!("could not bring the model from `{address}`: {error}"))
    };
    let agent: Agent = Agent::config_builder().https_only(true).build().into();
    let answer = agent.get(address).call().map_err(|error| failed(&error))?;
    let total = answer.body().content_length();
    let progress = context.progress();
    let mut body = answer.into_body().into_with_config().limit(LONGEST).reader();
    let mut piece = vec![0; 1 << 18];
    let mut done = 0;
    loop {
        let read = body.read(&mut piece).map_err(|error| failed(&error))?;
        let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        out.write_all(bytes).map_err(|error| failed(&error))?;
        done += read as u64;
        if let Some(total) = total {
            progress.bytes(done, total);
        }
    }
    context.detail(&format!("brought {}", size(done)));
    Ok(())
}
