// What the timers of a run came to: units, their checksum, how late they were.

import { nowNs } from './clock.js';
import { Histogram } from './histogram.js';
import { Checksum } from './schedule.js';

export class TimerCounts {
  epochNs = 0;
  spawned = 0;
  ended = 0;
  hogs = 0; // alive, beside the timers
  #schedule;
  #unitsWanted;
  #units = 0;
  #errors = 0;
  #firstError = '';
  #checksum = new Checksum();
  #lateness = new Histogram();
  #hog = null; // what it did
  #fireNs = null;
  #onFinished;

  /** `onFinished` is told the time when the last unit is done. */
  constructor(schedule, onFinished) {
    this.#schedule = schedule;
    this.#onFinished = onFinished;
    this.#unitsWanted = schedule.units();
  }

  /** `wokeNs`: the time, read before anything else was done. */
  fired(wokeNs, index, turn) {
    const offsetNs = this.#schedule.offsetNs(index, turn);
    this.#lateness.record(wokeNs - this.epochNs - offsetNs);
    this.#done(index, offsetNs);
  }

  cancelled(index, round) {
    this.#done(index, -1 - round);
  }

  /** A timer fired that was to be cancelled. The unit still counts, or the run would never end. */
  wrong(index) {
    this.#errors += 1;
    this.#firstError ||= 'a timer fired that was to be cancelled';
    this.#done(index, 0);
  }

  /** What a task held across its wait was not as it had been. The unit counts likewise. */
  damaged(index) {
    this.#firstError ||= 'what a task held across its wait has changed';
    this.wrong(index);
  }

  /** A task that is no timer has done its work. */
  computed(outcome, tookNs, yields) {
    this.#hog = { took_ns: tookNs, yields };
    this.#checksum.addOutcome(outcome);
    this.#oneMore();
  }

  toMessage() {
    return {
      units: this.#units,
      bytes: 0,
      checksum: this.#checksum.toString(),
      live_tasks: this.spawned - this.ended + this.hogs,
      live_connections: 0,
      errors: this.#errors,
      first_error: this.#firstError,
      lateness: this.#fireNs === null ? null : this.#lateness.toMessage(),
      fire_ns: this.#fireNs,
      hog: this.#fireNs === null ? null : this.#hog,
    };
  }

  #done(index, value) {
    this.#checksum.add(index, value);
    this.#oneMore();
  }

  #oneMore() {
    this.#units += 1;
    if (this.#units < this.#unitsWanted) return;
    const endNs = nowNs();
    this.#fireNs = endNs - this.epochNs - this.#schedule.firstDueNs();
    this.#onFinished(endNs);
  }
}
