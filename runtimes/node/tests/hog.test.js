// The workload hog, in the way of a conductor.

import assert from 'node:assert/strict';
import test from 'node:test';

import { Hog } from '../hog.js';
import { HogSchedule } from '../shared/hog_schedule.js';
import { rehearse } from '../shared/rehearsal.js';
import { Talk } from './talk.js';
import { SEED, fingerprint, toHex, value, workedOut } from './values.js';

const MS = 1_000_000;
const FORMS = ['none', 'blocking', 'yielding', 'offloaded'];

function cellOf(form, more) {
  const cell = {
    workload: 'hog', runtime: 'node', style: 'coroutine', stack_bytes: null, depth: null,
    held_bytes: null, workers: 1, seed: SEED, tasks: 20, form, window_ns: 100 * MS,
    work: 50_000, yield_every: 1000, ...more,
  };
  if (form !== 'yielding') cell.yield_every = null;
  if (form === 'none') cell.work = null;
  return cell;
}

/** How many timers fire, and what all work adds up to. */
function expected({ tasks, window_ns: windowNs, work }) {
  let fires = 0;
  let sum = work === null ? 0n : workedOut(work);
  for (let index = 0; index < tasks; index += 1) {
    for (let dueNs = Number(value(index) % 50n + 1n) * MS; dueNs <= windowNs; dueNs += 50 * MS) {
      fires += 1;
      sum += fingerprint(index, dueNs);
    }
  }
  return { fires, checksum: toHex(sum) };
}

/** Spawns all in two steps, so long before their epoch. */
async function spawnAll(talk, { tasks }, leadMs) {
  const epochNs = (Math.ceil(Number(process.hrtime.bigint()) / MS) + leadMs) * MS;
  for (const step of [Math.floor(tasks / 4), tasks]) {
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
  assert.deepEqual([stopped.live_tasks, stopped.errors], [0, 0]);
  return stopped;
}

function check(stopped, cell) {
  const { fires, checksum } = expected(cell);
  assert.deepEqual([stopped.units, stopped.checksum],
    [fires + Number(cell.form !== 'none'), checksum]);
  const { count, early_count: early, overflow } = stopped.lateness;
  assert.deepEqual([count + early, overflow], [fires, 0]);
  if (cell.form === 'none') {
    assert.equal(stopped.hog, null);
  } else {
    assert.ok(stopped.hog.took_ns > 0);
    assert.equal(stopped.hog.yields, cell.form === 'yielding' ? 49 : 0);
  }
}

for (const form of FORMS) {
  test(`every timer fires beside a hog: ${form}`, async () => {
    const cell = cellOf(form);
    check(await run(cell), cell);
  });

  test(`warming up leaves nothing in the counts beside a hog: ${form}`, async () => {
    const cell = cellOf(form);
    check(await run(cell, { warm: true }), cell);
  });

  test(`a hog that is stopped before its epoch counts nothing: ${form}`, async () => {
    const talk = new Talk();
    const cell = cellOf(form);
    await talk.begin(cell);
    await spawnAll(talk, cell, 60_000);
    const live = form === 'none' ? 20 : 21;
    const stats = await talk.ask({ type: 'stats' });
    assert.deepEqual([stats.units, stats.live_tasks], [0, live]);
    assert.deepEqual([stats.hog, stats.lateness], [null, null]);
    const stopped = await talk.ask({ type: 'stop' });
    assert.deepEqual([stopped.units, stopped.live_tasks, stopped.hog], [0, 0, null]);
    assert.equal(await talk.ended, 0);
  });
}

test('slices of a hog may be as long as its work, and the last may be short', async () => {
  for (const [every, yields] of [[50_000, 0], [49_999, 1], [20_000, 2]]) {
    const cell = cellOf('yielding', { yield_every: every });
    const stopped = await run(cell);
    assert.deepEqual([stopped.checksum, stopped.hog.yields], [expected(cell).checksum, yields]);
  }
});

test('a hog that never yields holds up the timers for its time', async () => {
  const stopped = await run(cellOf('blocking', { tasks: 300, work: 20_000_000 }));
  assert.ok(stopped.lateness.max >= stopped.hog.took_ns / 2, JSON.stringify(stopped.hog));
});

test('a warm-up computes on the thread that is measured, and leaves it there', async () => {
  const cell = cellOf('offloaded');
  const measured = new Hog(cell, () => {});
  await measured.prepare();
  let answers = 0;
  measured.thread.on('message', () => { answers += 1; });
  for (const times of [1, 2]) {
    await rehearse('hog', Hog, cell, measured);
    assert.equal(answers, times);
  }
  await measured.stop();
});

test('a hog whose input ends while its thread computes is gone', async () => {
  const talk = new Talk();
  const cell = cellOf('offloaded', { work: 1_000_000_000 });
  await talk.begin(cell);
  await spawnAll(talk, cell, 0);
  await new Promise((resolve) => { setTimeout(resolve, 200); });
  assert.equal(await talk.leave(), 0);
});

test('a timer of hog is due every 50 ms of its window, and all phases occur', () => {
  for (const windowNs of [50 * MS, 101 * MS, 1_234_567_891]) {
    const schedule = new HogSchedule(cellOf('none', { tasks: 1000, window_ns: windowNs }));
    const phases = new Set();
    for (let index = 0; index < 1000; index += 1) {
      const lastNs = schedule.offsetNs(index, schedule.turns(index) - 1);
      assert.ok(lastNs <= windowNs && windowNs < lastNs + 50 * MS);
      phases.add(schedule.offsetNs(index, 0));
    }
    assert.deepEqual([phases.size, Math.min(...phases), Math.max(...phases)], [50, MS, 50 * MS]);
  }
});

for (const [form, fields] of [
  ['greedy', {}], ['blocking', { work: null }], ['yielding', { yield_every: null }],
  ['none', { window_ns: 49 * MS }], ['none', { tasks: 0 }],
]) {
  test(`a cell that cannot be is an error: ${form} ${JSON.stringify(fields)}`, async () => {
    const talk = new Talk();
    const reply = await talk.begin(cellOf(form, fields));
    assert.equal(reply.type, 'error');
    assert.match(reply.message, new RegExp(Object.keys(fields)[0] ?? 'form'));
    assert.equal(await talk.ended, 1);
  });
}
