//! What `make setup` fetched.

use std::path::PathBuf;

/// A clip by its name: of pedestrians, `vtest.avi` as it was filmed and `vtest.mp4` as a camera codes it.
pub fn clip(name: &str) -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let cache = set("XUNGE_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|c| c.join("xunge")))
        .unwrap_or_else(|| set("HOME").unwrap().join(".cache/xunge"));
    let clip = cache.join("clips").join(name);
    assert!(clip.is_file(), "{} is missing: run `make setup`", clip.display());
    clip
}
