//! Overload: many times more than the server can carry, from clients that do not wait and clients that do not read.
//!
//! What has to hold: memory and queues stay bounded; who takes too much gets a clear code or is closed; who is modest is
//! answered all the while; who did not read is closed, and finds everything later; and soon after it all is as before.
//!
//! The flood ends by count or after a few seconds, whichever comes first; neither decides the test.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hongyan_protocol::code::Code;
use hongyan_protocol::wire::{Close, Platform};
use tokio::net::TcpSocket;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::serving::{PATIENCE, Serving, Site};
use crate::wire::{Ended, Wire, login, text_of, text_to, with};

/// Accounts that flood, and sockets of each.
const FLOODERS: usize = 8;
const SOCKETS: usize = 6;
/// What each socket sends at most, and for how long. Together far beyond what a machine of two cores answers in that time.
const MESSAGES: usize = 20_000;
const FLOOD: Duration = Duration::from_secs(5);
const TEXT_BYTES: usize = 1000;
/// What the modest one asks meanwhile.
const MODEST: u64 = 50;
/// What the flooders' sessions may have at work at the same time: 64 each.
const IN_LINE_MAX: u64 = (FLOODERS * SOCKETS * 64) as u64;
/// Far above what the bounds add up to, and far below what the flood would take if it were kept: 960 MB of texts alone.
const MEMORY_BYTES_MAX: u64 = 400 << 20;

/// A session may ask so often, and one that does not listen to refusals is closed.
#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_is_told_so_and_then_closed_and_nobody_else_notices() {
    let site = Arc::new(Site::new().await);
    // Less than the server comes with, so that a slow machine reaches it too.
    let serving = site.start(&["--requests-per-s", "50", "--request-burst", "100"]);
    let mut flood = Flood::begin(&site, 2, 2).await;
    be_modest(&site, &mut flood).await;
    let told = flood.end().await;
    assert!(told.codes.contains_key(&Code::TOO_MANY_REQUESTS.0), "{told:?}");
    assert!(told.closes.contains_key(&(Close::TooMany as u16)), "{told:?}");
    assert!(told.is_clear(), "{told:?}");
    is_as_before(&site, serving).await;
}

/// Without that limit, what bounds the rest has to do: requests at work by session, lanes in the store's queues.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_that_nothing_holds_back_leaves_the_others_their_share() {
    let site = Arc::new(Site::new().await);
    let serving = site.start(&["--requests-per-s", "1000000000", "--request-burst", "1000000000"]);
    let mut flood = Flood::begin(&site, FLOODERS, SOCKETS).await;
    let meanwhile = be_modest(&site, &mut flood).await;
    // In one line for all, each of its messages would wait behind everything that the flooders may have in it.
    assert!(
        meanwhile < IN_LINE_MAX / 2,
        "{meanwhile} answers of the flood to one of the modest"
    );
    let told = flood.end().await;
    assert!(told.answered > 0, "who floods gets a share too");
    assert!(told.is_clear(), "{told:?}");
    is_as_before(&site, serving).await;
}

/// Contracts C1 and C3.
#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_is_closed_and_finds_everything_when_it_comes_back() {
    let site = Arc::new(Site::new().await);
    let serving = site.start(&["--requests-per-s", "1000000000", "--request-burst", "1000000000"]);
    // A small window, so that little is under way when nobody reads.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let stream = socket.connect(site.address().parse().unwrap()).await.unwrap();
    let mut sleeper = Wire::over(&site, stream).await.unwrap();
    let answer = sleeper.ask(login(&site, "sleeper", 1, Platform::Web)).await;
    assert_eq!(answer.unwrap().code, 0);

    let mut senders = JoinSet::new();
    for sender in ["anna", "bert"] {
        let mut wire = Wire::log_in(&site, sender, 1, Platform::Web).await.unwrap();
        senders.spawn(async move {
            let mut sent = 0;
            // Beyond all that the queue, the socket and the system hold for a client.
            for number in 0..1500 {
                let text = format!("{number} {}", "x".repeat(8000));
                assert_eq!(wire.say("sleeper", &text).await.unwrap(), Ok(number + 1));
                sent += 1;
            }
            (sender, sent)
        });
    }
    let sent = timeout(PATIENCE, senders.join_all())
        .await
        .expect("they are not held up");
    let ended = loop {
        if let Err(ended) = sleeper.push().await {
            break ended;
        }
    };
    // Who sleeps on beyond the server's patience finds the socket broken in place of the code.
    assert!([Close::TooSlow as u16, 1006].contains(&ended.0), "{ended:?}");
    let metrics = site.get("/metrics").await.1;
    assert!(metrics.contains("hongyan_queue_full_total 1"), "{metrics}");

    let mut back = Wire::log_in(&site, "sleeper", 1, Platform::Web).await.unwrap();
    for (sender, sent) in sent {
        let history = back.history(&with(sender)).await.unwrap();
        let numbers: Vec<u64> = history
            .iter()
            .filter_map(text_of)
            .map(|it| it.split(' ').next().unwrap().parse().unwrap())
            .collect();
        assert_eq!(numbers, (0..sent).collect::<Vec<_>>());
    }
    is_as_before(&site, serving).await;
}

/// Asks one thing after the other while the others flood; each is answered, and well. Returns how often the flood was
/// answered to each of it.
async fn be_modest(site: &Site, flood: &mut Flood) -> u64 {
    flood.all_have_begun().await;
    let mut modest = Wire::log_in(site, "modest", 1, Platform::Web).await.unwrap();
    let before = flood.answered();
    for number in 1..=MODEST {
        let answer = modest.say("modest", "a note").await.unwrap();
        assert_eq!(answer, Ok(number), "who is modest is answered");
    }
    let meanwhile = (flood.answered() - before) / MODEST;
    println!("one modest answer to {meanwhile} of the flood");
    meanwhile
}

/// Soon after a flood all is as before, and the memory is what it was bounded to.
async fn is_as_before(site: &Site, mut serving: Serving) {
    let mut calm = Wire::log_in(site, "calm", 1, Platform::Web).await.unwrap();
    for number in 1..=20 {
        assert_eq!(calm.say("calm", "a note").await.unwrap(), Ok(number));
    }
    assert_eq!(site.get("/healthz").await.0, 200);
    let (now, most) = serving.memory_bytes();
    println!("{} MB of memory now, {} MB at most", now >> 20, most >> 20);
    assert!(most < MEMORY_BYTES_MAX, "{most} bytes");
    assert!(serving.is_running());
    assert!(serving.stop(), "it stops when it is asked to");
}

/// Accounts that send as fast as their sockets take it, and come back when they are closed.
struct Flood {
    tasks: JoinSet<()>,
    told: Arc<Mutex<Told>>,
    begun: watch::Receiver<usize>,
    sockets: usize,
}

/// What the flooders were told.
#[derive(Debug, Default, Clone)]
struct Told {
    answered: u64,
    codes: BTreeMap<i32, u64>,
    closes: BTreeMap<u16, u64>,
}

impl Flood {
    async fn begin(site: &Arc<Site>, accounts: usize, sockets: usize) -> Self {
        for account in 0..accounts {
            // Whoever was there once can be written to.
            let user = format!("flooder{account}");
            Wire::log_in(site, &user, 99, Platform::Server).await.unwrap();
        }
        let told = Arc::<Mutex<Told>>::default();
        let (begin, begun) = watch::channel(0);
        let begin = Arc::new(begin);
        let mut tasks = JoinSet::new();
        for account in 0..accounts {
            let peer = format!("flooder{}", (account + 1) % accounts);
            for socket in 0..sockets {
                let (peer, begin) = (peer.clone(), begin.clone());
                let (site, told) = (site.clone(), told.clone());
                tasks.spawn(async move {
                    let user = format!("flooder{account}");
                    let all = flood(&site, &user, &peer, socket as u8, &told, &begin);
                    let _ = timeout(FLOOD, all).await;
                });
            }
        }
        Self {
            tasks,
            told,
            begun,
            sockets: accounts * sockets,
        }
    }

    async fn all_have_begun(&mut self) {
        let sockets = self.sockets;
        let begun = self.begun.wait_for(|it| *it >= sockets);
        timeout(PATIENCE, begun).await.expect("the flood begins").unwrap();
    }

    fn answered(&self) -> u64 {
        self.told.lock().unwrap().answered
    }

    /// Waits until it has spent itself, and says what it was told.
    async fn end(self) -> Told {
        timeout(PATIENCE, self.tasks.join_all())
            .await
            .expect("a flood ends");
        let told = self.told.lock().unwrap().clone();
        println!("{told:?}");
        told
    }
}

impl Told {
    /// Every refusal says what it is: too often, or too much at once.
    fn is_clear(&self) -> bool {
        let codes = [Code::TOO_MANY_REQUESTS.0, Code::OVERLOADED.0];
        let closes = [Close::TooMany as u16, Close::TooSlow as u16, 1006];
        self.codes.keys().all(|it| codes.contains(it)) && self.closes.keys().all(|it| closes.contains(it))
    }
}

/// One flooder's socket after the other.
async fn flood(
    site: &Site,
    user: &str,
    peer: &str,
    socket: u8,
    told: &Mutex<Told>,
    begun: &watch::Sender<usize>,
) {
    let text = "x".repeat(TEXT_BYTES);
    let mut is_first = true;
    let mut left = MESSAGES;
    while left > 0 {
        let wire = Wire::log_in(site, user, socket, Platform::Server).await;
        if std::mem::take(&mut is_first) {
            begun.send_modify(|it| *it += 1);
        }
        let (mut writing, mut reading) = match wire {
            Ok(wire) => wire.split(),
            Err(Ended(code)) => {
                *told.lock().unwrap().closes.entry(code).or_default() += 1;
                continue;
            }
        };
        let write = async {
            while left > 0 && writing.send(text_to(peer, &text)).await.is_ok() {
                left -= 1;
            }
            // What was sent is still answered.
            std::future::pending::<()>().await;
        };
        let read = async {
            loop {
                let heard = reading.responses().await;
                let mut told = told.lock().unwrap();
                match heard {
                    Ok(responses) => {
                        for response in responses {
                            match response.code {
                                0 => told.answered += 1,
                                code => *told.codes.entry(code).or_default() += 1,
                            }
                        }
                    }
                    Err(Ended(code)) => {
                        *told.closes.entry(code).or_default() += 1;
                        return;
                    }
                }
            }
        };
        tokio::select! {
            () = write => {}
            () = read => {}
        }
    }
}
