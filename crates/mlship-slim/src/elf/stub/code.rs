//! The machine code of a stub for `x86_64`: each function names itself and ends the process.
//!
//! It calls the system itself (`write` is 1, `exit_group` 231), because nothing else is there.

/// The status that a process ends with when a stub is called.
pub(super) const STATUS: u32 = 86;

/// Bytes of one function.
pub(super) const FUNCTION: usize = 24;

/// Where the text of a message is in memory, and how long it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text {
    pub(super) at: u64,
    pub(super) length: u32,
}

/// A function at the address `at` that says `name`, and goes on at `end`.
pub(super) fn function(at: u64, name: Text, end: u64) -> Option<Vec<u8>> {
    // endbr64, for processors that check where calls go.
    let mut code = vec![0xf3, 0x0f, 0x1e, 0xfa];
    // lea r12, [rip + …]; mov r13d, length
    code.extend([0x4c, 0x8d, 0x25]);
    relative(&mut code, at, name.at)?;
    code.extend([0x41, 0xbd]);
    code.extend(name.length.to_le_bytes());
    // jmp end
    code.push(0xe9);
    relative(&mut code, at, end)?;
    code.resize(FUNCTION, 0xcc);
    Some(code)
}

/// What all functions go on with: writes the text before, the name and the text behind.
pub(super) fn end(at: u64, before: Text, behind: Text) -> Option<Vec<u8>> {
    // mov edi, 2: to standard error. The system keeps it over calls.
    let mut code = vec![0xbf, 2, 0, 0, 0];
    write(&mut code, at, before)?;
    // mov rsi, r12; mov edx, r13d
    code.extend([0x4c, 0x89, 0xe6, 0x44, 0x89, 0xea]);
    call(&mut code, 1);
    write(&mut code, at, behind)?;
    // mov edi, STATUS
    code.push(0xbf);
    code.extend(STATUS.to_le_bytes());
    call(&mut code, 231);
    // hlt: never reached.
    code.push(0xf4);
    Some(code)
}

/// lea rsi, [rip + …]; mov edx, length; write
fn write(code: &mut Vec<u8>, at: u64, text: Text) -> Option<()> {
    code.extend([0x48, 0x8d, 0x35]);
    relative(code, at, text.at)?;
    code.push(0xba);
    code.extend(text.length.to_le_bytes());
    call(code, 1);
    Some(())
}

/// mov eax, number; syscall
fn call(code: &mut Vec<u8>, number: u32) {
    code.push(0xb8);
    code.extend(number.to_le_bytes());
    code.extend([0x0f, 0x05]);
}

/// The distance of `target` from the end of the instruction that it is the last part of.
fn relative(code: &mut Vec<u8>, at: u64, target: u64) -> Option<()> {
    let next = at.checked_add(u64::try_from(code.len()).ok()? + 4)?;
    let distance = i64::try_from(target).ok()?.checked_sub(i64::try_from(next).ok()?)?;
    code.extend(i32::try_from(distance).ok()?.to_le_bytes());
    Some(())
}
