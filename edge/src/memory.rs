//! How much memory the C libraries' allocator may waste.

/// So many arenas at most: each keeps what was freed in it, and the threads of many cameras would make many.
#[cfg(target_env = "gnu")]
const ARENAS: i32 = 2;
/// Blocks of this size go back to the system as soon as they are freed, bytes.
#[cfg(target_env = "gnu")]
const GIVES_BACK: i32 = 1 << 20;

/// Call it before any thread is started. A box with two busy cameras of 1080p took 358 MiB without it and 296 with it
/// (resident after 50 s of `throughput --cameras 2 --scene busy`; glibc told the same by its environment).
#[cfg(target_env = "gnu")]
#[allow(unsafe_code)] // no safe crate of this workspace has mallopt
pub fn settle() {
    for (parameter, value) in [
        (libc::M_ARENA_MAX, ARENAS),
        (libc::M_MMAP_THRESHOLD, GIVES_BACK),
        (libc::M_TRIM_THRESHOLD, GIVES_BACK),
    ] {
        // SAFETY: mallopt takes any numbers, and answers 0 to those that it does not know.
        if unsafe { libc::mallopt(parameter, value) } == 0 {
            tracing::debug!(parameter, value, "the allocator does not know this parameter");
        }
    }
}

/// Other C libraries have other allocators.
#[cfg(not(target_env = "gnu"))]
pub fn settle() {}
