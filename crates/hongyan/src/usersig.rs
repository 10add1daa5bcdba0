//! `hongyan usersig`: a ticket on standard output, signed with a key or as an app of a data folder.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use hongyan_protocol::code::Code;
use hongyan_protocol::id::{SdkAppId, UserId};
use hongyan_protocol::usersig;
use hongyan_server::{clock, manage};

use crate::admin;

/// See `hongyan usersig --help`.
#[derive(Debug, Args)]
pub(crate) struct Usersig {
    /// The app's SDKAppID.
    #[arg(long, default_value_t = manage::DEFAULT_APP.0, value_name = "ID")]
    sdkappid: u32,
    /// The user who may log in with it.
    #[arg(long, value_name = "USERID")]
    user: String,
    /// How long it is good, in seconds.
    #[arg(long, default_value_t = 7 * 86_400, value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=usersig::EXPIRE_S_MAX))]
    expire: u64,
    /// The app's secret key. Prefer the environment: other users of this machine can see arguments.
    #[arg(long, env = "HONGYAN_KEY", hide_env_values = true, conflicts_with = "data")]
    key: Option<String>,
    /// Take the app's key from this data folder, while no server runs on it.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

pub(crate) async fn run(arguments: Usersig) -> Result<()> {
    let user = UserId::parse(&arguments.user, Code::ACCOUNT_PARAMETER)?;
    let app = SdkAppId(arguments.sdkappid);
    let key = match (arguments.key, arguments.data) {
        (Some(key), _) => key,
        (None, Some(data)) => {
            let store = admin::open(&data).await?;
            let found = manage::find_app(&*store, app).await;
            store.close().await?;
            found?.key.0
        }
        (None, None) => bail!("give --key or --data"),
    };
    println!(
        "{}",
        usersig::issue(app, user.as_str(), &key, clock::now(), arguments.expire)
    );
    Ok(())
}
