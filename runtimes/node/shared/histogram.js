// A histogram of ns with HdrHistogram's layout: 1 ns to 60 s, 3 significant digits. All of it is
// allocated at once. toMessage() returns the protocol's histogram object, with the V2 payload.

import { deflateSync } from 'node:zlib';

const HIGHEST_NS = 60_000_000_000;
const HALF_BITS = 10; // 2 * 10^3 rounded up to 2^11, halved
const HALF = 1 << HALF_BITS;
const BUCKETS = 26; // 2048 << 25 is the first power above 60 s
const V2 = 0x1c84_9303 | 0x10;
const V2_COMPRESSED = 0x1c84_9304 | 0x10;

export class Histogram {
  #counts = new Uint32Array((BUCKETS + 1) * HALF);
  #count = 0;
  #min = Infinity;
  #max = 0;
  #overflow = 0;
  #early = 0;
  #earlyMax = 0;

  /** A duration; a negative one counts as early. */
  record(ns) {
    if (ns < 0) {
      this.#early += 1;
      this.#earlyMax = Math.max(this.#earlyMax, -ns);
    } else if (ns > HIGHEST_NS) {
      this.#overflow += 1;
    } else {
      this.#counts[indexOf(ns)] += 1;
      this.#count += 1;
      if (ns < this.#min) this.#min = ns;
      if (ns > this.#max) this.#max = ns;
    }
  }

  toMessage() {
    const any = this.#count > 0;
    return {
      count: this.#count,
      min: any ? this.#min : null,
      mean: any ? this.#mean() : null,
      stddev: any ? this.#stddev() : null,
      p50: this.#percentile(50, 1),
      p90: this.#percentile(90, 1),
      p99: this.#percentile(99, 20_000),
      p999: this.#percentile(99.9, 200_000),
      p9999: this.#percentile(99.99, 2_000_000),
      max: any ? this.#max : null,
      overflow: this.#overflow,
      early_count: this.#early,
      early_max_ns: this.#early > 0 ? this.#earlyMax : null,
      histogram: payload(this.#counts),
    };
  }

  /** The highest value equivalent to the one at the nearest rank. */
  #percentile(percent, least) {
    if (this.#count < least) return null;
    const rank = Math.max(Math.ceil((this.#count * percent) / 100 - 1e-9), 1);
    let passed = 0;
    const index = this.#counts.findIndex((count) => (passed += count) >= rank);
    return Math.min(highestOf(index), this.#max);
  }

  #mean() {
    return this.#sum((middle) => middle) / this.#count;
  }

  #stddev() {
    const mean = this.#mean();
    return Math.sqrt(this.#sum((middle) => (middle - mean) ** 2) / this.#count);
  }

  /** Of what `f` makes of each value; a value counts as the middle of its bucket. */
  #sum(f) {
    const middle = (index) =>
      (Math.max(lowestOf(index), this.#min) + Math.min(highestOf(index), this.#max)) / 2;
    return this.#counts.reduce(
      (sum, count, index) => (count > 0 ? sum + count * f(middle(index)) : sum), 0);
  }
}

/** The bucket of a value, of which 11 bits are told apart. What has more than 31 bits is too wide
 * for shifts. */
function indexOf(ns) {
  if (ns < 0x8000_0000) {
    const shift = 32 - Math.clz32(ns | (2 * HALF - 1)) - (HALF_BITS + 1);
    return shift * HALF + (ns >> shift);
  }
  const shift = 52 - Math.clz32(Math.floor(ns / 0x10_0000)) - (HALF_BITS + 1);
  return shift * HALF + Math.floor(ns / 2 ** shift);
}

function shiftOf(index) {
  return index < 2 * HALF ? 0 : Math.floor(index / HALF) - 1;
}

function lowestOf(index) {
  const shift = shiftOf(index);
  return (index - shift * HALF) * 2 ** shift;
}

function highestOf(index) {
  return lowestOf(index) + 2 ** shiftOf(index) - 1;
}

/** HdrHistogram V2, compressed, base64. */
function payload(counts) {
  const body = encodeCounts(counts);
  const head = Buffer.alloc(40);
  head.writeInt32BE(V2, 0);
  head.writeInt32BE(body.length, 4);
  head.writeInt32BE(3, 12); // significant digits; the offset before them is 0
  head.writeBigInt64BE(1n, 16);
  head.writeBigInt64BE(BigInt(HIGHEST_NS), 24);
  head.writeDoubleBE(1, 32); // of integers to doubles
  const packed = deflateSync(Buffer.concat([head, body]));
  const cover = Buffer.alloc(8);
  cover.writeInt32BE(V2_COMPRESSED, 0);
  cover.writeInt32BE(packed.length, 4);
  return Buffer.concat([cover, packed]).toString('base64');
}

/** Up to the last count that is not 0: counts as they are, and a row of zeros as its length,
 * negative. */
function encodeCounts(counts) {
  const bytes = [];
  let zeros = 0;
  for (const count of counts) {
    if (count === 0) {
      zeros += 1;
      continue;
    }
    if (zeros > 0) zigZag(-zeros, bytes);
    zigZag(count, bytes);
    zeros = 0;
  }
  return Buffer.from(bytes);
}

/** ZigZag LEB128. */
function zigZag(value, bytes) {
  let left = value < 0 ? -value * 2 - 1 : value * 2;
  while (left >= 0x80) {
    bytes.push((left % 0x80) | 0x80);
    left = Math.floor(left / 0x80);
  }
  bytes.push(left);
}
