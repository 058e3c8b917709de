//! Whether a model takes text, as token ids, and which file of a tokenizer is beside it.

use std::path::{Path, PathBuf};

/// What a text model's input takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextInput {
    /// Token ids.
    Ids,
    /// 1 for a token, 0 for padding.
    Mask,
    /// Token type ids: which of two texts a token is of.
    Types,
}

/// A tokenizer's file beside a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenizerBeside {
    /// `tokenizer.json`.
    Json(PathBuf),
    /// `vocab.txt`.
    VocabTxt(PathBuf),
}

/// What the input `name` takes, by the names that exporters give: also `input_ids:0` and
/// `serving/Input_IDs`.
pub fn text_input(name: &str) -> Option<TextInput> {
    let name = name.split(':').next().unwrap_or(name);
    let name = name.rsplit('/').next().unwrap_or(name).to_lowercase();
    Some(match name.as_str() {
        "input_ids" | "input_word_ids" | "ids" | "token_ids" | "tokens" => TextInput::Ids,
        "attention_mask" | "input_mask" | "mask" | "attention_masks" => TextInput::Mask,
        "token_type_ids" | "segment_ids" | "input_type_ids" | "type_ids" => TextInput::Types,
        _ => return None,
    })
}

/// Whether a model takes text: inputs by these names alone, token ids among them, each of whole
/// numbers in two dimensions. `inputs` are their names, types as numpy calls them, and numbers of
/// dimensions.
pub fn takes_text<'a>(inputs: impl IntoIterator<Item = (&'a str, &'a str, usize)>) -> bool {
    let mut ids = false;
    for (name, dtype, dimensions) in inputs {
        let Some(takes) = text_input(name) else { return false };
        if !matches!(dtype, "int32" | "int64") || dimensions != 2 {
            return false;
        }
        ids |= takes == TextInput::Ids;
    }
    ids
}

/// The tokenizer beside the model file `model`; also that of the folder above a folder `onnx`,
/// which is how exporters lay models out.
pub fn tokenizer_beside(model: &Path) -> Option<TokenizerBeside> {
    let folder = model.parent()?;
    let above = folder.parent().filter(|_| folder.file_name().is_some_and(|name| name == "onnx"));
    let file = |folder: &Path, name: &str| Some(folder.join(name)).filter(|path| path.is_file());
    [Some(folder), above].into_iter().flatten().find_map(|folder| {
        let json = file(folder, "tokenizer.json").map(TokenizerBeside::Json);
        json.or_else(|| file(folder, "vocab.txt").map(TokenizerBeside::VocabTxt))
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{TextInput, TokenizerBeside, takes_text, text_input, tokenizer_beside};

    #[test]
    fn inputs_are_known_by_the_names_of_exporters() {
        assert_eq!(text_input("input_ids"), Some(TextInput::Ids));
        assert_eq!(text_input("serving/Input_Mask:0"), Some(TextInput::Mask));
        assert_eq!(text_input("segment_ids"), Some(TextInput::Types));
        assert_eq!(text_input("pixels"), None);
    }

    #[test]
    fn a_text_model_takes_whole_numbers_by_text_and_token() {
        let ids = ("input_ids", "int64", 2);
        assert!(takes_text([ids, ("attention_mask", "int64", 2)]));
        assert!(!takes_text([("attention_mask", "int64", 2)]));
        assert!(!takes_text([ids, ("pixels", "float32", 4)]));
        assert!(!takes_text([("ids", "float32", 2)]));
        assert!(!takes_text([("ids", "int64", 1)]));
        assert!(!takes_text([]));
    }

    #[test]
    fn the_tokenizer_is_beside_the_model_or_above_the_folder_onnx() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::create_dir(folder.join("onnx")).unwrap();
        let (flat, deep) = (folder.join("model.onnx"), folder.join("onnx/model.onnx"));
        assert_eq!(tokenizer_beside(&flat), None);
        fs::write(folder.join("vocab.txt"), "").unwrap();
        let vocabulary = Some(TokenizerBeside::VocabTxt(folder.join("vocab.txt")));
        assert_eq!(tokenizer_beside(&flat), vocabulary);
        assert_eq!(tokenizer_beside(&deep), vocabulary);
        fs::write(folder.join("tokenizer.json"), "").unwrap();
        let json = Some(TokenizerBeside::Json(folder.join("tokenizer.json")));
        assert_eq!(tokenizer_beside(&deep), json);
        assert_eq!(tokenizer_beside(Path::new("")), None);
    }
}
