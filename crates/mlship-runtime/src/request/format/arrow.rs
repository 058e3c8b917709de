//! Arrow IPC: what its messages claim is checked before they are decoded.
//!
//! Form: <https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc>.

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use arrow_ipc::{Message, RecordBatch as Claimed, root_as_message};
use arrow_schema::{ArrowError, Schema};

use super::Container;
use crate::problem::Kind;
use crate::request::number::Fault;
use crate::request::refuse::echo;

pub(in crate::request) mod series;

/// What a file begins and ends with.
const MAGIC: &[u8] = b"ARROW1";

/// What stands before the length of a message.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// The schema and the batches of a body that holds at most `most` rows.
///
/// # Errors
/// When the body is not Arrow, or compressed, or its parts overlap.
pub(in crate::request) fn read(
    body: &[u8],
    container: Container,
    most: usize,
) -> Result<(Schema, Vec<RecordBatch>), Fault> {
    let messages = match container {
        Container::Stream => body,
        Container::File => inside(body)?,
    };
    check(messages, most)?;
    decode(messages).map_err(|error| malformed(echo(&error.to_string())))?
}

fn decode(messages: &[u8]) -> Result<Result<(Schema, Vec<RecordBatch>), Fault>, ArrowError> {
    let mut decoder = StreamDecoder::new();
    let mut rest = Buffer::from(messages);
    let mut batches = Vec::new();
    while !rest.is_empty() {
        batches.extend(decoder.decode(&mut rest)?);
    }
    decoder.finish()?;
    let Some(schema) = decoder.schema() else {
        return Ok(Err(malformed("the body holds no schema")));
    };
    Ok(Ok((schema.as_ref().clone(), batches)))
}

/// The messages of a file: a stream between the marks and the footer, which repeats where they are.
fn inside(body: &[u8]) -> Result<&[u8], Fault> {
    let not_a_file = || malformed("the body does not begin and end as an Arrow file does");
    let rest = body.strip_prefix(MAGIC).and_then(|rest| rest.get(2..)).ok_or_else(not_a_file)?;
    let rest = rest.strip_suffix(MAGIC).ok_or_else(not_a_file)?;
    let (rest, length) = rest.split_last_chunk::<4>().ok_or_else(not_a_file)?;
    let end = rest.len().checked_sub(u32::from_le_bytes(*length) as usize);
    end.map(|end| &rest[..end]).ok_or_else(not_a_file)
}

/// Walks over what the messages claim, and holds it against the bytes that are there.
fn check(mut rest: &[u8], most: usize) -> Result<(), Fault> {
    let mut rows = 0_usize;
    while let Some((message, body)) = next_message(&mut rest)? {
        if let Some(dictionary) = message.header_as_dictionary_batch() {
            if dictionary.isDelta() {
                return Err(malformed("a dictionary that grows is not taken; send it whole"));
            }
            if let Some(values) = dictionary.data() {
                check_batch(values, body.len())?;
            }
        }
        if let Some(batch) = message.header_as_record_batch() {
            let length = usize::try_from(batch.length()).unwrap_or(usize::MAX);
            rows = rows.saturating_add(length);
            if rows > most {
                let detail = format!("at most {most} rows are taken at once, found {rows}");
                return Err((Kind::TooManyRows, detail));
            }
            check_batch(batch, body.len())?;
        }
    }
    Ok(())
}

/// Takes the first message and its body off the bytes; `None` at the end.
fn next_message<'b>(bytes: &mut &'b [u8]) -> Result<Option<(Message<'b>, &'b [u8])>, Fault> {
    let cut = || malformed("the body ends within a message");
    if bytes.is_empty() {
        return Ok(None);
    }
    let (mut length, mut rest) = bytes.split_first_chunk::<4>().ok_or_else(cut)?;
    if *length == CONTINUATION {
        (length, rest) = rest.split_first_chunk().ok_or_else(cut)?;
    }
    let length = u32::from_le_bytes(*length) as usize;
    if length == 0 {
        return Ok(None);
    }
    let (described, rest) = rest.split_at_checked(length).ok_or_else(cut)?;
    let message = root_as_message(described).map_err(|_| malformed("a message is not Arrow's"))?;
    let length = usize::try_from(message.bodyLength()).map_err(|_| cut())?;
    let (body, rest) = rest.split_at_checked(length).ok_or_else(cut)?;
    *bytes = rest;
    Ok(Some((message, body)))
}

/// No writer lets the buffers of a batch overlap; a batch whose buffers do could be made into many
/// times its bytes.
fn check_batch(batch: Claimed<'_>, body: usize) -> Result<(), Fault> {
    if batch.compression().is_some() {
        return Err(malformed("compressed buffers are not taken; write them without compression"));
    }
    let number = |claimed: i64| usize::try_from(claimed).unwrap_or(usize::MAX);
    let mut sum = 0_usize;
    for buffer in batch.buffers().into_iter().flatten() {
        let length = number(buffer.length());
        sum = sum.saturating_add(length);
        if number(buffer.offset()).saturating_add(length) > body || sum > body {
            return Err(malformed("the buffers of a batch reach beyond its bytes"));
        }
    }
    Ok(())
}

fn malformed(detail: impl Into<String>) -> Fault {
    (Kind::Malformed, detail.into())
}
