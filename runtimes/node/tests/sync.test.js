// By what tasks wait for each other.

import assert from 'node:assert/strict';
import test from 'node:test';

import { Channel, Event, Mutex, lockUnless } from '../shared/sync.js';
import { Fifo } from '../shared/fifo.js';

test('a queue gives back in order what was not taken out of it', () => {
  const queue = new Fifo();
  const entries = [1, 2, 3, 4, 5].map((value) => queue.push(value));
  for (const place of [0, 2, 4]) queue.remove(entries[place]);
  queue.push(6);
  assert.equal(queue.length, 3);
  assert.deepEqual([queue.shift(), queue.shift(), queue.shift(), queue.shift()],
    [2, 4, 6, undefined]);
});

for (const capacity of [0, 1, 5]) {
  test(`a channel with room for ${capacity} keeps the order and loses nothing`, async () => {
    const channel = new Channel(capacity);
    const got = [];
    const receiving = (async () => {
      for (let value = await channel.receive(); value !== undefined;
        value = await channel.receive()) got.push(value);
    })();
    for (let value = 0; value < 100; value += 1) assert.equal(await channel.send(value), true);
    channel.close();
    await receiving;
    assert.deepEqual(got, Array.from({ length: 100 }, (_, value) => value));
  });
}

test('a send waits while there is no room, and one without room until it is received', async () => {
  const bounded = new Channel(1);
  assert.equal(bounded.send('a'), true);
  const waiting = bounded.send('b');
  assert.ok(waiting instanceof Promise);
  assert.deepEqual([bounded.receive(), await waiting, bounded.receive()], ['a', true, 'b']);
  const rendezvous = new Channel(0);
  const sent = rendezvous.send('c');
  assert.ok(sent instanceof Promise);
  assert.deepEqual([rendezvous.receive(), await sent], ['c', true]);
});

test('a channel that is closed ends all waits', async () => {
  const channel = new Channel(1);
  const receiving = [channel.receive(), channel.receive()];
  channel.close();
  assert.deepEqual(await Promise.all(receiving), [undefined, undefined]);
  assert.deepEqual([channel.send(1), channel.receive()], [false, undefined]);
  const full = new Channel(0);
  const sending = full.send(1);
  full.close();
  assert.equal(await sending, false);
});

test('a mutex is handed over in the order of waiting', async () => {
  const mutex = new Mutex();
  const order = [];
  const take = async (name) => {
    await mutex.lock();
    order.push(name);
    await new Promise(setImmediate);
    mutex.unlock();
  };
  await Promise.all(['a', 'b', 'c'].map(take));
  assert.deepEqual(order, ['a', 'b', 'c']);
  assert.equal(mutex.tryLock(), true);
});

test('of two waits the first counts, and the other is withdrawn', async () => {
  const mutex = new Mutex();
  const event = new Event();
  mutex.tryLock();
  const first = lockUnless(event, mutex);
  const second = lockUnless(event, mutex);
  mutex.unlock();
  assert.equal(await first, true);
  event.set();
  assert.equal(await second, false);
  mutex.unlock();
  assert.equal(mutex.tryLock(), true, 'nobody waits for it any more');
  assert.equal(lockUnless(event, mutex), false);
});
