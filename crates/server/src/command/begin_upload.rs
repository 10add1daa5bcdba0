//! `BeginUpload`: an address to which a file's bytes may go.

use futures_util::FutureExt as _;
use hongyan_domain::file::begin::{Wish, begin};
use hongyan_protocol::code::Code;
use hongyan_protocol::file::FileKind;
use hongyan_protocol::id::Timestamp;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::BeginUpload;

use super::{Answered, Caller, Context, Prepared};
use crate::refused::Refused;
use crate::uploads;

pub(super) async fn prepare(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    request: wire::BeginUpload,
) -> Prepared {
    let kind = FileKind::from_wire(request.kind).ok_or_else(|| {
        Refused::new(
            Code::REQUEST_MALFORMED,
            "a file is an image, audio, video or a file",
        )
    })?;
    let settings = context.settings(caller, Code::MESSAGE_INTERNAL).await?;
    let wish = Wish {
        kind,
        size: request.size,
        name: request.name,
    };
    let (store, uploads, account) = (
        context.store.clone(),
        context.uploads.clone(),
        caller.account.clone(),
    );
    let work = async move {
        let running = uploads.running_bytes(account.id);
        begin(&*store, account.id, &wish, &settings, running, now).await?;
        let ticket = uploads.begin(account, wish).await?;
        Ok(Answered::read(BeginUpload(wire::BeginUploadResult {
            path: format!("{}{ticket}", uploads::PATH),
            part_bytes_max: uploads::PART_BYTES,
        })))
    };
    Ok(work.boxed())
}
