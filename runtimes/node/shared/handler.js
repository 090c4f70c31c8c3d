// What a request does between its read and its write: the cell's `handler_wait_ns` and
// `handler_work`.

const NS_PER_MS = 1e6;

/** `waitMs`: for setTimeout, which knows whole ms only. `echoed`: as it was understood; nothing is
 * null. */
export function handlerOf(cell) {
  const waitNs = cell.handler_wait_ns ?? 0;
  const steps = cell.handler_work ?? 0;
  return {
    waitMs: Math.ceil(waitNs / NS_PER_MS),
    steps,
    isThere: waitNs > 0 || steps > 0,
    echoed: { handler_wait_ns: waitNs || null, handler_work: steps || null },
  };
}

/** So many steps of xorshift32 on the first word of a request. */
export function workOn(request, steps) {
  if (steps === 0) return;
  request.writeInt32LE(worked(request.readInt32LE(0), steps), 0);
}

/** What comes of a word; of signed halves, as everywhere here. */
export function worked(first, steps) {
  let word = first;
  for (let step = 0; step < steps; step += 1) {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
  }
  return word;
}
