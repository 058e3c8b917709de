//! Damaged programs: an error or a wrong answer, never a panic, an endless loop or a read out of
//! bounds.

use crate::cases::generate;
use mlship_compile::classical;
use mlship_runtime::classical::{Aligned, load};
use mlship_runtime::engine::Engine;
use mlship_runtime::tensor::Tensor;

/// Seeded, so that a failure is found again.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        ((self.next() >> 16) % bound as u64) as usize
    }
}

fn answers(program: &[u8], inputs: &[Tensor]) -> Result<Vec<Tensor>, String> {
    let engine = load(Aligned::copy_of(program)).map_err(|error| error.to_string())?;
    engine.run(inputs).map_err(|error| error.to_string())
}

#[test]
fn damaged_programs_are_refused_or_answered() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut refused, mut answered) = (0, 0);
    for case in generate("small.py", &[]) {
        let program = classical(&case.model(), &case.file()).unwrap();
        let inputs = case.inputs();
        let right = answers(&program, &inputs).unwrap();
        assert_eq!(right.len(), case.expected().len());
        for end in (0..program.len()).step_by(program.len() / 200 + 1) {
            assert!(answers(&program[..end], &inputs).is_err(), "{} cut at {end}", case.name);
        }
        for _ in 0..3000 {
            let mut bad = program.clone();
            for _ in 0..=random.below(3) {
                let at = random.below(bad.len());
                bad[at] = random.next() as u8;
            }
            // A number that is one off is what bounds checks miss.
            let at = random.below(bad.len());
            bad[at] = bad[at].wrapping_add(1);
            match answers(&bad, &inputs) {
                Ok(_) => answered += 1,
                Err(_) => refused += 1,
            }
        }
    }
    println!("{refused} refused, {answered} answered");
    assert!(refused > 1000 && answered > 1000);
}

#[test]
fn inputs_that_do_not_fit_are_refused() {
    use mlship_runtime::tensor::Values;
    let cases = generate("small.py", &[]);
    let case = cases.iter().find(|case| case.name == "forest").unwrap();
    let program = classical(&case.model(), &case.file()).unwrap();
    let tensor = |shape: &[usize], values| Tensor { shape: shape.to_vec().into(), values };
    let bad = [
        vec![],
        vec![tensor(&[1, 3], Values::F32(vec![0.0; 2].into()))],
        vec![tensor(&[1, 1], Values::F32(vec![0.0].into()))],
        vec![tensor(&[1, 3], Values::String(vec![String::new(); 3]))],
        vec![tensor(&[1, 3], Values::F32(vec![0.0; 3].into())); 2],
    ];
    for inputs in bad {
        assert!(answers(&program, &inputs).is_err(), "{inputs:?}");
    }
    let none = answers(&program, &[tensor(&[0, 3], Values::F32(vec![].into()))]).unwrap();
    assert_eq!(none[0].shape.as_slice(), [0]);
}
