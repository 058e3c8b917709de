//! What the scanner remembers of a pickle's values: names, small numbers and short tuples. The
//! rest is only known to be there.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// A value on the scanner's stack.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Something whose content does not matter.
    Other,
    /// A whole number.
    Int(i64),
    /// A short piece of text that could be a name.
    Text(Rc<str>),
    /// An imported name, as its number in the scanner's list.
    Global(u32),
    /// An object of an imported class.
    Object(u32),
    /// A tuple of at most [`TUPLE_ITEMS`]; tuples and dicts in it are [`Value::Other`].
    Tuple(Rc<Vec<Value>>),
    /// A dict, of which only what describes a joblib array is kept.
    Dict(Rc<RefCell<ArrayState>>),
    /// A numpy element type.
    Dtype(Dtype),
}

/// The longest tuple that is remembered.
pub(super) const TUPLE_ITEMS: usize = 32;

/// Bytes of an element, and whether elements are Python objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dtype {
    /// So many bytes each.
    Plain(u32),
    /// Python objects, which are pickled.
    Objects,
}

/// The part of a dict that describes an array written by joblib.
#[derive(Debug, Clone, Default)]
pub(super) struct ArrayState {
    /// `shape`, when it is a tuple of whole numbers.
    pub(super) elements: Option<u64>,
    /// `dtype`.
    pub(super) dtype: Option<Dtype>,
    /// `numpy_array_alignment_bytes` is a number: padding goes before the array.
    pub(super) padding: Padding,
}

/// Whether padding goes before an array.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Padding {
    /// The array follows at once.
    #[default]
    None,
    /// A byte says how much padding there is.
    Counted,
}

impl ArrayState {
    /// Notes one entry of the dict.
    pub(super) fn set(&mut self, key: &str, value: &Value) {
        match (key, value) {
            ("shape", Value::Tuple(items)) => {
                self.elements = items.iter().try_fold(1u64, |product, item| match item {
                    Value::Int(length) => product.checked_mul(u64::try_from(*length).ok()?),
                    _ => None,
                });
            }
            ("dtype", Value::Dtype(dtype)) => self.dtype = Some(*dtype),
            ("numpy_array_alignment_bytes", Value::Int(_)) => self.padding = Padding::Counted,
            _ => {}
        }
    }
}

impl Dtype {
    /// Reads numpy's short form, such as `f8`, `<U10` or `O8`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim_start_matches(['<', '>', '|', '=']);
        let mut characters = text.chars();
        let kind = characters.next()?;
        let count: u32 = characters.as_str().parse().ok()?;
        match kind {
            'O' => Some(Self::Objects),
            'U' => Some(Self::Plain(count.checked_mul(4)?)),
            _ => Some(Self::Plain(count)),
        }
    }
}

/// The longest text that is remembered, in bytes.
pub(super) const NAME_BYTES: usize = 256;
/// The most bytes that remembered values may cost; twice that, counting dotted text apart.
const MEMO_BYTES: usize = 8 << 20;
/// What one remembered value costs beside its text, about.
const MEMO_OVERHEAD: usize = 120;
/// The highest number a value may be remembered under; each costs a bit.
const MEMO_NUMBER: usize = 1 << 26;

/// What the pickle has put aside under a number.
///
/// It never gives a wrong value: what there is no room for comes back as [`Value::Other`].
#[derive(Debug, Default)]
pub(super) struct Memo {
    values: HashMap<usize, Value>,
    taken: Vec<u64>,
    length: usize,
    plain_bytes: usize,
    dotted_bytes: usize,
    import_bytes: usize,
}

impl Memo {
    /// Puts `value` under the next free number.
    pub(super) fn push(&mut self, value: &Value) -> bool {
        self.put(self.length, value)
    }

    /// Puts `value` under `number`; false when no honest pickle has such a number.
    pub(super) fn put(&mut self, number: usize, value: &Value) -> bool {
        if number > MEMO_NUMBER {
            return false;
        }
        let (word, bit) = (number / 64, 1u64 << (number % 64));
        if self.taken.len() <= word {
            self.taken.resize(word + 1, 0);
        }
        self.length += usize::from(self.taken[word] & bit == 0);
        self.taken[word] |= bit;
        let has_room = self.has_room(value);
        // An import must not be lost: what is called would not be known.
        if !has_room && matches!(value, Value::Global(_)) {
            return false;
        }
        if matches!(value, Value::Other | Value::Int(_)) || !has_room {
            self.values.remove(&number);
        } else {
            self.values.insert(number, value.clone());
        }
        true
    }

    /// What was put under `number`.
    pub(super) fn get(&self, number: usize) -> Value {
        self.values.get(&number).cloned().unwrap_or(Value::Other)
    }

    /// Takes the room that `value` needs. Dotted text has room of its own: a module's name must
    /// not be lost because the pickle holds many words.
    fn has_room(&mut self, value: &Value) -> bool {
        let (used, bytes) = match value {
            Value::Text(text) if text.contains('.') => (&mut self.dotted_bytes, text.len()),
            Value::Text(text) => (&mut self.plain_bytes, text.len()),
            Value::Other | Value::Int(_) => return true,
            Value::Global(_) => (&mut self.import_bytes, 0),
            Value::Tuple(items) => (&mut self.dotted_bytes, items.len() * size_of::<Value>()),
            _ => (&mut self.dotted_bytes, 0),
        };
        let cost = bytes + MEMO_OVERHEAD;
        let fits = *used + cost <= MEMO_BYTES;
        *used += if fits { cost } else { 0 };
        fits
    }
}

/// Whether text could be a name in Python, a version or a key: what is worth remembering.
pub(super) fn is_name(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && bytes.len() <= NAME_BYTES
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80 || b"_.-<>|=?".contains(byte))
}
