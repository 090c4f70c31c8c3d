// Work before `ready`, so that V8 has compiled what will be measured, and has paid what that takes
// of memory: the same programs, on a small cell and with counts of their own.

import { once } from 'node:events';
import { connect } from 'node:net';

import { nowNs } from './clock.js';

const TASKS = 20_000;
const LEAD_NS = 20_000_000;
const SMALL = { tasks: TASKS, window_ns: 20_000_000, grid_ns: 1_000_000 };
const LITTLE_HELD = 64; // the code is the same
const LITTLE_WAIT_NS = 1_000_000;
const LITTLE_WORK = 1000;
const LONG_NS = 60_000_000_000;
const REQUEST = 'warm'; // as long as work needs
const CONNECTIONS = 1000;
const AT_ONCE = 50;
const EXCHANGES = 5;

const SMALL_HOG = { tasks: TASKS, window_ns: 100_000_000 };
const HOG_WORK = 5_000_000;
const HOG_SLICE = 5000;

// Of tasks that wait for each other. A hand-over of contention takes a turn of the loop.
const SMALL_TALK = {
  relay: { tasks: 1000, hops: 100_000 },
  fanout: { tasks: TASKS },
  channel: { messages: 100_000 },
  contention: { tasks: 100, locks: 100 },
  cancel: { tasks: TASKS },
};

/** `Program`: the class of the workload's program. `measured`: the one that is to be warm. */
export function rehearse(workload, Program, cell, measured) {
  if (workload === 'timers') return rehearseTimers(Program, cell);
  if (workload === 'c10k') return rehearseEcho(Program, cell);
  if (workload === 'hog') return rehearseHog(Program, cell, measured.thread);
  return rehearseTalk(Program, cell, SMALL_TALK[workload]);
}

function rehearseTalk(Program, cell, small) {
  return new Promise((resolve) => {
    const work = cell.work ? LITTLE_WORK : null;
    const few = { ...cell, ...small, ...('work' in cell ? { work } : {}) };
    new Program(few, resolve).spawn(few.tasks ?? few.receivers, nowNs() + LEAD_NS);
  });
}

function rehearseTimers(Timers, cell) {
  return new Promise((resolve) => {
    const heldBytes = cell.held_bytes ? LITTLE_HELD : null;
    new Timers({ ...cell, ...SMALL, held_bytes: heldBytes }, resolve).spawn(TASKS, nowNs() + LEAD_NS);
  });
}

/** On the thread that will be measured, which has a compiler of its own; so it is not ended. */
function rehearseHog(Hog, cell, thread) {
  const work = cell.work && HOG_WORK;
  const few = { ...cell, ...SMALL_HOG, work, yield_every: cell.yield_every && HOG_SLICE };
  return new Promise((resolve) => {
    new Hog(few, resolve, thread).spawn(TASKS, nowNs() + LEAD_NS);
  });
}

async function rehearseEcho(Echo, cell) {
  const echo = new Echo({
    ...cell,
    handler_wait_ns: cell.handler_wait_ns ? LITTLE_WAIT_NS : null,
    handler_work: cell.handler_work ? LITTLE_WORK : null,
    read_timeout_ns: cell.read_timeout_ns ? LONG_NS : null,
  });
  const { port } = await echo.prepare();
  for (let done = 0; done < CONNECTIONS; done += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => exchange(port)));
  }
  await echo.stop();
}

async function exchange(port) {
  const socket = connect({ host: '127.0.0.1', port });
  for (let sent = 0; sent < EXCHANGES; sent += 1) {
    socket.write(REQUEST);
    await once(socket, 'data');
  }
  socket.destroy();
  await once(socket, 'close');
}
