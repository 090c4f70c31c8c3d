// Workload c10k: an echo server. Handlers are made once and called with the socket as `this`.

import { once } from 'node:events';
import { createServer } from 'node:net';

import { conditions } from './shared/conditions.js';
import { EchoCounts } from './shared/echo_counts.js';
import {
  CHECK_HEAP_EVERY, Limit, backlog, requireDescriptors, requireHeap,
} from './shared/limits.js';
import { handlerOf, workOn } from './shared/handler.js';
import { fill, isKept, nestingOf } from './shared/nesting.js';
import { hangUp } from './shared/sockets.js';

const NS_PER_MS = 1e6;

export class Echo {
  #cell;
  #nesting;
  #handler;
  #timeoutNs;
  #server = createServer({ noDelay: true });
  counts = new EchoCounts(this.#server);

  constructor(cell) {
    this.#cell = cell;
    this.#nesting = nestingOf(cell);
    this.#handler = handlerOf(cell);
    this.#timeoutNs = cell.read_timeout_ns ?? null;
    this.#server.on(
      'connection',
      welcome(this.counts, cell.connections, this.#nesting, this.#handler, this.#timeoutNs));
    this.#server.on('error', (error) => this.counts.failed(error));
  }

  async prepare() {
    const { connections, buffer, loops } = this.#cell;
    if (buffer !== 'runtime') {
      throw new Limit('buffer', null, null,
        `Node reads into blocks of its own: it serves buffer = runtime, not ${buffer}`);
    }
    if (loops > 1) throw new Error('a process of Node has one loop');
    requireDescriptors(connections);
    this.#server.listen({ host: '127.0.0.1', port: 0, backlog: backlog() });
    await once(this.#server, 'listening');
    const listener = { tcp_nodelay: true, backlog: backlog() };
    return {
      echoed: {
        buffer: 'runtime', ...this.#nesting.echoed, ...this.#handler.echoed,
        read_timeout_ns: this.#timeoutNs,
      },
      port: this.#server.address().port,
      conditions: { ...conditions(), buffer: 'runtime', listener },
    };
  }

  start() {}

  async stop() {
    await hangUp(this.#server);
  }
}

function welcome(counts, connections, nesting, handler, timeoutNs) {
  const timeoutMs = Math.ceil((timeoutNs ?? 0) / NS_PER_MS);
  const handlers = Object.entries({
    data: handler.isThere ? handledData(counts, handler) : function data(chunk) {
      counts.echoed(chunk.length);
      if (!this.write(chunk)) this.pause(); // while a peer is slow, nothing is read from it
    },
    drain() {
      this.resume();
    },
    error(error) {
      counts.failed(error);
    },
    timeout() {
      this.destroy(new Error('it was silent for too long'));
    },
    close() {
      counts.connections -= 1;
    },
  });
  return (socket) => {
    counts.connections += 1;
    if (counts.connections % CHECK_HEAP_EVERY === 0) {
      requireHeap(counts.connections, connections, 'connections');
    }
    if (timeoutMs > 0) socket.setTimeout(timeoutMs);
    for (const [event, listener] of handlers) {
      const isNested = event === 'data' && !nesting.isPlain;
      socket.on(event, isNested ? nestedData(socket, counts, nesting) : listener);
    }
  };
}

/** A request is the chunk that Node made of it, so nobody else writes to it while it waits. */
function handledData(counts, { waitMs, steps }) {
  const reply = (socket, request) => {
    workOn(request, steps);
    counts.echoed(request.length);
    if (!socket.write(request)) socket.pause();
  };
  if (waitMs === 0) return function data(chunk) { reply(this, chunk); };
  return function data(chunk) { setTimeout(reply, waitMs, this, chunk); };
}

/** A level is a handler of the connection's own that calls the next; the outermost holds what is
 * held. */
function nestedData(socket, counts, { levelsBelow, heldBytes }) {
  const held = new Uint8Array(heldBytes);
  fill(held);
  let handler = (chunk) => {
    if (!isKept(held)) counts.failed(new Error('what it held across its wait has changed'));
    fill(held);
    counts.echoed(chunk.length);
    if (!socket.write(chunk)) socket.pause();
  };
  for (let level = 0; level < levelsBelow; level += 1) handler = above(handler);
  return handler;
}

function above(next) {
  return (chunk) => {
    next(chunk);
  };
}
