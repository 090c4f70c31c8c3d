//! Replies: one line each on descriptor 1, at once.

use std::io::{self, Write};

use serde_json::{Value, json};

/// Says a message. A conductor that is gone hears nothing, and the end of its commands says so.
pub fn say(message: &Value) {
    let _ = try_say(message);
}

fn try_say(message: &Value) -> io::Result<()> {
    // Standard output writes whole lines at once, and its lock keeps two threads apart.
    let mut out = io::stdout().lock();
    out.write_all(format!("{message}\n").as_bytes())?;
    out.flush()
}

/// All units are done.
pub fn finished(now_ns: u64) {
    say(&json!({"type": "phase", "name": "finished", "t_ns": now_ns}));
}
