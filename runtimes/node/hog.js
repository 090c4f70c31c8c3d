// Workload hog: the timers of tasks.js, and beside them an async function that computes.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { nowNs } from './shared/clock.js';
import { conditions } from './shared/conditions.js';
import { worked } from './shared/handler.js';
import { HogSchedule } from './shared/hog_schedule.js';
import { sleepUntil } from './shared/sleep.js';
import { Timers } from './tasks.js';

const THREAD = new URL('./hog_thread.js', import.meta.url);

export class Hog extends Timers {
  #schedule;
  #thread; // of form offloaded

  /** `thread`: another program's, so that it is warm. */
  constructor(cell, onFinished, thread = null) {
    const schedule = new HogSchedule(cell);
    super(cell, onFinished, schedule);
    this.#schedule = schedule;
    this.#thread = thread;
  }

  get thread() {
    return this.#thread;
  }

  /** Starts the thread as well, unless it has one, and waits until it listens. */
  async prepare() {
    if (this.#schedule.form === 'offloaded' && !this.#thread) {
      this.#thread = new Worker(THREAD);
      await once(this.#thread, 'message');
    }
    return { echoed: this.#schedule.echoed, conditions: conditions() };
  }

  /** The hog comes before all timers. */
  spawn(tasks, epochNs) {
    const isFirst = this.counts.spawned === 0 && tasks > 0;
    if (isFirst && this.#schedule.hasHog) this.#compute(epochNs);
    super.spawn(tasks, epochNs);
  }

  async stop() {
    await super.stop();
    this.counts.hogs = 0;
    await this.#thread?.terminate();
  }

  async #compute(epochNs) {
    this.counts.hogs = 1;
    await sleepUntil(epochNs + this.#schedule.beginNs);
    const begunNs = nowNs();
    const { word, yields } = this.#thread ? await this.#offload() : await this.#takeSlices();
    this.counts.computed(word, nowNs() - begunNs, yields);
    this.counts.hogs = 0;
  }

  async #offload() {
    this.#thread.postMessage(this.#schedule.computation);
    const [word] = await once(this.#thread, 'message');
    return { word, yields: 0 };
  }

  /** There is one slice where it does not yield. */
  async #takeSlices() {
    const { word: first, steps, slice } = this.#schedule.computation;
    let word = worked(first, Math.min(slice, steps));
    let yields = 0;
    for (let left = steps - slice; left > 0; left -= slice) {
      await new Promise(setImmediate);
      yields += 1;
      word = worked(word, Math.min(slice, left));
    }
    return { word, yields };
  }
}
