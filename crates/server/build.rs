//! Makes sure that the folders of the built web apps exist, so that the server builds in a checkout where they were
//! not built yet (it then says how), and is built again when they change.

use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for app in ["demo", "console"] {
        let dist = Path::new("../../apps").join(app).join("dist");
        // A folder that cannot be made is embedded as if it were empty.
        let _ = std::fs::create_dir_all(&dist);
        println!("cargo:rerun-if-changed={}", dist.display());
    }
}
