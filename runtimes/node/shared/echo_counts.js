// What an echo server has done. What the kernel has not taken yet is no echo: it is looked up when
// the counts are asked for, so that a request pays nothing for it.

import { unsentBytes } from './sockets.js';

export class EchoCounts {
  connections = 0;
  #units = 0;
  #bytes = 0;
  #errors = 0;
  #firstError = '';
  #server;

  constructor(server) {
    this.#server = server;
  }

  echoed(bytes) {
    this.#units += 1;
    this.#bytes += bytes;
  }

  /** A peer that resets is no error, nor is one that left before it had its reply. */
  failed(error) {
    if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return;
    this.#errors += 1;
    this.#firstError ||= String(error);
  }

  toMessage() {
    return {
      units: this.#units,
      bytes: this.#bytes - unsentBytes(this.#server),
      checksum: '0000000000000000',
      live_tasks: this.connections,
      live_connections: this.connections,
      errors: this.#errors,
      first_error: this.#firstError,
      lateness: null,
      fire_ns: null,
    };
  }
}
