//! Bytes of a file come in.
//!
//! **Comes in:** where they begin, and a stream of them. **Goes out:** how many there are now. **Never here:** HTTP.
//!
//! What comes is written in larger pieces, each before the next is taken: a file of any size takes the memory of one piece.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};
use hongyan_files::Incoming;
use tokio::time::{Instant, timeout};

use super::{PART_BYTES_MAX, Upload, Uploads, settle};

/// What is written at once.
const PIECE_BYTES: usize = 256 * 1024;
/// Who brings less than this within the time that nothing may take is as good as away.
const PACE_BYTES_MIN: usize = 16 * 1024;

/// How a part ended. All but `OutOfPlace` may have taken bytes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Received {
    /// The part is there.
    Taken,
    /// It does not begin where the file ends.
    OutOfPlace,
    /// A newer connection goes on.
    Overtaken,
    /// More than the file has, or than a part may have.
    TooMuch,
    /// Nothing, or next to nothing, came for too long.
    TooSlow,
    /// The connection broke.
    Cut,
    /// It cannot be written.
    Unwritable,
}

impl Uploads {
    /// Takes a part in; the last one sets off what has to be done with the whole.
    pub(crate) async fn receive<E>(
        self: &Arc<Self>,
        upload: &Arc<Upload>,
        offset: u64,
        bytes: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Received {
        let mut newest = upload.newest.subscribe();
        let mut mine = 0;
        upload.newest.send_modify(|it| {
            *it += 1;
            mine = *it;
        });
        let overtaken = newest.wait_for(|it| *it != mine);
        let part = async {
            let mut slot = upload.incoming.lock().await;
            let Some(incoming) = slot.as_mut() else {
                // All is there, and this is what a lost answer makes of a client.
                return Received::OutOfPlace;
            };
            if offset != incoming.received() {
                return Received::OutOfPlace;
            }
            let received = self.take_in(upload, incoming, bytes).await;
            if incoming.received() == upload.wish.size
                && let Some(incoming) = slot.take()
            {
                tokio::spawn(settle::settle(self.clone(), upload.clone(), incoming));
            }
            received
        };
        tokio::select! {
            biased;
            _ = overtaken => Received::Overtaken,
            received = part => received,
        }
    }

    async fn take_in<E>(
        &self,
        upload: &Upload,
        incoming: &mut Incoming,
        mut bytes: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Received {
        let left = upload.wish.size - incoming.received();
        let mut room = usize::try_from(left.min(PART_BYTES_MAX.into())).unwrap_or(usize::MAX);
        let mut piece = BytesMut::new();
        let (mut since, mut paced) = (Instant::now(), 0);
        let ended = loop {
            let next = match timeout(self.stall, bytes.next()).await {
                Ok(next) => next,
                Err(_) => break Received::TooSlow,
            };
            let next = match next {
                None => break Received::Taken,
                Some(Err(_)) => break Received::Cut,
                Some(Ok(next)) => next,
            };
            if next.len() > room {
                break Received::TooMuch;
            }
            room -= next.len();
            paced += next.len();
            piece.extend_from_slice(&next);
            if piece.len() >= PIECE_BYTES && !write(upload, incoming, &mut piece).await {
                return Received::Unwritable;
            }
            if since.elapsed() > self.stall {
                if paced < PACE_BYTES_MIN {
                    break Received::TooSlow;
                }
                (since, paced) = (Instant::now(), 0);
            }
        };
        match write(upload, incoming, &mut piece).await {
            true => ended,
            false => Received::Unwritable,
        }
    }
}

async fn write(upload: &Upload, incoming: &mut Incoming, piece: &mut BytesMut) -> bool {
    if piece.is_empty() {
        return true;
    }
    let written = incoming.append(piece).await;
    piece.clear();
    upload.received.store(incoming.received(), Ordering::Relaxed);
    upload.touch();
    if let Err(error) = &written {
        tracing::error!(%error, "a part of an upload could not be written");
    }
    written.is_ok()
}
