//! The numbers of a kind, each under one key that names its unit.
//!
//! The keys are those of `limits.toml`; a number that nobody publishes is `None`.

use serde::Serialize;

use super::kind::Limit;

macro_rules! numbers {
    ($($(#[$doc:meta])* $field:ident = $key:literal,)*) => {
        /// Every number of a kind.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub struct Numbers {
            $($(#[$doc])* #[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<Limit>,)*
        }

        impl Numbers {
            /// The keys of `limits.toml`, in the order of the fields.
            pub const KEYS: &'static [&'static str] = &[$($key,)*];
            /// No number at all; what a `static` starts from.
            pub const NONE: Numbers = Numbers { $($field: None,)* };

            /// Each key's field name and number.
            pub fn all(&self) -> Vec<(&'static str, &'static str, Option<&Limit>)> {
                vec![$(($key, stringify!($field), self.$field.as_ref()),)*]
            }

            /// The place of the number under `key`; `None` for an unknown key.
            pub fn slot(&mut self, key: &str) -> Option<&mut Option<Limit>> {
                match key {
                    $($key => Some(&mut self.$field),)*
                    _ => None,
                }
            }
        }
    };
}

numbers! {
    /// The package as it is sent, in bytes.
    packed_bytes = "packed-bytes",
    /// The package as it is sent in base64, in bytes of base64.
    base64_bytes = "base64-bytes",
    /// The package unpacked, in bytes.
    unpacked_bytes = "unpacked-bytes",
    /// The image uncompressed, all layers, in bytes.
    image_bytes = "image-bytes",
    /// The largest package that the call itself carries, in bytes; larger ones go through object
    /// storage. A routing fact: never a failure.
    direct_upload_bytes = "direct-upload-bytes",
    /// The least memory, in MiB.
    memory_min_mb = "memory-min-mb",
    /// Memory comes in multiples of this, in MiB.
    memory_step_mb = "memory-step-mb",
    /// Memory when nothing is asked for, in MiB.
    memory_default_mb = "memory-default-mb",
    /// The most memory, in MiB.
    memory_max_mb = "memory-max-mb",
    /// The time limit of a request when nothing is asked for, in seconds.
    timeout_default_s = "timeout-default-s",
    /// The longest time limit of a request, in seconds.
    timeout_max_s = "timeout-max-s",
    /// The time after which an HTTP request is cut whatever its limit is, in seconds.
    http_max_s = "http-max-s",
    /// Scratch disk when nothing is asked for, in MiB.
    disk_default_mb = "disk-default-mb",
    /// The most scratch disk, in MiB.
    disk_max_mb = "disk-max-mb",
    /// A request's body unless a setting raises it, in bytes.
    request_default_bytes = "request-default-bytes",
    /// A request's body, in bytes.
    request_bytes = "request-bytes",
    /// A response's body, in bytes.
    response_bytes = "response-bytes",
    /// A streamed response's body, in bytes. mlship answers in one piece: not checked.
    streamed_response_bytes = "streamed-response-bytes",
    /// Requests at once in one instance when nothing is asked for.
    concurrency_default = "concurrency-default",
    /// Requests at once in one instance.
    concurrency_max = "concurrency-max",
    /// Instances at once.
    instances_max = "instances-max",
    /// Time to start unless a setting raises it, in seconds.
    start_default_s = "start-default-s",
    /// Time to start, in seconds.
    start_max_s = "start-max-s",
}
