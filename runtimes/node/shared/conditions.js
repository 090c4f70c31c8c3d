// What a worker in Node runs under. What does not apply, or cannot be asked from JavaScript, is
// left out: Node has no getsockopt.

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

export function conditions() {
  return {
    timer_slack_ns: timerSlackNs(),
    allocator: `V8 ${process.versions.v8}`,
    preloaded: preloaded(),
    compiler: `V8 ${process.versions.v8}`,
    build_flags: process.execArgv.join(' '),
  };
}

function timerSlackNs() {
  try {
    return Number(readFileSync('/proc/self/timerslack_ns', 'utf8'));
  } catch {
    return null; // not on every kernel
  }
}

/** File names only: the folders are the machine's business. */
function preloaded() {
  const paths = (process.env.LD_PRELOAD ?? '').split(/[ :]+/).filter(Boolean);
  return paths.map((path) => basename(path)).join(' ') || 'none';
}
