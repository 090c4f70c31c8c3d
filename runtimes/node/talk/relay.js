// Workload relay: a channel with room for one token for each task of the ring. The token is one
// object, which each task changes and hands on.

import { countOf, wordOf } from '../shared/cell.js';
import { nowNs } from '../shared/clock.js';
import { sleepUntil } from '../shared/sleep.js';
import { Channel } from '../shared/sync.js';
import { TasksThatTalk } from '../shared/tasks_that_talk.js';
import { hop } from '../shared/values.js';

const REST_NS = 50_000_000; // keeps the end of the tasks out of the window

export class Relay extends TasksThatTalk {
  #ring = [];
  #stride;

  constructor(cell, onFinished) {
    const tasks = countOf(cell.tasks, 2);
    const order = wordOf(cell.order, 'near', 'far');
    const hops = countOf(cell.hops, 1);
    super(cell, { tasks, units: hops, echoed: { tasks, order, hops } }, onFinished);
    this.#stride = strideOf(tasks, order);
  }

  begin(index) {
    this.#ring.push(new Channel(1));
    this.counts.live += 1;
    this.#passOn(index);
  }

  allAreThere() {
    this.counts.live += 1;
    this.#start();
  }

  async #passOn(index) {
    const own = this.#ring[index];
    for (let token = await own.receive(); token !== undefined; token = await own.receive()) {
      hop(token, index);
      if (this.counts.one()) {
        this.counts.finish(token);
        this.#end();
      } else {
        await this.#ring[(index + this.#stride) % this.#ring.length].send(token);
      }
    }
    this.counts.live -= 1;
  }

  async #start() {
    await sleepUntil(this.counts.epochNs);
    await this.#ring[0].send(this.counts.values.firstToken());
    this.counts.live -= 1;
  }

  async #end() {
    await sleepUntil(nowNs() + REST_NS);
    for (const each of this.#ring) each.close();
  }
}

/** How far the token goes at each hop. */
export function strideOf(tasks, order) {
  if (order === 'near') return 1;
  let stride = Math.max(Math.floor((tasks * 618) / 1000), 1);
  while (divisor(stride, tasks) !== 1) stride += 1;
  return stride;
}

/** The largest that two numbers have in common. */
function divisor(a, b) {
  return b === 0 ? a : divisor(b, a % b);
}
