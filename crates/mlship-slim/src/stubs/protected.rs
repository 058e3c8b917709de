//! Libraries for which no stub stands in unless they are named: arithmetic, whose parts are chosen
//! by the processor and the request, threads, and what every program stands on.

/// What their names hold.
const WORDS: &[&str] = &[
    "blas", "lapack", "mkl", "atlas", "sleef", "svml", "mvec", "dnnl", "onednn", "nnpack",
    "xnnpack", "qnnpack", "fftw", "gmp", "mpfr", "gfortran", "quadmath", "gomp", "iomp", "libomp",
    "tbb", "pthread", "cpuinfo", "stdc++", "gcc_s", "libm.so", "libm-", "libc.so", "libdl.so",
    "librt.so",
];

/// Whether a library is one of those, by its file's name.
pub(super) fn is_protected(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    WORDS.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_and_threads_are_known_by_their_names() {
        for name in ["libscipy_openblas64_-ff651d7f.so", "libgomp-1.so.1", "libsleef.so.3"] {
            assert!(is_protected(name), "{name}");
        }
        for name in ["libopencv_core.so.406", "libavcodec.so.59", "libgdal.so.32"] {
            assert!(!is_protected(name), "{name}");
        }
    }
}
