//! x
use tokenizers as _;
