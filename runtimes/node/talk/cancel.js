// Workload cancel: sleeps are cancelled by clearTimeout and a resolve, as in churn; those that
// receive by closing their channel; those that lock by an event, which withdraws them from the
// mutex.

import { countOf, wordOf } from '../shared/cell.js';
import { nowNs } from '../shared/clock.js';
import { sleepUntil } from '../shared/sleep.js';
import { Channel, Event, Mutex, lockUnless } from '../shared/sync.js';
import { TasksThatTalk } from '../shared/tasks_that_talk.js';
import * as u64 from '../shared/u64.js';

const NS_PER_MS = 1e6;
const LEAST_SLEEP_NS = 600_000_000_000;

export class Cancel extends TasksThatTalk {
  #sleeps = [];
  #values = new Channel(1); // nobody sends
  #mutex = new Mutex();
  #cancelled = new Event();

  constructor(cell, onFinished) {
    const tasks = countOf(cell.tasks, 1);
    const wait = wordOf(cell.wait, 'sleep', 'receive', 'lock');
    super(cell, { tasks, units: tasks, echoed: { tasks, wait } }, onFinished);
    this.#mutex.tryLock(); // the canceller's, for ever
  }

  begin(index) {
    this.counts.live += 1;
    if (this.cell.wait === 'sleep') this.#sleepLong(index);
    else if (this.cell.wait === 'receive') this.#receiveNothing(index);
    else this.#lockInVain(index);
  }

  allAreThere() {
    this.counts.live += 1;
    this.#cancelAll();
  }

  async #sleepLong(index) {
    this.counts.values.of(index);
    const dueNs = this.counts.epochNs + LEAST_SLEEP_NS + u64.modulo(LEAST_SLEEP_NS);
    const ms = Math.ceil((dueNs - nowNs()) / NS_PER_MS);
    const isCancelled = await new Promise((resolve) => {
      this.#sleeps.push({ resolve, timer: setTimeout(resolve, ms) });
    });
    this.ended(index, isCancelled === true);
  }

  async #receiveNothing(index) {
    this.ended(index, await this.#values.receive() === undefined);
  }

  async #lockInVain(index) {
    this.ended(index, !await lockUnless(this.#cancelled, this.#mutex));
  }

  /** A task's last step. */
  ended(index, isCancelled) {
    this.counts.live -= 1;
    if (isCancelled) this.counts.add(index);
    else this.counts.wrong('a wait ended that nobody had cancelled');
  }

  async #cancelAll() {
    await sleepUntil(this.counts.epochNs);
    for (const { resolve, timer } of this.#sleeps) {
      clearTimeout(timer);
      resolve(true);
    }
    this.#sleeps = [];
    this.#values.close();
    this.#cancelled.set();
    this.counts.live -= 1;
  }
}
