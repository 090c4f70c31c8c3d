// A small conductor: starts the worker and speaks harness/PROTOCOL.md with it.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { parse, stringify } from '../shared/channel.js';

const WORKER = new URL('../worker.js', import.meta.url).pathname;

export const TIMERS = {
  workload: 'timers', runtime: 'node', style: 'coroutine', tasks: 1000, pattern: 'spread',
  window_ns: 200_000_000, grid_ns: 1_000_000, timers: null, stack_bytes: null, depth: null,
  held_bytes: null, workers: 1, seed: 1n,
};

export const C10K = {
  workload: 'c10k', runtime: 'node', style: 'coroutine', connections: 64, mode: 'fixed', active: 16,
  payload_bytes: 64, buffer: 'runtime', buffer_bytes: 1024, loops: null, stack_bytes: null,
  depth: null, held_bytes: null, handler_wait_ns: null, handler_work: null,
  read_timeout_ns: null, workers: 1, seed: 1n,
};

export class Talk {
  #process;
  #lines;
  ended;

  /** Cold, unless it is to warm up: that takes a second. */
  constructor({ node = [], warm = false } = {}) {
    const stdio = ['pipe', 'pipe', 'pipe'];
    const words = [...node, WORKER, ...(warm ? [] : ['--cold'])];
    this.#process = spawn(process.execPath, words, { stdio });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
    this.ended = new Promise((resolve) => this.#process.on('exit', resolve));
  }

  get pid() {
    return this.#process.pid;
  }

  /** The next message; undefined at the end. */
  async hear() {
    const { value, done } = await this.#lines.next();
    return done ? undefined : parse(value);
  }

  tell(message) {
    this.#process.stdin.write(`${stringify(message)}\n`);
  }

  ask(message) {
    this.tell(message);
    return this.hear();
  }

  /** Up to `started`; the reply to `prepare`. */
  async begin(cell) {
    await this.hear();
    const ready = await this.ask({ type: 'prepare', workload: cell.workload, cell });
    if (ready.type === 'ready') await this.ask({ type: 'start' });
    return ready;
  }

  leave() {
    this.#process.stdin.end();
    return this.ended;
  }

  kill(signal) {
    this.#process.kill(signal);
  }
}
