//! ejabberd from Debian's package: there or not, configured, started, ended.
//!
//! **Comes in:** a folder that may be thrown away, and whether messages are archived. **Goes out:** a running server on a
//! free port of 127.0.0.1. **Never here:** the system's own service and its files: this one has its own configuration and
//! data, is no Erlang node that others could reach, and so needs no name, no cookie and no port mapper.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::{machine, shell};

/// `sqlite3` makes the archive's file.
const PACKAGES: [&str; 3] = ["ejabberd", "erlang-p1-sqlite3", "sqlite3"];
const CONTROL: &str = "/usr/sbin/ejabberdctl";
const SCHEMA: &str = "/usr/share/ejabberd/sql/lite.sql";
/// It ends by itself after so long, should nobody be left to end it.
const LIFE: Duration = Duration::from_secs(20 * 60);
const START_MAX: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What becomes of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeps {
    /// In the message archive (XEP-0313) in SQLite, of users and of rooms.
    Archive,
    /// They are handed on and forgotten.
    Nothing,
}

/// A running server; dropped, it is killed.
#[derive(Debug)]
pub(super) struct Ejabberd {
    child: Child,
    address: SocketAddr,
    folder: PathBuf,
}

/// Its version, once it is there; installed when that is wanted and possible.
pub(super) fn need(install: bool) -> Result<String> {
    let missing = || -> Vec<&str> {
        let is_missing = |package: &&str| version(package).is_none();
        PACKAGES.into_iter().filter(is_missing).collect()
    };
    if install && !missing().is_empty() && machine::is_debian_root() {
        let before = erlang_processes();
        machine::install_debian(&missing())?;
        // The package starts its service. Only what this installation brought to life is ended.
        for (pid, name) in erlang_processes() {
            if !before.iter().any(|(it, _)| *it == pid) {
                shell::step(&format!("ending {name} ({pid}), which the package started"));
                shell::run(Command::new("kill").arg(pid.to_string()))?;
            }
        }
    }
    let missing = missing();
    if !missing.is_empty() {
        bail!(
            "this compares with ejabberd from Debian's packages: install it (`apt-get install {}`), \
             or say --install as root. The package also starts ejabberd as a service, and does so at every boot",
            missing.join(" ")
        );
    }
    version(PACKAGES[0]).context("ejabberd's version")
}

/// The version of an installed package.
fn version(package: &str) -> Option<String> {
    let mut query = Command::new("dpkg-query");
    query.args(["-W", "-f", "${db:Status-Status} ${Version}", package]);
    let told = shell::answer(&mut query)?;
    told.strip_prefix("installed ").map(str::to_owned)
}

/// Erlang's machines and its port mapper, by pid.
fn erlang_processes() -> Vec<(u32, String)> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|it| {
            let pid = it.file_name().to_str()?.parse().ok()?;
            let name = std::fs::read_to_string(it.path().join("comm")).ok()?;
            let name = name.trim();
            ["beam.smp", "epmd"]
                .contains(&name)
                .then(|| (pid, name.to_owned()))
        })
        .collect()
}

impl Ejabberd {
    /// Starts one with a new data folder, and waits until it listens.
    pub(super) fn start(folder: &Path, keeps: Keeps) -> Result<Self> {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        std::fs::create_dir_all(folder.join("data"))?;
        let archive = folder.join("archive.db");
        if keeps == Keeps::Archive {
            make_archive(&archive)?;
        }
        let listener = TcpListener::bind("127.0.0.1:0").context("looking for a free port")?;
        let address = listener.local_addr()?;
        drop(listener);
        let configuration = folder.join("ejabberd.yml");
        std::fs::write(&configuration, configured(address.port(), keeps, &archive))?;
        let output = std::fs::File::create(folder.join("output"))?;
        // The machine's limits are those of ejabberdctl; `+Bd` lets Ctrl-C end it.
        let child = Command::new("erl")
            .args(["+K", "true", "+P", "250000", "+Bd", "-noinput"])
            .args(["-mnesia", "dir", &format!("{:?}", folder.join("data"))])
            .args(["-ejabberd", "quiet", "true", "-eval"])
            .arg(format!(
                "timer:apply_after({}, erlang, halt, []).",
                LIFE.as_millis()
            ))
            .args(["-s", "ejabberd"])
            .env("EJABBERD_CONFIG_PATH", &configuration)
            .env("EJABBERD_LOG_PATH", folder.join("ejabberd.log"))
            .env("ERL_CRASH_DUMP", folder.join("crash.dump"))
            .env("ERL_LIBS", libraries()?)
            .env("ERL_MAX_PORTS", "32000")
            .env("ERL_MAX_ETS_TABLES", "1400")
            .env("HOME", folder)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .context("starting erl")?;
        let folder = folder.to_owned();
        let mut server = Self {
            child,
            address,
            folder,
        };
        for _ in 0..START_MAX.as_millis() / LOOK_EVERY.as_millis() {
            if let Some(status) = server.child.try_wait()? {
                bail!("ejabberd ended at its start ({status})\n{}", server.log());
            }
            if TcpStream::connect(server.address).is_ok() {
                return Ok(server);
            }
            std::thread::sleep(LOOK_EVERY);
        }
        bail!("ejabberd does not listen\n{}", server.log())
    }

    /// Where it listens for clients.
    pub(super) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Its process: `erl` becomes the Erlang machine.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote, for when something went wrong.
    pub(super) fn log(&self) -> String {
        let read = |name| std::fs::read_to_string(self.folder.join(name)).unwrap_or_default();
        let all = read("output") + &read("ejabberd.log");
        let lines: Vec<&str> = all.lines().collect();
        let last = lines.len().saturating_sub(20);
        format!("ejabberd wrote:\n{}", lines[last..].join("\n"))
    }

    /// Ends it.
    pub(super) fn stop(mut self) -> Result<()> {
        self.child.kill().context("ending ejabberd")?;
        self.child.wait().context("ending ejabberd")?;
        Ok(())
    }
}

impl Drop for Ejabberd {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An empty archive with write-ahead log. The mode stays with the file; ejabberd itself leaves SQLite's defaults, so that
/// `synchronous` is FULL: each transaction is synced to disk.
fn make_archive(file: &Path) -> Result<()> {
    let mut sqlite = Command::new("sqlite3");
    sqlite
        .arg("-bail")
        .arg(file)
        .args(["PRAGMA journal_mode=WAL;", &format!(".read {SCHEMA}")]);
    let told = shell::answer(&mut sqlite).context("making the archive with sqlite3")?;
    if !told.starts_with("wal") {
        bail!("SQLite has no write-ahead log here: {told}");
    }
    Ok(())
}

/// Where the package has its Erlang libraries, as its own script names it.
fn libraries() -> Result<String> {
    let script = std::fs::read_to_string(CONTROL).with_context(|| format!("reading {CONTROL}"))?;
    let line = script.lines().find_map(|it| it.strip_prefix("ERL_LIBS="));
    let folder = line.context("ejabberdctl names no ERL_LIBS")?;
    Ok(folder.trim_matches(['\'', '"']).to_owned())
}

/// The configuration. What is not named is as ejabberd has it; no shaper, no TLS, no roster, nothing for those who are
/// away. Accounts are in Mnesia, registered in-band.
fn configured(port: u16, keeps: Keeps, archive: &Path) -> String {
    let (archives, rooms_archive) = match keeps {
        Keeps::Archive => (
            "  mod_mam:\n    default: always\n    db_type: sql\n",
            "    default_room_options:\n      mam: true\n",
        ),
        Keeps::Nothing => ("", ""),
    };
    let archive = archive.display();
    format!(
        "hosts: [localhost]
loglevel: warning
listen:
  -
    port: {port}
    ip: 127.0.0.1
    module: ejabberd_c2s
    access: all
    backlog: 1024
auth_method: mnesia
auth_cache_size: 100000
default_db: mnesia
sql_type: sqlite
sql_database: \"{archive}\"
registration_timeout: infinity
modules:
  mod_register:
    ip_access: all
  mod_stream_mgmt: {{}}
{archives}  mod_muc:
    db_type: mnesia
{rooms_archive}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_is_configured_for_users_and_rooms_or_not_at_all() {
        let archive = Path::new("target/archive.db");
        let archived = configured(5222, Keeps::Archive, archive);
        assert!(archived.contains("mod_mam:") && archived.contains("mam: true"));
        assert!(archived.contains("port: 5222"));
        let nothing = configured(5222, Keeps::Nothing, archive);
        assert!(!nothing.contains("mam"));
        assert!(nothing.ends_with("mod_muc:\n    db_type: mnesia\n"));
    }
}
