// What the timers of a run came to: units, their checksum, how late they were.

import { nowNs } from './clock.js';
import { Histogram } from './histogram.js';
import { Checksum } from './schedule.js';

export class TimerCounts {
  epochNs = 0;
  spawned = 0;
  ended = 0;
  #schedule;
  #unitsWanted;
  #units = 0;
  #errors = 0;
  #firstError = '';
  #checksum = new Checksum();
  #lateness = new Histogram();
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

  toMessage() {
    return {
      units: this.#units,
      bytes: 0,
      checksum: this.#checksum.toString(),
      live_tasks: this.spawned - this.ended,
      live_connections: 0,
      errors: this.#errors,
      first_error: this.#firstError,
      lateness: this.#fireNs === null ? null : this.#lateness.toMessage(),
      fire_ns: this.#fireNs,
    };
  }

  #done(index, value) {
    this.#units += 1;
    this.#checksum.add(index, value);
    if (this.#units < this.#unitsWanted) return;
    const endNs = nowNs();
    this.#fireNs = endNs - this.epochNs - this.#schedule.firstDueNs();
    this.#onFinished(endNs);
  }
}
