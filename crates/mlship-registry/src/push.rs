//! Sends an image: what the registry has not, and the manifest last, so that nothing half-sent
//! is ever seen.

use std::path::Path;
use std::sync::Arc;

use mlship_core::limits::words::{Unit, quantity};
use mlship_core::progress::Progress;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Client, StatusCode, Url};

use crate::answer::Call;
use crate::blob;
use crate::connection::{Access, Connection};
use crate::digest::Digest;
use crate::error::{ErrorKind, RegistryError};
use crate::layout::{self, Image, Part};
use crate::login::Login;
use crate::reference::Reference;
use crate::upload::{self, Blob, Source};

/// What a push did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// `sha256:…` of the manifest.
    pub digest: String,
    /// How many bytes of layers and configuration were sent, repeated ones too.
    pub uploaded_bytes: u64,
    /// How many blobs the registry had.
    pub kept: usize,
    /// How many blobs it took from another of its repositories.
    pub mounted: usize,
}

/// Sends the image in the folder `layout` under the name `to`. Layers that are no files there are
/// those of the base image that the manifest names, and come from its registry. What is needed to
/// go on after a cut is kept in the folder `uploads` beside the layout.
///
/// # Errors
/// The layout is not one, a file is not what its name says, or a registry refuses or fails. The
/// tag is then what it was.
pub async fn push(
    layout: &Path,
    to: &Reference,
    login: &Login,
    base_login: &Login,
    progress: &dyn Progress,
) -> Result<Pushed, RegistryError> {
    let image = layout::read(layout)?;
    if let Some(digest) = to.pinned().filter(|digest| **digest != image.digest) {
        let reason = format!("the image is `{}`, not `{digest}`", image.digest);
        return Err(Call::new("send the image to", to).error(ErrorKind::Local, reason));
    }
    let connection = Connection::new(to, login, &Access::Push)?;
    let digest = image.digest.to_string();
    let mut pushed = Pushed { digest, uploaded_bytes: 0, kept: 0, mounted: 0 };
    if blob::tagged(&connection).await?.as_ref() == Some(&pushed.digest) {
        pushed.kept = image.parts.len();
        return Ok(pushed);
    }
    let base = Base::of(&image, to, login, base_login)?;
    let uploads = layout.with_file_name("uploads");
    let push = Push { connection: &connection, base: base.as_ref(), uploads: &uploads, progress };
    for part in &image.parts {
        push.part(part, &mut pushed).await?;
    }
    // Only when nothing is left in it.
    std::fs::remove_dir(&uploads).ok();
    put_manifest(&connection, &image).await?;
    Ok(pushed)
}

/// The registry of the layers that are not in the layout.
struct Base {
    reference: Reference,
    connection: Arc<Connection>,
    /// Set when the image goes to the same registry.
    mounting: Option<Connection>,
}

impl Base {
    fn of(
        image: &Image,
        to: &Reference,
        login: &Login,
        base_login: &Login,
    ) -> Result<Option<Self>, RegistryError> {
        let Some(reference) = &image.base else { return Ok(None) };
        let connection = Connection::new(reference, base_login, &Access::Pull)?;
        let from = reference.repository().to_owned();
        let mounting = (reference.registry() == to.registry())
            .then(|| Connection::new(to, login, &Access::Mount { from }))
            .transpose()?;
        Ok(Some(Self { reference: reference.clone(), connection: Arc::new(connection), mounting }))
    }
}

struct Push<'p> {
    connection: &'p Connection,
    base: Option<&'p Base>,
    uploads: &'p Path,
    progress: &'p dyn Progress,
}

impl Push<'_> {
    async fn part(&self, part: &Part, pushed: &mut Pushed) -> Result<(), RegistryError> {
        if blob::is_there(self.connection, &part.digest, part.size).await? {
            pushed.kept += 1;
            return Ok(());
        }
        let size = quantity(part.size, Unit::Bytes);
        let mut opened = None;
        let (source, words) = match (&part.file, self.base) {
            (Some(file), _) => (Source::File(file.clone()), format!("sending {}", part.name)),
            (None, Some(base)) => {
                match self.mount(base, &part.digest).await? {
                    Mount::Done => {
                        pushed.mounted += 1;
                        return Ok(());
                    }
                    Mount::Refused(session) => opened = session,
                }
                let words = format!("copying {} from `{}`", part.name, base.reference.name());
                (Source::Registry(base.connection.clone()), words)
            }
            (None, None) => {
                let call = Call::new("send the layer", &part.digest);
                return Err(call.error(ErrorKind::Local, "it is nowhere"));
            }
        };
        self.progress.step(&format!("{words}, {size}"));
        let blob = Blob { digest: part.digest.clone(), size: part.size, source };
        let sent =
            upload::send(self.connection, Arc::new(blob), opened, self.uploads, self.progress);
        pushed.uploaded_bytes += sent.await?;
        Ok(())
    }

    /// Asks the registry to take a blob from the base's repository. That it does not is no error.
    async fn mount(&self, base: &Base, digest: &Digest) -> Result<Mount, RegistryError> {
        let Some(connection) = &base.mounting else { return Ok(Mount::Refused(None)) };
        let call = Call::new("mount the layer", digest);
        let from = base.reference.repository();
        let url = connection.url(&format!("blobs/uploads/?mount={digest}&from={from}"));
        let make = |client: &Client| client.post(url.clone()).header(CONTENT_LENGTH, 0);
        match connection.ask(&call, &make).await {
            Ok(response) if response.status() == StatusCode::CREATED => Ok(Mount::Done),
            Ok(response) if response.status() == StatusCode::ACCEPTED => {
                Ok(Mount::Refused(upload::location(self.connection, response.headers())))
            }
            Err(error) if error.kind == ErrorKind::Unavailable => Err(error),
            _ => Ok(Mount::Refused(None)),
        }
    }
}

enum Mount {
    Done,
    /// Often with an upload opened instead.
    Refused(Option<Url>),
}

async fn put_manifest(connection: &Connection, image: &Image) -> Result<(), RegistryError> {
    let reference = connection.reference();
    let call = Call::new("send the manifest of", reference);
    let url = connection.url(&format!("manifests/{}", reference.asked()));
    let make = |client: &Client| {
        let request = client.put(url.clone()).header(CONTENT_TYPE, &image.media_type);
        request.body(image.manifest.clone())
    };
    let response = connection.ask(&call, &make).await?;
    let success = response.status().is_success();
    if success && blob::tagged(connection).await?.as_deref() == Some(image.digest.as_str()) {
        return Ok(());
    }
    if success {
        let reason = "it took the manifest, and does not have it under its digest";
        return Err(call.error(ErrorKind::Refused, reason));
    }
    // A try whose answer was lost may have made a tag that cannot be made twice.
    let error = call.refused(response).await;
    if blob::tagged(connection).await?.as_deref() == Some(image.digest.as_str()) {
        return Ok(());
    }
    Err(error)
}
