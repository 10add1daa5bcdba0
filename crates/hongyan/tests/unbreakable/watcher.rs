//! A second instance that only listens, as close to the wire as it gets: what it is pushed has no gap (contract C4), and
//! what it was pushed is never taken back by a crash (contract C1).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hongyan_protocol::wire::{self, Platform, push};
use tokio::sync::watch;

use crate::serving::Site;
use crate::wire::{Ended, Wire};

/// What it found.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    pub(crate) pushes: u64,
    pub(crate) connections: u64,
    pub(crate) trouble: Vec<String>,
}

/// How far it knows things.
#[derive(Debug, Default)]
struct Known {
    pts: u64,
    versions: HashMap<String, u64>,
}

/// Listens over as many connections as it takes, until it is told to stop.
pub(crate) async fn watch(site: Arc<Site>, user: String, mut stop: watch::Receiver<bool>) -> Watched {
    let mut watched = Watched::default();
    let mut known = Known::default();
    while !*stop.borrow() {
        let listening = listen(&site, &user, &mut known, &mut watched);
        tokio::select! {
            ended = listening => {
                // The server is down, or was a moment ago.
                let _ = ended;
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
            _ = stop.changed() => return watched,
        }
    }
    watched
}

async fn listen(site: &Site, user: &str, known: &mut Known, watched: &mut Watched) -> Result<(), Ended> {
    let mut wire = Wire::log_in(site, user, 7, Platform::Web).await?;
    let snapshot = wire.sync(wire::Sync::default()).await?;
    watched.connections += 1;
    known.look(user, snapshot, &mut watched.trouble);
    loop {
        let push = wire.push().await?;
        watched.pushes += 1;
        known.hear(user, push, &mut watched.trouble);
    }
}

impl Known {
    /// Takes a whole picture; nothing in it may be older than what was pushed before.
    fn look(&mut self, user: &str, result: wire::SyncResult, trouble: &mut Vec<String>) {
        if result.pts < self.pts {
            trouble.push(format!(
                "{user} was pushed pts {} and is told {} after a crash",
                self.pts, result.pts
            ));
        }
        self.pts = result.pts;
        for state in result.snapshot.into_iter().flat_map(|it| it.conversations) {
            let name = name(state.conversation.as_ref());
            let before = self.versions.insert(name.clone(), state.version);
            if before.is_some_and(|it| it > state.version) {
                trouble.push(format!(
                    "{user} was pushed version {before:?} of {name} and is told {} after a crash",
                    state.version
                ));
            }
        }
    }

    fn hear(&mut self, user: &str, push: push::Kind, trouble: &mut Vec<String>) {
        match push {
            push::Kind::TimelineChange(change) => {
                let message = change.message.expect("a change of a message");
                let name = timeline(user, &message);
                let known = self.versions.entry(name.clone()).or_default();
                // What was committed while the picture was taken may be in it already.
                if message.version > *known + 1 {
                    trouble.push(format!(
                        "{user} is pushed version {} of {name} after {known}",
                        message.version
                    ));
                }
                *known = message.version.max(*known);
            }
            push::Kind::AccountEvent(event) => {
                if event.pts > self.pts + 1 {
                    trouble.push(format!("{user} is pushed pts {} after {}", event.pts, self.pts));
                }
                self.pts = event.pts.max(self.pts);
            }
            push::Kind::Kicked(kicked) => trouble.push(format!("{user} was kicked: {kicked:?}")),
        }
    }
}

fn name(conversation: Option<&wire::Conversation>) -> String {
    use wire::conversation::Kind;
    match conversation.and_then(|it| it.kind.as_ref()) {
        Some(Kind::UserId(user)) => format!("C2C{user}"),
        Some(Kind::GroupId(group)) => format!("GROUP{group}"),
        _ => "@TIM#SYSTEM".to_owned(),
    }
}

/// The conversation that a message belongs to, for this user.
fn timeline(user: &str, message: &wire::Message) -> String {
    use wire::message::To;
    match &message.to {
        Some(To::ToUser(to)) if to == user => format!("C2C{}", message.from),
        Some(To::ToUser(to)) => format!("C2C{to}"),
        Some(To::ToGroup(group)) => format!("GROUP{group}"),
        Some(To::ToSystem(_)) | None => "@TIM#SYSTEM".to_owned(),
    }
}
