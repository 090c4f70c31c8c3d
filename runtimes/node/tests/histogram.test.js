// The histogram object of the protocol, and its payload against the package hdrhistogram of Python.

import assert from 'node:assert/strict';
import test from 'node:test';
import { inflateSync } from 'node:zlib';

import { Histogram } from '../shared/histogram.js';

const VALUES = [
  0, 1, 2047, 2048, 2049, 4096, 123_456, 123_456, 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 12_345,
  59_999_999_999, 60_000_000_000,
];
// HdrHistogram(1, 60_000_000_000, 3).encode() of these values.
const THEIRS = 'HISTFAAAADd4nJNpmSzMwMAgzgABzFCaEYh5f7hHMNh/gAgwMf2UZ2L5y8/U78fy8iEj' +
  'ExOQ+dWaBQACqgtX';

function of(values) {
  const histogram = new Histogram();
  values.forEach((value) => histogram.record(value));
  return histogram.toMessage();
}

function unpack(payload) {
  return inflateSync(Buffer.from(payload, 'base64').subarray(8)).toString('hex');
}

test('the payload is that of another implementation', () => {
  const { histogram, count } = of(VALUES);
  assert.equal(count, VALUES.length);
  assert.equal(unpack(histogram), unpack(THEIRS));
  const cover = Buffer.from(histogram, 'base64');
  assert.equal(cover.readInt32BE(0), 0x1c849314);
  assert.equal(cover.readInt32BE(4), cover.length - 8);
});

test('percentiles are of nearest rank, to the end of their bucket, at most the maximum', () => {
  const { p50, p90, p99, min, max } = of([...Array(10).keys()].map((k) => (k + 1) * 100_000));
  assert.deepEqual([p50, p90, p99], [500_223, 900_095, null]); // a bucket is 256, then 512 wide
  assert.deepEqual([min, max], [100_000, 1_000_000]);
  assert.equal(of([100_000]).p50, 100_000);
});

test('p99 needs 20,000 values', () => {
  const values = Array.from({ length: 20_000 }, (_, k) => k % 1000);
  assert.equal(of(values).p99, 989);
  assert.equal(of(values.slice(1)).p99, null);
  assert.equal(of(values).p999, null);
});

test('mean and deviation are of the middles of buckets', () => {
  const { mean, stddev } = of([1000, 1000, 2000, 2000]);
  assert.deepEqual([mean, stddev], [1500, 500]);
});

test('what is early or beyond 60 s is in no percentile', () => {
  const { count, early_count: early, early_max_ns: most, overflow, max } =
    of([5, -3, -700, 60_000_000_001]);
  assert.deepEqual([count, early, most, overflow, max], [1, 2, 700, 1, 5]);
});

test('of no values the figures are null and the payload is still one', () => {
  const { count, min, mean, p50, max, early_max_ns: most, histogram } = of([]);
  assert.deepEqual([count, min, mean, p50, max, most], [0, null, null, null, null, null]);
  assert.equal(unpack(histogram).length, 2 * 40);
});
