//! What the worker was built with and runs under, each taken from where it is in force.

use std::ffi::CStr;

use serde_json::{Value, json};

use crate::about::About;
use crate::c10k::C10k;

/// The `conditions` of `ready`; `listener` is null where the workload has none.
pub fn conditions(about: &About, c10k: Option<&C10k>, listener: &Value) -> Value {
    json!({
        "inline_budget": null,
        "events_per_wait": about.events_per_wait,
        "tick_ns": about.tick_ns,
        "timers": null,
        "timer_slack_ns": timer_slack_ns(),
        "buffer": c10k.map(|c10k| c10k.buffer().word()),
        "buffer_bytes": c10k.map(C10k::buffer_bytes),
        "receive_ring_buffers": null,
        "stack_bytes": null,
        "stack_guard": null,
        "listener": listener,
        "allocator": about.allocator.map_or_else(glibc, str::to_owned),
        "preloaded": preloaded(),
        "compiler": env!("SKEIN_COMPILER"),
        "build_flags": concat!("opt-level=", env!("SKEIN_OPT_LEVEL")),
        "build_type": env!("SKEIN_BUILD_TYPE"),
    })
}

fn timer_slack_ns() -> i32 {
    // SAFETY: this prctl takes no pointer.
    unsafe { libc::prctl(libc::PR_GET_TIMERSLACK) }
}

/// Rust's default allocator is malloc.
fn glibc() -> String {
    // SAFETY: the function returns a static string.
    let version = unsafe { CStr::from_ptr(libc::gnu_get_libc_version()) };
    format!("glibc malloc {}", version.to_string_lossy())
}

/// File names only: the folders are the machine's business.
fn preloaded() -> String {
    let list = std::env::var("LD_PRELOAD").unwrap_or_default();
    let name = |path: &str| {
        let target = std::fs::read_link(path).unwrap_or_else(|_| path.into());
        target.file_name().map(|name| name.to_string_lossy().into_owned())
    };
    let names: Vec<String> = list.split([' ', ':']).filter_map(name).collect();
    if names.is_empty() { "none".into() } else { names.join(" ") }
}
