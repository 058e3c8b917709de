//! The manifest's tokenizer, read and compiled to what goes into a bundle.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use mlship_bundle::TokenizerForm;
use mlship_compile::{Case, LONGEST_FILE, TokenizerError, TokenizerFile, Traits, tokenizer};
use mlship_core::finding::{Finding, Report};
use mlship_core::project::{self, Text};

/// The compiled tokenizer's name in a bundle.
const COMPILED: &str = "tokenizer.mlt";

/// The name of one that is not compiled.
const AS_IT_IS: &str = "tokenizer.json";

/// A tokenizer as a bundle has it.
#[derive(Debug)]
pub(crate) struct Tokenizer {
    /// Its name in the bundle.
    pub(crate) file: &'static str,
    /// What the file is.
    pub(crate) form: TokenizerForm,
    /// The file.
    pub(crate) bytes: Vec<u8>,
    /// What the tokenizer says of itself.
    pub(crate) traits: Traits,
}

impl Tokenizer {
    /// Reads and compiles the tokenizer of a manifest in the folder `root`; what is wrong with it
    /// is reported.
    pub(crate) fn read(wanted: &Text, root: &Path, report: &mut Report) -> Option<Self> {
        let path = &wanted.tokenizer;
        let error = |message: String, label: &str| {
            Finding::error("model/tokenizer", message).at(path.span.clone()).label(label)
        };
        let bytes = match bounded(&root.join(&path.value)) {
            Ok(bytes) => bytes,
            Err(why) => {
                let message = format!("the tokenizer `{}` cannot be read", path.value);
                report.push(error(message, &why.to_string()).hint(
                    "it is beside the model that was trained: `tokenizer.json` or `vocab.txt`",
                ));
                return None;
            }
        };
        let file = match path.value.ends_with(".json") {
            true => TokenizerFile::Json,
            false => TokenizerFile::VocabTxt(match wanted.case {
                project::Case::Cased => Case::Kept,
                project::Case::Uncased => Case::Lowered,
            }),
        };
        match tokenizer(&bytes, file) {
            Ok(made) => Some(Self {
                file: COMPILED,
                form: TokenizerForm::Compiled,
                bytes: made.table,
                traits: made.traits,
            }),
            Err(TokenizerError::NotCompiled { traits, .. }) if file == TokenizerFile::Json => {
                Some(Self { file: AS_IT_IS, form: TokenizerForm::Json, bytes, traits })
            }
            Err(TokenizerError::NotCompiled { reason, .. } | TokenizerError::Invalid(reason)) => {
                let message = format!("`{}` is no tokenizer that can be served", path.value);
                report.push(error(message, &reason).hint(
                    "transformers writes it anew: \
                     `AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)`",
                ));
                None
            }
        }
    }
}

/// The file, when it is no longer than a tokenizer can be.
fn bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LONGEST_FILE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
