//! Which build of ONNX Runtime goes into artifacts. Data; read off the wheel on 2026-11-21.

/// Its version.
pub const VERSION: &str = "1.31.1";

/// SHA-256 of the wheel `onnxruntime-1.31.1-cp311-cp311-manylinux_2_28_x86_64.whl`.
pub const WHEEL_SHA256: &str = "5752bd508126ae7c49894d3b9d2e83f0c3d487319246d04c444b393308d7ad7f";

/// The version of Python that the wheel is for, which the library has nothing to do with.
pub const PYTHON: &str = "3.11";

/// The system that the wheel is for.
pub const PLATFORM: &str = "manylinux_2_28_x86_64";

/// A file of the wheel.
#[derive(Debug)]
pub(super) struct Pinned {
    /// Its path in the wheel's folder `onnxruntime`.
    pub(super) path: &'static str,
    /// What it is called in an artifact.
    pub(super) name: &'static str,
    /// How long it is.
    pub(super) bytes: u64,
    /// SHA-256, in hex.
    pub(super) sha256: &'static str,
}

/// The library, and under what licences it is.
pub(super) const FILES: &[Pinned] = &[
    Pinned {
        path: "capi/libonnxruntime.so.1.31.1",
        name: mlship_bundle::ONNXRUNTIME_FILE,
        bytes: 29_352_200,
        sha256: "fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3",
    },
    Pinned {
        path: "LICENSE",
        name: "onnxruntime-LICENSE.txt",
        bytes: 1_073,
        sha256: "2f07c72751aed99790b8a4869cf2311df85a860b22ded05fa22803587a48922c",
    },
    Pinned {
        path: "ThirdPartyNotices.txt",
        name: "onnxruntime-ThirdPartyNotices.txt",
        bytes: 338_088,
        sha256: "143764b952fdb1a7c69ce653bfba74a7744d6a8a573bfb73e235fba356c83de3",
    },
];
