//! See `mlship_runtime::fuzzing`.
#![no_main]

use mlship_runtime::fuzzing;

libfuzzer_sys::fuzz_target!(init: fuzzing::spare_decoders(), |bytes: &[u8]| fuzzing::multipart(bytes));
