//! Walks a pickle's opcodes (protocols 0 to 5) and follows which names it imports. Executes none.
//!
//! The opcodes are those of `Lib/pickletools.py` of CPython. Frames are left out: they say how the
//! file was buffered, not what is in it.

use std::cell::RefCell;
use std::rc::Rc;

use crate::source::Source;

use super::bytes::{Bytes, Stop, text};
use super::found::Found;
use super::value::{ArrayState, Dtype, Memo, Padding, TUPLE_ITEMS, Value};

/// The most values on the stack.
const STACK: usize = 1 << 18;
/// The most marks on the stack.
const MARKS: usize = 1 << 18;

/// Whether joblib's arrays stand between the opcodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrays {
    Between,
    None,
}

/// Reads one pickle from `source`, adds what it imports to `found`, and gives its length. When it
/// does not reach the pickle's end, `found.stop` says why; what was found until then is there.
pub(crate) fn scan(source: &mut impl Source, found: &mut Found) -> Option<u64> {
    found.top = None;
    let result = Machine::new(Bytes::new(source), found, Arrays::Between).run();
    match result {
        Ok(length) => Some(length),
        Err(stop) => {
            found.stop = Some(stop);
            None
        }
    }
}

struct Machine<'a, S> {
    bytes: Bytes<'a, S>,
    found: &'a mut Found,
    arrays: Arrays,
    stack: Vec<Value>,
    marks: Vec<usize>,
    memo: Memo,
}

impl<'a, S: Source> Machine<'a, S> {
    fn new(bytes: Bytes<'a, S>, found: &'a mut Found, arrays: Arrays) -> Self {
        let (stack, marks, memo) = (Vec::new(), Vec::new(), Memo::default());
        Self { bytes, found, arrays, stack, marks, memo }
    }

    fn run(mut self) -> Result<u64, Stop> {
        loop {
            let opcode = self.bytes.byte()?;
            self.found.opcodes += 1;
            if opcode == b'.' {
                let top = self.pop();
                self.found.top = self.class(&top);
                return Ok(self.bytes.position);
            }
            self.step(opcode)?;
            if self.stack.len() > STACK || self.marks.len() > MARKS {
                return Err(Stop::TooLarge(self.bytes.position));
            }
        }
    }

    fn step(&mut self, opcode: u8) -> Result<(), Stop> {
        match opcode {
            0x80 => self.protocol(),
            0x95 => self.bytes.skip(8),
            b'(' => {
                self.marks.push(self.stack.len());
                Ok(())
            }
            b'0' | b'1' | b'2' => {
                self.shuffle(opcode);
                Ok(())
            }
            b'I' | b'J' | b'K' | b'M' | b'L' | b'N' | b'F' | b'G' | 0x88..=0x8b => {
                self.scalar(opcode)
            }
            b'S' | b'T' | b'U' | b'V' | b'X' | 0x8c | 0x8d => self.text(opcode),
            b'B' | b'C' | 0x8e | 0x96 | 0x97 | 0x98 => self.blob(opcode),
            b']' | b'}' | b')' | 0x8f => {
                self.empty(opcode);
                Ok(())
            }
            b'a' | b'e' | b's' | b'u' | 0x90 => {
                self.fill(opcode);
                Ok(())
            }
            b'l' | b't' | b'd' | 0x85..=0x87 | 0x91 => {
                self.gather(opcode);
                Ok(())
            }
            b'g' | b'h' | b'j' | b'p' | b'q' | b'r' | 0x94 => self.remember(opcode),
            b'c' | 0x93 | 0x82..=0x84 => self.import(opcode),
            b'R' | b'i' | b'o' | 0x81 | 0x92 | b'b' | b'P' | b'Q' => self.make(opcode),
            other => Err(self.damaged(format!("no pickle opcode is 0x{other:02x}"))),
        }
    }

    fn protocol(&mut self) -> Result<(), Stop> {
        let protocol = self.bytes.byte()?;
        if protocol > 5 {
            return Err(self.damaged(format!("no pickle protocol is {protocol}")));
        }
        self.found.protocol = self.found.protocol.max(protocol);
        Ok(())
    }

    fn shuffle(&mut self, opcode: u8) {
        match opcode {
            b'1' => drop(self.pop_mark()),
            b'2' => {
                let top = self.stack.last().cloned().unwrap_or(Value::Other);
                self.hold(top);
            }
            _ if self.marks.last() == Some(&self.stack.len()) => drop(self.marks.pop()),
            _ => drop(self.pop()),
        }
    }

    fn scalar(&mut self, opcode: u8) -> Result<(), Stop> {
        let value = match opcode {
            b'I' | b'L' => {
                let line = self.bytes.line()?;
                let digits = std::str::from_utf8(&line).unwrap_or_default();
                digits.trim_end_matches('L').parse().map_or(Value::Other, Value::Int)
            }
            b'J' => Value::Int(i32::from_le_bytes(self.bytes.array()?).into()),
            b'K' => Value::Int(self.bytes.byte()?.into()),
            b'M' => Value::Int(u16::from_le_bytes(self.bytes.array()?).into()),
            0x8a => {
                let length = self.bytes.byte()?;
                self.long(length.into())?
            }
            0x8b => {
                let length = self.bytes.length::<4>()?;
                self.long(length)?
            }
            b'F' => {
                self.bytes.line()?;
                Value::Other
            }
            b'G' => {
                self.bytes.skip(8)?;
                Value::Other
            }
            _ => Value::Other,
        };
        self.stack.push(value);
        Ok(())
    }

    fn long(&mut self, length: u64) -> Result<Value, Stop> {
        if length == 0 || length > 8 {
            self.bytes.skip(length)?;
            return Ok(if length == 0 { Value::Int(0) } else { Value::Other });
        }
        let mut wide = [0u8; 8];
        for byte in &mut wide[..length as usize] {
            *byte = self.bytes.byte()?;
        }
        let unused = 64 - 8 * length as u32;
        Ok(Value::Int((i64::from_le_bytes(wide) << unused) >> unused))
    }

    fn text(&mut self, opcode: u8) -> Result<(), Stop> {
        let value = match opcode {
            b'S' => {
                let line = self.bytes.line()?;
                let quoted = line.trim_ascii();
                text(quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default())
            }
            b'V' => text(&self.bytes.line()?),
            b'U' | 0x8c => {
                let length = self.bytes.length::<1>()?;
                self.bytes.text(length)?
            }
            0x8d => {
                let length = self.bytes.length::<8>()?;
                self.bytes.text(length)?
            }
            _ => {
                let length = self.bytes.length::<4>()?;
                self.bytes.text(length)?
            }
        };
        self.stack.push(value);
        Ok(())
    }

    fn blob(&mut self, opcode: u8) -> Result<(), Stop> {
        let length = match opcode {
            b'C' => self.bytes.length::<1>()?,
            b'B' => self.bytes.length::<4>()?,
            0x8e | 0x96 => self.bytes.length::<8>()?,
            0x97 => 0,
            _ => return Ok(()),
        };
        self.bytes.skip(length)?;
        self.stack.push(Value::Other);
        Ok(())
    }

    fn empty(&mut self, opcode: u8) {
        self.stack.push(match opcode {
            b'}' => Value::Dict(Rc::new(RefCell::new(ArrayState::default()))),
            b')' => Value::Tuple(Rc::new(Vec::new())),
            _ => Value::Other,
        });
    }

    /// Puts items into a list, dict or set that stays on the stack.
    fn fill(&mut self, opcode: u8) {
        let items = match opcode {
            b'a' => {
                self.pop();
                return;
            }
            b's' => {
                let (value, key) = (self.pop(), self.pop());
                vec![key, value]
            }
            _ => self.pop_mark(),
        };
        let dict = self.stack.last().cloned();
        for pair in items.chunks_exact(2) {
            let Value::Text(key) = &pair[0] else { continue };
            if let (&"_sklearn_version", Value::Text(version)) = (&&**key, &pair[1]) {
                self.found.versions.entry("scikit-learn").or_insert_with(|| version.to_string());
            }
            if let Some(Value::Dict(state)) = &dict {
                state.borrow_mut().set(key, &pair[1]);
            }
        }
    }

    /// Makes a tuple, list, dict or set of what is on the stack.
    fn gather(&mut self, opcode: u8) {
        let items = match opcode {
            0x85..=0x87 => {
                let count = usize::from(opcode - 0x84);
                self.stack.split_off(self.floor().max(self.stack.len().saturating_sub(count)))
            }
            _ => self.pop_mark(),
        };
        let value = match opcode {
            b'd' => {
                let mut state = ArrayState::default();
                for pair in items.chunks_exact(2) {
                    if let Value::Text(key) = &pair[0] {
                        state.set(key, &pair[1]);
                    }
                }
                Value::Dict(Rc::new(RefCell::new(state)))
            }
            b't' | 0x85..=0x87 if items.len() <= TUPLE_ITEMS => tuple(items),
            _ => Value::Other,
        };
        self.stack.push(value);
    }

    fn remember(&mut self, opcode: u8) -> Result<(), Stop> {
        let number = match opcode {
            b'g' | b'p' => {
                let line = self.bytes.line()?;
                std::str::from_utf8(&line).ok().and_then(|line| line.trim().parse().ok())
            }
            b'h' | b'q' => Some(self.bytes.byte()?.into()),
            b'j' | b'r' => usize::try_from(u32::from_le_bytes(self.bytes.array()?)).ok(),
            _ => None,
        };
        let number = match (opcode, number) {
            (0x94, _) => None,
            (_, None) => return Err(self.damaged("a memo number is not a number".into())),
            (_, number) => number,
        };
        if matches!(opcode, b'g' | b'h' | b'j') {
            self.hold(number.map_or(Value::Other, |number| self.memo.get(number)));
            return Ok(());
        }
        let top = self.stack.last().cloned().unwrap_or(Value::Other);
        let kept = match number {
            Some(number) => self.memo.put(number, &top),
            None => self.memo.push(&top),
        };
        if kept { Ok(()) } else { Err(Stop::TooLarge(self.bytes.position)) }
    }

    fn import(&mut self, opcode: u8) -> Result<(), Stop> {
        let (module, name) = match opcode {
            b'c' => (text(&self.bytes.line()?), text(&self.bytes.line()?)),
            0x93 => {
                let (name, module) = (self.pop(), self.pop());
                (module, name)
            }
            _ => {
                self.bytes.skip(1 << (opcode - 0x82))?;
                (Value::Other, Value::Other)
            }
        };
        let value = self.global(&module, &name);
        self.stack.push(value);
        Ok(())
    }

    fn hold(&mut self, value: Value) {
        if let Value::Global(number) = value {
            self.found.hold(number);
        }
        self.stack.push(value);
    }

    fn global(&mut self, module: &Value, name: &Value) -> Value {
        let (Value::Text(module), Value::Text(name)) = (module, name) else {
            self.found.unresolved += 1;
            return Value::Other;
        };
        let Some(number) = self.found.import(module, name) else { return Value::Other };
        self.found.hold(number);
        Value::Global(number)
    }

    /// The opcodes that call something, or ask the loader for an object.
    fn make(&mut self, opcode: u8) -> Result<(), Stop> {
        let value = match opcode {
            b'b' => return self.build(),
            b'P' => {
                self.bytes.line()?;
                Value::Other
            }
            b'Q' => {
                let id = self.pop();
                self.persistent(&id)
            }
            b'R' => {
                let (arguments, callee) = (self.pop(), self.pop());
                self.reduce(&callee, &arguments)
            }
            b'i' => {
                let (module, name) = (text(&self.bytes.line()?), text(&self.bytes.line()?));
                self.pop_mark();
                let class = self.global(&module, &name);
                self.object(&class)
            }
            b'o' => {
                let items = self.pop_mark();
                self.object(items.first().unwrap_or(&Value::Other))
            }
            _ => {
                for _ in 0..if opcode == 0x92 { 2 } else { 1 } {
                    self.pop();
                }
                let class = self.pop();
                self.object(&class)
            }
        };
        self.stack.push(value);
        Ok(())
    }

    fn object(&mut self, class: &Value) -> Value {
        let Value::Global(number) = class else { return Value::Other };
        self.found.make(*number);
        Value::Object(*number)
    }

    fn reduce(&mut self, callee: &Value, arguments: &Value) -> Value {
        let Value::Global(number) = callee else { return Value::Other };
        let name = self.found.name(*number);
        let none = Vec::new();
        let arguments = if let Value::Tuple(items) = arguments { &**items } else { &none };
        match (name.as_str(), arguments.first()) {
            ("numpy.dtype", Some(Value::Text(code))) => {
                self.found.call(*number);
                Dtype::parse(code).map_or(Value::Other, Value::Dtype)
            }
            ("copyreg._reconstructor" | "copy_reg._reconstructor", Some(Value::Global(class))) => {
                self.found.call(*number);
                self.object(&Value::Global(*class))
            }
            ("builtins.getattr" | "__builtin__.getattr", _) => {
                self.found.reach(arguments);
                self.object(callee)
            }
            _ => self.object(callee),
        }
    }

    fn build(&mut self) -> Result<(), Stop> {
        let state = self.pop();
        let (Some(Value::Object(class)), Value::Dict(state)) = (self.stack.last(), state) else {
            return Ok(());
        };
        let name = self.found.name(*class);
        if self.arrays == Arrays::None || name != "joblib.numpy_pickle.NumpyArrayWrapper" {
            return Ok(());
        }
        let state = state.borrow().clone();
        self.found.joblib_arrays += 1;
        self.array(&state)
    }

    /// Leaves out an array that joblib wrote after the wrapper that describes it.
    fn array(&mut self, state: &ArrayState) -> Result<(), Stop> {
        match state.dtype {
            Some(Dtype::Objects) => {
                let nested = Machine::new(self.bytes.reborrow(), self.found, Arrays::None);
                self.bytes.position = nested.run()?;
                Ok(())
            }
            Some(Dtype::Plain(width)) => {
                let bytes = state.elements.and_then(|count| count.checked_mul(width.into()));
                let bytes = bytes.ok_or_else(|| self.damaged("an array of unknown size".into()))?;
                if state.padding == Padding::Counted {
                    let padding = self.bytes.byte()?;
                    self.bytes.skip(padding.into())?;
                }
                self.bytes.skip(bytes)
            }
            None => Err(self.damaged("an array of unknown type".into())),
        }
    }

    /// What torch means by an object outside of the pickle: a storage, which is
    /// `("storage", class, key, place, elements)`, or `("module", class, …)`, which is the class.
    fn persistent(&mut self, id: &Value) -> Value {
        let Value::Tuple(items) = id else { return Value::Other };
        match items.as_slice() {
            [Value::Text(word), Value::Global(class), ..] if &**word == "module" => {
                return Value::Global(*class);
            }
            [
                Value::Text(word),
                Value::Global(kind),
                Value::Text(key),
                _,
                Value::Int(count),
                ..,
            ] if &**word == "storage" => {
                let count = u64::try_from(*count).unwrap_or(0);
                self.found.storage(key, *kind, count);
            }
            _ => {}
        }
        Value::Other
    }

    fn class(&self, value: &Value) -> Option<String> {
        match value {
            Value::Object(class) => Some(self.found.name(*class)),
            Value::Dict(_) => Some("dict".into()),
            Value::Tuple(_) => Some("tuple".into()),
            Value::Global(global) => Some(self.found.name(*global)),
            _ => None,
        }
    }

    /// Where the values above the last mark begin.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop(&mut self) -> Value {
        if self.stack.len() > self.floor() {
            self.stack.pop().unwrap_or(Value::Other)
        } else {
            Value::Other
        }
    }

    fn pop_mark(&mut self) -> Vec<Value> {
        let mark = self.marks.pop().unwrap_or(0);
        self.stack.split_off(mark.min(self.stack.len()))
    }

    fn damaged(&self, what: String) -> Stop {
        Stop::Damaged(self.bytes.position, what)
    }
}

/// A tuple without what could make it deep.
fn tuple(items: Vec<Value>) -> Value {
    let flat = items.into_iter().map(|item| match item {
        Value::Tuple(_) | Value::Dict(_) => Value::Other,
        other => other,
    });
    Value::Tuple(Rc::new(flat.collect()))
}
