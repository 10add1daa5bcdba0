//! Large files through the binary: whatever their size, they take the memory of a piece.
#![cfg(target_os = "linux")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use hongyan_sdk::core::Draft;
use hongyan_sdk::protocol::file::FileKind;
use hongyan_sdk::protocol::id::{ConversationId, UserId};
use hongyan_sdk::protocol::wire::element::Kind;
use hongyan_sdk::{FileSource, Options, Tim};
use hongyan_server::{clock, data, manage};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const SIZE: u64 = 100 * 1024 * 1024;
/// What the server may take beyond what it had: pieces on their way, and what the allocator keeps.
const GROWTH_MAX: u64 = 32 * 1024 * 1024;

struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The most memory that a process ever had, in bytes.
fn memory_max(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|it| it.starts_with("VmHWM:")).unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_file_goes_up_and_down_and_never_into_memory() {
    let folder = tempfile::tempdir().unwrap();
    let store = data::open(&folder.path().join("data")).await.unwrap();
    manage::prepare(&*store, true, clock::now()).await.unwrap();
    let app = manage::find_app(&*store, manage::DEFAULT_APP).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    let mut child = Command::new(env!("CARGO_BIN_EXE_hongyan"))
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "warn", "--data"])
        .arg(folder.path().join("data"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Kept to the end: a server whose words nobody takes does not start.
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    let server = Serving(child);
    let address = line
        .trim()
        .strip_prefix("listening on http://")
        .unwrap()
        .to_owned();

    let tim = Tim::new(Options::new(manage::DEFAULT_APP, format!("http://{address}"))).unwrap();
    let sig = hongyan_protocol::usersig::issue(app.id, "alice", &app.key.0, clock::now(), 3600);
    tim.login_until_ready("alice", sig).await.unwrap();
    let to = ConversationId::C2c(UserId::trusted("alice"));
    tim.send(Draft::text(to.clone(), "warm")).await.unwrap();

    let path = folder.path().join("large.bin");
    let mut file = std::fs::File::create(&path).unwrap();
    for piece in 0..SIZE / 65_536 {
        file.write_all(&[piece as u8; 65_536]).unwrap();
    }
    let before = memory_max(server.0.id());
    let sent = tim
        .send_file(to, FileKind::File, &FileSource::Path(path), |_| ())
        .await
        .unwrap();
    let Some(Kind::File(file)) = sent.data.body.first() else {
        panic!("a file is sent as one")
    };
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let request = format!(
        "GET {} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        file.url
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut piece, mut read) = (vec![0; 65_536], 0);
    loop {
        let count = stream.read(&mut piece).await.unwrap();
        if count == 0 {
            break;
        }
        read += count as u64;
    }
    assert!(read > SIZE, "the whole of it comes back, behind its head");
    let grown = memory_max(server.0.id()) - before;
    assert!(grown < GROWTH_MAX, "the server grew by {grown} bytes");
}
