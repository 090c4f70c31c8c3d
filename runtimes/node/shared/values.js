// What units of work give where tasks wait for each other, as "In other languages" has it in
// workloads/relay/README.md and the pages beside it. Results lie in u64's `high` and `low`.

import * as u64 from './u64.js';

/** The values of a seed (a BigInt). */
export class Values {
  #high;
  #low;

  constructor(seed) {
    if (typeof seed !== 'bigint') throw new Error(`seed ${seed} is no number`);
    u64.setBigInt(seed);
    this.#high = u64.high;
    this.#low = u64.low;
  }

  /** The token of relay as it comes to task 0. */
  firstToken() {
    return { high: this.#high, low: this.#low };
  }

  /** What unit `index` gives to a sum. */
  of(index) {
    u64.setHalves(this.#high, this.#low);
    u64.add(0, (index + 1) | 0);
    u64.multiply(0x9e37_79b9, 0x7f4a_7c15);
    u64.xor(0, u64.high);
  }
}

/** What a task of relay makes of the token. */
export function hop(token, index) {
  u64.setHalves(token.high, token.low);
  u64.multiply(0x5851_f42d, 0x4c95_7f2d);
  u64.add(0, (index + 1) | 0);
  token.high = u64.high;
  token.low = u64.low;
}

/** A sum modulo 2^64. */
export class Sum {
  #high = 0;
  #low = 0;

  /** Adds what lies in u64. */
  add() {
    u64.add(this.#high, this.#low);
    this.#high = u64.high;
    this.#low = u64.low;
  }

  get halves() {
    return { high: this.#high, low: this.#low };
  }
}

/** Of halves, as the protocol has it. */
export function toHex({ high, low }) {
  return [high, low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
