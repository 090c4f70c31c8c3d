// Workload channel: senders and receivers on one channel. A message is the number that it has among
// all, which tells its sender and the how-manieth of that sender it is.

import { countOf, wordOf } from '../shared/cell.js';
import { sleepUntil } from '../shared/sleep.js';
import { Channel } from '../shared/sync.js';
import { TasksThatTalk } from '../shared/tasks_that_talk.js';

export class ManyToMany extends TasksThatTalk {
  #channel;
  #received;
  #next; // by receiver and sender: the least message that may come
  #senders = 0;

  constructor(cell, onFinished) {
    const receivers = countOf(cell.receivers, 1);
    const senders = countOf(cell.senders, 1);
    const capacity = countOf(cell.capacity, 0);
    const messages = countOf(cell.messages, 1);
    const topology = wordOf(cell.topology, 'shared');
    const echoed = { receivers, topology, senders, capacity, messages };
    super(cell, { tasks: receivers, units: messages, echoed }, onFinished);
    this.#channel = new Channel(capacity);
    this.#received = new Array(receivers).fill(0);
    this.#next = new Int32Array(receivers * senders);
    this.counts.shares = () => (
      { least: Math.min(...this.#received), most: Math.max(...this.#received) });
  }

  /** A receiver, and the senders that come with it. */
  begin(index) {
    const { receivers, senders } = this.cell;
    const until = Math.floor((senders * (index + 1)) / receivers);
    for (; this.#senders < until; this.#senders += 1) {
      this.counts.live += 1;
      this.#sendAll(this.#senders);
    }
    this.counts.live += 1;
    this.#receiveAll(index);
  }

  async #sendAll(sender) {
    await sleepUntil(this.counts.epochNs);
    const { messages, senders } = this.cell;
    for (let message = sender; message < messages; message += senders) {
      if (!await this.#channel.send(message)) break;
    }
    this.counts.live -= 1;
  }

  async #receiveAll(receiver) {
    for (;;) {
      const message = await this.#channel.receive();
      if (message === undefined) break;
      this.note(receiver, message);
    }
    this.counts.live -= 1;
  }

  /** Others may have had some in between, but those that one gets of a sender are in order. */
  note(receiver, message) {
    const place = receiver * this.cell.senders + (message % this.cell.senders);
    if (message < this.#next[place]) {
      this.counts.wrong('a message came after a later one of its sender');
    }
    this.#next[place] = message + 1;
    this.#received[receiver] += 1;
    if (this.counts.add(message)) this.#channel.close();
  }
}
