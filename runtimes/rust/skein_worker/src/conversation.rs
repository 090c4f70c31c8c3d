//! The worker's side of harness/PROTOCOL.md.
//!
//! Until the work begins commands are read one by one, blocking. From then on the row waits for
//! descriptor 0 on its own loop and calls [`Conversation::obey`], so being measured costs neither a
//! thread nor a wake-up but for the questions asked. A runtime that cannot wait for a descriptor
//! takes [`crate::CommandsByThread`].

use std::os::fd::BorrowedFd;
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::about::{About, Failure, locked_version};
use crate::c10k::C10k;
use crate::cell::{C10kCell, TimersCell, echo, not_served, number};
use crate::clock::now_ns;
use crate::commands::{Commands, is_readable, wait_for_input};
use crate::conditions::conditions;
use crate::hog::Hog;
use crate::hog_cell::HogCell;
use crate::live::live;
use crate::messages::say;
use crate::nesting::{Nesting, nesting};
use crate::schedule::Schedule;
use crate::talk::Talk;
use crate::talk_cell::{TalkCell, Wait};
use crate::timers::Timers;
use crate::uring::require_io_uring;

/// The workload of this run.
#[derive(Clone, Copy)]
pub enum Work {
    /// An echo server.
    C10k(&'static C10k),
    /// Sleeping tasks.
    Timers(&'static Timers),
    /// The same beside a task that computes; only of a row that says that it `hogs`.
    Hog(&'static Timers, &'static Hog),
    /// Tasks that wait for each other; only of a row that says that it `talks`.
    Talk(&'static Talk),
}

/// The whole conversation: `serve` builds the runtime, serves until the conversation is over, drops
/// everything and gives the conversation back for its last words. Returns the process's status.
pub fn worker(
    about: &'static About,
    serve: impl FnOnce(Conversation) -> Result<Conversation, Failure>,
) -> ExitCode {
    // SAFETY: no handler is installed. The conductor says when it is over, and not a terminal.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_IGN) };
    match converse(about, serve) {
        Ok(()) | Err(Failure::Gone) => ExitCode::SUCCESS,
        Err(Failure::Limit { limit, value, needed, message }) => {
            say(&json!({"type": "limit", "limit": limit, "value": value, "needed": needed,
                "message": message}));
            ExitCode::SUCCESS
        }
        Err(Failure::Error(message)) => {
            eprintln!("{}: {message}", about.runtime);
            say(&json!({"type": "error", "message": message}));
            ExitCode::FAILURE
        }
    }
}

fn converse(
    about: &'static About,
    serve: impl FnOnce(Conversation) -> Result<Conversation, Failure>,
) -> Result<(), Failure> {
    say(&hello(about));
    let mut commands = Commands::default();
    let prepare = commands.expect("prepare")?;
    let work = set_up(about, &prepare["cell"])?;
    if about.needs_io_uring {
        require_io_uring()?;
    }
    say(&ready(about, work, prepare["cell"].clone())?);
    commands.expect("start")?;
    let begun = Conversation { work, commands, ending: None, spawned: 0, spawn_ns: 0 };
    let conversation = serve(begun)?;
    if conversation.ending == Some(Ending::Stopped) {
        say(&conversation.counts("stopped"));
    }
    Ok(())
}

fn hello(about: &About) -> Value {
    let mut takes: Vec<&str> = Vec::new();
    if about.takes_nesting {
        takes.extend(["depth", "held_bytes"]);
    }
    if about.takes_handler {
        takes.extend(["handler_wait_ns", "handler_work"]);
    }
    if about.takes_read_timeout {
        takes.push("read_timeout_ns");
    }
    if about.talks {
        takes.push("work");
    }
    json!({
        "type": "hello", "protocol": 1, "runtime": about.runtime, "pid": std::process::id(),
        "style": "coroutine", "loop": about.waits_on, "timer_source": about.timer_source,
        "library": about.library, "library_version": locked_version(about.library),
        "early_by_at_most_ns": about.early_by_at_most_ns, "takes": takes,
    })
}

/// Makes what the cell asks for, or says why not.
fn set_up(about: &About, cell: &Value) -> Result<Work, Failure> {
    if cell["runtime"] != about.runtime || cell["workers"] != 1 {
        return Err(format!("this is {} with 1 worker", about.runtime).into());
    }
    Nesting::set_up(about, cell)?;
    match cell["workload"].as_str() {
        Some("c10k") => set_up_c10k(about, cell),
        Some("timers") => set_up_timers(about, cell),
        Some("hog") => set_up_hog(about, cell),
        _ => set_up_talk(about, cell),
    }
}

fn set_up_c10k(about: &About, cell: &Value) -> Result<Work, Failure> {
    let cell = C10kCell::from_json(cell)?;
    cell.handler.refuse_unless_taken(about)?;
    if cell.read_timeout_ns > 0 && !about.takes_read_timeout {
        return Err(not_served("read_timeout_ns", "its reads wait for ever"));
    }
    if let Some(why) = about.no_sockets {
        return Err(not_served("runtime", why));
    }
    Ok(Work::C10k(C10k::set_up(cell, about.threads)?))
}

fn set_up_timers(about: &About, cell: &Value) -> Result<Work, Failure> {
    let cell = TimersCell::from_json(cell)?;
    let schedule = Schedule::new(&cell)?;
    if let Some(why) = about.no_timers {
        return Err(not_served("runtime", why));
    }
    if !cell.grid_ns.is_multiple_of(about.timer_resolution_ns) {
        let (value, needed) = (about.timer_resolution_ns, cell.grid_ns);
        return Err(Failure::Limit {
            limit: "timer resolution".into(),
            value: Some(value),
            needed: Some(needed),
            message: format!("timers of {} are of {value} ns, the grid of {needed}", about.runtime),
        });
    }
    Ok(Work::Timers(Timers::set_up(schedule, 0, about.threads)))
}

fn set_up_hog(about: &About, cell: &Value) -> Result<Work, Failure> {
    let cell = HogCell::from_json(cell)?;
    if let Some(why) = about.no_timers {
        return Err(not_served("runtime", why));
    }
    if !about.hogs {
        return Err(not_served("runtime", "no task of it computes among its timers"));
    }
    let timers = Timers::set_up(Schedule::of_hog(&cell), cell.hogs(), about.threads);
    Ok(Work::Hog(timers, Hog::set_up(cell)))
}

fn set_up_talk(about: &About, cell: &Value) -> Result<Work, Failure> {
    let Some(asked) = TalkCell::from_json(cell)? else {
        return Err(format!("the workload {} is not known here", cell["workload"]).into());
    };
    if !about.talks {
        return Err(not_served("runtime", "its tasks do not wait for each other"));
    }
    match asked {
        TalkCell::Channel { capacity: 0, .. } => {
            return Err(not_served("capacity", "a channel has room for one value at least"));
        }
        TalkCell::Channel { capacity, senders, .. }
            if about.room_by_sender && capacity < senders as usize =>
        {
            return Err(not_served("capacity", "a channel has room for a value of each sender"));
        }
        TalkCell::Cancel { wait: Wait::Sleep, .. } => {
            if let Some(why) = about.no_timers {
                return Err(not_served("runtime", why));
            }
        }
        _ => (),
    }
    Ok(Work::Talk(Talk::set_up(asked, number(cell, "seed")?, about.threads)))
}

/// Everything is set up. The echo is of what it was set up with.
fn ready(about: &About, work: Work, cell: Value) -> Result<Value, Failure> {
    let cell = echo(cell, json!({"runtime": about.runtime, "style": "coroutine", "workers": 1}));
    let cell = echo(cell, nesting().to_json());
    let own = match work {
        Work::C10k(c10k) => {
            let (port, listener) = c10k.port_and_conditions()?;
            return Ok(json!({"type": "ready", "echoed": echo(cell, c10k.cell().to_json()),
                "port": port, "conditions": conditions(about, Some(c10k), &listener)}));
        }
        Work::Timers(timers) => timers.cell().to_json(),
        Work::Hog(_, hog) => hog.cell().to_json(),
        Work::Talk(talk) => talk.cell().to_json(),
    };
    Ok(json!({"type": "ready", "echoed": echo(cell, own),
        "conditions": conditions(about, None, &Value::Null)}))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Stopped,
    Gone,
}

/// The conversation from `start` on.
pub struct Conversation {
    work: Work,
    commands: Commands,
    ending: Option<Ending>,
    spawned: u32,
    spawn_ns: u64,
}

impl Conversation {
    /// The workload.
    pub fn work(&self) -> Work {
        self.work
    }

    /// Where commands come from: wait until it is readable, then call [`Conversation::obey`]. It may
    /// block, so only its readiness is of use.
    pub fn descriptor(&self) -> BorrowedFd<'static> {
        // SAFETY: nobody closes descriptor 0.
        unsafe { BorrowedFd::borrow_raw(0) }
    }

    /// Blocks the thread until a command has come, or until then, or for less: for a runtime that has
    /// no loop to wait on.
    pub fn wait(&self, until_ns: Option<u64>) {
        wait_for_input(until_ns);
    }

    /// Connections are accepted from now on, or tasks may come.
    pub fn started(&self) {
        say(&json!({"type": "started"}));
    }

    /// False once the conductor has said stop, or is gone.
    pub fn goes_on(&self) -> bool {
        self.ending.is_none()
    }

    /// Takes all commands that have come, and does them. `spawn` begins task number so and so.
    pub fn obey(&mut self, mut spawn: impl FnMut(u32)) -> Result<(), Failure> {
        while self.goes_on() && is_readable() {
            if !self.commands.read_some()? {
                self.ending = Some(Ending::Gone);
            }
            while let Some(command) = self.commands.next()? {
                self.obey_one(&command, &mut spawn)?;
            }
        }
        Ok(())
    }

    fn obey_one(&mut self, command: &Value, spawn: &mut impl FnMut(u32)) -> Result<(), Failure> {
        match (command["type"].as_str(), self.work) {
            (Some("stats"), _) => say(&self.counts("stats")),
            (Some("stop"), _) => self.ending = Some(Ending::Stopped),
            (Some("phase"), Work::Timers(timers) | Work::Hog(timers, _))
                if command["name"] == "spawn" =>
            {
                self.spawn(timers.tasks(), |at_ns| timers.begin_at(at_ns), command, spawn)?;
            }
            (Some("phase"), Work::Talk(talk)) if command["name"] == "spawn" => {
                self.spawn(talk.cell().tasks(), |at_ns| talk.begin_at(at_ns), command, spawn)?;
            }
            _ => return Err(format!("phase spawn, stats and stop are known, not {command}").into()),
        }
        Ok(())
    }

    /// Up to `most` tasks; `begin_at` takes the epoch, which is the same in every such command.
    fn spawn(
        &mut self,
        most: u32,
        begin_at: impl Fn(u64),
        command: &Value,
        spawn: &mut impl FnMut(u32),
    ) -> Result<(), Failure> {
        let number = |name| command[name].as_u64().ok_or(format!("{name} is missing: {command}"));
        let tasks = u32::try_from(number("tasks")?)?.min(most);
        begin_at(number("epoch_ns")?);
        let begin_ns = now_ns();
        (self.spawned..tasks).for_each(spawn);
        let spawn_ns = now_ns() - begin_ns;
        self.spawned = tasks.max(self.spawned);
        self.spawn_ns += spawn_ns;
        say(&json!({"type": "phase", "name": "spawn", "tasks": self.spawned,
            "spawn_ns": spawn_ns}));
        Ok(())
    }

    /// The message `stats` or `stopped`.
    fn counts(&self, name: &str) -> Value {
        let (units, bytes, checksum, errors, first_error, lateness, fire_ns) = match self.work {
            Work::C10k(c10k) => {
                let (units, bytes, errors) = c10k.counts();
                (units, bytes, 0, errors, c10k.first_error(), Value::Null, None)
            }
            Work::Timers(timers) | Work::Hog(timers, _) => {
                let (units, checksum, errors) = timers.counts();
                let first = if errors == 0 { "" } else { "a wait ended as it must not" };
                (units, 0, checksum, errors, first, timers.lateness(), timers.fire_ns())
            }
            Work::Talk(talk) => {
                let (units, checksum, errors) = talk.counts();
                (units, 0, checksum, errors, talk.first_error(), Value::Null, talk.fire_ns())
            }
        };
        let shares = match self.work {
            Work::Talk(talk) => talk.shares(),
            _ => Value::Null,
        };
        let hog = match self.work {
            Work::Hog(timers, hog) if timers.is_finished() => hog.to_json(),
            _ => Value::Null,
        };
        let (live_tasks, live_connections, frame_bytes) = live();
        json!({
            "type": name, "units": units, "bytes": bytes, "checksum": format!("{checksum:016x}"),
            "live_tasks": live_tasks, "live_connections": live_connections, "errors": errors,
            "first_error": first_error, "lateness": lateness, "spawn_ns": self.spawn_ns,
            "fire_ns": fire_ns, "frame_bytes": frame_bytes, "shares": shares, "hog": hog,
        })
    }
}
