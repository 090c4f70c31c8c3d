// When each task of the workload timers is due, as harness/PROTOCOL.md says: a function of the
// seed, the task's index and its turn, the same in every language. In whole ns after the epoch.

import * as u64 from './u64.js';

const PATTERNS = ['spread', 'storm', 'periodic', 'churn'];
const GROUP = 16;
const FIRES_ONE_IN_BITS = 4;
const FIRES_ONE_IN = 1 << FIRES_ONE_IN_BITS;

export const ROUNDS = 8;
export const TIMEOUT_NS = 30_000_000_000;

export class Schedule {
  #seedHigh;
  #seedLow;

  /** Throws for a cell that cannot be. */
  constructor(cell) {
    refuseUnknown(cell);
    this.tasks = cell.tasks;
    this.pattern = cell.pattern;
    this.windowNs = cell.window_ns;
    this.gridNs = cell.grid_ns;
    this.steps = Math.floor(cell.window_ns / cell.grid_ns);
    this.roundSteps = Math.floor(this.steps / (ROUNDS + 1)); // of churn
    u64.setBigInt(cell.seed);
    this.#seedHigh = u64.high;
    this.#seedLow = u64.low;
  }

  /** When timer number `turn` of a task fires. */
  offsetNs(index, turn) {
    switch (this.pattern) {
      case 'storm':
        return this.steps * this.gridNs;
      case 'periodic': {
        const period = this.#period(index);
        return (this.#phase(index, period) + turn * period) * this.gridNs;
      }
      case 'churn':
        return this.#fireNs(index, turn);
      default:
        this.#scatterTask(index);
        return (u64.modulo(this.steps) + 1) * this.gridNs;
    }
  }

  /** From when the time of firing counts: a storm's only deadline; others begin with the window. */
  firstDueNs() {
    return this.pattern === 'storm' ? this.windowNs : 0;
  }

  /** How many units a task comes to. */
  turns(index) {
    switch (this.pattern) {
      case 'periodic': {
        const period = this.#period(index);
        return Math.floor((this.steps - this.#phase(index, period)) / period) + 1;
      }
      case 'churn':
        return this.isCanceller(index) ? 0 : ROUNDS;
      default:
        return 1;
    }
  }

  /** Units of the whole run. */
  units() {
    if (this.pattern === 'churn') return (this.tasks - Math.ceil(this.tasks / GROUP)) * ROUNDS;
    if (this.pattern !== 'periodic') return this.tasks;
    let sum = 0;
    for (let index = 0; index < this.tasks; index += 1) sum += this.turns(index);
    return sum;
  }

  /** Churn: the last of each group, and the last of all, cancel for the others. */
  isCanceller(index) {
    return index % GROUP === GROUP - 1 || index + 1 === this.tasks;
  }

  /** Churn: the first task of the group. */
  groupBegin(index) {
    return index - (index % GROUP);
  }

  /** Churn: when a round of a task's group begins. */
  beatNs(index, round) {
    this.#draw(this.groupBegin(index), ROUNDS);
    return (u64.modulo(this.roundSteps) + round * this.roundSteps) * this.gridNs;
  }

  /** Churn: whether nobody cancels the timer of this round. */
  isLeftToFire(index, round) {
    this.#draw(index, round);
    return (u64.low & (FIRES_ONE_IN - 1)) === 0;
  }

  #fireNs(index, round) {
    const beatNs = this.beatNs(index, round);
    this.#draw(index, round);
    u64.shiftRight(FIRES_ONE_IN_BITS);
    return beatNs + (1 + u64.modulo(this.roundSteps - 1)) * this.gridNs;
  }

  #period(index) {
    const least = Math.max(Math.floor(this.steps / 16), 1);
    const most = Math.max(Math.floor(this.steps / 4), least);
    this.#draw(index, 1);
    return least + u64.modulo(most - least + 1);
  }

  #phase(index, period) {
    this.#draw(index, 2);
    return 1 + u64.modulo(period);
  }

  /** scatter(seed ^ scatter(index)) */
  #scatterTask(index) {
    u64.set(index);
    u64.scatter();
    u64.xor(this.#seedHigh, this.#seedLow);
    u64.scatter();
  }

  /** Random number `which` of a task. */
  #draw(index, which) {
    this.#scatterTask(index);
    u64.add(0, which);
    u64.scatter();
  }
}

function refuseUnknown({ tasks, pattern, window_ns: windowNs, grid_ns: gridNs, seed }) {
  if (!PATTERNS.includes(pattern)) throw new Error(`there is no pattern ${pattern}`);
  const isWhole = [tasks, windowNs, gridNs].every((each) => Number.isSafeInteger(each) && each > 0);
  if (!isWhole || typeof seed !== 'bigint') {
    throw new Error(`tasks ${tasks}, window_ns ${windowNs}, grid_ns ${gridNs} and seed ${seed} ` +
      'make no schedule');
  }
}

/** The sum of the fingerprints of all units, modulo 2^64. */
export class Checksum {
  #high = 0;
  #low = 0;

  /** `value`: the offset at which the unit was due, or another whole number. */
  add(index, value) {
    u64.set(value);
    const { high, low } = u64;
    u64.set(index);
    u64.scatter();
    u64.xor(high, low);
    u64.scatter();
    this.#add();
  }

  /** What came out of work, a number of 32 bits. */
  addOutcome(word) {
    u64.setHalves(0, word);
    this.#add();
  }

  /** What lies in u64. */
  #add() {
    u64.add(this.#high, this.#low);
    this.#high = u64.high;
    this.#low = u64.low;
  }

  toString() {
    return [this.#high, this.#low]
      .map((half) => (half >>> 0).toString(16).padStart(8, '0'))
      .join('');
  }
}
