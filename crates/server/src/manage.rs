//! Apps and passwords as their owner manages them, by the console or from the shell.
//!
//! **Comes in:** the store, what the owner wants, the time. **Goes out:** what is now. **Never here:** who may; whoever
//! calls has asked. A running server tells its facts of a changed app; from the shell there is none that runs.

use hongyan_protocol::id::{SdkAppId, Timestamp};
use hongyan_protocol::limits;
use hongyan_storage::model::{App, AppKey, AppSettings, BlockedSender, PlatformPolicy, ReceiptGroups};
use hongyan_storage::{Store, StoreError};
use serde::{Deserialize, Serialize};

use crate::{ids, password};

/// The app that is there from the first start on.
pub const DEFAULT_APP: SdkAppId = SdkAppId(1_400_000_001);

/// A week: longer, nobody would expect to revoke.
const REVOKE_LIMIT_S_MAX: u32 = 604_800;
/// Ten years; who wants more wants it for ever.
const HISTORY_DAYS_MAX: u32 = 3650;
/// Each report of a receipt reads all members once.
const RECEIPT_MEMBERS_MAX: u32 = 2000;
const NAME_CHARS_MAX: usize = 64;
/// What every SDK takes.
const UPLOAD_MB_MAX: u32 = 100;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum ManageError {
    /// There is no such app.
    #[error("there is no app {0}")]
    AppUnknown(SdkAppId),
    /// There is one already.
    #[error("there is an app {0} already")]
    AppTaken(SdkAppId),
    /// What is wanted is not possible.
    #[error("{0}")]
    Invalid(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Result<T> = std::result::Result<T, ManageError>;

/// An app's settings as owners read and write them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// Web instances that an account may have at once.
    pub web_instances: u32,
    /// `single`, `dual`, `triple` or `multi`.
    pub platform_policy: String,
    /// How long a message can be revoked, in seconds.
    pub revoke_limit_s: u32,
    /// `refuse` or `pretend`.
    pub blocked_sender: String,
    /// How large a file may be, in megabytes; 0: nobody uploads.
    pub upload_mb: u32,
    /// How much an account may upload within a day, in megabytes; 0: any amount.
    pub upload_day_mb: u32,
    /// Kinds of groups that have read receipts: of `Work`, `Public`, `Meeting`.
    pub receipt_groups: Vec<String>,
    /// Members that a group with read receipts may have.
    pub receipt_members_max: u32,
    /// Days for which messages are kept; 0: for ever.
    pub history_days: u32,
}

/// What is to be changed of an app.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppChange {
    /// Its name.
    pub name: Option<String>,
    /// Some of its settings.
    #[serde(default)]
    pub settings: SettingsChange,
}

/// See [`Settings`].
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of Settings")]
pub struct SettingsChange {
    pub web_instances: Option<u32>,
    pub platform_policy: Option<String>,
    pub revoke_limit_s: Option<u32>,
    pub blocked_sender: Option<String>,
    pub upload_mb: Option<u32>,
    pub upload_day_mb: Option<u32>,
    pub receipt_groups: Option<Vec<String>>,
    pub receipt_members_max: Option<u32>,
    pub history_days: Option<u32>,
}

impl From<AppSettings> for Settings {
    fn from(settings: AppSettings) -> Self {
        Self {
            web_instances: settings.web_instances,
            platform_policy: settings.platform_policy.name().to_owned(),
            revoke_limit_s: settings.revoke_limit_s,
            blocked_sender: settings.blocked_sender.name().to_owned(),
            upload_mb: settings.upload_mb,
            upload_day_mb: settings.upload_day_mb,
            receipt_groups: settings
                .receipt_groups
                .names()
                .into_iter()
                .map(str::to_owned)
                .collect(),
            receipt_members_max: settings.receipt_members_max,
            history_days: settings.history_days,
        }
    }
}

/// Makes an app with a new key: under the SDKAppID that its users already know, or under the next free one.
pub async fn create_app(store: &dyn Store, id: Option<SdkAppId>, name: &str, now: Timestamp) -> Result<App> {
    let apps = store.list_apps().await?;
    let id = match id {
        Some(SdkAppId(0)) => return Err(invalid("an SDKAppID is a number above 0".to_owned())),
        Some(id) if apps.iter().any(|it| it.id == id) => return Err(ManageError::AppTaken(id)),
        Some(id) => id,
        None => next_id(&apps),
    };
    put_app(store, id, name, now).await
}

/// The smallest free one from the first app's on.
fn next_id(apps: &[App]) -> SdkAppId {
    let taken: std::collections::HashSet<u32> = apps.iter().map(|it| it.id.0).collect();
    let free = (DEFAULT_APP.0..=u32::MAX).find(|it| !taken.contains(it));
    SdkAppId(free.unwrap_or(DEFAULT_APP.0))
}

/// Gives an app another key: UserSigs that were made with the old one let nobody in any more.
pub async fn rotate_key(store: &dyn Store, id: SdkAppId) -> Result<App> {
    let mut app = find_app(store, id).await?;
    app.key = AppKey(ids::app_key());
    store.update_app(app.clone()).await?;
    Ok(app)
}

/// Changes an app's name and settings.
pub async fn change_app(store: &dyn Store, id: SdkAppId, change: AppChange) -> Result<App> {
    let mut app = find_app(store, id).await?;
    if let Some(name) = change.name {
        app.name = checked_name(&name)?;
    }
    apply(&mut app.settings, &change.settings)?;
    store.update_app(app.clone()).await?;
    Ok(app)
}

/// One app.
pub async fn find_app(store: &dyn Store, id: SdkAppId) -> Result<App> {
    store.find_app(id).await?.ok_or(ManageError::AppUnknown(id))
}

/// Gives the console a new random password, and says it.
pub async fn reset_password(store: &dyn Store) -> Result<String> {
    let text = ids::password();
    password::put(store, text.clone()).await?;
    Ok(text)
}

/// What a server finds when it starts.
#[derive(Debug)]
pub struct Started {
    /// The app to show.
    pub app: SdkAppId,
    /// The console's password, when this is the first start.
    pub first_password: Option<String>,
}

/// Makes what is missing at a start: the first app, and the console's password.
pub async fn prepare(store: &dyn Store, dev: bool, now: Timestamp) -> Result<Started> {
    if store.find_app(DEFAULT_APP).await?.is_none() {
        put_app(store, DEFAULT_APP, if dev { "demo" } else { "default" }, now).await?;
    }
    let first_password = if password::is_set(store).await? {
        None
    } else {
        Some(reset_password(store).await?)
    };
    Ok(Started {
        app: DEFAULT_APP,
        first_password,
    })
}

async fn put_app(store: &dyn Store, id: SdkAppId, name: &str, now: Timestamp) -> Result<App> {
    let app = App {
        id,
        name: checked_name(name)?,
        key: AppKey(ids::app_key()),
        created: now,
        settings: AppSettings::default(),
    };
    store.put_app(app.clone()).await?;
    Ok(app)
}

fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    let chars = name.chars().count();
    if chars == 0 || chars > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(invalid(format!(
            "the name is not 1 to {NAME_CHARS_MAX} characters"
        )));
    }
    Ok(name.to_owned())
}

fn apply(settings: &mut AppSettings, change: &SettingsChange) -> Result<()> {
    if let Some(web_instances) = change.web_instances {
        if !(1..=limits::WEB_INSTANCES_MAX).contains(&web_instances) {
            return Err(invalid(format!(
                "the number of Web instances is not 1 to {}",
                limits::WEB_INSTANCES_MAX
            )));
        }
        settings.web_instances = web_instances;
    }
    if let Some(policy) = &change.platform_policy {
        settings.platform_policy = PlatformPolicy::from_name(policy).ok_or_else(|| {
            invalid("the platform policy is none of single, dual, triple, multi".to_owned())
        })?;
    }
    if let Some(revoke_limit_s) = change.revoke_limit_s {
        if revoke_limit_s > REVOKE_LIMIT_S_MAX {
            return Err(invalid(format!(
                "the revoke limit is above {REVOKE_LIMIT_S_MAX} seconds"
            )));
        }
        settings.revoke_limit_s = revoke_limit_s;
    }
    if let Some(blocked_sender) = &change.blocked_sender {
        settings.blocked_sender = BlockedSender::from_name(blocked_sender).ok_or_else(|| {
            invalid("the blocked sender's setting is neither refuse nor pretend".to_owned())
        })?;
    }
    if let Some(upload_mb) = change.upload_mb {
        if upload_mb > UPLOAD_MB_MAX {
            return Err(invalid(format!("a file may not be above {UPLOAD_MB_MAX} MB")));
        }
        settings.upload_mb = upload_mb;
    }
    if let Some(upload_day_mb) = change.upload_day_mb {
        settings.upload_day_mb = upload_day_mb;
    }
    if let Some(groups) = &change.receipt_groups {
        let names = groups.iter().map(String::as_str);
        settings.receipt_groups = ReceiptGroups::from_names(names).ok_or_else(|| {
            invalid("a kind of groups with receipts is none of Work, Public, Meeting".to_owned())
        })?;
    }
    if let Some(members_max) = change.receipt_members_max {
        if members_max > RECEIPT_MEMBERS_MAX {
            return Err(invalid(format!(
                "groups with receipts may not have more than {RECEIPT_MEMBERS_MAX} members"
            )));
        }
        settings.receipt_members_max = members_max;
    }
    if let Some(history_days) = change.history_days {
        if history_days > HISTORY_DAYS_MAX {
            return Err(invalid(format!(
                "messages are kept for at most {HISTORY_DAYS_MAX} days, or 0: for ever"
            )));
        }
        settings.history_days = history_days;
    }
    Ok(())
}

fn invalid(text: String) -> ManageError {
    ManageError::Invalid(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_outside_their_range_are_refused_and_others_left_alone() {
        let mut settings = AppSettings::default();
        for bad in [
            r#"{"webInstances":0}"#,
            r#"{"webInstances":11}"#,
            r#"{"platformPolicy":"all"}"#,
            r#"{"revokeLimitS":604801}"#,
            r#"{"blockedSender":"ignore"}"#,
            r#"{"uploadMb":101}"#,
            r#"{"receiptGroups":["Community"]}"#,
            r#"{"receiptMembersMax":2001}"#,
            r#"{"historyDays":3651}"#,
        ] {
            let change = serde_json::from_str(bad).unwrap();
            assert!(apply(&mut settings, &change).is_err(), "{bad}");
        }
        assert_eq!(settings, AppSettings::default());
        let change = serde_json::from_str(r#"{"webInstances":2,"platformPolicy":"dual"}"#).unwrap();
        apply(&mut settings, &change).unwrap();
        assert_eq!(
            (settings.web_instances, settings.platform_policy),
            (2, PlatformPolicy::Dual)
        );
        assert_eq!(settings.revoke_limit_s, limits::REVOKE_LIMIT_S);
        assert!(serde_json::from_str::<SettingsChange>(r#"{"webInstance":2}"#).is_err());
    }

    #[tokio::test]
    async fn an_app_is_made_under_the_id_that_its_users_know_or_the_next_free_one() {
        let store = hongyan_storage::SqliteStore::in_memory();
        let now = Timestamp(0);
        let known = SdkAppId(1_400_000_002);
        let make = async |id| create_app(&store, id, "chat", now).await;
        assert_eq!(make(Some(known)).await.unwrap().id, known);
        assert!(matches!(make(Some(known)).await, Err(ManageError::AppTaken(it)) if it == known));
        assert!(matches!(
            make(Some(SdkAppId(0))).await,
            Err(ManageError::Invalid(_))
        ));
        assert_eq!(make(None).await.unwrap().id, DEFAULT_APP);
        assert_eq!(make(None).await.unwrap().id, SdkAppId(1_400_000_003));
    }

    #[test]
    fn a_name_is_trimmed_and_1_to_64_characters() {
        assert_eq!(checked_name(" 客服 ").unwrap(), "客服");
        for bad in ["", "  ", "a\nb", &"x".repeat(65)] {
            assert!(checked_name(bad).is_err(), "{bad:?}");
        }
    }
}
