// One message of the protocol is one line of JSON.

import { writeSync } from 'node:fs';

/** One message, one line, at once. */
export function say(message) {
  const line = Buffer.from(`${stringify(message)}\n`);
  for (let sent = 0; sent < line.length;) sent += writeSync(1, line, sent);
}

// A seed has up to 64 bits, and a time on the clock may exceed 53, so both are BigInt here.
// JSON.parse would round a seed before any reviver sees it, and JSON.stringify refuses a BigInt.

export function parse(line) {
  const quoted = line.replace(/"seed":\s*(\d+)/g, '"seed":"$1"');
  return JSON.parse(quoted, (name, value) => (name === 'seed' ? BigInt(value) : value));
}

export function stringify(message) {
  const marked = (_, value) => (typeof value === 'bigint' ? `#${value}#` : value);
  return JSON.stringify(message, marked).replace(/"#(\d+)#"/g, '$1');
}
