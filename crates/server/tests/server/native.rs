//! Files between programs: the Rust SDK against a real server.

use std::time::Duration;

use bytes::Bytes;
use hongyan_protocol::code::Code;
use hongyan_protocol::file::FileKind;
use hongyan_protocol::id::{ConversationId, UserId};
use hongyan_protocol::wire::element::Kind;
use hongyan_sdk::core::{Event, Message, SendOptions};
use hongyan_sdk::{FileSource, Options, Tim};
use hongyan_server::manage::DEFAULT_APP;
use tokio::time::timeout;

use crate::support::TestServer;

async fn program(server: &TestServer, user: &str) -> Tim {
    let tim = Tim::new(Options::new(DEFAULT_APP, format!("http://{}", server.address))).unwrap();
    tim.login_until_ready(user, server.sign(user)).await.unwrap();
    tim
}

fn to(user: &str) -> ConversationId {
    ConversationId::C2c(UserId::trusted(user))
}

async fn heard(events: &mut hongyan_sdk::Events) -> std::sync::Arc<Message> {
    let received = async {
        loop {
            if let Some(Event::MessageReceived(messages)) = events.next().await {
                return messages[0].clone();
            }
        }
    };
    timeout(Duration::from_secs(20), received)
        .await
        .expect("the message comes")
}

async fn read(url: &str) -> Bytes {
    let request = hongyan_fetch::Request {
        method: hyper::Method::GET,
        url,
        headers: &[],
        body: Bytes::new(),
        time_max: Duration::from_secs(20),
        answer_bytes_max: 32 << 20,
    };
    let answer = hongyan_fetch::fetch(request).await.unwrap();
    assert_eq!(answer.status, 200);
    answer.body
}

/// Proves `createImageMessage`.
#[tokio::test(flavor = "multi_thread")]
async fn a_program_sends_a_picture_and_another_reads_it_in_three_sizes() {
    let server = TestServer::start().await;
    let (alice, bob) = (program(&server, "alice").await, program(&server, "bob").await);
    let mut events = bob.subscribe();
    let mut bytes = Vec::new();
    image::DynamicImage::new_rgb8(1000, 800)
        .write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png)
        .unwrap();
    let picture = FileSource::Bytes {
        name: "p.png".to_owned(),
        bytes: bytes.clone().into(),
    };
    let mut told = Vec::new();
    let sent = alice
        .send_file(to("bob"), FileKind::Image, &picture, |it| told.push(it))
        .await
        .unwrap();
    assert_eq!(told.last(), Some(&1.0));
    let message = heard(&mut events).await;
    assert_eq!(message.data.body, sent.data.body);
    let Some(Kind::Image(image)) = message.data.body.first() else {
        panic!("a picture comes as one")
    };
    let sizes: Vec<_> = image
        .infos
        .iter()
        .map(|it| (it.r#type, it.width, it.height))
        .collect();
    assert_eq!(sizes, [(0, 1000, 800), (1, 247, 198), (2, 900, 720)]);
    let original = bob.link(&image.infos[0].url).await.unwrap();
    assert_eq!(read(&original).await, bytes);
}

/// Proves `createFileMessage`.
#[tokio::test(flavor = "multi_thread")]
async fn a_program_sends_a_large_file_from_its_disk_with_progress() {
    let server = TestServer::start().await;
    let (alice, bob) = (program(&server, "alice").await, program(&server, "bob").await);
    let mut events = bob.subscribe();
    let path = server.folder().join("large.bin");
    let bytes: Vec<u8> = (0..5_000_000_u32).map(|it| (it / 3) as u8).collect();
    std::fs::write(&path, &bytes).unwrap();
    let mut told = Vec::new();
    let file = FileSource::Path(path);
    alice
        .send_file(to("bob"), FileKind::File, &file, |it| told.push(it))
        .await
        .unwrap();
    assert!(told.len() > 3 && told.is_sorted(), "{told:?}");
    let message = heard(&mut events).await;
    let Some(Kind::File(file)) = message.data.body.first() else {
        panic!("a file comes as one")
    };
    assert_eq!((file.name.as_str(), file.size), ("large.bin", bytes.len() as u64));
    assert!(read(&bob.link(&file.url).await.unwrap()).await == bytes);
}

/// Proves `createAudioMessage` and `createVideoMessage`.
#[tokio::test(flavor = "multi_thread")]
async fn a_program_sends_a_sound_and_a_video_with_its_picture() {
    let server = TestServer::start().await;
    let (alice, bob) = (program(&server, "alice").await, program(&server, "bob").await);
    let mut events = bob.subscribe();
    let named = |name: &str, bytes: &[u8]| FileSource::Bytes {
        name: name.to_owned(),
        bytes: Bytes::copy_from_slice(bytes),
    };

    let sound = b"RIFF\x2c\0\0\0WAVEfmt and what sounds";
    let file = named("voice.wav", sound);
    let message = alice
        .create_file_message(to("bob"), FileKind::Audio, &file, 3)
        .await
        .unwrap();
    let message = alice.upload(message, &file, |_| ()).await.unwrap();
    alice.send_message(message, SendOptions::default()).await.unwrap();
    let Some(Kind::Audio(audio)) = heard(&mut events).await.data.body.first() else {
        panic!("a sound comes as one")
    };
    assert_eq!((audio.size, audio.second), (sound.len() as u64, 3));
    assert_eq!(read(&bob.link(&audio.url).await.unwrap()).await, sound[..]);

    let film = b"\0\0\0\x20ftypisom and what moves";
    let mut picture = Vec::new();
    image::DynamicImage::new_rgb8(64, 48)
        .write_to(&mut std::io::Cursor::new(&mut picture), image::ImageFormat::Png)
        .unwrap();
    let file = named("film.mp4", film);
    let message = alice
        .create_file_message(to("bob"), FileKind::Video, &file, 8)
        .await
        .unwrap();
    let message = alice.upload(message, &file, |_| ()).await.unwrap();
    let message = alice
        .upload_snapshot(message, &named("first.png", &picture))
        .await
        .unwrap();
    alice.send_message(message, SendOptions::default()).await.unwrap();
    let Some(Kind::Video(video)) = heard(&mut events).await.data.body.first() else {
        panic!("a video comes as one")
    };
    assert_eq!(
        (video.size, video.second, video.format.as_str()),
        (film.len() as u64, 8, "mp4")
    );
    assert_eq!((video.snapshot_width, video.snapshot_height), (64, 48));
    assert_eq!(read(&bob.link(&video.url).await.unwrap()).await, film[..]);
    assert_eq!(read(&bob.link(&video.snapshot_url).await.unwrap()).await, picture);

    let failed = alice
        .send_file(to("bob"), FileKind::Video, &named("film.mp4", b"no film"), |_| ())
        .await
        .unwrap_err();
    assert_eq!(failed.code, Code::VIDEO_FORMAT);
    let nothing = alice
        .create_file_message(to("bob"), FileKind::Audio, &named("voice.wav", b""), 0)
        .await;
    assert_eq!(nothing.unwrap_err().code, Code::FILE_EMPTY);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_refuses_fails_the_message_which_may_be_uploaded_again() {
    let server = TestServer::start().await;
    let (alice, _bob) = (program(&server, "alice").await, program(&server, "bob").await);
    let file = |name: &str, bytes: &'static [u8]| FileSource::Bytes {
        name: name.to_owned(),
        bytes: bytes.into(),
    };
    let text = file("a.png", b"no picture");
    let failed = alice
        .send_file(to("bob"), FileKind::Image, &text, |_| ())
        .await
        .unwrap_err();
    assert_eq!(failed.code, Code::IMAGE_FORMAT);
    let message = failed.message.expect("the failure carries the message");
    assert_eq!(message.status, hongyan_sdk::core::Status::Fail);
    for (kind, file, code) in [
        (FileKind::Video, file("a.avi", b"x"), Code::VIDEO_FORMAT),
        (FileKind::File, file("a", b""), Code::FILE_EMPTY),
        (
            FileKind::File,
            FileSource::Path("/nowhere".into()),
            Code::FILE_MISSING,
        ),
    ] {
        let refused = alice.create_file_message(to("bob"), kind, &file, 0).await;
        assert_eq!(refused.unwrap_err().code, code);
    }
}
