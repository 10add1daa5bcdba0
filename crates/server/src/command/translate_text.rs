//! `TranslateText`: texts in another language.

use futures_util::FutureExt as _;
use hongyan_protocol::wire;
use hongyan_protocol::wire::response::Result::TranslateText;

use super::{Answered, Caller, Context, Prepared};

#[expect(
    clippy::unnecessary_wraps,
    reason = "the shape of every command that loads no facts"
)]
pub(super) fn prepare(context: &Context, caller: &Caller, request: wire::TranslateText) -> Prepared {
    let (translator, app) = (context.translator.clone(), caller.account.app);
    let work = async move {
        let wire::TranslateText {
            texts,
            source,
            target,
        } = request;
        let texts = translator.translate(app, &texts, &source, &target).await?;
        Ok(Answered::read(TranslateText(wire::TranslateTextResult { texts })))
    };
    Ok(work.boxed())
}
