// The worker as a process, in conversation: what the conductor asks of every worker.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { randomBytes } from 'node:crypto';
import test from 'node:test';

import { EXPECTED } from './expected.js';
import { nowNs } from '../shared/clock.js';
import { fill, isKept } from '../shared/nesting.js';
import { C10K, TIMERS, Talk } from './talk.js';

const MS = 1_000_000;

/** Spawns all tasks in two steps, 100 ms before their epoch. */
async function spawnAll(talk, tasks) {
  const now = Number(process.hrtime.bigint());
  const epochNs = Math.ceil(now / MS + 100) * MS;
  for (const step of [Math.ceil(tasks / 4), tasks]) {
    const reply = await talk.ask({ type: 'phase', name: 'spawn', tasks: step, epoch_ns: epochNs });
    assert.deepEqual([reply.type, reply.name, reply.tasks], ['phase', 'spawn', step]);
  }
  return epochNs;
}

async function runTimers(cell, options) {
  const talk = new Talk(options);
  const ready = await talk.begin(cell);
  assert.deepEqual(ready.echoed, cell);
  const epochNs = await spawnAll(talk, cell.tasks);
  const finished = await talk.hear();
  assert.equal(finished.name, 'finished');
  assert.ok(finished.t_ns >= epochNs, 'finished after the epoch, on the same clock');
  const stats = await talk.ask({ type: 'stats' });
  const stopped = await talk.ask({ type: 'stop' });
  assert.deepEqual({ ...stopped, type: 'stats' }, { ...stats, live_tasks: 0 });
  assert.equal(await talk.ended, 0);
  assert.equal(stats.errors, 0);
  return stats;
}

for (const { fields, units, timers, checksum } of EXPECTED) {
  test(`every task wakes at its deadline: ${JSON.stringify(fields)}`, async () => {
    const cell = { ...TIMERS, ...fields, seed: BigInt(fields.seed ?? 1) };
    const stats = await runTimers(cell);
    assert.deepEqual([stats.units, stats.checksum], [units, checksum]);
    const { count, overflow, early_count: early } = stats.lateness;
    assert.deepEqual([count + early, overflow], [timers, 0]);
  });
}

for (const [depth, heldBytes] of [[null, 64], [2, null], [4, 256], [64, 16384]]) {
  const nested = { depth, held_bytes: heldBytes };
  test(`a sleep some calls down is the same work: ${JSON.stringify(nested)}`, async () => {
    const plain = await runTimers({ ...TIMERS, seed: 1n });
    const stats = await runTimers({ ...TIMERS, seed: 1n, ...nested });
    assert.deepEqual([stats.units, stats.checksum], [plain.units, plain.checksum]);
  });

  test(`a read some calls down comes back whole: ${JSON.stringify(nested)}`, async () => {
    const talk = new Talk();
    const ready = await talk.begin({ ...C10K, ...nested });
    assert.deepEqual([ready.echoed.depth, ready.echoed.held_bytes], [depth, heldBytes]);
    const socket = connect({ host: '127.0.0.1', port: ready.port });
    const sent = randomBytes(5000);
    socket.end(sent);
    assert.deepEqual(Buffer.concat(await socket.toArray()), sent);
    const stopped = await talk.ask({ type: 'stop' });
    assert.deepEqual([stopped.bytes, stopped.errors], [5000, 0]);
  });
}

for (const [waitNs, steps, word] of [[50 * MS, null, 1], [null, 1000, 269958183],
  [50 * MS, 1000, 269958183]]) {
  const handler = { handler_wait_ns: waitNs, handler_work: steps };
  test(`a request waits and computes before its reply: ${JSON.stringify(handler)}`, async () => {
    const talk = new Talk();
    const ready = await talk.begin({ ...C10K, ...handler });
    assert.deepEqual([ready.echoed.handler_wait_ns, ready.echoed.handler_work], [waitNs, steps]);
    const socket = await client(ready.port);
    const request = Buffer.from('\u0001\0\0\0rest');
    const sentNs = nowNs();
    socket.write(request);
    const [reply] = await once(socket, 'data');
    assert.ok(nowNs() - sentNs >= (waitNs ?? 0) - 2 * MS);
    assert.deepEqual([reply.readUInt32LE(0), reply.toString('utf8', 4)], [word, 'rest']);
    socket.destroy();
    const stopped = await talk.ask({ type: 'stop' });
    assert.deepEqual([stopped.units, stopped.bytes, stopped.errors], [1, 8, 0]);
  });
}

test('a read that waits too long closes its connection', async () => {
  const talk = new Talk();
  const ready = await talk.begin({ ...C10K, read_timeout_ns: 100 * MS });
  assert.equal(ready.echoed.read_timeout_ns, 100 * MS);
  const socket = await client(ready.port);
  const sentNs = nowNs();
  for (let sent = 0; sent < 6; sent += 1) { // each in time, together longer than a timeout
    socket.write('rest');
    await once(socket, 'data');
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
  socket.resume(); // without a listener for data it would not see the end
  await once(socket, 'end');
  socket.destroy();
  assert.ok(nowNs() - sentNs >= 200 * MS);
  const stopped = await talk.ask({ type: 'stop' });
  assert.deepEqual([stopped.units, stopped.errors], [6, 1]);
});

test('warming up takes handlers that wait long', async () => {
  const talk = new Talk({ warm: true });
  const ready = await talk.begin(
    { ...C10K, handler_wait_ns: 1000 * MS, handler_work: 1_000_000 });
  assert.equal(ready.type, 'ready');
  await talk.leave();
});

test('a depth that no task has is an error', async () => {
  const reply = await new Talk().begin({ ...TIMERS, depth: 3 });
  assert.equal(reply.type, 'error');
});

test('what is held and has changed is noticed', () => {
  for (const bytes of [64, 256, 16384]) {
    const held = new Uint8Array(bytes);
    fill(held);
    assert.ok(isKept(held));
    held[63] += 1;
    assert.ok(!isKept(held));
  }
});

test('hello names the process, the row and what it waits on', async () => {
  const talk = new Talk({ warm: true });
  const hello = await talk.hear();
  assert.deepEqual(
    [hello.type, hello.protocol, hello.runtime, hello.pid, hello.style],
    ['hello', 1, 'node', talk.pid, 'coroutine'],
  );
  assert.deepEqual([hello.settles, hello.warms_up], [true, true]);
  assert.match(hello.loop, /^libuv \d/);
  assert.equal(hello.library_version, process.version);
  assert.equal(await talk.leave(), 0);
});

test('cold it says so, under another name', async () => {
  const talk = new Talk();
  const hello = await talk.hear();
  assert.deepEqual([hello.runtime, hello.warms_up], ['node_cold', false]);
  await talk.leave();
});

for (const pattern of ['spread', 'storm', 'periodic', 'churn']) {
  test(`warming up leaves nothing in the counts of ${pattern}`, async () => {
    const { units, checksum } = EXPECTED.find(({ fields }) => fields.pattern === pattern);
    const stats = await runTimers({ ...TIMERS, pattern }, { warm: true });
    assert.deepEqual([stats.units, stats.checksum], [units, checksum]);
  });
}

test('warming up leaves no connection and no byte', async () => {
  const talk = new Talk({ warm: true });
  const { port } = await talk.begin(C10K);
  const { units, bytes, live_connections: live } = await talk.ask({ type: 'stats' });
  assert.deepEqual([units, bytes, live], [0, 0, 0]);
  const socket = await client(port);
  socket.end('x');
  assert.equal((await readAll(socket)).toString(), 'x');
  await talk.ask({ type: 'stop' });
  assert.equal(await talk.ended, 0);
});

test('it settles when asked', async () => {
  const talk = new Talk();
  await talk.begin(TIMERS);
  assert.deepEqual(await talk.ask({ type: 'settle' }), { type: 'settled' });
  await talk.leave();
});

test('at the end of input it ends, asleep or not', async () => {
  const talk = new Talk();
  await talk.begin({ ...TIMERS, window_ns: 60_000 * MS });
  await spawnAll(talk, TIMERS.tasks);
  assert.equal(await talk.leave(), 0);
});

test('stopped with tasks asleep it ends with nothing alive', async () => {
  const talk = new Talk();
  await talk.begin({ ...TIMERS, window_ns: 60_000 * MS });
  await spawnAll(talk, TIMERS.tasks);
  const stopped = await talk.ask({ type: 'stop' });
  assert.deepEqual([stopped.live_tasks, stopped.lateness], [0, null]);
  assert.equal(await talk.ended, 0);
});

test('SIGINT is left to the conductor', async () => {
  const talk = new Talk();
  await talk.begin(TIMERS);
  talk.kill('SIGINT');
  assert.equal((await talk.ask({ type: 'stats' })).type, 'stats');
  assert.equal(await talk.leave(), 0);
});

test('a command that is none ends it with a message and a status', async () => {
  const talk = new Talk();
  await talk.hear();
  const reply = await talk.ask({ type: 'applaud' });
  assert.equal(reply.type, 'error');
  assert.match(reply.message, /applaud/);
  assert.equal(await talk.ended, 1);
});

const IMPOSSIBLE = [
  { workload: 'no_such_workload' }, { pattern: 'no_such_pattern' }, { tasks: undefined },
  { grid_ns: 0 },
];
for (const fields of IMPOSSIBLE) {
  test(`a cell that cannot be is an error: ${Object.entries(fields)}`, async () => {
    const talk = new Talk();
    const reply = await talk.begin({ ...TIMERS, ...fields });
    assert.equal(reply.type, 'error');
    assert.equal(await talk.ended, 1);
  });
}

const LIMITS = [
  ['buffer', { ...C10K, buffer: 'lent' }],
  ['buffer', { ...C10K, buffer: 'own' }],
  ['RLIMIT_NOFILE', { ...C10K, connections: 100_000_000 }],
  ['setTimeout', { ...TIMERS, window_ns: 30 * 24 * 3_600_000 * MS }],
];
for (const [name, cell] of LIMITS) {
  test(`what it cannot do is a limit: ${name}, ${cell.buffer ?? cell.workload}`, async () => {
    const talk = new Talk();
    const reply = await talk.begin(cell);
    assert.deepEqual([reply.type, reply.limit], ['limit', name]);
    assert.equal(await talk.ended, 0);
  });
}

test('a buffer that it does not have is no number', async () => {
  const talk = new Talk();
  const { value, needed } = await talk.begin({ ...C10K, buffer: 'lent' });
  assert.deepEqual([value, needed], [null, null]);
  assert.equal(await talk.ended, 0);
});

test('several loops are an error: a process of Node has one', async () => {
  const talk = new Talk();
  const reply = await talk.begin({ ...C10K, mode: 'idle', loops: 2 });
  assert.equal(reply.type, 'error');
  assert.match(reply.message, /one loop/);
  assert.equal(await talk.ended, 1);
});

test('a heap that is too small for the tasks is a limit, before V8 ends the process', async () => {
  const talk = new Talk({ node: ['--max-old-space-size=64', '--max-semi-space-size=1'] });
  await talk.begin({ ...TIMERS, tasks: 1_000_000, window_ns: 60_000 * MS });
  const reply = await talk.ask(
    { type: 'phase', name: 'spawn', tasks: 1_000_000, epoch_ns: Number(process.hrtime.bigint()) });
  assert.deepEqual([reply.type, reply.limit], ['limit', 'V8 heap']);
  assert.ok(reply.needed > reply.value);
  assert.equal(await talk.ended, 0);
});

async function client(port) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  return socket;
}

async function readAll(socket) {
  const chunks = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function until(talk, holds) {
  for (;;) {
    const stats = await talk.ask({ type: 'stats' });
    if (holds(stats)) return stats;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

for (const bytes of [1, 1023, 65_537, (3 << 20) + 7]) {
  test(`a client that half-closes gets ${bytes} bytes back, and then the end`, async () => {
    const talk = new Talk();
    const { port } = await talk.begin(C10K);
    const sent = randomBytes(bytes);
    const socket = await client(port);
    socket.end(sent);
    assert.ok(sent.equals(await readAll(socket)));
    const stats = await until(talk, (now) => now.live_connections === 0);
    assert.equal(stats.bytes, bytes);
    await talk.ask({ type: 'stop' });
    assert.equal(await talk.ended, 0);
  });
}

test('a slow reader gets every byte, and is not read from meanwhile', async () => {
  const talk = new Talk();
  const { port } = await talk.begin(C10K);
  const sent = randomBytes(32 << 20);
  const socket = await client(port);
  socket.end(sent);
  await new Promise((resolve) => {
    setTimeout(resolve, 300);
  });
  assert.ok(socket.writableLength > 0, 'the rest waits at the sender');
  assert.ok(sent.equals(await readAll(socket)));
  await talk.leave();
});

test('a reset is no error', async () => {
  const talk = new Talk();
  const { port } = await talk.begin(C10K);
  const socket = await client(port);
  socket.write('x'.repeat(1000));
  await until(talk, (now) => now.live_connections === 1);
  socket.resetAndDestroy();
  const stats = await until(talk, (now) => now.live_connections === 0);
  assert.equal(stats.errors, 0);
  await talk.leave();
});

test('stopped with connections open it closes them, after what it had written', async () => {
  const talk = new Talk();
  const { port } = await talk.begin(C10K);
  const sent = randomBytes(256 << 10);
  const socket = await client(port);
  socket.write(sent);
  await until(talk, (now) => now.bytes === sent.length);
  const stopping = talk.ask({ type: 'stop' });
  assert.ok(sent.equals(await readAll(socket)));
  assert.equal((await stopping).live_connections, 0);
  assert.equal(await talk.ended, 0);
});
