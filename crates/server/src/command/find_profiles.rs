//! `FindProfiles`: how users are shown.

use futures_util::FutureExt as _;
use hongyan_domain::profile::find::find;
use hongyan_protocol::Malformed;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::UserId;
use hongyan_protocol::profile::Profile;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::FindProfiles;

use super::{Answered, Caller, Context, Prepared};

pub(super) fn prepare(context: &Context, caller: &Caller, request: wire::FindProfiles) -> Prepared {
    let parse = |id: String| UserId::parse(&id, Code::PROFILE_INVALID);
    let users = request
        .user_ids
        .into_iter()
        .map(parse)
        .collect::<Result<Vec<_>, Malformed>>()?;
    let (store, app) = (context.store.clone(), caller.account.app);
    let work = async move {
        let profiles = find(&*store, app, &users).await?;
        Ok(Answered::read(FindProfiles(wire::FindProfilesResult {
            profiles: profiles.iter().map(Profile::to_wire).collect(),
        })))
    };
    Ok(work.boxed())
}
