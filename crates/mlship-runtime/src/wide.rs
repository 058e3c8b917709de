//! A folder of this process's own in which 16-bit weights lie as the engine maps them: as 32-bit
//! ones, beside the graph. Gone with the process.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::half;

/// What such folders are called, followed by the number of their process.
const NAME: &str = "mlship-wide-";

/// The folder; removed when this is dropped.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wide(PathBuf);

impl Wide {
    /// Makes it in the folder `scratch`, with a copy of `graph` and, called `weights`, what is in
    /// the file `half`. Folders of processes that are no more are removed first.
    pub(crate) fn make(
        scratch: &Path,
        graph: &Path,
        half: &Path,
        weights: &str,
    ) -> io::Result<Self> {
        sweep(scratch);
        let folder = scratch.join(format!("{NAME}{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        DirBuilder::new().mode(0o700).create(&folder)?;
        let wide = Self(folder);
        fs::copy(graph, wide.0.join(graph.file_name().unwrap_or_default()))?;
        half::expand(half, &wide.0.join(weights))?;
        Ok(wide)
    }

    /// Where it is.
    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }
}

impl Drop for Wide {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next process.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Removes the folders of processes that ended without doing so.
fn sweep(scratch: &Path) {
    let entries = fs::read_dir(scratch).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(NAME)?.parse::<u32>().ok());
        if process.is_some_and(|id| !Path::new("/proc").join(id.to_string()).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use mlship_bundle::half::{Kind, MAGIC, head};

    use super::*;

    #[test]
    fn it_is_there_as_long_as_it_is_held() {
        let scratch = tempfile::tempdir().unwrap();
        let [graph, half] = ["model.onnx", "weights.half"].map(|name| scratch.path().join(name));
        fs::write(&graph, b"graph").unwrap();
        fs::write(&half, [&MAGIC[..], &head(Kind::Half, 2), &[0, 0x3c]].concat()).unwrap();
        let dead = scratch.path().join(format!("{NAME}4294967295"));
        fs::create_dir(&dead).unwrap();
        let wide = Wide::make(scratch.path(), &graph, &half, "weights.data").unwrap();
        let folder = wide.folder().to_owned();
        assert_eq!(fs::read(folder.join("model.onnx")).unwrap(), b"graph");
        assert_eq!(fs::read(folder.join("weights.data")).unwrap(), 1f32.to_le_bytes());
        assert!(!dead.exists(), "what a dead process left is gone");
        drop(wide);
        assert!(!folder.exists());
        fs::write(&half, b"no such file").unwrap();
        Wide::make(scratch.path(), &graph, &half, "weights.data").unwrap_err();
        assert!(!folder.exists(), "nothing is left of a failure");
    }
}
