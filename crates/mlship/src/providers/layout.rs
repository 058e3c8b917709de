//! How each provider wants the artifact laid out.

use std::cell::RefCell;

use mlship_aws::config::{Architecture, Kind};
use mlship_azure::Access;
use mlship_azure::artifact::{self, AuthLevel};
use mlship_core::artifact::Format;
use mlship_embed::Architecture::Aarch64;
use mlship_embed::Variety;
use mlship_package::{Lane, Layout, Modes, Start, Stores};

use super::{azure, check_target, gcp, undeployable};
use crate::context::Loaded;
use crate::failure::Failure;
use crate::release;

/// How a provider wants the artifact laid out, packed as its kind wants it or as asked for.
pub(crate) fn layout(
    name: &str,
    loaded: &Loaded,
    format: Option<Format>,
) -> Result<Layout, Failure> {
    let (wanted, image) = match name {
        "local" => (Format::Zip, Layout { lane: Lane::Either, ..container(Stores::None) }),
        "aws" => aws(loaded)?,
        "azure" => azure(loaded)?,
        "gcp" => gcp::layout(loaded, format)?,
        _ => return Err(undeployable(name)),
    };
    match format.unwrap_or(wanted) {
        format @ (Format::Zip | Format::Tar) => {
            let Layout { lane, stores, architecture, executable, modes, beside, .. } = image;
            let plain = Layout::zip(executable);
            Ok(Layout { format, lane, stores, architecture, modes, beside, ..plain })
        }
        Format::Image => Ok(image),
    }
}

fn aws(loaded: &Loaded) -> Result<(Format, Layout), Failure> {
    check_target("aws", loaded)?;
    let ignored = RefCell::default();
    let config = mlship_aws::Config::read(loaded.project.targets.get("aws"), &ignored);
    let wanted = match config.kind {
        Kind::LambdaZip => Format::Zip,
        Kind::LambdaImage => Format::Image,
    };
    let architecture = match config.architecture {
        Architecture::X86_64 => "amd64",
        Architecture::Arm64 => {
            // Better said before anybody signs in.
            release::runtime(Variety::Classical, Aarch64)?;
            "arm64"
        }
    };
    Ok((wanted, lambda(architecture)))
}

/// Functions run under their host, with the runtime as its handler; the other kinds run any
/// image that listens.
fn azure(loaded: &Loaded) -> Result<(Format, Layout), Failure> {
    let config = azure::config(loaded)?;
    let wanted = if config.takes_image() { Format::Image } else { Format::Zip };
    let image = match config.kind.is_functions() {
        true => functions(loaded.project.resources.timeout_s.value, config.access),
        false => container(Stores::Provider),
    };
    Ok((wanted, image))
}

/// Where the host of Azure Functions looks for its functions, on an image that has the host; the
/// same files in a zip.
fn functions(timeout_s: u32, access: Access) -> Layout {
    let level = match access {
        Access::Key => AuthLevel::Function,
        Access::Public => AuthLevel::Anonymous,
    };
    Layout {
        format: Format::Image,
        modes: Modes::Open,
        beside: artifact::files(timeout_s, level),
        folder: artifact::FOLDER,
        start: Start::Base,
        base: Some(artifact::BASE),
        environment: &artifact::ENVIRONMENT,
        ..Layout::zip(artifact::EXECUTABLE)
    }
}

/// An image for any place that runs one and sends requests to its port.
pub(super) fn container(stores: Stores) -> Layout {
    Layout {
        format: Format::Image,
        stores,
        folder: "mlship",
        environment: &[("MLSHIP_LISTEN", "0.0.0.0:8080")],
        port: Some(8080),
        ..Layout::zip("bootstrap")
    }
}

/// Where the function's code is, as in a zip.
fn lambda(architecture: &'static str) -> Layout {
    Layout { format: Format::Image, folder: "var/task", architecture, ..Layout::zip("bootstrap") }
}
