// By what tasks wait for each other. JavaScript has promises, and neither channels nor mutexes:
// these are small and our own, made of a promise for each wait and a queue of what resolves it, as
// the packages that people use for it are. What need not wait makes no promise; `await` goes on
// with it in the next microtask all the same.

import { Fifo } from './fifo.js';

/** Bounded, many to many, first in, first out. Without room a send waits until its value is received.
 * undefined is no value. */
export class Channel {
  #capacity;
  #isClosed = false;
  #values = new Fifo();
  #senders = new Fifo(); // each with its value; only while there is no room
  #receivers = new Fifo(); // only while there is no value

  constructor(capacity) {
    this.#capacity = capacity;
  }

  /** False once it is closed. */
  send(value) {
    if (this.#isClosed) return false;
    const receive = this.#receivers.shift();
    if (receive !== undefined) {
      receive(value);
      return true;
    }
    if (this.#values.length < this.#capacity) {
      this.#values.push(value);
      return true;
    }
    return new Promise((resolve) => {
      this.#senders.push({ value, resolve });
    });
  }

  /** undefined once it is closed and empty. */
  receive() {
    const sender = this.#senders.shift();
    sender?.resolve(true);
    if (this.#values.length > 0) {
      if (sender !== undefined) this.#values.push(sender.value);
      return this.#values.shift();
    }
    if (sender !== undefined) return sender.value;
    if (this.#isClosed) return undefined;
    return new Promise((resolve) => {
      this.#receivers.push(resolve);
    });
  }

  /** Whoever waits is told so; values that are there may still be received. */
  close() {
    this.#isClosed = true;
    while (this.#receivers.length > 0) this.#receivers.shift()(undefined);
    while (this.#senders.length > 0) this.#senders.shift().resolve(false);
  }
}

/** Handed over in the order of waiting. */
export class Mutex {
  #isLocked = false;
  #waiting = new Fifo();

  lock() {
    if (this.tryLock()) return true;
    return new Promise((resolve) => {
      this.whenLocked(resolve);
    });
  }

  tryLock() {
    if (this.#isLocked) return false;
    this.#isLocked = true;
    return true;
  }

  unlock() {
    const next = this.#waiting.shift();
    if (next === undefined) this.#isLocked = false;
    else next(true);
  }

  /** Calls when it is the caller's, who has tried. The wait, for `withdraw`. */
  whenLocked(call) {
    return this.#waiting.push(call);
  }

  withdraw(wait) {
    this.#waiting.remove(wait);
  }
}

/** Set once. */
export class Event {
  #isSet = false;
  #waiting = new Fifo();

  get isSet() {
    return this.#isSet;
  }

  /** Calls everybody who waits, in order. */
  set() {
    this.#isSet = true;
    while (this.#waiting.length > 0) this.#waiting.shift()();
  }

  /** Calls when it is set, which it is not yet. The wait, for `withdraw`. */
  whenSet(call) {
    return this.#waiting.push(call);
  }

  withdraw(wait) {
    this.#waiting.remove(wait);
  }
}

/** The first of two waits; the other is withdrawn. True with the mutex, false where the event came
 * first. */
export function lockUnless(event, mutex) {
  if (event.isSet) return false;
  if (mutex.tryLock()) return true;
  return new Promise((resolve) => {
    const locking = mutex.whenLocked(() => {
      event.withdraw(waiting);
      resolve(true);
    });
    const waiting = event.whenSet(() => {
      mutex.withdraw(locking);
      resolve(false);
    });
  });
}
