// Numbers that JSON in JavaScript would round.

import assert from 'node:assert/strict';
import test from 'node:test';

import { fromProtocol, nowNs, toProtocol } from '../shared/clock.js';
import { parse, stringify } from '../shared/channel.js';

test('a seed of 64 bits comes back digit by digit', () => {
  const line = '{"type":"prepare","cell":{"seed":18446744073709551615,"tasks":5}}';
  assert.equal(stringify(parse(line)), line);
  assert.equal(parse('{"cell":{"seed": 9007199254740993}}').cell.seed, 9007199254740993n);
});

test('time is that of CLOCK_MONOTONIC, to the ns', () => {
  const before = process.hrtime.bigint();
  const now = toProtocol(nowNs());
  assert.ok(before <= now && now <= process.hrtime.bigint());
  const epochNs = Math.ceil(Number(before) / 1e6) * 1e6;
  assert.equal(toProtocol(fromProtocol(epochNs)), BigInt(epochNs));
});
