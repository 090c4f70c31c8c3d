// The worker's side of harness/PROTOCOL.md: one command at a time, each answered by the program of
// the cell's workload. While nothing is asked, nothing here runs.
//
// A program has: async prepare(), which sets it up and returns the fields of `ready` (in `echoed`
// those of the cell that decide its work, as it took them), start(), spawn(tasks, epochNs),
// async stop(), and counts.toMessage(), most of `stats`.

import { createInterface } from 'node:readline';

import { parse, say } from './channel.js';
import { fromProtocol, nowNs } from './clock.js';
import { Limit } from './limits.js';
import { CAN_SETTLE, settle } from './settle.js';

const OLDEST = 20;

/** Runs the whole conversation. `about`: the fields of `hello` that are the runtime's own.
 * `programs`: by workload, a function that makes the program of a cell. */
export async function converse(about, programs) {
  process.on('SIGINT', () => {}); // the conductor says when it is over
  process.on('uncaughtException', giveUp);
  requireVersion();
  say({ type: 'hello', protocol: 1, pid: process.pid, ...versions(), ...about });
  const run = new Run(programs);
  for await (const line of createInterface({ input: process.stdin })) {
    const message = parse(line);
    say(await run.answer(message));
    if (message.type === 'stop') break;
  }
  process.exit(0); // stopped, or the conductor is gone
}

class Run {
  #programs;
  #program;
  #spawnNs = 0;

  constructor(programs) {
    this.#programs = programs;
  }

  answer(message) {
    switch (message.type) {
      case 'prepare':
        return this.#prepare(message);
      case 'start':
        this.#program.start();
        return { type: 'started' };
      case 'phase':
        return this.#spawn(message);
      case 'settle':
        return settle().then(() => ({ type: 'settled' }));
      case 'stats':
        return { type: 'stats', ...this.#counts() };
      case 'stop':
        return this.#stop();
      default:
        throw new Error(`there is no command ${message.type}`);
    }
  }

  async #prepare({ workload, cell }) {
    const make = this.#programs[workload];
    if (make === undefined) throw new Error(`there is no workload ${workload}`);
    this.#program = make(cell);
    const { echoed, ...others } = await this.#program.prepare();
    return { type: 'ready', echoed: { ...cell, ...echoed }, ...others };
  }

  #spawn({ tasks, epoch_ns: epochNs }) {
    const beginNs = nowNs();
    this.#program.spawn(tasks, fromProtocol(epochNs));
    this.#spawnNs += nowNs() - beginNs;
    return { type: 'phase', name: 'spawn', tasks, spawn_ns: this.#spawnNs };
  }

  async #stop() {
    await this.#program.stop();
    return { type: 'stopped', ...this.#counts() };
  }

  #counts() {
    return { spawn_ns: this.#spawnNs, frame_bytes: null, ...this.#program.counts.toMessage() };
  }
}

function versions() {
  return {
    loop: `libuv ${process.versions.uv}`,
    library: 'node',
    library_version: process.version,
    settles: CAN_SETTLE,
  };
}

function requireVersion() {
  const version = Number.parseInt(process.versions.node, 10);
  if (version >= OLDEST) return;
  throw new Limit('toolchain', version, OLDEST,
    `Node ${process.version} is too old: this worker needs Node ${OLDEST} or later`);
}

/** Whatever was thrown, in a command or in a task, ends the run: a limit by its name. */
function giveUp(error) {
  const isLimit = error instanceof Limit;
  if (!isLimit) process.stderr.write(`${error?.stack ?? error}\n`);
  say(isLimit ? { type: 'limit', ...error.fields } : { type: 'error', message: String(error) });
  process.exit(isLimit ? 0 : 1);
}
