//! See `mlship_runtime::fuzzing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mlship_runtime::fuzzing::multipart(bytes));
