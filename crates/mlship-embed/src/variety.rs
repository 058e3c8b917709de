//! Which of the runtimes a bundle needs. Looks at the bundle alone.

use mlship_bundle::{Bundle, EngineKind, Input, TokenizerForm};

/// A build of the runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variety {
    /// Classical models.
    Classical,
    /// And neural networks, and pictures.
    Neural,
    /// And files fetched at start, pictures fetched for a request, tokenizers that are not compiled,
    /// and Arrow.
    Full,
    /// Classical models, files fetched at start, and a Python worker for the user's own code.
    Python,
    /// ONNX Runtime instead of the neural engine; the rest as in [`Variety::Full`].
    OnnxRuntime,
}

impl Variety {
    /// All of them, smallest first.
    pub const ALL: [Variety; 5] =
        [Variety::Classical, Variety::Python, Variety::Neural, Variety::Full, Variety::OnnxRuntime];

    /// The smallest that serves `bundle`.
    pub fn of(bundle: &Bundle) -> Self {
        let full = match &bundle.input {
            Input::Text(text) => text.form == TokenizerForm::Json,
            Input::Image(image) => !image.urls.is_empty(),
            Input::Table(_) | Input::Tensor | Input::Any => false,
        };
        let whole = full || !bundle.formats.is_empty();
        let image = matches!(bundle.input, Input::Image(_));
        match bundle.model.engine {
            EngineKind::OnnxRuntime => Variety::OnnxRuntime,
            EngineKind::Python => Variety::Python,
            _ if whole || !bundle.model.fetched.is_empty() => Variety::Full,
            EngineKind::Neural => Variety::Neural,
            EngineKind::Classical if image => Variety::Neural,
            EngineKind::Classical => Variety::Classical,
        }
    }

    /// The environment variable that names a binary to take instead of the one carried; for ONNX
    /// Runtime a folder with `mlship-start` and, in `lib`, the runtime and its libraries.
    pub const fn variable(self) -> &'static str {
        match self {
            Variety::Classical => "MLSHIP_RUNTIME_CLASSICAL",
            Variety::Neural => "MLSHIP_RUNTIME_NEURAL",
            Variety::Full => "MLSHIP_RUNTIME_FULL",
            Variety::Python => "MLSHIP_RUNTIME_PYTHON",
            Variety::OnnxRuntime => "MLSHIP_RUNTIME_ONNXRUNTIME",
        }
    }
}

#[cfg(test)]
mod tests {
    use mlship_bundle::{Bounds, FORMAT, Fetched, Model, Output, Serving, Text};

    use super::*;

    fn bundle(engine: EngineKind, input: Input, fetched: Vec<Fetched>) -> Bundle {
        let model = Model {
            engine,
            path: "model".into(),
            weights: None,
            half_weights: None,
            fetched,
            source_sha256: "0".repeat(64),
            inputs: Vec::new(),
            outputs: Vec::new(),
        };
        Bundle {
            format: FORMAT,
            name: "x".into(),
            model,
            input,
            output: Output::Tensor,
            samples: Vec::new(),
            bounds: Bounds::default(),
            serving: Serving::default(),
            formats: Vec::new(),
            worker: None,
        }
    }

    fn text(form: TokenizerForm) -> Input {
        Input::Text(Text {
            field: "text".into(),
            tokenizer: "tokenizer".into(),
            form,
            max_tokens: 128,
            padded_to: None,
            ids: "ids".into(),
            mask: None,
            types: None,
        })
    }

    #[test]
    fn the_smallest_that_serves() {
        use EngineKind::{Classical, Neural, OnnxRuntime, Python};
        let fetched = Fetched { path: "model".into(), url: None, sha256: "0".repeat(64), bytes: 1 };
        let cases = [
            (Classical, Input::Tensor, vec![], Variety::Classical),
            (Neural, Input::Tensor, vec![], Variety::Neural),
            (Neural, text(TokenizerForm::Compiled), vec![], Variety::Neural),
            (Neural, text(TokenizerForm::Json), vec![], Variety::Full),
            (Neural, Input::Tensor, vec![fetched.clone()], Variety::Full),
            (OnnxRuntime, Input::Tensor, vec![fetched.clone()], Variety::OnnxRuntime),
            (OnnxRuntime, text(TokenizerForm::Json), vec![], Variety::OnnxRuntime),
            (Classical, Input::Tensor, vec![fetched], Variety::Full),
            (Python, Input::Any, vec![], Variety::Python),
        ];
        for (engine, input, fetched, variety) in cases {
            assert_eq!(Variety::of(&bundle(engine, input, fetched)), variety);
        }
        let mut arrow = bundle(Classical, Input::Tensor, vec![]);
        arrow.formats = vec![mlship_bundle::Format::Arrow];
        assert_eq!(Variety::of(&arrow), Variety::Full);
    }
}
