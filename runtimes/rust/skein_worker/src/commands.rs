//! Descriptor 0: commands as lines of JSON, whether these come in parts or several at once.

use std::{io, ptr};

use serde_json::Value;

use crate::about::Failure;
use crate::clock::time_until;

const LARGEST_MESSAGE: usize = 16 << 20;

/// Whether a read of descriptor 0 would not block.
pub fn is_readable() -> bool {
    let mut asked = libc::pollfd { fd: 0, events: libc::POLLIN, revents: 0 };
    // SAFETY: one pollfd, valid for the call.
    unsafe { libc::poll(&mut asked, 1, 0) > 0 }
}

/// Blocks the thread until descriptor 0 is readable, or until then. A signal ends the call early.
pub fn wait_for_input(until_ns: Option<u64>) {
    let mut asked = libc::pollfd { fd: 0, events: libc::POLLIN, revents: 0 };
    let left = until_ns.map(time_until).map(|left| libc::timespec {
        tv_sec: left.as_secs() as libc::time_t,
        tv_nsec: left.subsec_nanos().into(),
    });
    let timeout = left.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: one pollfd, and a time or none, which are valid for the call.
    unsafe { libc::ppoll(&mut asked, 1, timeout, ptr::null()) };
}

/// What was read, and is not taken yet.
#[derive(Default)]
pub struct Commands {
    unread: Vec<u8>,
}

impl Commands {
    /// Reads what there is, or waits for it. False at the end of input.
    pub fn read_some(&mut self) -> io::Result<bool> {
        let mut chunk = [0_u8; 4096];
        // SAFETY: `chunk` has room for as many bytes as are asked for.
        let got = unsafe { libc::read(0, chunk.as_mut_ptr().cast(), chunk.len()) };
        match usize::try_from(got) {
            Ok(size) if self.unread.len() + size > LARGEST_MESSAGE => {
                Err(io::Error::other("a command is longer than 16 MiB"))
            }
            Ok(size) => {
                self.unread.extend_from_slice(&chunk[..size]);
                Ok(size > 0)
            }
            Err(_) if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => Ok(true),
            Err(_) => Err(io::Error::last_os_error()),
        }
    }

    /// The next whole line.
    pub fn next(&mut self) -> Result<Option<Value>, Failure> {
        let Some(end) = self.unread.iter().position(|&byte| byte == b'\n') else {
            return Ok(None);
        };
        let line: Vec<u8> = self.unread.drain(..=end).collect();
        let command = serde_json::from_slice(&line);
        Ok(Some(command.map_err(|error| Failure::Error(format!("not a message: {error}")))?))
    }

    /// Waits for a command of this type; nothing else may come, except the end.
    pub fn expect(&mut self, name: &str) -> Result<Value, Failure> {
        loop {
            match self.next()? {
                Some(command) if command["type"] == name => return Ok(command),
                Some(command) if command["type"] == "stop" => return Err(Failure::Gone),
                Some(command) => return Err(format!("expected {name}, got {command}").into()),
                None if self.read_some()? => {}
                None => return Err(Failure::Gone),
            }
        }
    }
}
