// The worker's side of harness/PROTOCOL.md: one command at a time, each answered by the program of
// the cell's workload. While nothing is asked, nothing here runs.
//
// A program is a class. It is constructed with the cell and a function for the time at which all
// timers are done, and has: async prepare(), which sets it up and returns the fields of `ready` (in
// `echoed` those of the cell that decide its work, as it took them), start(), spawn(tasks,
// epochNs), async stop(), and counts.toMessage(), most of `stats`.

import { createInterface } from 'node:readline';

import { parse, say } from './channel.js';
import { fromProtocol, nowNs, toProtocol } from './clock.js';
import { Limit } from './limits.js';
import { rehearse } from './rehearsal.js';
import { CAN_SETTLE, settle } from './settle.js';

const OLDEST = 20;

/** Runs the whole conversation. `about`: the fields of `hello` that are the runtime's own.
 * `programs`: by workload. */
export async function converse(about, programs) {
  process.on('SIGINT', () => {}); // the conductor says when it is over
  process.on('uncaughtException', giveUp);
  requireVersion();
  say({ type: 'hello', protocol: 1, pid: process.pid, ...versions(), ...about });
  const run = new Run(programs, about.warms_up);
  for await (const line of createInterface({ input: process.stdin })) {
    const message = parse(line);
    say(await run.answer(message));
    if (message.type === 'stop') break;
  }
  process.exit(0); // stopped, or the conductor is gone
}

class Run {
  #programs;
  #warmsUp;
  #program;
  #spawnNs = 0;

  constructor(programs, warmsUp) {
    this.#programs = programs;
    this.#warmsUp = warmsUp;
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
    const Program = this.#programs[workload];
    if (Program === undefined) throw new Error(`there is no workload ${workload}`);
    this.#program = new Program(cell, sayFinished);
    const { echoed, ...others } = await this.#program.prepare();
    if (this.#warmsUp) await rehearse(workload, Program, cell, this.#program);
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

function sayFinished(ns) {
  say({ type: 'phase', name: 'finished', t_ns: toProtocol(ns) });
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
