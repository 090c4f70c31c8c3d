// What may stand in a worker's way on this machine, by name.

import { readFileSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';

const OTHER_DESCRIPTORS = 64; // the channel, the listener, and what Node itself has open
const HEAP_SHARE = 0.8;

export const CHECK_HEAP_EVERY = 0x1000; // tasks or connections: asking takes time, too

/** A named limit: a result, not a failure. */
export class Limit extends Error {
  constructor(name, value, needed, message) {
    super(message);
    this.fields = { limit: name, value, needed, message };
  }
}

/** Node has raised the soft limit as far as it may. */
export function requireDescriptors(connections) {
  const [, most] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  const needed = connections + OTHER_DESCRIPTORS;
  if (most === undefined || needed <= Number(most)) return;
  throw new Limit('RLIMIT_NOFILE', Number(most), needed,
    `${connections} connections need ${needed} descriptors, and the limit is ${most}; raise it ` +
    `with ulimit -n`);
}

/** V8 ends the process when its heap is full. `done` of `wanted` are there already. */
export function requireHeap(done, wanted, what) {
  const { used_heap_size: used, heap_size_limit: most } = getHeapStatistics();
  if (used <= most * HEAP_SHARE) return;
  const needed = Math.round((used / done) * wanted);
  throw new Limit('V8 heap', most, needed,
    `${done} of ${wanted} ${what} take ${used} bytes of a heap of at most ${most}; ` +
    `raise it with NODE_OPTIONS=--max-old-space-size=MIB`);
}

export function backlog() {
  return Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));
}
