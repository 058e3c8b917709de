//! Sends a file in blocks: no more of it is in memory than one block, however long it is.

use azure_core::http::RequestContent;
use azure_storage_blob::BlockBlobClient;
use azure_storage_blob::models::BlockLookupList;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use tokio::fs;
use tokio::io::AsyncReadExt as _;

use super::{File, refused};
use crate::arm::Call;
use crate::error::failed;

/// Bytes in a block. A blob has at most 50,000 blocks, so this is enough for 400 GB.
/// Source: <https://learn.microsoft.com/azure/storage/blobs/scalability-targets>, 2026-11-20.
const BLOCK: usize = 8 << 20;

/// Sends all blocks and then makes them the blob: until that, there is none.
pub(super) async fn send(
    call: Call<'_>,
    blob: &BlockBlobClient,
    file: File<'_>,
    progress: &dyn Progress,
) -> Result<(), ProviderError> {
    let unreadable = |cause: std::io::Error| {
        let reason = format!("`{}` cannot be read", file.path.display());
        let mut error = failed(ErrorKind::Refused, call.operation, call.resource, reason);
        error.source = Some(Box::new(cause));
        error
    };
    let mut from = fs::File::open(file.path).await.map_err(unreadable)?;
    progress.bytes(0, file.bytes);
    let mut sent = 0;
    let mut blocks: Vec<Vec<u8>> = Vec::new();
    loop {
        let mut piece = Vec::new();
        (&mut from).take(BLOCK as u64).read_to_end(&mut piece).await.map_err(unreadable)?;
        if piece.is_empty() {
            break;
        }
        let length = piece.len() as u64;
        // All ids of a blob are of one length, and the same again when the file is sent again.
        let id = format!("{:06}", blocks.len()).into_bytes();
        let staged = blob.stage_block(&id, length, RequestContent::from(piece), None).await;
        staged.map_err(|error| refused(call, error))?;
        blocks.push(id);
        sent += length;
        progress.bytes(sent.min(file.bytes), file.bytes);
    }
    if sent != file.bytes {
        let reason = format!("`{}` has changed since it was packed", file.path.display());
        return Err(failed(ErrorKind::Refused, call.operation, call.resource, reason));
    }
    let list = BlockLookupList { latest: Some(blocks), ..BlockLookupList::default() };
    let list = RequestContent::try_from(list).map_err(|error| refused(call, error))?;
    blob.commit_block_list(list, None).await.map_err(|error| refused(call, error))?;
    Ok(())
}
