// What the programs have in common whose tasks wait for each other (talk/). Each says which fields
// decide its work, begins task number so and so, and does something once all are there.

import { nowNs } from './clock.js';
import { conditions } from './conditions.js';
import { CHECK_HEAP_EVERY, requireHeap } from './limits.js';
import { Progress } from './progress.js';

const NS_PER_MS = 1e6;

export class TasksThatTalk {
  counts;
  cell;
  #tasks;
  #echoed;
  #spawned = 0;

  /** `tasks`: how many are asked for. `units`: of work, of the whole run. `echoed`: the fields that
   * decide it. Throws for a cell that lacks one of them. */
  constructor(cell, { tasks, units, echoed }, onFinished) {
    for (const [name, value] of Object.entries(echoed)) {
      if (value === undefined) throw new Error(`the cell's ${name} cannot be ${cell[name]}`);
    }
    this.cell = cell;
    this.#tasks = tasks;
    this.#echoed = echoed;
    this.counts = new Progress(cell.seed, units, onFinished);
  }

  async prepare() {
    return { echoed: this.#echoed, conditions: conditions() };
  }

  start() {}

  spawn(tasks, epochNs) {
    this.counts.epochNs = epochNs;
    const isMore = this.#spawned < tasks;
    for (; this.#spawned < tasks; this.#spawned += 1) {
      if (this.#spawned % CHECK_HEAP_EVERY === 0) requireHeap(this.#spawned, this.#tasks, 'tasks');
      this.begin(this.#spawned);
    }
    if (isMore && tasks === this.#tasks) this.allAreThere();
  }

  begin() {}

  allAreThere() {}

  /** Tasks that still wait are dropped with the process, which ends without another turn. */
  async stop() {
    this.counts.live = 0;
  }

  /** Not before that: setTimeout may be early. */
  async sleepUntil(ns) {
    for (let leftNs = ns - nowNs(); leftNs > 0; leftNs = ns - nowNs()) {
      await new Promise((resolve) => setTimeout(resolve, Math.ceil(leftNs / NS_PER_MS)));
    }
  }
}

/** A word of the cell, or undefined where it is none of those. */
export function wordOf(word, ...known) {
  return known.includes(word) ? word : undefined;
}

/** A whole number of the cell, or undefined where it is less. */
export function countOf(count, least) {
  return Number.isSafeInteger(count) && count >= least ? count : undefined;
}
