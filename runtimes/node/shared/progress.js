// How far tasks have come that wait for each other.

import { nowNs } from './clock.js';
import { Sum, Values, toHex } from './values.js';

const NOTHING = { high: 0, low: 0 };

export class Progress {
  epochNs = 0;
  live = 0;
  shares = () => null; // { least, most } of what is shared out; asked once all is done
  values;
  #wanted;
  #units = 0;
  #sum = new Sum();
  #checksum = NOTHING;
  #fireNs = null;
  #errors = 0;
  #firstError = '';
  #onFinished;

  /** `units`: of the whole run. `onFinished` is told the time when all is done. */
  constructor(seed, units, onFinished) {
    this.values = new Values(seed);
    this.#wanted = units;
    this.#onFinished = onFinished;
  }

  /** A unit is done. True for the last, after which somebody calls `finish`. */
  one() {
    this.#units += 1;
    return this.#units === this.#wanted;
  }

  /** The same of a unit whose value the checksum has; with the last one all is finished. */
  add(index) {
    this.values.of(index);
    this.#sum.add();
    if (!this.one()) return false;
    this.finish(this.#sum.halves);
    return true;
  }

  finish(checksum) {
    const endNs = nowNs();
    this.#checksum = checksum;
    this.#fireNs = endNs - this.epochNs;
    this.#onFinished(endNs);
  }

  wrong(what) {
    this.#errors += 1;
    this.#firstError ||= what;
  }

  toMessage() {
    return {
      units: this.#units,
      bytes: 0,
      checksum: toHex(this.#checksum),
      live_tasks: this.live,
      live_connections: 0,
      errors: this.#errors,
      first_error: this.#firstError,
      lateness: null,
      fire_ns: this.#fireNs,
      shares: this.#fireNs === null ? null : this.shares(),
    };
  }
}
