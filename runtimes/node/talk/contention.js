// Workload contention: one mutex, held across a turn of the loop (setImmediate), which is how code
// in Node lets others have their turn: microtasks alone keep it from all else.

import { countOf, wordOf } from '../shared/cell.js';
import { Limit } from '../shared/limits.js';
import { sleepUntil } from '../shared/sleep.js';
import { Mutex } from '../shared/sync.js';
import { TasksThatTalk } from '../shared/tasks_that_talk.js';

export class Contention extends TasksThatTalk {
  #mutex = new Mutex();
  #handedOver = 0;
  #owner = -1;
  #shortest = Infinity;
  #longest = 0;

  constructor(cell, onFinished) {
    if (cell.across === 'blocking') {
      throw new Limit('runtime', null, null, 'its row has no blocking mutex yet');
    }
    const tasks = countOf(cell.tasks, 2);
    const across = wordOf(cell.across, 'yield');
    const locks = countOf(cell.locks, 1);
    super(cell, { tasks, units: tasks * locks, echoed: { tasks, across, locks } }, onFinished);
    this.#mutex.tryLock(); // the holder's
    this.counts.shares = () => (
      this.#longest > 0 ? { least: this.#shortest, most: this.#longest } : null);
  }

  begin(index) {
    this.counts.live += 1;
    this.#contend(index);
  }

  allAreThere() {
    this.counts.live += 1;
    this.#holdUntilEpoch();
  }

  async #holdUntilEpoch() {
    await sleepUntil(this.counts.epochNs);
    this.#mutex.unlock();
    this.counts.live -= 1;
  }

  async #contend(index) {
    for (let turn = 0; turn < this.cell.locks; turn += 1) {
      const since = this.#handedOver;
      await this.#mutex.lock();
      this.taken(index, since);
      await new Promise(setImmediate);
      this.release(index);
    }
    this.counts.live -= 1;
  }

  /** A task has it, which began to wait after `since` hand-overs: none before the epoch, and such a
   * wait does not count. */
  taken(index, since) {
    if (since > 0) {
      this.#shortest = Math.min(this.#shortest, this.#handedOver - since);
      this.#longest = Math.max(this.#longest, this.#handedOver - since);
    }
    this.#handedOver += 1;
    this.#owner = index;
  }

  release(index) {
    if (this.#owner !== index) this.counts.wrong('two tasks had the mutex at once');
    this.counts.add(index);
    this.#mutex.unlock();
  }
}
