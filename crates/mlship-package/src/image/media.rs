//! Media types: OCI's and Docker's, one for one.

use super::frame::Form;

/// Of an OCI layout's index.
pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";

const OCI_LAYERS: &str = "application/vnd.oci.image.layer.v1.tar";
const DOCKER_LAYERS: &str = "application/vnd.docker.image.rootfs.diff.tar";

impl Form {
    /// The form of a manifest; `None` when it is no single image's.
    pub(super) fn of(manifest: &str) -> Option<Self> {
        [Form::Oci, Form::Docker].into_iter().find(|form| form.manifest() == manifest)
    }

    pub(super) fn manifest(self) -> &'static str {
        match self {
            Form::Oci => "application/vnd.oci.image.manifest.v1+json",
            Form::Docker => "application/vnd.docker.distribution.manifest.v2+json",
        }
    }

    pub(super) fn config(self) -> &'static str {
        match self {
            Form::Oci => "application/vnd.oci.image.config.v1+json",
            Form::Docker => "application/vnd.docker.container.image.v1+json",
        }
    }

    /// Of a gzip layer.
    pub(super) fn layer(self) -> &'static str {
        match self {
            Form::Oci => "application/vnd.oci.image.layer.v1.tar+gzip",
            Form::Docker => "application/vnd.docker.image.rootfs.diff.tar.gzip",
        }
    }

    /// The type of another image's layer in this form; `None` when this form has none for it.
    pub(super) fn layer_like(self, other: &str) -> Option<String> {
        let packing = |prefix| other.strip_prefix(prefix)?.strip_prefix(['+', '.']);
        let plain = [OCI_LAYERS, DOCKER_LAYERS].contains(&other);
        match (self, packing(OCI_LAYERS).or(packing(DOCKER_LAYERS))) {
            (_, Some("gzip")) => Some(self.layer().into()),
            (Form::Oci, Some("zstd")) => Some(format!("{OCI_LAYERS}+zstd")),
            (Form::Oci, _) if plain => Some(OCI_LAYERS.into()),
            (Form::Docker, _) if plain => Some(DOCKER_LAYERS.into()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_change_form_and_stay_packed_as_they_are() {
        let like = |form: Form, other| form.layer_like(other);
        assert_eq!(like(Form::Docker, Form::Oci.layer()).unwrap(), Form::Docker.layer());
        assert_eq!(like(Form::Oci, Form::Docker.layer()).unwrap(), Form::Oci.layer());
        assert_eq!(like(Form::Docker, OCI_LAYERS).unwrap(), DOCKER_LAYERS);
        let zstd = "application/vnd.oci.image.layer.v1.tar+zstd";
        assert_eq!(like(Form::Oci, zstd).unwrap(), zstd);
        assert_eq!(like(Form::Docker, zstd), None);
        assert_eq!(
            like(Form::Oci, "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"),
            None
        );
    }
}
