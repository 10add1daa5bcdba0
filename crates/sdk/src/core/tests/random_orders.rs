//! Any order, loss and repetition of pushes, any cuts: the end is the same state, and each message is told once.

use proptest::prelude::*;

use super::model::{c2c, user};
use super::*;
use hongyan_protocol::change::AccountChange;
use hongyan_protocol::settings::{RemindType, SettingsChange};

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

#[derive(Debug, Clone)]
enum Step {
    Say {
        from: usize,
        own: bool,
    },
    Revoke {
        of: usize,
        sequence: u64,
    },
    Read {
        of: usize,
        sequence: u64,
    },
    PeerRead {
        of: usize,
        sequence: u64,
    },
    Block(usize),
    /// Something is set, by this instance or by another one.
    Set {
        of: usize,
        what: usize,
        own: bool,
    },
    Send {
        to: usize,
    },
    MarkRead {
        of: usize,
    },
    /// Hands over the push at this place; it may stay, to come again.
    Deliver {
        at: usize,
        again: bool,
    },
    Lose {
        at: usize,
    },
    Cut,
    LoseAnswers(bool),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..NAMES.len();
    prop_oneof![
        6 => (who.clone(), any::<bool>()).prop_map(|(from, own)| Step::Say { from, own }),
        2 => (who.clone(), 1..8_u64).prop_map(|(of, sequence)| Step::Revoke { of, sequence }),
        2 => (who.clone(), 1..8_u64).prop_map(|(of, sequence)| Step::Read { of, sequence }),
        1 => (who.clone(), 1..8_u64).prop_map(|(of, sequence)| Step::PeerRead { of, sequence }),
        1 => who.clone().prop_map(Step::Block),
        6 => (who.clone(), 0..13_usize, any::<bool>()).prop_map(|(of, what, own)| Step::Set { of, what, own }),
        2 => who.clone().prop_map(|to| Step::Send { to }),
        1 => who.prop_map(|of| Step::MarkRead { of }),
        8 => (0..6_usize, any::<bool>()).prop_map(|(at, again)| Step::Deliver { at, again }),
        2 => (0..6_usize).prop_map(|at| Step::Lose { at }),
        1 => Just(Step::Cut),
        1 => any::<bool>().prop_map(Step::LoseAnswers),
        2 => (1..2000_u64).prop_map(Step::Pass),
    ]
}

fn take(client: &mut Client, step: &Step) {
    match *step {
        Step::Say { from, own } => {
            let name = NAMES[from];
            client.model.say(&c2c(name), if own { ME } else { name }, "text");
        }
        Step::Revoke { of, sequence } => {
            if let Some(change) = client.model.revoke(&c2c(NAMES[of]), sequence) {
                client.model.push_change(&change);
            }
        }
        Step::Read { of, sequence } => {
            let pts = client.model.read(&c2c(NAMES[of]), sequence);
            client.model.push_event(pts);
        }
        Step::PeerRead { of, sequence } => {
            let pts = client.model.peer_read(&c2c(NAMES[of]), sequence);
            client.model.push_event(pts);
        }
        Step::Block(who) => {
            let users = vec![user(NAMES[who])];
            if !client.model.blacklist.contains(&users[0]) {
                client.model.blacklist.extend(users.clone());
                let pts = client.model.log(AccountChange::BlacklistAdded(users));
                client.model.push_event(pts);
            }
        }
        Step::Set { of, what, own: true } => {
            let change = setting(what);
            let conversations = match change.is_of_group() {
                true => Vec::new(),
                false => vec![c2c(NAMES[of])],
            };
            client.call(Call::ChangeSettings {
                conversations,
                change,
            });
        }
        Step::Set { of, what, .. } => {
            let pts = client.model.set(&[c2c(NAMES[of])], &[], setting(what));
            client.model.push_event(pts);
        }
        Step::Send { to } => {
            let draft = crate::core::Draft::text(c2c(NAMES[to]), "sent");
            let message = client.core.create_message(client.now, draft).unwrap();
            let options = Default::default();
            client.call(Call::SendMessage { message, options });
        }
        Step::MarkRead { of } => {
            client.call(Call::SetMessageRead {
                conversation: c2c(NAMES[of]),
            });
        }
        Step::Deliver { at, again } => {
            if let Some(push) = client.model.pushes.get(at).cloned() {
                if !again {
                    client.model.pushes.remove(at);
                }
                client.push(push);
            }
        }
        Step::Lose { at } => {
            client.model.pushes.remove(at);
        }
        Step::Cut => client.cut(),
        Step::LoseAnswers(lose) => {
            // An answer is only lost together with its connection.
            if client.swallow_answers && !lose {
                client.cut();
            }
            client.swallow_answers = lose;
        }
        Step::Pass(ms) => client.pass_ms(ms),
    }
}

fn setting(what: usize) -> SettingsChange {
    let name = |it: &str| it.to_owned();
    match what {
        0 => SettingsChange::Pinned(true),
        1 => SettingsChange::Pinned(false),
        2 => SettingsChange::Remind(RemindType::AcceptNotNotify),
        3 => SettingsChange::Remind(RemindType::AcceptAndNotify),
        4 => SettingsChange::MarkSet(1 << 40),
        5 => SettingsChange::CustomData(name("data")),
        6 | 7 => SettingsChange::GroupCreated(name("x")),
        8 => SettingsChange::GroupLeft(name("x")),
        9 => SettingsChange::GroupRenamed {
            from: name("x"),
            to: name("y"),
        },
        10 => SettingsChange::GroupRemoved(name("x")),
        11 => SettingsChange::Deleted { clear_history: false },
        _ => SettingsChange::Deleted { clear_history: true },
    }
}

fn model() -> Model {
    let mut model = Model::new();
    for name in NAMES {
        model.say(&c2c(name), name, "history");
    }
    // One conversation more than a page holds has no history at all.
    model.timelines.remove(&c2c("f"));
    model.pushes.clear();
    model
}

/// How the network becomes good again.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    /// By a new connection.
    Reconnect,
    /// On the same one: what is said next shows what is missing.
    Goes,
}

fn check(steps: Vec<Step>, end: End) -> Result<(), TestCaseError> {
    let mut client = Client::ready_with(model());
    for step in steps {
        take(&mut client, &step);
    }
    // The network becomes good, and stays so.
    if end == End::Reconnect || client.swallow_answers || !client.is_open {
        client.swallow_answers = false;
        client.cut();
        client.pass_ms(120_000);
    }
    for name in NAMES {
        client.model.say(&c2c(name), name, "text");
    }
    let pts = client
        .model
        .log(AccountChange::BlacklistRemoved(vec![user("nobody")]));
    client.model.push_event(pts);
    client.receive();
    for _ in 0..4 {
        client.listed();
    }

    // Contract C4, C5: as an instance that has just logged in and read everything.
    let mut fresh = Model::new();
    std::mem::swap(&mut fresh.timelines, &mut client.model.timelines);
    fresh.list_page = 100;
    fresh
        .conversation_groups
        .clone_from(&client.model.conversation_groups);
    fresh.now = client.model.now;
    let mut other = Client::ready_with(fresh);
    prop_assert_eq!(client.listed(), other.listed());
    let groups = Some(Ok(Answer::ConversationGroups(
        client.model.conversation_groups.clone(),
    )));
    prop_assert_eq!(client.call(Call::GetConversationGroupList), groups);
    prop_assert_eq!(client.core.total_unread_count(), other.core.total_unread_count());
    let Some(Ok(Answer::Users(mut blocked))) = client.call(Call::GetBlacklist) else {
        panic!("answered");
    };
    blocked.sort();
    let mut expected = client.model.blacklist.clone();
    expected.sort();
    prop_assert_eq!(blocked, expected);

    // Contract C3: each message once, and in order within its conversation.
    let told: Vec<_> = client
        .events
        .iter()
        .filter_map(|it| match it {
            Event::MessageReceived(list) => Some(list),
            _ => None,
        })
        .flatten()
        .collect();
    for name in NAMES {
        let id = c2c(name);
        let told: Vec<u64> = told
            .iter()
            .filter(|it| it.conversation == id)
            .map(|it| it.data.sequence.0)
            .collect();
        prop_assert!(told.is_sorted_by(|a, b| a < b), "{} {:?}", name, told);
        // Contract C4: what others said and left standing was told, unless it is history.
        let Some(timeline) = other.model.timelines.get(&id) else {
            continue;
        };
        for message in &timeline.messages {
            let is_history = text(message) == "history";
            let is_seen = message.sequence.0 >= timeline.first;
            let expected = is_seen && !is_history && message.from.as_str() != ME && message.revoker.is_none();
            let is_told = told.contains(&message.sequence.0);
            prop_assert!(!expected || is_told, "{} {} was not told", name, message.sequence);
            prop_assert!(
                !is_history || !is_told,
                "{} {} is no news",
                name,
                message.sequence
            );
            // Contract C2.
            prop_assert!(text(message) != "sent" || !is_told, "own messages are no news");
        }
    }
    Ok(())
}

fn text(message: &hongyan_protocol::message::Message) -> String {
    match message.body.first() {
        Some(wire::element::Kind::Text(text)) => text.text,
        _ => String::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Contracts C2, C3, C4 and C5.
    #[test]
    fn any_order_and_any_loss_ends_in_the_same_state(steps in proptest::collection::vec(step(), 0..60)) {
        check(steps, End::Reconnect)?;
    }

    /// Contracts C2, C3, C4 and C5.
    #[test]
    fn gaps_heal_without_a_new_connection(steps in proptest::collection::vec(step(), 0..60)) {
        check(steps, End::Goes)?;
    }
}
