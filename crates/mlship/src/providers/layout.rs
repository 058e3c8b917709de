//! How each provider wants the artifact laid out.

use std::cell::RefCell;

use mlship_aws::config::{Architecture, Kind};
use mlship_azure::Access;
use mlship_azure::artifact::{self, AuthLevel};
use mlship_core::artifact::Format;
use mlship_core::project::Project;
use mlship_embed::Architecture::Aarch64;
use mlship_embed::Variety;
use mlship_package::{Lane, Layout, Modes, Site, Start, Stores};

use super::{azure, check_target, gcp, undeployable};
use crate::context::Loaded;
use crate::failure::Failure;
use crate::release;

/// The C library that packages for the official images of Python may need, as their tags write it:
/// Debian 12 and 13 have 2.36 and 2.41, and packages are chosen for the next older common tag.
/// Source: <https://hub.docker.com/_/python>, 2026-11-20.
const OFFICIAL_GLIBC: &str = "2_28";

/// How a provider wants the artifact laid out, packed as its kind wants it or as asked for.
pub(crate) fn layout(
    name: &str,
    loaded: &Loaded,
    format: Option<Format>,
) -> Result<Layout, Failure> {
    let (wanted, image) = match name {
        "local" => (Format::Zip, local(loaded, format)),
        "aws" => aws(loaded)?,
        "azure" => azure(loaded)?,
        "gcp" => gcp::layout(loaded, format)?,
        _ => return Err(undeployable(name)),
    };
    let image = Layout { base: base(&image, &loaded.project), ..image };
    match format.unwrap_or(wanted) {
        format @ (Format::Zip | Format::Tar) => {
            let Layout { lane, stores, architecture, executable, modes, beside, .. } = image;
            let plain = Layout::zip(executable);
            Ok(Layout { format, lane, stores, architecture, modes, beside, ..plain })
        }
        Format::Image => Ok(image),
    }
}

/// On this machine a handler has the Python and the packages that are here; in an image its own.
fn local(loaded: &Loaded, format: Option<Format>) -> Layout {
    let layout = container(&loaded.project, Stores::None);
    match format {
        Some(Format::Image) => layout,
        _ => Layout { lane: Lane::Either(Site::Here), ..layout },
    }
}

/// What an image is built on: where a handler needs a Python, and nobody has one of their own.
fn base(layout: &Layout, project: &Project) -> Option<String> {
    let python = project.python.as_ref().filter(|_| layout.base.is_none());
    let official =
        python.map(|python| format!("docker.io/library/python:{}-slim", python.version()));
    layout.base.clone().or(official)
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
            let is_python = loaded.project.python.is_some();
            let variety = if is_python { Variety::Python } else { Variety::Classical };
            // Better said before anybody signs in.
            release::runtime(variety, Aarch64)?;
            "arm64"
        }
    };
    let layout = lambda(architecture);
    let Some(python) = &loaded.project.python else { return Ok((wanted, layout)) };
    let limits =
        mlship_aws::limits::limits().iter().find(|known| known.kind == config.kind.as_str());
    let most_bytes = limits.and_then(|limits| limits.numbers.unpacked_bytes.as_ref());
    let most_bytes = most_bytes.map(|most| most.value);
    let Some(glibc) = mlship_aws::python::glibc(python.version()) else {
        return Err(super::no_such_python(loaded, "Lambda", mlship_aws::python::versions()));
    };
    let base = Some(mlship_aws::python::base(python.version()));
    Ok((
        wanted,
        Layout { lane: Lane::Either(Site::Artifact { glibc, most_bytes }), base, ..layout },
    ))
}

/// Functions run under their host, with the runtime as its handler; the other kinds run any
/// image that listens.
fn azure(loaded: &Loaded) -> Result<(Format, Layout), Failure> {
    let config = azure::written(loaded)?.unwrap_or_default();
    let wanted = if config.takes_image() { Format::Image } else { Format::Zip };
    let project = &loaded.project;
    let layout = match config.kind.is_functions() {
        true => functions(project.resources.timeout_s.value, config.access),
        false => container(project, Stores::Provider),
    };
    let Some(python) = project.python.as_ref() else { return Ok((wanted, layout)) };
    Ok((
        wanted,
        match (config.takes_image(), config.kind.is_functions()) {
            (true, true) => {
                let lane = Lane::Either(in_image(artifact::GLIBC));
                Layout { lane, base: Some(artifact::python_base(python.version())), ..layout }
            }
            (true, false) => layout,
            (false, _) => Layout { lane: Lane::Native, ..layout },
        },
    ))
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
        base: Some(artifact::BASE.to_owned()),
        environment: &artifact::ENVIRONMENT,
        ..Layout::zip(artifact::EXECUTABLE)
    }
}

/// Packages in an artifact that may have any size.
pub(super) fn in_image(glibc: &'static str) -> Site {
    Site::Artifact { glibc, most_bytes: None }
}

/// An image for any place that runs one and sends requests to its port.
pub(super) fn container(project: &Project, stores: Stores) -> Layout {
    let python = Lane::Either(in_image(OFFICIAL_GLIBC));
    Layout {
        format: Format::Image,
        lane: if project.python.is_some() { python } else { Lane::Native },
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
