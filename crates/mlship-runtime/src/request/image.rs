//! Pictures, made into the model's tensor as they are read: no picture is kept.

use mlship_bundle::{Bundle, Element, Image, Layout};

use super::{Request, Said};
use crate::bundle::LoadError;
use crate::problem::{Kind, Problem};

/// How pictures become a tensor.
pub(crate) struct Pictures {
    plan: Image,
}

impl Pictures {
    /// # Errors
    /// When the model's input is not what pictures give.
    pub(super) fn new(image: &Image, bundle: &Bundle) -> Result<Self, LoadError> {
        let fits = match bundle.model.inputs.as_slice() {
            [port] => {
                port.name == image.input && port.element == Element::F32 && port.shape.len() == 4
            }
            _ => false,
        };
        let _ = Layout::Nchw;
        match fits {
            true => Ok(Self { plan: image.clone() }),
            false => {
                let cause = format!("the model's input `{}` takes no pictures", image.input);
                Err(LoadError::Contradiction(cause))
            }
        }
    }

    /// Reads a picture, or several.
    pub(super) fn read(&self, _: &[u8], _: Said<'_>) -> Result<Request, Problem> {
        Err(Problem::new(Kind::Failed, format!("`{}` is not read yet", self.plan.field)))
    }
}
