//! Numbers about the running server, for Prometheus.
//!
//! **Comes in:** what happened, as one call each. **Goes out:** the text of `/metrics`. **Never here:** anything that
//! names an account or holds a message; names of numbers are part of the interface and change only with a note.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hongyan_protocol::code::Code;
use hongyan_protocol::platform::Platform;
use hongyan_protocol::wire::request::Command;
use hongyan_storage::Store;
use hongyan_storage::figures::{Distribution, Figures};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// See the head of the file.
pub(crate) struct Metrics {
    registry: Registry,
    connections: Gauge,
    sessions: Family<PlatformLabel, Gauge>,
    logins: Family<CodeLabel, Counter>,
    requests: Family<RequestLabel, Counter>,
    request_seconds: Histogram,
    messages_appended: Counter,
    pushes: Counter,
    queue_full: Counter,
    uploads: Family<CodeLabel, Counter>,
    uploaded_bytes: Counter,
    downloads: Counter,
    downloaded_bytes: Counter,
    files_removed: Counter,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct PlatformLabel {
    platform: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct CodeLabel {
    code: i32,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabel {
    command: &'static str,
    code: i32,
}

/// What was written to.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct IntoLabel {
    into: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("hongyan"),
            connections: Gauge::default(),
            sessions: Family::default(),
            logins: Family::default(),
            requests: Family::default(),
            request_seconds: Histogram::new(exponential_buckets(0.000_25, 2.0, 16)),
            messages_appended: Counter::default(),
            pushes: Counter::default(),
            queue_full: Counter::default(),
            uploads: Family::default(),
            uploaded_bytes: Counter::default(),
            downloads: Counter::default(),
            downloaded_bytes: Counter::default(),
            files_removed: Counter::default(),
        };
        let Self {
            registry,
            connections,
            sessions,
            logins,
            requests,
            request_seconds,
            messages_appended,
            pushes,
            queue_full,
            uploads,
            uploaded_bytes,
            downloads,
            downloaded_bytes,
            files_removed,
        } = &mut metrics;
        registry.register("connections", "Open WebSockets", connections.clone());
        registry.register("sessions", "Logged-in sessions by platform", sessions.clone());
        registry.register("logins", "Logins by code, 0 is success", logins.clone());
        registry.register(
            "requests",
            "Requests by command and code, 0 is success",
            requests.clone(),
        );
        registry.register(
            "request_seconds",
            "From a request's arrival to its answer",
            request_seconds.clone(),
        );
        registry.register(
            "messages_appended",
            "Messages taken into timelines",
            messages_appended.clone(),
        );
        registry.register("pushes", "Pushes handed to sessions", pushes.clone());
        registry.register(
            "queue_full",
            "Sessions closed because their client did not read",
            queue_full.clone(),
        );
        registry.register("uploads", "Uploaded files by code, 0 is kept", uploads.clone());
        registry.register(
            "uploaded_bytes",
            "Bytes of files that were kept",
            uploaded_bytes.clone(),
        );
        registry.register("downloads", "Files that were read", downloads.clone());
        registry.register(
            "downloaded_bytes",
            "Bytes of files that were asked for",
            downloaded_bytes.clone(),
        );
        registry.register(
            "files_removed",
            "Files that no message referred to",
            files_removed.clone(),
        );
        metrics
    }
}

impl Metrics {
    /// With the store's.
    pub(crate) fn with(store: Arc<dyn Store>) -> Self {
        let mut metrics = Self::default();
        metrics
            .registry
            .register_collector(Box::new(StoreCollector(store)));
        metrics
    }

    /// All numbers in OpenMetrics' text form.
    pub(crate) fn encode(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }

    /// A WebSocket was opened.
    pub(crate) fn connected(&self) {
        self.connections.inc();
    }

    /// A WebSocket was closed.
    pub(crate) fn disconnected(&self) {
        self.connections.dec();
    }

    /// Open WebSockets.
    pub(crate) fn connections(&self) -> i64 {
        self.connections.get()
    }

    /// A session has its seat.
    pub(crate) fn entered(&self, platform: Platform) {
        self.sessions.get_or_create(&platform.into()).inc();
    }

    /// A session lost its seat.
    pub(crate) fn left(&self, platform: Platform) {
        self.sessions.get_or_create(&platform.into()).dec();
    }

    /// A login was answered; `None` is success.
    pub(crate) fn login(&self, refused: Option<Code>) {
        let code = refused.map_or(0, |it| it.0);
        self.logins.get_or_create(&CodeLabel { code }).inc();
    }

    /// A request was answered; `None` is success.
    pub(crate) fn answered(&self, command: &'static str, refused: Option<Code>, after: Duration) {
        let code = refused.map_or(0, |it| it.0);
        self.requests.get_or_create(&RequestLabel { command, code }).inc();
        self.request_seconds.observe(after.as_secs_f64());
    }

    /// A message was taken into a timeline.
    pub(crate) fn message_appended(&self) {
        self.messages_appended.inc();
    }

    /// A push was handed to a session.
    pub(crate) fn pushed(&self) {
        self.pushes.inc();
    }

    /// A session was closed because its client did not read.
    pub(crate) fn queue_full(&self) {
        self.queue_full.inc();
    }

    /// A file that came whole was kept, or refused.
    pub(crate) fn uploaded(&self, kept: Result<u64, Code>) {
        let code = kept.map_or_else(|it| it.0, |_| 0);
        self.uploads.get_or_create(&CodeLabel { code }).inc();
        self.uploaded_bytes.inc_by(kept.unwrap_or(0));
    }

    /// Somebody reads so many bytes of a file.
    pub(crate) fn downloaded(&self, bytes: u64) {
        self.downloads.inc();
        self.downloaded_bytes.inc_by(bytes);
    }

    /// A file that nobody referred to is gone.
    pub(crate) fn file_removed(&self) {
        self.files_removed.inc();
    }
}

/// Asks the store for its numbers whenever they are read.
struct StoreCollector(Arc<dyn Store>);

impl fmt::Debug for StoreCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreCollector").finish_non_exhaustive()
    }
}

impl Collector for StoreCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Figures {
            journal,
            database,
            tail_messages,
            tail_bytes,
            journal_files,
        } = self.0.figures();
        let groups = [("journal", &journal), ("database", &database)];
        distribution(
            &mut encoder,
            "store_group_size",
            "Messages, or for the database operations, that shared one sync",
            groups.map(|(into, it)| (into, &it.sizes)),
        )?;
        distribution(
            &mut encoder,
            "store_sync_seconds",
            "What a sync took: of the journal, or with its commit of the database",
            groups.map(|(into, it)| (into, &it.sync_seconds)),
        )?;
        for (name, help, value) in [
            (
                "store_tail_messages",
                "Messages by which the database is behind the journal",
                tail_messages,
            ),
            ("store_tail_bytes", "Memory that these messages take", tail_bytes),
            ("store_journal_files", "Files of the journal", journal_files),
        ] {
            let gauge = ConstGauge::new(value);
            let encoder = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            gauge.encode(encoder)?;
        }
        Ok(())
    }
}

fn distribution(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    all: [(&'static str, &Distribution); 2],
) -> Result<(), fmt::Error> {
    let mut encoder = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
    for (into, Distribution { sum, count, buckets }) in all {
        encoder
            .encode_family(&IntoLabel { into })?
            .encode_histogram::<NoLabelSet>(*sum, *count, buckets, None)?;
    }
    Ok(())
}

impl From<Platform> for PlatformLabel {
    fn from(platform: Platform) -> Self {
        Self {
            platform: platform.name(),
        }
    }
}

/// A command's name in logs and numbers.
pub(crate) const fn command_name(command: &Command) -> &'static str {
    match command {
        Command::Login(_) => "login",
        Command::Logout(_) => "logout",
        Command::Sync(_) => "sync",
        Command::ListChanges(_) => "list_changes",
        Command::SendMessage(_) => "send_message",
        Command::RevokeMessage(_) => "revoke_message",
        Command::ListMessages(_) => "list_messages",
        Command::ModifyMessage(_) => "modify_message",
        Command::DeleteMessages(_) => "delete_messages",
        Command::ClearHistory(_) => "clear_history",
        Command::ChangeExtensions(_) => "change_extensions",
        Command::ListExtensions(_) => "list_extensions",
        Command::PutMerged(_) => "put_merged",
        Command::GetMerged(_) => "get_merged",
        Command::ListConversations(_) => "list_conversations",
        Command::FindConversation(_) => "find_conversation",
        Command::MarkRead(_) => "mark_read",
        Command::SendReceipts(_) => "send_receipts",
        Command::ListReceipts(_) => "list_receipts",
        Command::ListReaders(_) => "list_readers",
        Command::MarkAllRead(_) => "mark_all_read",
        Command::CreateGroup(_) => "create_group",
        Command::JoinGroup(_) => "join_group",
        Command::QuitGroup(_) => "quit_group",
        Command::DismissGroup(_) => "dismiss_group",
        Command::FindGroup(_) => "find_group",
        Command::ListGroups(_) => "list_groups",
        Command::ListGroupMembers(_) => "list_group_members",
        Command::HandleGroupApplication(_) => "handle_group_application",
        Command::FindProfiles(_) => "find_profiles",
        Command::UpdateProfile(_) => "update_profile",
        Command::ListBlacklist(_) => "list_blacklist",
        Command::AddToBlacklist(_) => "add_to_blacklist",
        Command::RemoveFromBlacklist(_) => "remove_from_blacklist",
        Command::ChangeSettings(_) => "change_settings",
        Command::BeginUpload(_) => "begin_upload",
        Command::FinishUpload(_) => "finish_upload",
        Command::TranslateText(_) => "translate_text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_protocol::id::{SdkAppId, Timestamp, UserId};
    use hongyan_storage::{SqliteOptions, SqliteStore};

    #[test]
    fn the_numbers_are_told_under_their_names() {
        let metrics = Metrics::default();
        metrics.connected();
        metrics.entered(Platform::Web);
        metrics.login(Some(Code::USERSIG_EXPIRED));
        metrics.answered("send_message", None, Duration::from_millis(3));
        let text = metrics.encode().unwrap();
        for line in [
            "hongyan_connections 1",
            "hongyan_sessions{platform=\"web\"} 1",
            "hongyan_logins_total{code=\"70001\"} 1",
            "hongyan_requests_total{command=\"send_message\",code=\"0\"} 1",
            "hongyan_request_seconds_count 1",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} in\n{text}");
        }
    }

    #[test]
    fn the_stores_numbers_are_told_as_they_are_when_they_are_read() {
        let (store, mut manual) = SqliteStore::manual(SqliteOptions::default()).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let metrics = Metrics::with(store.clone());
        let holds = |lines: &[&str]| {
            let text = metrics.encode().unwrap();
            for line in lines {
                assert!(text.lines().any(|it| it == *line), "{line} in\n{text}");
            }
        };
        let nothing = [
            "hongyan_store_group_size_count{into=\"journal\"} 0",
            "hongyan_store_group_size_count{into=\"database\"} 0",
            "hongyan_store_tail_messages 0",
            "hongyan_store_tail_bytes 0",
            "hongyan_store_journal_files 0",
        ];
        holds(&nothing);
        let user_ids = ["alice", "bob", "carl"].map(UserId::trusted);
        let mut puts: Vec<_> = user_ids
            .iter()
            .map(|it| store.put_account(SdkAppId(1), it, Timestamp(1)))
            .collect();
        for put in &mut puts {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(put.as_mut().poll(&mut context).is_pending());
        }
        manual.begin();
        manual.commit();
        holds(&[
            "hongyan_store_group_size_sum{into=\"database\"} 3.0",
            "hongyan_store_group_size_count{into=\"database\"} 1",
            "hongyan_store_group_size_bucket{le=\"2.0\",into=\"database\"} 0",
            "hongyan_store_group_size_bucket{le=\"4.0\",into=\"database\"} 1",
            "hongyan_store_group_size_bucket{le=\"+Inf\",into=\"database\"} 1",
            "hongyan_store_sync_seconds_count{into=\"database\"} 1",
            "hongyan_store_group_size_count{into=\"journal\"} 0",
        ]);
    }
}
