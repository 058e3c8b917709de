//! Files that no running program reads: left out at every level, unless one was opened.

use super::reason::Dropped;

/// Folders of tests.
const TESTS: &[&str] = &["tests", "test", "_tests", "_test"];

/// A module of tests' settings.
const CONFTEST: &str = "conftest";

/// Folders of documents and of measurements.
const DOCUMENTS: &[&str] = &["docs", "benchmarks", "asv_bench"];

/// How names of headers, of native sources and of what is linked with end.
const NATIVE: &[&str] = &[
    "h", "hh", "hpp", "hxx", "cuh", "inl", "c", "cc", "cpp", "cxx", "cu", "f", "f90", "pxd", "pyx",
    "pxi", "tp", "a", "lib", "cmake", "pc", "in", "build",
];

/// Folders in which native names are headers. Elsewhere they are as often data.
const HEADERS: &[&str] = &["include"];

/// Whether a source has a word that an import of tests must have.
pub(super) fn speaks_of_tests(source: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let mut words = source.split(|byte| !is_letter(byte));
    words
        .any(|word| TESTS.iter().any(|name| word == name.as_bytes()) || word == CONFTEST.as_bytes())
}

/// What kind of file it is that no program reads; `None` when it may be one that is read.
pub(super) fn kind(file: &str) -> Option<Dropped> {
    let (folders, name) = file.rsplit_once('/').unwrap_or(("", file));
    let inside = |names: &[&str]| folders.split('/').any(|folder| names.contains(&folder));
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if is_installers(file) {
        Some(Dropped::Installers)
    } else if inside(TESTS) || name.strip_suffix(".py") == Some(CONFTEST) {
        Some(Dropped::Test)
    } else if extension == "pyi" || name == "py.typed" {
        Some(Dropped::Types)
    } else if inside(HEADERS) || NATIVE.contains(&extension) {
        Some(Dropped::Header)
    } else if inside(DOCUMENTS) {
        Some(Dropped::Document)
    } else if folders == "bin" || folders.starts_with("bin/") {
        Some(Dropped::Command)
    } else {
        None
    }
}

/// Whether it is in the folder that describes a distribution, which is shipped in short.
pub(super) fn is_installers(file: &str) -> bool {
    let first = file.split('/').next().unwrap_or_default();
    first.ends_with(".dist-info")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_program_reads_is_known_by_its_name() {
        let cases = [
            ("numpy/tests/test_a.py", Some(Dropped::Test)),
            ("numpy/conftest.py", Some(Dropped::Test)),
            ("numpy/testing/__init__.py", None),
            ("numpy/_core/include/numpy/a.h", Some(Dropped::Header)),
            ("scipy/linalg/cython_blas.pxd", Some(Dropped::Header)),
            ("numpy/__init__.pyi", Some(Dropped::Types)),
            ("bin/f2py", Some(Dropped::Command)),
            ("numpy-2.4.6.dist-info/RECORD", Some(Dropped::Installers)),
            ("sklearn/datasets/descr/iris.rst", None),
            ("a/test.py", None),
        ];
        for (file, wanted) in cases {
            assert_eq!(kind(file), wanted, "{file}");
        }
    }
}
