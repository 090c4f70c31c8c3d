// The row `node`: async functions on Node's event loop (libuv, epoll), one JavaScript thread. It
// warms up (shared/rehearsal.js); `node_cold`, with --cold, is the same without.
//
// Version: Node 20 or later; tried with 20.20. Nothing but the standard library.
//
// Why this form:
//   - A sleep is `await new Promise((resolve) => setTimeout(resolve, ms))`, the sleep of everyday
//     code (tasks.js). The promise form in node:timers/promises cancels by an AbortSignal, another
//     object for each wait. Here a timeout is cancelled by clearTimeout, as request timeouts are.
//   - setTimeout truncates to whole ms, so the time left is rounded up.
//   - The echo writes in 'data' (echo.js). The server sets TCP_NODELAY by `noDelay: true`
//     (documentation of node:net). Handlers are shared by all connections and take theirs as
//     `this`.
//
//   - A sleep that happens some calls down is async functions of which each awaits the next. Reads
//     are handlers, so a read's levels are handlers that call the next, made for each connection.
//     What is held is a Uint8Array: beyond 64 bytes V8 keeps its bytes outside its heap.
//
//   - A request that waits (the cell's handler_wait_ns) is a setTimeout that calls with the socket and
//     the chunk: no closure for each request.
//   - A read that gives up (the cell's read_timeout_ns) is the socket's setTimeout, which reads and
//     writes begin anew. Node keeps a list for all timeouts that are equally long.
//   - Tasks that wait for each other (talk/) await promises. Node has no channel for tasks of one
//     thread and no mutex, so those are our own (shared/sync.js), as small as they can be: a queue
//     of what resolves the promises. A tree is Promise.all of what async functions return. To yield
//     is a setImmediate, the way to let anything else run.
//   - A task that computes among timers (hog.js) is an async function. One that hands its work over
//     has a thread of node:worker_threads, as the documentation advises for what takes CPU; it is
//     started before `ready`, and waits for a message.
//
// What it could do faster, and at what price:
//   - One setTimeout for all tasks, over a heap of one's own, would need no object of Node's for a
//     sleep. It would be another runtime than the one people use.
//   - A task of relay could call the next one: no promise and no queue, and no task that waits.
//   - `onread` with one buffer for all would save an allocation a read. net.createServer does not
//     offer it: sockets would have to be made from the server's inner handles.
//
// What is unequal:
//   - Node decides about its buffers: it allocates 64 KiB for each read and shrinks the block to
//     what came. So `buffer` is `runtime`, and `buffer_bytes` bounds nothing.
//   - A timer may fire early. Node keeps the start of a timer in whole ms, rounded down
//     (libuv#4773), which is up to 1 ms. Where the kernel's coarse clock ticks once a ms, libuv
//     reads that, which is up to 1 ms more. Early timers are counted; nothing is armed again.
//   - A channel and a mutex that do what one thread needs, and no more, are compared with those
//     that runtimes bring along. Even a wait that ends at once takes a microtask, a promise
//     another.
//   - Promises go on in microtasks, one after the other until there are none: while a token or
//     messages go round, the loop does not turn. Contention makes it turn once for each hand-over.
//   - An async function runs when it is called: a leaf of fanout is done before its parent calls
//     the next, depth first, so that no tasks are runnable at once. Their promises are there at
//     once.
//   - A sleep of 10 to 20 minutes (cancel) is one of as many lengths as there are ms between:
//     nearly every one has a list of its own.
//   - A deadline that has passed takes 1 ms: setTimeout knows nothing shorter.
//   - It accepts from `ready` on: Node cannot listen without. Nobody connects before `started`.
//   - A thread that a hog hands its work to is a V8 of its own, with a heap. The cold row's compiles
//     the loop while that runs. JavaScript has no way into the pool of libuv.
//   - V8's own threads (four, for collections and compilation) are its default and are left so.
//   - Before memory is read, V8 is asked to collect and to give back (shared/settle.js). At all
//     other times it does so when it likes; no flag is set.

import { Echo } from './echo.js';
import { Hog } from './hog.js';
import { converse } from './shared/conversation.js';
import { Cancel } from './talk/cancel.js';
import { ManyToMany } from './talk/channel.js';
import { Contention } from './talk/contention.js';
import { Fanout } from './talk/fanout.js';
import { Relay } from './talk/relay.js';
import { Timers } from './tasks.js';

const isCold = process.argv.includes('--cold');

await converse(
  {
    runtime: isCold ? 'node_cold' : 'node',
    style: 'coroutine',
    timer_source: 'setTimeout: a list for each length in whole ms',
    early_by_at_most_ns: 2_000_000,
    warms_up: !isCold,
    takes: ['depth', 'held_bytes', 'handler_wait_ns', 'handler_work', 'read_timeout_ns', 'work'],
  },
  {
    timers: Timers,
    c10k: Echo,
    relay: Relay,
    fanout: Fanout,
    channel: ManyToMany,
    contention: Contention,
    cancel: Cancel,
    hog: Hog,
  },
);
