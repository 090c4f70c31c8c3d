// How far down a task waits, and what it holds meanwhile: the cell's `depth` and `held_bytes`. How
// waits are nested is the programs' (tasks.js, echo.js).

const DEPTHS = [1, 2, 4, 8, 16, 32, 64];
const HELD_BYTES = [0, 64, 256, 1024, 4096, 16384];

/** `levelsBelow`: between a task and its wait. `echoed`: as it was understood; usual values are
 * null. */
export function nestingOf(cell) {
  const depth = cell.depth ?? 1;
  const heldBytes = cell.held_bytes ?? 0;
  if (!DEPTHS.includes(depth) || !HELD_BYTES.includes(heldBytes)) {
    throw new Error(`no task is ${depth} deep and holds ${heldBytes} bytes`);
  }
  return {
    levelsBelow: depth - 1,
    heldBytes,
    isPlain: depth === 1 && heldBytes === 0,
    echoed: { depth: depth === 1 ? null : depth, held_bytes: heldBytes === 0 ? null : heldBytes },
  };
}

/** Before the wait. */
export function fill(held) {
  for (let place = 0; place < held.length; place += 1) held[place] = place;
}

/** After it: whether all is as it was written. */
export function isKept(held) {
  let sum = 0;
  for (let place = 0; place < held.length; place += 1) sum += held[place];
  // Sizes are 64 and multiples of 256, the number of values of a byte.
  return sum === (held.length === 64 ? 2016 : (held.length / 256) * 32640);
}
