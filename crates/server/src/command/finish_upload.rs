//! `FinishUpload`: what became of a file whose bytes are all there.

use futures_util::FutureExt as _;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::FinishUpload;

use super::{Answered, Caller, Context, Prepared};

pub(super) fn prepare(context: &Context, caller: &Caller, request: &wire::FinishUpload) -> Prepared {
    let upload = context.uploads.of_account(&request.path, caller.account.id)?;
    let work = async move {
        let file = upload.outcome().await?;
        Ok(Answered::read(FinishUpload(wire::FinishUploadResult {
            file: Some(file),
        })))
    };
    Ok(work.boxed())
}
