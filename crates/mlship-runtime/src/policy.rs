//! How a neural network is loaded: chosen from what the machine grants. Arithmetic only.

use std::str::FromStr;

use crate::machine::Machine;

/// What a process needs besides the weights, in bytes: the program, the graph, and the tensors of a
/// request under way.
const MARGIN_BYTES: u64 = 256 << 20;

/// Weights up to this, in bytes, are copied in less than a millisecond.
const SMALL_BYTES: u64 = 1 << 20;

/// When weights are copied into the layout that multiplies fastest. Until then they are used where
/// they lie, mapped into memory, and laid out anew for each use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prepack {
    /// Never: least memory.
    Never,
    /// While loading: the first answer is late and as fast as any.
    Load,
    /// Behind the first answer, on a thread that gives way to requests.
    Later,
}

impl Prepack {
    /// `Load` for small weights. For others `Later`, where they fit in the memory together with
    /// their copy and there is a whole processor: with less, the copying would be paid for by the
    /// requests after the first.
    pub fn choose(machine: Machine, weights_bytes: u64) -> Self {
        let needed = weights_bytes.saturating_mul(2).saturating_add(MARGIN_BYTES);
        match machine.memory_bytes >= needed && machine.processors >= 1.0 {
            _ if weights_bytes <= SMALL_BYTES => Prepack::Load,
            true => Prepack::Later,
            false => Prepack::Never,
        }
    }
}

impl FromStr for Prepack {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "never" => Ok(Prepack::Never),
            "load" => Ok(Prepack::Load),
            "later" => Ok(Prepack::Later),
            _ => Err(format!("`{text}` is none of `never`, `load` and `later`")),
        }
    }
}

/// One thread a processor, the last one from its half on, and never none.
pub fn threads(machine: Machine) -> usize {
    (machine.processors.round() as usize).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BERT_BASE: u64 = 438_000_000;

    #[test]
    fn weights_are_prepacked_where_memory_and_processor_allow() {
        let cases = [
            (512, Prepack::Never),
            (1024, Prepack::Never),
            (1768, Prepack::Never),
            (1769, Prepack::Later),
            (10_240, Prepack::Later),
        ];
        for (memory_mb, chosen) in cases {
            let machine = Machine::lambda(memory_mb);
            assert_eq!(Prepack::choose(machine, BERT_BASE), chosen, "{memory_mb} MB");
        }
        let narrow = Machine { memory_bytes: 2 * BERT_BASE + MARGIN_BYTES - 1, processors: 4.0 };
        assert_eq!(Prepack::choose(narrow, BERT_BASE), Prepack::Never);
        let wide = Machine { memory_bytes: u64::MAX, processors: 4.0 };
        assert_eq!(Prepack::choose(wide, BERT_BASE), Prepack::Later);
        assert_eq!(Prepack::choose(wide, u64::MAX), Prepack::Later);
        assert_eq!(Prepack::choose(Machine::lambda(128), SMALL_BYTES), Prepack::Load);
    }

    #[test]
    fn threads_go_with_the_processors() {
        for (memory_mb, count) in
            [(128, 1), (1769, 1), (2653, 1), (2654, 2), (3538, 2), (10_240, 6)]
        {
            assert_eq!(threads(Machine::lambda(memory_mb)), count, "{memory_mb} MB");
        }
        for (processors, count) in [(0.25, 1), (1.0, 1), (1.5, 2), (2.0, 2), (64.0, 64)] {
            assert_eq!(threads(Machine { memory_bytes: 0, processors }), count);
        }
    }
}
