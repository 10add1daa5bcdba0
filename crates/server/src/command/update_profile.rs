//! `UpdateProfile`: the caller changes how it is shown.

use futures_util::FutureExt as _;
use hongyan_domain::profile::update::update;
use hongyan_protocol::id::Timestamp;
use hongyan_protocol::profile::ProfileChange;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::UpdateProfile;

use super::{Answered, Caller, Context, Prepared};

pub(super) fn prepare(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    request: wire::UpdateProfile,
) -> Prepared {
    let change = ProfileChange::parse(request)?;
    let (store, account) = (context.store.clone(), caller.account.clone());
    let work = async move {
        let outcome = update(&*store, &account, change, now).await?;
        Ok(Answered::of(outcome, |updated| {
            UpdateProfile(wire::UpdateProfileResult {
                profile: Some(updated.profile.to_wire()),
                pts: updated.pts.0,
            })
        }))
    };
    Ok(work.boxed())
}
