// CLOCK_MONOTONIC in ns. Times inside the worker count from a second shortly before its start, so
// that they are exact as numbers (up to 104 days of running), however long the machine has been up.

const [ORIGIN_S] = process.hrtime();

export function nowNs() {
  const [seconds, ns] = process.hrtime();
  return (seconds - ORIGIN_S) * 1e9 + ns;
}

/** From the protocol's time. Exact for multiples of 1 ms, as the epoch is. */
export function fromProtocol(ns) {
  return ns - ORIGIN_S * 1e9;
}

export function toProtocol(ns) {
  return BigInt(ORIGIN_S) * 1_000_000_000n + BigInt(ns);
}
