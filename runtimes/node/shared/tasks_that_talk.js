// What the programs have in common whose tasks wait for each other (talk/). Each says which fields
// decide its work, begins task number so and so, and does something once all are there.

import { requireAll } from './cell.js';
import { conditions } from './conditions.js';
import { CHECK_HEAP_EVERY, requireHeap } from './limits.js';
import { Progress } from './progress.js';

export class TasksThatTalk {
  counts;
  cell;
  #tasks;
  #echoed;
  #spawned = 0;

  /** `tasks`: how many are asked for. `units`: of work, of the whole run. `echoed`: the fields that
   * decide it. Throws for a cell that lacks one of them. */
  constructor(cell, { tasks, units, echoed }, onFinished) {
    requireAll(echoed, cell);
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
}
