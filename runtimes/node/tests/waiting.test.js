// The workloads whose tasks wait for each other, in the way of a conductor.

import assert from 'node:assert/strict';
import test from 'node:test';

import { Cancel } from '../talk/cancel.js';
import { ManyToMany } from '../talk/channel.js';
import { Contention } from '../talk/contention.js';
import { childrenOf } from '../talk/fanout.js';
import { strideOf } from '../talk/relay.js';
import { Talk } from './talk.js';
import { MASK, SEED, toHex, value, workedOut } from './values.js';

const MS = 1_000_000;

const CELLS = {
  relay: { tasks: 100, order: 'far', hops: 2000 },
  fanout: { tasks: 1234, order: 'wide', work: null },
  channel: { receivers: 4, topology: 'shared', senders: 3, capacity: 5, messages: 2000 },
  contention: { tasks: 100, across: 'yield', locks: 20 },
  cancel: { tasks: 100, wait: 'sleep' },
};

function cellOf(workload, more) {
  return {
    workload, runtime: 'node', style: 'coroutine', stack_bytes: null, depth: null,
    held_bytes: null, workers: 1, seed: SEED, ...CELLS[workload], ...more,
  };
}

/** The checksum of units, each of which is done so many times, and gives its value with `more`. */
function sumOf(units, times = 1, more = 0n) {
  let sum = 0n;
  for (let index = 0; index < units; index += 1) sum += value(index) ^ more;
  return toHex(sum * BigInt(times));
}

/** The way of the token without any task. */
function tokenAfter(hops, tasks, stride) {
  let token = SEED;
  let index = 0;
  for (let made = 0; made < hops; made += 1) {
    token = (token * 6364136223846793005n + BigInt(index) + 1n) & MASK;
    index = (index + stride) % tasks;
  }
  return toHex(token);
}

/** Spawns all in two steps, so long before their epoch. */
async function spawnAll(talk, { tasks, receivers }, leadMs) {
  const all = tasks ?? receivers;
  const epochNs = (Math.ceil(Number(process.hrtime.bigint()) / MS) + leadMs) * MS;
  for (const step of [Math.floor(all / 4), all]) {
    const reply = await talk.ask({ type: 'phase', name: 'spawn', tasks: step, epoch_ns: epochNs });
    assert.deepEqual([reply.type, reply.name, reply.tasks], ['phase', 'spawn', step]);
  }
  return epochNs;
}

async function run(cell, options) {
  const talk = new Talk(options);
  const ready = await talk.begin(cell);
  assert.deepEqual(ready.echoed, cell);
  const epochNs = await spawnAll(talk, cell, 100);
  const finished = await talk.hear();
  assert.equal(finished.name, 'finished');
  assert.ok(finished.t_ns >= epochNs);
  const stopped = await talk.ask({ type: 'stop' });
  assert.equal(await talk.ended, 0);
  assert.deepEqual([stopped.live_tasks, stopped.errors, stopped.lateness], [0, 0, null]);
  assert.ok(stopped.fire_ns > 0);
  return stopped;
}

const RUNS = [
  ['relay', { order: 'near' }, 2000, tokenAfter(2000, 100, 1)],
  ['relay', {}, 2000, tokenAfter(2000, 100, 61)],
  ['relay', { tasks: 2, hops: 1 }, 1, tokenAfter(1, 2, 1)],
  ['fanout', {}, 1234, sumOf(1234)],
  ['fanout', { tasks: 1 }, 1, sumOf(1)],
  ['fanout', { work: 1000 }, 1234, sumOf(1234, 1, workedOut(1000))],
  ['channel', {}, 2000, sumOf(2000)],
  ['channel', { capacity: 0 }, 2000, sumOf(2000)],
  ['channel', { messages: 2 }, 2, sumOf(2)],
  ['contention', {}, 2000, sumOf(100, 20)],
  ['cancel', {}, 100, sumOf(100)],
  ['cancel', { wait: 'receive' }, 100, sumOf(100)],
  ['cancel', { wait: 'lock' }, 100, sumOf(100)],
];
for (const [workload, fields, units, checksum] of RUNS) {
  test(`tasks come to their checksum: ${workload} ${JSON.stringify(fields)}`, async () => {
    const { units: done, checksum: sum, shares } = await run(cellOf(workload, fields));
    assert.deepEqual([done, sum], [units, checksum]);
    assert.equal(shares !== null, ['channel', 'contention'].includes(workload));
  });
}

for (const workload of Object.keys(CELLS)) {
  test(`warming up leaves nothing in the counts of ${workload}`, async () => {
    const cold = await run(cellOf(workload));
    const warm = await run(cellOf(workload), { warm: true });
    assert.deepEqual([warm.units, warm.checksum], [cold.units, cold.checksum]);
  });
}

test('a mutex goes round: all others have it before a task has it again', async () => {
  assert.deepEqual((await run(cellOf('contention'))).shares, { least: 99, most: 99 });
});

test('the tasks of a ring end a while after the last hop', async () => {
  const talk = new Talk();
  const cell = cellOf('relay');
  await talk.begin(cell);
  await spawnAll(talk, cell, 100);
  const { t_ns: finishedNs } = await talk.hear(); // may be heard long after
  while ((await talk.ask({ type: 'stats' })).live_tasks > 0);
  assert.ok(Number(process.hrtime.bigint()) - Number(finishedNs) >= 40 * MS);
  await talk.leave();
});

const LIVE = { relay: 101, fanout: 1, channel: 7, contention: 101, cancel: 101 };
for (const [workload, live] of Object.entries(LIVE)) {
  test(`nothing is done before the epoch, and a stop ends it: ${workload}`, async () => {
    const talk = new Talk();
    const cell = cellOf(workload);
    await talk.begin(cell);
    await spawnAll(talk, cell, 60_000);
    const stats = await talk.ask({ type: 'stats' });
    assert.deepEqual([stats.units, stats.live_tasks, stats.fire_ns], [0, live, null]);
    const stopped = await talk.ask({ type: 'stop' });
    assert.deepEqual([stopped.units, stopped.live_tasks, stopped.shares], [0, 0, null]);
    assert.equal(await talk.ended, 0);
  });
}

const IMPOSSIBLE = [
  ['relay', { order: 'back' }], ['relay', { hops: null }], ['relay', { tasks: 1 }],
  ['fanout', { order: 'deep' }], ['fanout', { tasks: null }], ['channel', { capacity: null }],
  ['channel', { senders: null }], ['contention', { across: 'sleep' }],
  ['contention', { locks: null }], ['cancel', { wait: 'read' }],
];
for (const [workload, fields] of IMPOSSIBLE) {
  test(`a cell that cannot be is an error: ${workload} ${JSON.stringify(fields)}`, async () => {
    const talk = new Talk();
    const reply = await talk.begin(cellOf(workload, fields));
    assert.equal(reply.type, 'error');
    assert.match(reply.message, new RegExp(Object.keys(fields)[0]));
    assert.equal(await talk.ended, 1);
  });
}

test('a mutex that blocks threads is a limit', async () => {
  const talk = new Talk();
  const reply = await talk.begin(cellOf('contention', { across: 'blocking' }));
  assert.deepEqual([reply.type, reply.limit], ['limit', 'runtime']);
  assert.equal(await talk.ended, 0);
});

function errorsOf(program) {
  const { errors, first_error: first } = program.counts.toMessage();
  return [errors, first];
}

test('what must not happen is an error of the run', () => {
  const channel = new ManyToMany(cellOf('channel'), () => {});
  for (const [receiver, message] of [[1, 2], [0, 5], [1, 8]]) channel.note(receiver, message);
  assert.deepEqual(errorsOf(channel), [0, '']);
  channel.note(1, 5);
  assert.deepEqual(errorsOf(channel), [1, 'a message came after a later one of its sender']);
  const contention = new Contention(cellOf('contention'), () => {});
  contention.taken(3, 0);
  contention.taken(4, 0);
  contention.release(3);
  assert.deepEqual(errorsOf(contention), [1, 'two tasks had the mutex at once']);
  const cancel = new Cancel(cellOf('cancel'), () => {});
  cancel.ended(0, false);
  assert.deepEqual(errorsOf(cancel), [1, 'a wait ended that nobody had cancelled']);
});

test('a tree divides its leaves as evenly as it can', () => {
  for (const count of [1, 9, 10, 11, 1234, 10_000_000]) {
    const children = childrenOf(count);
    assert.equal(children.length, Math.min(count, 10));
    let next = 0;
    for (const { begin, end } of children) {
      assert.equal(begin, next);
      next = end;
    }
    assert.equal(next, count);
    const counts = children.map(({ begin, end }) => end - begin);
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 1);
  }
});

test('a token comes to all tasks before it comes to one again', () => {
  for (const tasks of [2, 3, 10, 100, 9973]) {
    const seen = new Set();
    for (let index = 0; !seen.has(index); index = (index + strideOf(tasks, 'far')) % tasks) {
      seen.add(index);
    }
    assert.equal(seen.size, tasks);
  }
});
