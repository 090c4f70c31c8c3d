//! The workload c10k without its loop: the listening socket, with options that accepted sockets
//! inherit, and what is counted. One for the process, in a static.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Mutex, OnceLock};

use serde_json::{Value, json};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use crate::cell::{Buffer, C10kCell};
use crate::handler::Handler;
use crate::messages;
use crate::tally::{Tally, Threads};

static C10K: OnceLock<C10k> = OnceLock::new();

/// The workload c10k of this process. Panics where the cell is another workload's.
#[inline]
pub fn c10k() -> &'static C10k {
    C10K.get().expect("the workload is c10k")
}

/// What all connections share.
pub struct C10k {
    cell: C10kCell,
    threads: Threads,
    listener: Mutex<Option<TcpListener>>,
    units: Tally,
    bytes: Tally,
    errors: Tally,
    first_error: OnceLock<String>,
}

impl C10k {
    pub(crate) fn set_up(cell: C10kCell, threads: Threads) -> io::Result<&'static Self> {
        let listener = listen()?;
        Ok(C10K.get_or_init(|| Self {
            cell,
            threads,
            listener: Mutex::new(Some(listener)),
            units: Tally::new(),
            bytes: Tally::new(),
            errors: Tally::new(),
            first_error: OnceLock::new(),
        }))
    }

    /// The listening socket, which does not block, for the runtime to take over; once.
    pub fn listener(&self) -> TcpListener {
        let mut listener = self.listener.lock().expect("nobody panics with it");
        listener.take().expect("the listener is taken once")
    }

    /// Who owns read buffers.
    #[inline]
    pub fn buffer(&self) -> Buffer {
        self.cell.buffer
    }

    /// The most bytes that one read returns.
    #[inline]
    pub fn buffer_bytes(&self) -> usize {
        self.cell.buffer_bytes
    }

    /// What a request does between its read and its write.
    #[inline]
    pub fn handler(&self) -> Handler {
        self.cell.handler
    }

    /// How long a read may wait; 0 for ever.
    #[inline]
    pub fn read_timeout_ns(&self) -> u64 {
        self.cell.read_timeout_ns
    }

    /// A chunk is echoed, or the rest of one, of so many bytes.
    #[inline]
    pub fn echoed(&self, bytes: usize) {
        self.units.add(self.threads, 1);
        self.bytes.add(self.threads, bytes as u64);
    }

    /// So many bytes of a chunk were echoed, and the rest is on its way.
    pub fn echoed_part(&self, bytes: usize) {
        self.bytes.add(self.threads, bytes as u64);
    }

    /// What a connection held across a wait was not as it had been.
    pub fn damaged(&self) {
        self.count(io::Error::other("what it held across its wait has changed"));
    }

    /// How a connection ended. Clients hang up with a reset, which is no error.
    pub fn ended(&self, how: io::Result<()>) {
        let Err(error) = how else { return };
        if !matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) {
            self.count(error);
        }
    }

    /// An accept failed. Where descriptors ran out that is a limit, and the process ends.
    pub fn accept_failed(&self, error: io::Error) {
        match error.raw_os_error() {
            Some(libc::EMFILE) => out_of_descriptors("RLIMIT_NOFILE", self.cell.connections),
            Some(libc::ENFILE) => out_of_descriptors("fs.file-max", self.cell.connections),
            Some(libc::ECONNABORTED) => {}
            _ => self.count(error),
        }
    }

    fn count(&self, error: io::Error) {
        self.errors.add(self.threads, 1);
        self.first_error.get_or_init(|| format!("connection: {error}"));
    }

    /// The cell as it was understood.
    pub(crate) fn cell(&self) -> &C10kCell {
        &self.cell
    }

    /// Units, bytes and errors.
    pub(crate) fn counts(&self) -> (u64, u64, u64) {
        (self.units.get(), self.bytes.get(), self.errors.get())
    }

    pub(crate) fn first_error(&self) -> &str {
        self.first_error.get().map_or("", String::as_str)
    }

    /// The port, and the conditions of the listener.
    pub(crate) fn port_and_conditions(&self) -> io::Result<(u16, Value)> {
        let listener = self.listener.lock().expect("nobody panics with it");
        let listener = listener.as_ref().expect("it is not taken yet");
        Ok((listener.local_addr()?.port(), conditions(listener)?))
    }
}

/// Shuts all connections down, for a runtime that cannot drop their tasks: these find the end of the
/// stream. What had been written still arrives.
pub fn hang_up() {
    for descriptor in 3..descriptor_limit() {
        // SAFETY: what is no connection is left as it is, with an error.
        unsafe { libc::shutdown(descriptor, libc::SHUT_RDWR) };
    }
}

/// Above all descriptors that are open.
fn descriptor_limit() -> i32 {
    let open = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let numbers = open.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    numbers.max().map_or(0, |highest| highest + 1)
}

fn listen() -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    socket.listen(backlog())?;
    Ok(socket.into())
}

/// The largest that the system allows.
fn backlog() -> i32 {
    let text = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap_or_default();
    text.trim().parse().unwrap_or(128)
}

fn conditions(listener: &TcpListener) -> io::Result<Value> {
    let socket = SockRef::from(listener);
    let linger = socket.linger()?;
    Ok(json!({
        "tcp_nodelay": socket.tcp_nodelay()?,
        "linger": linger.is_some(),
        "linger_s": linger.map(|time| time.as_secs()),
        "send_buffer_bytes": socket.send_buffer_size()?,
        "receive_buffer_bytes": socket.recv_buffer_size()?,
        "backlog": backlog(),
    }))
}

fn out_of_descriptors(limit: &str, connections: u64) -> ! {
    let mut allowed = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `allowed` is a valid place to write to.
    unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut allowed) };
    messages::say(&json!({
        "type": "limit", "limit": limit, "value": allowed.rlim_cur, "needed": connections,
        "message": format!("{limit} leaves no descriptor for a connection"),
    }));
    std::process::exit(0)
}
