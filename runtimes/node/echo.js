// Workload c10k: an echo server. Handlers are made once and called with the socket as `this`.

import { once } from 'node:events';
import { createServer } from 'node:net';

import { conditions } from './shared/conditions.js';
import { EchoCounts } from './shared/echo_counts.js';
import {
  CHECK_HEAP_EVERY, Limit, backlog, requireDescriptors, requireHeap,
} from './shared/limits.js';
import { hangUp } from './shared/sockets.js';

export class Echo {
  #cell;
  #server = createServer({ noDelay: true });
  counts = new EchoCounts(this.#server);

  constructor(cell) {
    this.#cell = cell;
    this.#server.on('connection', welcome(this.counts, cell.connections));
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
      echoed: { buffer: 'runtime' },
      port: this.#server.address().port,
      conditions: { ...conditions(), buffer: 'runtime', listener },
    };
  }

  start() {}

  async stop() {
    await hangUp(this.#server);
  }
}

function welcome(counts, connections) {
  const handlers = Object.entries({
    data(chunk) {
      counts.echoed(chunk.length);
      if (!this.write(chunk)) this.pause(); // while a peer is slow, nothing is read from it
    },
    drain() {
      this.resume();
    },
    error(error) {
      counts.failed(error);
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
    for (const [event, handler] of handlers) socket.on(event, handler);
  };
}
