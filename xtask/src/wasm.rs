//! The client core for JavaScript: `crates/sdk-wasm`, built for wasm32, with its glue and types.
//!
//! **Comes in:** the Rust of the core. **Goes out:** `packages/tim-js-sdk/wasm/`, which git ignores; the package
//! carries it inside. **Never here:** how the module is started; that is the package's business.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::fresh::Sources;
use crate::{machine, npm, shell, workspace};

/// Where the result goes.
const OUT: &str = "packages/tim-js-sdk/wasm";
const TARGET: &str = "wasm32-unknown-unknown";
const MODULE: &str = "hongyan_sdk_wasm_bg.wasm";
const GLUE: &str = "hongyan_sdk_wasm_bg.js";
const TYPES: &str = "hongyan_sdk_wasm_bg.d.ts";

/// Who compiles for wasm32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Compiler {
    /// The compiler that builds the rest, with the wasm32 target installed.
    Own,
    /// Debian's package `rustc-web`, which builds the standard library too.
    Debian,
}

/// Builds the module unless it is there and nothing that it is made from has changed.
pub(crate) fn run(compiler: Option<Compiler>) -> Result<()> {
    let optimizer = optimizer();
    let root = workspace::root();
    let out = root.join(OUT);
    let sources = [
        "crates/protocol",
        "crates/sdk",
        "crates/sdk-wasm",
        "xtask/bindgen",
        "Cargo.lock",
        "Cargo.toml",
        "node_modules/binaryen/package.json",
    ]
    .iter()
    .fold(
        Sources::of("wasm").and_text(&format!("{compiler:?}")),
        |sources, path| sources.and(&root.join(path)),
    );
    let complete = [MODULE, GLUE, TYPES].iter().all(|file| out.join(file).exists());
    if complete && sources.are_unchanged() {
        return Ok(());
    }

    let compiler = match compiler {
        Some(compiler) => compiler,
        None => find_compiler()?,
    };
    let module = compile(compiler)?;
    bind(&module, &out)?;
    if let Some(optimizer) = optimizer {
        optimize(&optimizer, &out.join(MODULE))?;
    } else {
        shell::warn("the wasm module is not optimized: `wasm-opt` of the npm package binaryen is missing");
    }
    let bytes = std::fs::metadata(out.join(MODULE))?.len();
    shell::step(&format!("{OUT}/{MODULE}: {} KB", bytes.div_ceil(1000)));
    sources.remember()
}

/// The first way to compile that this machine offers.
fn find_compiler() -> Result<Compiler> {
    // Downloads some 20 MB; without a network rustup gives up at once, and behind a silent proxy we do.
    const RUSTUP_LIMIT: Duration = Duration::from_secs(120);
    if has_target() {
        return Ok(Compiler::Own);
    }
    shell::step("installing the wasm32 target with rustup");
    let mut rustup = Command::new("rustup");
    rustup
        .args(["target", "add", TARGET])
        .current_dir(workspace::root())
        .env("RUSTUP_MAX_RETRIES", "0");
    if shell::succeeds_within(&mut rustup, RUSTUP_LIMIT) && has_target() {
        return Ok(Compiler::Own);
    }
    if debian_is_installed() {
        return Ok(Compiler::Debian);
    }
    if machine::is_debian_root() {
        machine::install_debian(&["rustc-web", "rust-web-src"])?;
        return Ok(Compiler::Debian);
    }
    bail!(
        "no compiler for {TARGET}: run `rustup target add {TARGET}`; where rustup cannot fetch it, \
         Debian's packages do: `apt-get install rustc-web rust-web-src`"
    )
}

/// Whether the compiler that builds the rest has a standard library for wasm32.
fn has_target() -> bool {
    let folder = shell::answer(rustc().args(["--print", "target-libdir", "--target", TARGET]));
    folder.is_some_and(|folder| std::fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some()))
}

fn debian_is_installed() -> bool {
    ["rustc-web", "rust-web-src"].iter().all(|package| {
        shell::answer(Command::new("dpkg-query").args(["-W", "-f=${Status}", package]))
            .is_some_and(|status| status == "install ok installed")
    })
}

/// Builds the module and says where it is.
fn compile(compiler: Compiler) -> Result<PathBuf> {
    shell::step("building the client core for wasm32");
    let root = workspace::root();
    // A target folder of its own: the compiler may be another, and must not undo what the rest has built.
    let target = workspace::target().join("wasm");
    let mut cargo = shell::cargo();
    cargo
        .args([
            "build",
            "--quiet",
            "--package",
            "hongyan-sdk-wasm",
            "--profile",
            "wasm",
            "--target",
            TARGET,
        ])
        .arg("--target-dir")
        .arg(&target)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(&root));
    if compiler == Compiler::Debian {
        cargo
            .args(["-Z", "build-std=std,panic_abort"])
            // Debian's compiler allows what is unstable only when told so; building the standard library is.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTC", "/usr/bin/rustc");
        if let Some(linker) = own_linker() {
            cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
    }
    shell::run(&mut cargo)?;
    Ok(target.join(TARGET).join("wasm").join("hongyan_sdk_wasm.wasm"))
}

/// Panic messages carry source paths; without this, they would carry this machine's.
fn flags(root: &Path) -> String {
    let mut flags = vec![format!("--remap-path-prefix={}=hongyan", root.display())];
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    if let Some(home) = home {
        flags.push(format!("--remap-path-prefix={}=cargo", home.display()));
    }
    flags.join("\u{1f}")
}

/// The linker that comes with the own compiler; Debian's packages bring none.
fn own_linker() -> Option<PathBuf> {
    let sysroot = shell::answer(rustc().args(["--print", "sysroot"]))?;
    let version = shell::answer(rustc().arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "))?;
    let linker = Path::new(&sysroot)
        .join("lib/rustlib")
        .join(host)
        .join("bin/rust-lld");
    linker.exists().then_some(linker)
}

fn rustc() -> Command {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.current_dir(workspace::root());
    rustc
}

/// Makes the glue and its types, and leaves just what the package needs.
fn bind(module: &Path, out: &Path) -> Result<()> {
    shell::step("making the JavaScript glue");
    if out.exists() {
        std::fs::remove_dir_all(out)?;
    }
    let mut bindgen = shell::cargo();
    bindgen
        .args(["run", "--quiet", "--package", "xtask-bindgen", "--"])
        .arg(module)
        .arg(out);
    shell::run(&mut bindgen)?;
    // This file would load the module the way only some bundlers understand.
    std::fs::remove_file(out.join("hongyan_sdk_wasm.js")).context("the glue is not as expected")?;
    std::fs::remove_file(out.join("hongyan_sdk_wasm_bg.wasm.d.ts"))
        .context("the types are not as expected")?;
    // TypeScript looks for the types beside the file that is imported.
    let types = out.join("hongyan_sdk_wasm.d.ts");
    let mut text = std::fs::read_to_string(&types).context("reading the types of the glue")?;
    text.push_str(
        "\n/** Gives the glue the exports of the instantiated module; before anything else is called. */\n\
         export function __wbg_set_wasm(exports: WebAssembly.Exports): void;\n",
    );
    std::fs::write(out.join(TYPES), text)?;
    std::fs::remove_file(types)?;
    Ok(())
}

/// `wasm-opt`, when Node is there to install and run it.
fn optimizer() -> Option<PathBuf> {
    if let Err(error) = npm::install() {
        shell::warn(&format!("{error:#}"));
    }
    npm::program("wasm-opt")
}

fn optimize(optimizer: &Path, module: &Path) -> Result<()> {
    shell::step("shrinking the wasm module");
    // The features that rustc uses by default; all browsers have had them since 2021.
    let features = [
        "--enable-bulk-memory",
        "--enable-multivalue",
        "--enable-mutable-globals",
        "--enable-nontrapping-float-to-int",
        "--enable-reference-types",
        "--enable-sign-ext",
    ];
    shell::run(
        Command::new(optimizer)
            .arg("-Oz")
            .args(features)
            .arg(module)
            .arg("-o")
            .arg(module),
    )
}
