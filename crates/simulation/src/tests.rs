//! A thousand seeds that hold, and eight faults that they find.

use hongyan_protocol::sabotage::{self, Sabotage};

use crate::{Broken, Contract, Report, run, run_traced};

/// Seeds of the test command.
const SEEDS: u64 = 1000;
/// They are divided, so that they run side by side.
const PARTS: u64 = 8;

fn holds(part: u64) {
    let mut sum = Report::default();
    for seed in (0..SEEDS).filter(|seed| seed % PARTS == part) {
        match run(seed) {
            Ok(report) => sum += report,
            Err(broken) => {
                let (_, lines) = run_traced(seed, 60);
                let lines = lines.join("\n");
                panic!("{lines}\n\n{broken}\n\nrun it again: cargo xtask simulate --seed {seed}\n");
            }
        }
    }
    // A network without faults and without work would prove nothing.
    let Report {
        calls,
        messages,
        removed,
        crashes,
        cuts,
        kicks,
        overflows,
        told,
    } = sum;
    for (what, count) in [
        ("calls", calls),
        ("messages", messages),
        ("removed messages", removed),
        ("crashes", crashes),
        ("cuts", cuts),
        ("kicks", kicks),
        ("overflows", overflows),
        ("messages told", told),
    ] {
        assert!(count > 5, "there were {count} {what}");
    }
}

macro_rules! parts {
    ($($name:ident: $part:literal),* $(,)?) => {
        $(
            /// Contracts C1, C2, C3, C4, C5 and C6.
            #[test]
            fn $name() {
                holds($part);
            }
        )*
    };
}

parts! {
    all_contracts_hold_in_the_first_of_eight_parts_of_a_thousand_seeds: 0,
    all_contracts_hold_in_the_second_part: 1,
    all_contracts_hold_in_the_third_part: 2,
    all_contracts_hold_in_the_fourth_part: 3,
    all_contracts_hold_in_the_fifth_part: 4,
    all_contracts_hold_in_the_sixth_part: 5,
    all_contracts_hold_in_the_seventh_part: 6,
    all_contracts_hold_in_the_eighth_part: 7,
}

#[test]
fn a_seed_is_a_run() {
    for seed in [3, 14, 159] {
        assert_eq!(run_traced(seed, 100_000), run_traced(seed, 100_000));
    }
}

/// The first break that a fault leads to.
fn found(fault: Sabotage) -> Broken {
    sabotage::set(Some(fault));
    let broken = (0..SEEDS).find_map(|seed| run(seed).err());
    sabotage::set(None);
    broken.expect("one of a thousand seeds finds it")
}

/// Contract C2.
#[test]
fn a_store_that_takes_a_message_twice_is_found() {
    let broken = found(Sabotage::NoDedup);
    assert_eq!(broken.contract, Contract::C2, "{broken}");
}

/// Contract C1.
#[test]
fn a_store_that_answers_before_its_commit_is_found() {
    let broken = found(Sabotage::AnswerBeforeCommit);
    assert_eq!(broken.contract, Contract::C1, "{broken}");
}

/// Contract C4.
#[test]
fn a_core_that_overlooks_gaps_is_found() {
    let broken = found(Sabotage::NoGapCheck);
    assert_eq!(broken.contract, Contract::C4, "{broken}");
}

/// Contract C4.
#[test]
fn a_cursor_that_is_off_by_one_is_found() {
    let broken = found(Sabotage::CursorOffByOne);
    assert_eq!(broken.contract, Contract::C4, "{broken}");
}

/// Contract C6.
#[test]
fn a_kicked_session_that_is_still_pushed_to_is_found() {
    let broken = found(Sabotage::PushToKicked);
    assert_eq!(broken.contract, Contract::C6, "{broken}");
}

/// Contract C1.
#[test]
fn a_change_of_a_message_that_overwrites_anothers_is_found() {
    let broken = found(Sabotage::ModifyUnchecked);
    assert_eq!(broken.contract, Contract::C1, "{broken}");
}

/// Contract C4.
#[test]
fn a_change_of_a_message_that_gives_no_version_is_found() {
    let broken = found(Sabotage::ModifyUnversioned);
    assert_eq!(broken.contract, Contract::C4, "{broken}");
}

/// Contract C4.
#[test]
fn a_deletion_of_which_other_instances_do_not_hear_is_found() {
    let broken = found(Sabotage::DeletionUnheard);
    assert_eq!(broken.contract, Contract::C4, "{broken}");
}
