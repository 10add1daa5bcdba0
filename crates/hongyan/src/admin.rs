//! `hongyan admin`: what the console does, from the shell, on a data folder that no server works on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use hongyan_protocol::id::SdkAppId;
use hongyan_server::manage::{self, AppChange, Settings, SettingsChange};
use hongyan_server::{Store, StoreError, clock, data};

/// Accounts read at once.
const PAGE: usize = 500;

/// See `hongyan admin --help`.
#[derive(Debug, Args)]
pub(crate) struct Admin {
    /// The folder that holds everything.
    #[arg(
        long,
        env = "HONGYAN_DATA",
        default_value = "./data",
        value_name = "FOLDER",
        global = true
    )]
    data: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Apps and their settings.
    #[command(subcommand)]
    App(App),
    /// Accounts of an app.
    #[command(subcommand)]
    Account(Account),
    /// Give the console a new password, and print it.
    ResetPassword,
}

#[derive(Debug, Subcommand)]
enum App {
    /// List all apps.
    List,
    /// Make an app, and print its secret key; it is not shown again.
    Create {
        /// What you call it.
        name: String,
        /// The SDKAppID that your app has already; the next free one when absent.
        #[arg(long, value_name = "SDKAPPID")]
        id: Option<u32>,
    },
    /// Give an app another secret key, and print it. UserSigs of the old one are not accepted any more.
    RotateKey {
        /// Its SDKAppID.
        id: u32,
    },
    /// Change an app.
    Set(Set),
}

#[derive(Debug, Args)]
struct Set {
    /// Its SDKAppID.
    id: u32,
    /// What you call it.
    #[arg(long)]
    name: Option<String>,
    /// Web instances that an account may have at once: 1 to 10.
    #[arg(long, value_name = "NUMBER")]
    web_instances: Option<u32>,
    /// Which kinds of platform may be on line at once: single, dual, triple or multi.
    #[arg(long, value_name = "POLICY")]
    platform_policy: Option<String>,
    /// How long a sender may revoke, in seconds; 0: never.
    #[arg(long, value_name = "SECONDS")]
    revoke_limit_s: Option<u32>,
    /// What happens to messages of a blocked sender: refuse or pretend.
    #[arg(long, value_name = "WAY")]
    blocked_sender: Option<String>,
    /// How large a file may be, in megabytes, up to 100; 0: nobody uploads.
    #[arg(long, value_name = "MB")]
    upload_mb: Option<u32>,
    /// How much an account may upload within a day, in megabytes; 0: any amount.
    #[arg(long, value_name = "MB")]
    upload_day_mb: Option<u32>,
    /// Kinds of groups that have read receipts, with commas between: of Work, Public, Meeting; empty: none.
    #[arg(long, value_name = "KINDS")]
    receipt_groups: Option<String>,
    /// Members that a group with read receipts may have: up to 2000.
    #[arg(long, value_name = "NUMBER")]
    receipt_members_max: Option<u32>,
    /// Days for which messages are kept, up to 3650; 0: for ever.
    #[arg(long, value_name = "DAYS")]
    history_days: Option<u32>,
}

#[derive(Debug, Subcommand)]
enum Account {
    /// List the accounts of an app.
    List {
        /// Its SDKAppID.
        #[arg(default_value_t = manage::DEFAULT_APP.0)]
        id: u32,
        /// Only those whose userID or nick holds this.
        #[arg(long, default_value = "")]
        query: String,
    },
}

pub(crate) async fn run(admin: Admin) -> Result<()> {
    let store = open(&admin.data).await?;
    let done = carry_out(&*store, admin.command).await;
    store.close().await?;
    done
}

/// Opens a data folder for a short while.
pub(crate) async fn open(folder: &Path) -> Result<Arc<dyn Store>> {
    if !folder.is_dir() {
        anyhow::bail!("there is no data folder {}", folder.display());
    }
    data::open(folder).await.map_err(|error| match error {
        StoreError::Unwritable(text) if text.contains("in use") => {
            anyhow::anyhow!(
                "{text}: use the console of the server that runs on it, or stop that server first"
            )
        }
        error => anyhow::Error::new(error).context(format!("opening the data folder {}", folder.display())),
    })
}

async fn carry_out(store: &dyn Store, command: Command) -> Result<()> {
    match command {
        Command::App(App::List) => {
            for app in store.list_apps().await? {
                let accounts = store.count_accounts(app.id).await?;
                println!("{}  {}  {accounts} accounts", app.id, app.name);
                print_settings(&app.settings.into());
            }
        }
        Command::App(App::Create { name, id }) => {
            let app = manage::create_app(store, id.map(SdkAppId), &name, clock::now()).await?;
            println!("SDKAppID    {}\nsecret key  {}", app.id, app.key.0);
        }
        Command::App(App::RotateKey { id }) => {
            let app = manage::rotate_key(store, SdkAppId(id)).await?;
            println!("secret key  {}", app.key.0);
        }
        Command::App(App::Set(set)) => {
            let change = AppChange {
                name: set.name,
                settings: SettingsChange {
                    web_instances: set.web_instances,
                    platform_policy: set.platform_policy,
                    revoke_limit_s: set.revoke_limit_s,
                    blocked_sender: set.blocked_sender,
                    upload_mb: set.upload_mb,
                    upload_day_mb: set.upload_day_mb,
                    receipt_groups: set.receipt_groups.map(|it| {
                        let kinds = it.split(',').map(str::trim).filter(|it| !it.is_empty());
                        kinds.map(str::to_owned).collect()
                    }),
                    receipt_members_max: set.receipt_members_max,
                    history_days: set.history_days,
                },
            };
            let app = manage::change_app(store, SdkAppId(set.id), change).await?;
            println!("{}  {}", app.id, app.name);
            print_settings(&app.settings.into());
        }
        Command::Account(Account::List { id, query }) => list_accounts(store, SdkAppId(id), &query).await?,
        Command::ResetPassword => {
            println!("console password  {}", manage::reset_password(store).await?);
        }
    }
    Ok(())
}

async fn list_accounts(store: &dyn Store, app: SdkAppId, query: &str) -> Result<()> {
    let app = manage::find_app(store, app).await?;
    let mut after = String::new();
    loop {
        let page = store
            .list_accounts(app.id, query, &after, PAGE)
            .await
            .context("listing accounts")?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        last.account.user_id.as_str().clone_into(&mut after);
        for it in &page {
            println!("{}\t{}", it.account.user_id, it.profile.nick);
        }
    }
}

fn print_settings(settings: &Settings) {
    println!(
        "    web instances {}, platform policy {}, revoke limit {} s, blocked sender {}, files {} MB, {} MB a day",
        settings.web_instances,
        settings.platform_policy,
        settings.revoke_limit_s,
        settings.blocked_sender,
        settings.upload_mb,
        settings.upload_day_mb,
    );
    println!(
        "    read receipts in {} groups of up to {} members, messages kept for {}",
        match settings.receipt_groups.is_empty() {
            true => "no".to_owned(),
            false => settings.receipt_groups.join(", "),
        },
        settings.receipt_members_max,
        match settings.history_days {
            0 => "ever".to_owned(),
            days => format!("{days} days"),
        },
    );
}
