// A sleep that is not too short.

import { nowNs } from './clock.js';

const NS_PER_MS = 1e6;

/** Not before that: setTimeout may be early. */
export async function sleepUntil(ns) {
  for (let leftNs = ns - nowNs(); leftNs > 0; leftNs = ns - nowNs()) {
    await new Promise((resolve) => setTimeout(resolve, Math.ceil(leftNs / NS_PER_MS)));
  }
}
