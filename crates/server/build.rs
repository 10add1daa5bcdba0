//! Tells cargo which files outside this crate the build takes in: the web apps, once they are built.
//!
//! The macro that embeds them notices changed files, but not those that come to be.

use std::path::Path;

fn main() {
    for app in ["demo", "console"] {
        let built = format!("../../apps/{app}/dist");
        // A missing path would have cargo build anew each time; the folder above is there, and changes when it comes.
        let watched = if Path::new(&built).exists() {
            built
        } else {
            format!("../../apps/{app}")
        };
        println!("cargo:rerun-if-changed={watched}");
    }
}
