//! The classical model's flat file: laid out so that it is used where it lies, mapped into memory.
