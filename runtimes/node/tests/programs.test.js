// The programs of both workloads inside this process, for what a conversation does not show.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Socket, connect } from 'node:net';
import test from 'node:test';

import { Echo } from '../echo.js';
import { nowNs } from '../shared/clock.js';
import { Schedule } from '../shared/schedule.js';
import { Timers } from '../tasks.js';
import { C10K, TIMERS } from './talk.js';

const CHURN = { ...TIMERS, pattern: 'churn', tasks: 500 };

/** Runs all tasks. `meanwhile` is called while they are under way. */
async function run(cell, meanwhile) {
  const timers = await new Promise((resolve) => {
    const made = new Timers(cell, () => resolve(made));
    made.spawn(cell.tasks, nowNs() + 10_000_000);
    meanwhile?.();
  });
  return timers.counts.toMessage();
}

function armed() {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

test('a timeout that is cancelled is disarmed', async () => {
  const before = armed();
  await run(CHURN);
  await new Promise(setImmediate); // the last canceller ends
  assert.ok(armed() <= before, `${armed()} timers are left`);
});

test('a loop that is held up misses no round of churn', async () => {
  const expected = await run(CHURN);
  const held = await run(CHURN, () => {
    const block = setInterval(() => {
      const end = nowNs() + 40_000_000;
      while (nowNs() < end);
    }, 15);
    setTimeout(() => clearInterval(block), 400);
  });
  assert.deepEqual([held.units, held.checksum], [expected.units, expected.checksum]);
  assert.equal(held.errors, 0);
});

test('a timer that should have been cancelled is an error, and the run still ends', async () => {
  const timers = new Timers(CHURN, () => {});
  timers.counts.wrong(3);
  const { errors, first_error: first, units } = timers.counts.toMessage();
  assert.deepEqual([errors, units], [1, 1]);
  assert.match(first, /cancelled/);
});

/** Notes in `calls` whenever a method is called. */
function note(t, calls, object, name) {
  const method = object[name];
  t.mock.method(object, name, function noted(...words) {
    calls.push(name);
    return method.apply(this, words);
  });
}

for (const pattern of ['spread', 'storm', 'periodic', 'churn']) {
  test(`a task that wakes reads the clock first: ${pattern}`, async (t) => {
    const calls = [];
    const sleepers = [];
    t.mock.method(globalThis, 'setTimeout', (wake) => sleepers.push(wake));
    note(t, calls, process, 'hrtime');
    note(t, calls, Schedule.prototype, 'offsetNs');
    note(t, calls, Schedule.prototype, 'isLeftToFire');
    new Timers({ ...TIMERS, pattern, tasks: 2 }, () => {}).spawn(2, nowNs());
    calls.length = 0;
    sleepers[0]();
    await new Promise(setImmediate);
    assert.equal(calls[0], 'hrtime');
    assert.ok(calls.includes('offsetNs') || calls.includes('isLeftToFire'), 'and then it does');
  });
}

test('what the kernel has not taken is not counted as echoed', async (t) => {
  const echo = new Echo(C10K);
  const { port } = await echo.prepare();
  const client = connect({ port, host: '127.0.0.1' });
  t.after(() => {
    client.destroy();
    return echo.stop();
  });
  await once(client, 'connect');
  client.pause();
  client.write(Buffer.alloc(64 << 20));
  const [peer] = await peers(port);
  while (peer.writableLength === 0) await new Promise(setImmediate);
  const { bytes } = echo.counts.toMessage();
  assert.equal(bytes + peer.writableLength + peer.readableLength, peer.bytesRead);
  assert.ok(client.writableLength > 0, 'and no more is read meanwhile');
});

async function peers(port) {
  for (;;) {
    const handles = process._getActiveHandles();
    const found = handles.filter((each) => each instanceof Socket && each.localPort === port);
    if (found.length > 0) return found;
    await new Promise(setImmediate);
  }
}
