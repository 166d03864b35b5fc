//! Makes sure that the folder of the built console exists, so that the centre always compiles.

use std::path::Path;

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed=console/dist");
    let dist = Path::new("console/dist");
    if !dist.exists() {
        std::fs::create_dir_all(dist)?;
    }
    Ok(())
}
