//! Makes of each `NAME.onnx` in a folder that our own engine runs a `NAME.flat` beside it.

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: programs FOLDER")?);
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        if path.extension().is_none_or(|extension| extension != "onnx") {
            continue;
        }
        let bytes = std::fs::read(&path)?;
        let Ok(model) = mlship_inspect::onnx::parse(&bytes) else { continue };
        if let Ok(program) = mlship_compile::classical(&model, &bytes) {
            std::fs::write(path.with_extension("flat"), program)?;
        }
    }
    Ok(())
}
