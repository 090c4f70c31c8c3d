//! A cell as the conductor sends it, and the echo of what was understood. Fields that do not decide
//! the work (rates, durations, the load) are sent back as they came.

use std::fmt::Display;

use serde_json::{Value, json};

use crate::about::Failure;
use crate::handler::Handler;

/// The words of a field, and what they are.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }

            pub(crate) fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

pub(crate) use words;

words! {
    /// When tasks sleep and how they end.
    Pattern {
        /// One deadline each, all over the window.
        Spread = "spread",
        /// One deadline for all.
        Storm = "storm",
        /// Each wakes again and again.
        Periodic = "periodic",
        /// Armed, then cancelled, but for a few.
        Churn = "churn",
    }
}

words! {
    /// Who owns the bytes that a read returns.
    Buffer {
        /// A scratch that all connections share: one that waits holds none.
        Lent = "lent",
        /// Each connection its own.
        Own = "own",
    }
}

/// What decides the work of timers.
#[derive(Clone, Debug)]
pub(crate) struct TimersCell {
    pub tasks: u32,
    pub pattern: Pattern,
    pub window_ns: u64,
    pub grid_ns: u64,
    pub seed: u64,
}

/// What decides the work of c10k.
#[derive(Clone, Debug)]
pub(crate) struct C10kCell {
    pub connections: u64,
    pub buffer: Buffer,
    pub buffer_bytes: usize,
    pub handler: Handler,
    /// 0 for ever.
    pub read_timeout_ns: u64,
}

impl TimersCell {
    pub fn from_json(cell: &Value) -> Result<Self, Failure> {
        Ok(Self {
            tasks: number(cell, "tasks")?,
            pattern: word(cell, "pattern", Pattern::from_word)?,
            window_ns: number(cell, "window_ns")?,
            grid_ns: number(cell, "grid_ns")?,
            seed: number(cell, "seed")?,
        })
    }

    pub fn to_json(&self) -> Value {
        json!({"tasks": self.tasks, "pattern": self.pattern.word(), "window_ns": self.window_ns,
            "grid_ns": self.grid_ns, "seed": self.seed})
    }
}

impl C10kCell {
    pub fn from_json(cell: &Value) -> Result<Self, Failure> {
        if !cell["loops"].is_null() && cell["loops"] != 1 {
            return Err("a worker of one loop cannot serve several".into());
        }
        if cell["buffer"] == "runtime" {
            return Err(not_served("buffer", "its buffers are lent or each connection's own"));
        }
        Ok(Self {
            connections: number(cell, "connections")?,
            buffer: word(cell, "buffer", Buffer::from_word)?,
            buffer_bytes: number(cell, "buffer_bytes")?,
            handler: Handler::from_json(cell)?,
            read_timeout_ns: match &cell["read_timeout_ns"] {
                Value::Null => 0,
                _ => number(cell, "read_timeout_ns")?,
            },
        })
    }

    pub fn to_json(&self) -> Value {
        let own = json!({"connections": self.connections, "buffer": self.buffer.word(),
            "buffer_bytes": self.buffer_bytes,
            "read_timeout_ns": (self.read_timeout_ns != 0).then_some(self.read_timeout_ns)});
        echo(own, self.handler.to_json())
    }
}

/// A limit that is no number: what the runtime does not do.
pub(crate) fn not_served(limit: &str, why: &str) -> Failure {
    Failure::Limit { limit: limit.into(), value: None, needed: None, message: why.into() }
}

pub(crate) fn number<Number: TryFrom<u64, Error: Display>>(
    cell: &Value,
    name: &str,
) -> Result<Number, Failure> {
    let found = cell[name].as_u64().ok_or_else(|| format!("the cell's {name} is no number"))?;
    Number::try_from(found).map_err(|error| format!("the cell's {name}: {error}").into())
}

/// A number that is large enough.
pub(crate) fn count<Number: TryFrom<u64, Error: Display> + PartialOrd + Display>(
    cell: &Value,
    name: &str,
    least: Number,
) -> Result<Number, Failure> {
    let found: Number = number(cell, name)?;
    if found >= least { Ok(found) } else { Err(format!("the cell's {name} is {found}").into()) }
}

pub(crate) fn word<Word>(
    cell: &Value,
    name: &str,
    from_word: fn(&str) -> Option<Word>,
) -> Result<Word, Failure> {
    let found = cell[name].as_str().unwrap_or("");
    from_word(found).ok_or_else(|| format!("the cell's {name} is not known: {found:?}").into())
}

/// The cell with the fields of `part` as they were understood.
pub(crate) fn echo(mut cell: Value, part: Value) -> Value {
    if let (Some(all), Value::Object(own)) = (cell.as_object_mut(), part) {
        all.extend(own);
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_echoed_as_it_was_understood() {
        let cell = json!({"tasks": 5, "pattern": "churn", "window_ns": 7, "grid_ns": 1,
            "seed": u64::MAX, "timers": null});
        let understood = TimersCell::from_json(&cell).expect("it is one");
        assert_eq!(echo(cell.clone(), understood.to_json()), cell);
        let other = TimersCell { tasks: 6, ..understood };
        assert_eq!(echo(cell, other.to_json())["tasks"], 6);
    }

    #[test]
    fn a_field_that_is_missing_or_unknown_is_named() {
        let said = |cell: Value| match TimersCell::from_json(&cell) {
            Err(Failure::Error(message)) => message,
            other => panic!("{other:?}"),
        };
        assert!(said(json!({"tasks": "5"})).contains("tasks"));
        assert!(said(json!({"tasks": 1_u64 << 40})).contains("tasks"));
        assert!(said(json!({"tasks": 5, "pattern": "waltz"})).contains("waltz"));
    }

    #[test]
    fn a_buffer_that_the_runtime_would_decide_is_a_limit() {
        let cell = json!({"connections": 1, "buffer": "runtime", "buffer_bytes": 1024});
        let Err(Failure::Limit { limit, .. }) = C10kCell::from_json(&cell) else { panic!() };
        assert_eq!(limit, "buffer");
    }
}
