//! What a workload keeps of each of its tasks in a static, in their order: the ways of a ring, or
//! handles.

use std::mem;
use std::sync::{Mutex, MutexGuard};

/// Something of each task.
pub struct PerTask<Thing>(Mutex<Vec<Thing>>);

impl<Thing> PerTask<Thing> {
    /// Of no task yet.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Makes room, which is touched task by task, as memory of theirs.
    pub fn reserve(&self, tasks: u32) {
        self.all().reserve_exact(tasks as usize);
    }

    /// Keeps that of the next task.
    pub fn push(&self, thing: Thing) {
        self.all().push(thing);
    }

    /// A clone of that of a task.
    pub fn of(&self, index: usize) -> Thing
    where
        Thing: Clone,
    {
        self.all()[index].clone()
    }

    /// Takes all out.
    pub fn take(&self) -> Vec<Thing> {
        mem::take(&mut *self.all())
    }

    fn all(&self) -> MutexGuard<'_, Vec<Thing>> {
        self.0.lock().expect("nobody panics with it")
    }
}
