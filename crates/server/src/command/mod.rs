//! Commands: the wire turned into the domain's words and back, one file each.
//!
//! **Comes in:** a command of a caller who is logged in (or a login), and the time. **Goes out:** its answer for the
//! wire, and the events that others should hear of, with their turn. **Never here:** sockets, SQL, and rules, which are
//! the services'.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt as _, ready};
use hongyan_domain::account::Person;
use hongyan_domain::group::Standing;
use hongyan_domain::message::revoke;
use hongyan_domain::receipt::{Place, Rules};
use hongyan_domain::{Chance, Event, Outcome, Refusal};
use hongyan_protocol::change::AccountChange;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{Account, AccountId, ConversationId, GroupId, InstanceId, Timestamp, UserId};
use hongyan_protocol::message::ChangeKind;
use hongyan_protocol::platform::{KickReason, Platform};
use hongyan_protocol::{Malformed, limits, wire};
use hongyan_storage::model::AppSettings;
use hongyan_storage::{Store, Turn};

use crate::facts::{Facts, GroupFacts};
use crate::ids::Ids;
use crate::refused::{Refused, store_failed};
use crate::translate::Translator;
use crate::uploads::Uploads;

mod add_to_blacklist;
mod begin_upload;
mod change_extensions;
mod change_settings;
mod clear_history;
mod create_group;
mod delete_messages;
mod dismiss_group;
mod find_conversation;
mod find_group;
mod find_profiles;
mod finish_upload;
mod get_merged;
mod handle_group_application;
mod join_group;
mod list_blacklist;
mod list_changes;
mod list_conversations;
mod list_extensions;
mod list_group_members;
mod list_groups;
mod list_messages;
mod list_readers;
mod list_receipts;
mod login;
mod logout;
mod mark_all_read;
mod mark_read;
mod modify_message;
mod put_merged;
mod quit_group;
mod remove_from_blacklist;
mod revoke_message;
mod send_message;
mod send_receipts;
mod sync;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod testing;
mod translate_text;
mod update_profile;

pub(crate) use login::login;

/// What every command may use. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) facts: Arc<Facts>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) uploads: Arc<Uploads>,
    pub(crate) translator: Arc<Translator>,
}

/// Who calls: fixed at login.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) account: Account,
    pub(crate) instance: InstanceId,
    pub(crate) platform: Platform,
}

/// A command that was carried out.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) result: wire::response::Result,
    /// What others should hear of; none when it only read.
    pub(crate) events: Vec<Event>,
    /// When they may.
    pub(crate) turn: Turn,
}

/// A login that succeeded.
#[derive(Debug)]
pub(crate) struct LoggedIn {
    pub(crate) caller: Caller,
    pub(crate) result: wire::LoginResult,
    /// Others of the account that have to go.
    pub(crate) events: Vec<Event>,
    pub(crate) turn: Turn,
    /// The last moment at which the UserSig is good.
    pub(crate) sig_expires: Timestamp,
}

/// A login that did not.
#[derive(Debug)]
pub(crate) enum LoginRefused {
    /// Answered with a code.
    Refused(Refused),
    /// It wanted to resume, and was kicked while it was away.
    Kicked(KickReason),
}

/// Says which instances of an account have a live socket right now.
pub(crate) type Connected = Box<dyn FnOnce(AccountId) -> HashSet<InstanceId> + Send>;

/// What a command does once its facts are there.
pub(crate) type Work = BoxFuture<'static, Result<Answered, Refused>>;

/// A command whose facts are loaded.
type Prepared = Result<Work, Refused>;

/// Takes a command as far as its order matters: checks it and loads its facts. The future that is returned does the
/// work; it submits its write to the store when it is first polled, so that the messages of a session are committed in
/// the order in which their futures are first polled.
pub(crate) async fn prepare(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    command: wire::request::Command,
) -> Work {
    let prepared = dispatch(context, caller, now, command).await;
    prepared.unwrap_or_else(refuse)
}

/// What became of a command without waiting.
pub(crate) enum AtOnce {
    /// All that it has to know was in memory.
    Prepared(Work),
    /// It has to be prepared with time.
    Not(wire::request::Command),
}

/// The same without waiting, for what is asked most.
pub(crate) fn prepare_at_once(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    command: wire::request::Command,
) -> AtOnce {
    use wire::request::Command;
    match command {
        Command::SendMessage(it) => match send_message::prepare_at_once(context, caller, now, it) {
            Ok(prepared) => AtOnce::Prepared(prepared.unwrap_or_else(refuse)),
            Err(it) => AtOnce::Not(Command::SendMessage(it)),
        },
        other => AtOnce::Not(other),
    }
}

fn refuse(refused: Refused) -> Work {
    ready(Err(refused)).boxed()
}

/// Whether the answer tells the caller's own session all that the event says, so that it needs no push of it: a message
/// of its own, what it changed, and the entry in its account's log whose `pts` the answer carries.
pub(crate) fn is_told_by_the_answer(caller: &Caller, event: &Event) -> bool {
    match event {
        Event::TimelineChanged { change, .. } => match change.kind {
            ChangeKind::Appended => change.message.key.account == caller.account.id,
            ChangeKind::Revoked | ChangeKind::Modified | ChangeKind::Extended => true,
            ChangeKind::Hidden => false,
        },
        // Several conversations at once; the answer does not carry them.
        Event::AccountChanged { event, .. } if matches!(event.change, Some(AccountChange::AllRead(_))) => {
            false
        }
        Event::AccountChanged { account, .. } => *account == caller.account.id,
        Event::InstancesKicked { .. }
        | Event::ProfileChanged { .. }
        | Event::BlacklistChanged { .. }
        | Event::MembersAdded { .. }
        | Event::MemberRemoved { .. }
        | Event::GroupDismissed { .. } => false,
    }
}

async fn dispatch(
    context: &Context,
    caller: &Caller,
    now: Timestamp,
    command: wire::request::Command,
) -> Prepared {
    use wire::request::Command;
    match command {
        Command::Login(_) => Err(Refused::new(
            Code::LOGIN_RUNNING,
            "this socket is logged in already",
        )),
        Command::Logout(it) => logout::prepare(context, caller, it),
        Command::Sync(it) => sync::prepare(context, caller, it),
        Command::ListChanges(it) => list_changes::prepare(context, caller, it),
        Command::SendMessage(it) => send_message::prepare(context, caller, now, it).await,
        Command::RevokeMessage(it) => revoke_message::prepare(context, caller, now, it).await,
        Command::ModifyMessage(it) => modify_message::prepare(context, caller, now, it).await,
        Command::DeleteMessages(it) => delete_messages::prepare(context, caller, it).await,
        Command::ClearHistory(it) => clear_history::prepare(context, caller, it),
        Command::ChangeExtensions(it) => change_extensions::prepare(context, caller, it).await,
        Command::ListExtensions(it) => list_extensions::prepare(context, caller, it),
        Command::PutMerged(it) => put_merged::prepare(context, caller, now, it),
        Command::GetMerged(it) => get_merged::prepare(context, caller, it),
        Command::ListMessages(it) => list_messages::prepare(context, caller, now, it).await,
        Command::ListConversations(it) => list_conversations::prepare(context, caller, it),
        Command::FindConversation(it) => find_conversation::prepare(context, caller, it).await,
        Command::MarkRead(it) => mark_read::prepare(context, caller, now, it).await,
        Command::SendReceipts(it) => send_receipts::prepare(context, caller, now, it).await,
        Command::ListReceipts(it) => list_receipts::prepare(context, caller, it).await,
        Command::ListReaders(it) => list_readers::prepare(context, caller, it).await,
        Command::MarkAllRead(it) => mark_all_read::prepare(context, caller, now, it),
        Command::CreateGroup(it) => create_group::prepare(context, caller, now, it).await,
        Command::JoinGroup(it) => join_group::prepare(context, caller, now, it).await,
        Command::QuitGroup(it) => quit_group::prepare(context, caller, now, it).await,
        Command::DismissGroup(it) => dismiss_group::prepare(context, caller, now, it).await,
        Command::FindGroup(it) => find_group::prepare(context, caller, it).await,
        Command::ListGroups(it) => list_groups::prepare(context, caller, it),
        Command::ListGroupMembers(it) => list_group_members::prepare(context, caller, it).await,
        Command::HandleGroupApplication(it) => {
            handle_group_application::prepare(context, caller, now, it).await
        }
        Command::FindProfiles(it) => find_profiles::prepare(context, caller, it),
        Command::UpdateProfile(it) => update_profile::prepare(context, caller, now, it),
        Command::ListBlacklist(it) => list_blacklist::prepare(context, caller, it),
        Command::AddToBlacklist(it) => add_to_blacklist::prepare(context, caller, now, it).await,
        Command::RemoveFromBlacklist(it) => remove_from_blacklist::prepare(context, caller, it).await,
        Command::ChangeSettings(it) => change_settings::prepare(context, caller, it),
        Command::BeginUpload(it) => begin_upload::prepare(context, caller, now, it).await,
        Command::TranslateText(it) => translate_text::prepare(context, caller, it),
        Command::FinishUpload(it) => finish_upload::prepare(context, caller, &it),
    }
}

/// Facts, as commands ask for them. `internal` is the code of the command's area for a failed store.
impl Context {
    /// The caller itself, as it is now.
    async fn own(&self, caller: &Caller, internal: Code) -> Result<Arc<Person>, Refused> {
        let own = self.account(caller, &caller.account.user_id, internal).await?;
        own.ok_or_else(|| Refused::new(Code::ACCOUNT_UNKNOWN, Code::ACCOUNT_UNKNOWN.text()))
    }

    /// An account of the caller's app.
    async fn account(
        &self,
        caller: &Caller,
        user_id: &UserId,
        internal: Code,
    ) -> Result<Option<Arc<Person>>, Refused> {
        let found = self.facts.account(caller.account.app, user_id).await;
        found.map_err(|it| store_failed(&it, internal))
    }

    /// Accounts of the caller's app, one for each name.
    async fn accounts(
        &self,
        caller: &Caller,
        user_ids: &[UserId],
        internal: Code,
    ) -> Result<Vec<Option<Account>>, Refused> {
        let mut accounts = Vec::with_capacity(user_ids.len());
        for user_id in user_ids {
            let found = self.account(caller, user_id, internal).await?;
            accounts.push(found.map(|it| it.account.clone()));
        }
        Ok(accounts)
    }

    /// Whether somebody blocks the caller.
    async fn is_blocked(&self, by: AccountId, caller: &Caller) -> Result<bool, Refused> {
        let blocked = self.facts.is_blocked(by, caller.account.id).await;
        blocked.map_err(|it| store_failed(&it, Code::MESSAGE_INTERNAL))
    }

    /// A group of the caller's app.
    async fn group(&self, caller: &Caller, id: &GroupId) -> Result<Option<Arc<GroupFacts>>, Refused> {
        let group = self.facts.group(caller.account.app, id).await;
        group.map_err(|it| store_failed(&it, Code::GROUP_INTERNAL))
    }

    /// How the caller stands in a group.
    async fn standing(&self, caller: &Caller, id: &GroupId) -> Result<Option<Standing>, Refused> {
        let group = self.group(caller, id).await?;
        Ok(group.map(|it| it.standing(caller.account.id)))
    }

    /// What the owner of the caller's app set.
    async fn settings(&self, caller: &Caller, internal: Code) -> Result<AppSettings, Refused> {
        let app = self.facts.app(caller.account.app).await;
        match app.map_err(|it| store_failed(&it, internal))? {
            Some(app) => Ok(app.settings),
            None => Err(Refused::new(Code::APP_UNKNOWN, Code::APP_UNKNOWN.text())),
        }
    }

    /// What decides whether a conversation's messages have receipts.
    async fn receipts_in(
        &self,
        caller: &Caller,
        conversation: &ConversationId,
    ) -> Result<(Place, Rules), Refused> {
        let place = match conversation {
            ConversationId::C2c(_) => Place::C2c,
            ConversationId::Group(group) => Place::Group(self.standing(caller, group).await?),
            ConversationId::System => {
                return Err(Refused::new(Code::RECEIPT_MISSING, "notices have no receipts"));
            }
        };
        let settings = self.settings(caller, Code::MESSAGE_INTERNAL).await?;
        Ok((place, Rules::from(&settings)))
    }

    /// Where a message stands that is to be changed. A group's members are held from then on: they hear of it.
    async fn place(&self, caller: &Caller, conversation: ConversationId) -> Result<revoke::Place, Refused> {
        Ok(match conversation {
            ConversationId::C2c(user_id) => {
                let peer = self.account(caller, &user_id, Code::MESSAGE_INTERNAL).await?;
                revoke::Place::C2c(peer.map(|it| it.account.clone()))
            }
            ConversationId::Group(group) => revoke::Place::Group(self.standing(caller, &group).await?),
            ConversationId::System => {
                return Err(Refused::new(Code::REQUEST_MALFORMED, "notices stay as they are"));
            }
        })
    }

    fn chance(&self) -> Chance {
        Chance::new(self.ids.random_u64())
    }
}

/// The users that a command of the blacklist names.
async fn related(
    context: &Context,
    caller: &Caller,
    user_ids: &[String],
) -> Result<Vec<Option<Account>>, Refused> {
    if user_ids.len() > limits::BLACKLIST_MAX {
        return Err(Refused::new(
            Code::RELATION_PARAMETER,
            "at most 1000 users are named at once",
        ));
    }
    let parse = |id: &String| UserId::parse(id, Code::RELATION_PARAMETER);
    let user_ids = user_ids
        .iter()
        .map(parse)
        .collect::<Result<Vec<_>, Malformed>>()?;
    context.accounts(caller, &user_ids, Code::RELATION_INTERNAL).await
}

fn texts(user_ids: &[UserId]) -> Vec<String> {
    user_ids.iter().map(|it| it.as_str().to_owned()).collect()
}

impl Answered {
    /// The answer of a command that only read.
    fn read(result: wire::response::Result) -> Self {
        Self {
            result,
            events: Vec::new(),
            turn: Turn::none(),
        }
    }

    /// The answer of a service, for the wire.
    fn of<A>(outcome: Outcome<A>, result: impl FnOnce(A) -> wire::response::Result) -> Self {
        Self {
            result: result(outcome.answer),
            events: outcome.events,
            turn: outcome.turn,
        }
    }
}

impl<E: Refusal> From<E> for LoginRefused {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::wire::request::Command;

    use super::testing::{World, message, to_group, to_user};
    use super::*;

    /// Malformed ids and values are turned away at the edge, each with the code of its area.
    #[tokio::test]
    async fn bad_input_is_answered_with_a_code_and_never_a_panic() {
        let world = World::new().await;
        let alice = world.caller("alice").await;
        let (none, long) = (String::new(), "x".repeat(100));
        let ids = |id: &str| vec![id.to_owned()];
        for (command, expected) in [
            (Command::Login(wire::Login::default()), Code::LOGIN_RUNNING),
            (
                Command::ListMessages(wire::ListMessages::default()),
                Code::CONVERSATION_ID_INVALID,
            ),
            (
                Command::ListChanges(wire::ListChanges::default()),
                Code::CONVERSATION_ID_INVALID,
            ),
            (
                Command::MarkRead(wire::MarkRead::default()),
                Code::CONVERSATION_ID_INVALID,
            ),
            (
                Command::RevokeMessage(wire::RevokeMessage::default()),
                Code::CONVERSATION_ID_INVALID,
            ),
            (
                Command::FindConversation(wire::FindConversation::default()),
                Code::CONVERSATION_ID_INVALID,
            ),
            (
                Command::FindConversation(wire::FindConversation {
                    conversation: to_user("nobody"),
                }),
                Code::USER_OR_GROUP_NOT_FOUND,
            ),
            (
                Command::FindConversation(wire::FindConversation {
                    conversation: to_group("nowhere"),
                }),
                Code::USER_OR_GROUP_NOT_FOUND,
            ),
            (
                Command::MarkRead(wire::MarkRead {
                    conversation: to_user("nobody"),
                    sequence: 1,
                }),
                Code::CONVERSATION_NOT_FOUND,
            ),
            (
                Command::RevokeMessage(wire::RevokeMessage {
                    conversation: to_user("nobody"),
                    sequence: u64::MAX,
                }),
                Code::REVOKE_MISSING,
            ),
            (
                Command::CreateGroup(wire::CreateGroup::default()),
                Code::GROUP_PARAMETER,
            ),
            (
                Command::CreateGroup(wire::CreateGroup {
                    r#type: 4,
                    name: "n".into(),
                    ..Default::default()
                }),
                Code::GROUP_FORBIDDEN,
            ),
            (
                Command::CreateGroup(wire::CreateGroup {
                    group_id: long.clone(),
                    ..Default::default()
                }),
                Code::GROUP_ID_INVALID,
            ),
            (
                Command::CreateGroup(wire::CreateGroup {
                    member_ids: ids(&long),
                    ..Default::default()
                }),
                Code::GROUP_ACCOUNT_UNKNOWN,
            ),
            (
                Command::CreateGroup(wire::CreateGroup {
                    name: "n".into(),
                    member_ids: ids("nobody"),
                    ..Default::default()
                }),
                Code::GROUP_ACCOUNT_UNKNOWN,
            ),
            (
                Command::CreateGroup(wire::CreateGroup {
                    member_ids: vec![none; 501],
                    ..Default::default()
                }),
                Code::GROUP_TOO_MANY_ACCOUNTS,
            ),
            (
                Command::JoinGroup(wire::JoinGroup::default()),
                Code::GROUP_ID_INVALID,
            ),
            (
                Command::JoinGroup(wire::JoinGroup {
                    group_id: "nowhere".into(),
                    ..Default::default()
                }),
                Code::GROUP_GONE,
            ),
            (
                Command::QuitGroup(wire::QuitGroup {
                    group_id: "nowhere".into(),
                }),
                Code::GROUP_GONE,
            ),
            (
                Command::DismissGroup(wire::DismissGroup {
                    group_id: "nowhere".into(),
                }),
                Code::GROUP_GONE,
            ),
            (
                Command::FindGroup(wire::FindGroup {
                    group_id: "nowhere".into(),
                }),
                Code::GROUP_GONE,
            ),
            (
                Command::ListGroupMembers(wire::ListGroupMembers {
                    group_id: "nowhere".into(),
                    ..Default::default()
                }),
                Code::GROUP_GONE,
            ),
            (
                Command::HandleGroupApplication(wire::HandleGroupApplication {
                    group_id: "nowhere".into(),
                    ..Default::default()
                }),
                Code::GROUP_GONE,
            ),
            (
                Command::FindProfiles(wire::FindProfiles::default()),
                Code::PROFILE_INVALID,
            ),
            (
                Command::FindProfiles(wire::FindProfiles { user_ids: ids(&long) }),
                Code::PROFILE_INVALID,
            ),
            (
                Command::FindProfiles(wire::FindProfiles {
                    user_ids: vec!["a".into(); 101],
                }),
                Code::PROFILE_INVALID,
            ),
            (
                Command::UpdateProfile(wire::UpdateProfile::default()),
                Code::PROFILE_INVALID,
            ),
            (
                Command::UpdateProfile(wire::UpdateProfile {
                    nick: Some("x".repeat(501)),
                    ..Default::default()
                }),
                Code::PROFILE_VALUE_TOO_LONG,
            ),
            (
                Command::AddToBlacklist(wire::AddToBlacklist::default()),
                Code::RELATION_PARAMETER,
            ),
            (
                Command::AddToBlacklist(wire::AddToBlacklist {
                    user_ids: ids("alice"),
                }),
                Code::BLACKLIST_SELF,
            ),
            (
                Command::AddToBlacklist(wire::AddToBlacklist {
                    user_ids: ids("nobody"),
                }),
                Code::RELATION_ACCOUNT_UNKNOWN,
            ),
            (
                Command::RemoveFromBlacklist(wire::RemoveFromBlacklist {
                    user_ids: ids("nul\0"),
                }),
                Code::RELATION_PARAMETER,
            ),
            (
                Command::Sync(wire::Sync {
                    pts: 1,
                    held: vec![wire::Held::default()],
                    listed_ms: 0,
                    again: true,
                }),
                Code::CONVERSATION_ID_INVALID,
            ),
            (
                Command::ListConversations(wire::ListConversations {
                    before_ms: u64::MAX,
                    count: u32::MAX,
                }),
                Code(0),
            ),
            (
                Command::ListMessages(wire::ListMessages {
                    conversation: to_user("nobody"),
                    before: u64::MAX,
                    count: 0,
                    ..Default::default()
                }),
                Code(0),
            ),
            (
                Command::ListChanges(wire::ListChanges {
                    conversation: to_user("alice"),
                    version: u64::MAX,
                    sequence: u64::MAX,
                }),
                Code(0),
            ),
            (
                Command::SendReceipts(wire::SendReceipts {
                    conversation: to_user("nobody"),
                    sequences: vec![1],
                }),
                Code::RECEIPT_MISSING,
            ),
            (
                Command::SendReceipts(wire::SendReceipts {
                    conversation: to_user("nobody"),
                    sequences: vec![1; 31],
                }),
                Code::GROUP_PARAMETER,
            ),
            (
                Command::ListReceipts(wire::ListReceipts {
                    conversation: to_group("nowhere"),
                    sequences: vec![u64::MAX],
                }),
                Code::GROUP_GONE,
            ),
            (
                Command::ListReaders(wire::ListReaders {
                    conversation: to_user("alice"),
                    sequence: u64::MAX,
                    cursor: "\0".to_owned(),
                    ..Default::default()
                }),
                Code::RECEIPT_MISSING,
            ),
            (
                Command::MarkAllRead(wire::MarkAllRead { scope: -1 }),
                Code::READ_ALL_FAILED,
            ),
            (Command::ListGroups(wire::ListGroups {}), Code(0)),
            (Command::ListBlacklist(wire::ListBlacklist {}), Code(0)),
            (Command::Logout(wire::Logout {}), Code(0)),
        ] {
            let name = format!("{command:?}");
            assert_eq!(world.code(&alice, command).await, expected, "{name:.60}");
        }
    }

    /// Numbers that no client of ours sends, in every place where one can: what is read is what is there, and nothing
    /// fails inside.
    #[tokio::test]
    async fn the_extremes_of_every_number_are_answered_and_never_by_an_internal_error() {
        let world = World::new().await;
        let (alice, bob) = (world.caller("alice").await, world.caller("bob").await);
        let create = wire::CreateGroup {
            r#type: wire::GroupType::Public as i32,
            name: "team".to_owned(),
            group_id: "team".to_owned(),
            ..Default::default()
        };
        world.run(&alice, Command::CreateGroup(create)).await.unwrap();
        for random in [0, 1, u32::MAX] {
            let command = Command::SendMessage(message(to_user("bob"), random));
            world.run(&alice, command).await.unwrap();
        }
        let big = [
            0,
            1,
            u64::from(u32::MAX) - 1,
            u64::from(u32::MAX),
            u64::from(u32::MAX) + 1,
            i64::MAX as u64,
            i64::MAX as u64 + 1,
            u64::MAX,
        ];
        let small = [0, 1, i32::MAX as u32, i32::MAX as u32 + 1, u32::MAX];
        let mut commands = Vec::new();
        for conversation in [to_user("bob"), to_group("team"), super::testing::to_system()] {
            for number in big {
                commands.push(Command::MarkRead(wire::MarkRead {
                    conversation: conversation.clone(),
                    sequence: number,
                }));
                commands.push(Command::RevokeMessage(wire::RevokeMessage {
                    conversation: conversation.clone(),
                    sequence: number,
                }));
                for other in big {
                    commands.push(Command::ListChanges(wire::ListChanges {
                        conversation: conversation.clone(),
                        version: number,
                        sequence: other,
                    }));
                    let held = wire::Held {
                        conversation: conversation.clone(),
                        version: number,
                        sequence: other,
                    };
                    commands.push(Command::Sync(wire::Sync {
                        pts: other,
                        held: vec![held; 3],
                        listed_ms: number,
                        again: true,
                    }));
                }
                commands.push(Command::SendReceipts(wire::SendReceipts {
                    conversation: conversation.clone(),
                    sequences: vec![number; 30],
                }));
                commands.push(Command::ListReceipts(wire::ListReceipts {
                    conversation: conversation.clone(),
                    sequences: big.to_vec(),
                }));
                for count in small {
                    commands.push(Command::ListReaders(wire::ListReaders {
                        conversation: conversation.clone(),
                        sequence: number,
                        unread: true,
                        cursor: number.to_string(),
                        count,
                    }));
                }
                for count in small {
                    for hop in [
                        None,
                        Some((number, 0, 0)),
                        Some((0, number, 0)),
                        Some((0, number, count)),
                    ] {
                        commands.push(Command::ListMessages(wire::ListMessages {
                            conversation: conversation.clone(),
                            before: number,
                            count,
                            hop: hop.map(|(sequence, time_ms, near)| wire::Hop {
                                newer: number % 2 == 0,
                                sequence,
                                time_ms,
                                near,
                            }),
                        }));
                    }
                }
            }
        }
        for number in big {
            commands.push(Command::HandleGroupApplication(wire::HandleGroupApplication {
                group_id: "team".to_owned(),
                application: number,
                agree: true,
                text: String::new(),
            }));
            for count in small {
                commands.push(Command::ListConversations(wire::ListConversations {
                    before_ms: number,
                    count,
                }));
            }
        }
        for number in small {
            for count in small {
                commands.push(Command::ListGroupMembers(wire::ListGroupMembers {
                    group_id: "team".to_owned(),
                    offset: number,
                    count,
                }));
            }
            commands.push(Command::UpdateProfile(wire::UpdateProfile {
                birthday: Some(number),
                language: Some(number),
                message_settings: Some(number),
                level: Some(number),
                role: Some(number),
                ..Default::default()
            }));
            commands.push(Command::UpdateProfile(wire::UpdateProfile {
                gender: Some(number as i32),
                allow_type: Some(number as i32),
                admin_forbid_type: Some(number as i32),
                ..Default::default()
            }));
            commands.push(Command::CreateGroup(wire::CreateGroup {
                r#type: number as i32,
                name: "n".to_owned(),
                member_count_max: number,
                join_option: number as i32,
                ..Default::default()
            }));
            commands.push(Command::SendMessage(wire::SendMessage {
                client_time_s: number,
                random: number,
                priority: number as i32,
                ..message(to_user("bob"), 9)
            }));
        }
        let internal = [
            Code::ACCOUNT_INTERNAL,
            Code::CONVERSATION_INTERNAL,
            Code::GROUP_INTERNAL,
            Code::MESSAGE_INTERNAL,
            Code::PROFILE_INTERNAL,
            Code::RELATION_INTERNAL,
        ];
        for command in commands {
            let name = format!("{command:?}");
            for caller in [&alice, &bob] {
                let code = world.code(caller, command.clone()).await;
                assert!(!internal.contains(&code), "{code} {name}");
            }
        }
        // A number beyond a timeline's room does not reach into the next one.
        let beyond = wire::ListMessages {
            conversation: to_user("alice"),
            before: u64::MAX,
            count: 100,
            ..Default::default()
        };
        let (answer, _) = world.run(&bob, Command::ListMessages(beyond)).await.unwrap();
        let wire::response::Result::ListMessages(page) = answer else {
            panic!("the answer is that of the command");
        };
        assert!(!page.messages.is_empty() && page.messages.iter().all(|it| it.from == "alice"));
    }

    /// One group from its beginning to its end, by the facts that the events leave.
    #[tokio::test]
    async fn what_happens_in_a_group_holds_for_the_next_command_at_once() {
        let world = World::new().await;
        let (alice, bob) = (world.caller("alice").await, world.caller("bob").await);
        let create = wire::CreateGroup {
            r#type: wire::GroupType::Public as i32,
            name: "all".to_owned(),
            group_id: "all".to_owned(),
            join_option: wire::JoinOption::FreeAccess as i32,
            ..Default::default()
        };
        world.run(&alice, Command::CreateGroup(create)).await.unwrap();
        let send = async |random| {
            let command = Command::SendMessage(message(to_group("all"), random));
            world.code(&bob, command).await
        };
        let group_id = || "all".to_owned();
        assert_eq!(send(1).await, Code::GROUP_FORBIDDEN);
        let join = Command::JoinGroup(wire::JoinGroup {
            group_id: group_id(),
            apply_message: String::new(),
        });
        let (_, events) = world.run(&bob, join).await.unwrap();
        let told = |event: &&Event| is_told_by_the_answer(&bob, event);
        assert_eq!(
            events.iter().filter(told).count(),
            1,
            "the answer says GroupJoined, and not the tip"
        );
        assert_eq!(send(2).await, Code(0));
        let group = world
            .context
            .facts
            .group(bob.account.app, &GroupId::trusted("all"))
            .await
            .unwrap();
        let number = group.unwrap().standing(bob.account.id).group.number;
        assert_eq!(world.context.facts.group_members(number).len(), 2);
        let quit = Command::QuitGroup(wire::QuitGroup { group_id: group_id() });
        world.run(&bob, quit).await.unwrap();
        assert_eq!(send(3).await, Code::GROUP_FORBIDDEN);
        let dismiss = Command::DismissGroup(wire::DismissGroup { group_id: group_id() });
        world.run(&alice, dismiss).await.unwrap();
        assert_eq!(send(4).await, Code::GROUP_GONE);
        assert!(world.context.facts.group_members(number).is_empty());
    }
}
