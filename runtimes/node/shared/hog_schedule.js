// The cell of the workload hog, and when its timers are due: "In other languages" in
// workloads/hog/README.md. The timers are those of pattern periodic, with one period for all.

import { countOf, requireAll, wordOf } from './cell.js';
import { Schedule } from './schedule.js';
import * as u64 from './u64.js';
import { Values } from './values.js';

const GRID_NS = 1_000_000;
const PERIOD = 50;
const PERIOD_NS = PERIOD * GRID_NS;

export class HogSchedule extends Schedule {
  echoed; // the fields that decide the work
  #values;

  /** Throws for a cell that cannot be. */
  constructor(cell) {
    const form = wordOf(cell.form, 'none', 'blocking', 'yielding', 'offloaded');
    const echoed = {
      tasks: countOf(cell.tasks, 1),
      form,
      window_ns: countOf(cell.window_ns, PERIOD_NS),
      work: form === 'none' ? null : countOf(cell.work, 1),
      yield_every: form === 'yielding' ? countOf(cell.yield_every, 1) : null,
    };
    requireAll(echoed, cell);
    super({ ...cell, pattern: 'periodic', grid_ns: GRID_NS });
    this.echoed = echoed;
    this.#values = new Values(cell.seed);
  }

  get form() {
    return this.echoed.form;
  }

  get hasHog() {
    return this.form !== 'none';
  }

  /** When the hog begins, after the epoch. */
  get beginNs() {
    return Math.floor(this.windowNs / 4 / GRID_NS) * GRID_NS;
  }

  /** What it has to do: so many steps from a word on, and how many from one yield to the next. */
  get computation() {
    const { work: steps, yield_every: every } = this.echoed;
    this.#values.of(0);
    return { word: u64.low | 1, steps, slice: every ?? steps };
  }

  offsetNs(index, turn) {
    return this.#phaseNs(index) + turn * PERIOD_NS;
  }

  turns(index) {
    return Math.floor((this.windowNs - this.#phaseNs(index)) / PERIOD_NS) + 1;
  }

  units() {
    return super.units() + Number(this.hasHog);
  }

  #phaseNs(index) {
    this.#values.of(index);
    return (u64.modulo(PERIOD) + 1) * GRID_NS;
  }
}
