// Workload fanout: async functions that call others and await Promise.all of them. A call runs up
// to the first wait, so a leaf is done when its parent has called it, depth first; its promise,
// with what it gives, is there until its parent goes on.

import { countOf, wordOf } from '../shared/cell.js';
import { worked } from '../shared/handler.js';
import { CHECK_HEAP_EVERY, requireHeap } from '../shared/limits.js';
import { sleepUntil } from '../shared/sleep.js';
import { TasksThatTalk } from '../shared/tasks_that_talk.js';
import * as u64 from '../shared/u64.js';
import { Sum } from '../shared/values.js';

const FAN = 10;

export class Fanout extends TasksThatTalk {
  #steps;

  constructor(cell, onFinished) {
    const tasks = countOf(cell.tasks, 1);
    const order = wordOf(cell.order, 'wide');
    const work = cell.work ?? null;
    super(cell, { tasks, units: tasks, echoed: { tasks, order, work } }, onFinished);
    this.#steps = work ?? 0;
  }

  allAreThere() {
    this.counts.live += 1;
    this.#grow();
  }

  async #grow() {
    await sleepUntil(this.counts.epochNs);
    this.counts.finish(await this.#divide(0, this.cell.tasks));
    this.counts.live -= 1;
  }

  /** The sum of what leaves `first` and so on give, as two halves. */
  async #divide(first, count) {
    const children = childrenOf(count).map(({ begin, end }) => (end - begin === 1
      ? this.#leaf(first + begin)
      : this.#branch(first + begin, end - begin)));
    const sum = new Sum();
    for (const { high, low } of await Promise.all(children)) {
      u64.setHalves(high, low);
      sum.add();
    }
    return sum.halves;
  }

  async #branch(first, count) {
    this.counts.live += 1;
    const sum = await this.#divide(first, count);
    this.counts.live -= 1;
    return sum;
  }

  async #leaf(index) {
    if (index % CHECK_HEAP_EVERY === CHECK_HEAP_EVERY - 1) {
      requireHeap(index, this.cell.tasks, 'leaves');
    }
    let word = 0;
    if (this.#steps > 0) {
      this.counts.values.of(0);
      word = worked(u64.low | 1, this.#steps);
    }
    this.counts.values.of(index);
    u64.xor(0, word);
    this.counts.one();
    return { high: u64.high, low: u64.low };
  }
}

/** How the leaves below a task are divided, counted from its first. */
export function childrenOf(count) {
  const children = Math.min(FAN, count);
  const until = (child) => Math.floor((count * child) / children);
  return Array.from({ length: children }, (_, child) => ({
    begin: until(child), end: until(child + 1),
  }));
}
