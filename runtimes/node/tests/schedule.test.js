// The schedule against values that other implementations came to: harness/PROTOCOL.md's example,
// and runtimes/shared/python for the rest.

import assert from 'node:assert/strict';
import test from 'node:test';

import { Checksum, Schedule } from '../shared/schedule.js';
import * as u64 from '../shared/u64.js';
import { EXPECTED } from './expected.js';
import { TIMERS } from './talk.js';

const SCATTERED = [
  [0n, 0xe220a8397b1dcdafn],
  [1n, 0x910a2dec89025cc1n],
  [(1n << 64n) - 1n, 0xe4d971771b652c20n],
  [0xdeadbeef12345678n, 0x4dc32b44abdc6395n],
  [1n << 63n, 0x481ec0a212a9f3dbn],
];

test('scatter is splitmix64', () => {
  for (const [value, expected] of SCATTERED) {
    u64.setBigInt(value);
    u64.scatter();
    assert.equal(u64.toBigInt(), expected);
  }
});

test('arithmetic on halves is that of BigInt', () => {
  const values = SCATTERED.flat();
  for (const a of values) {
    for (const b of values) {
      u64.setBigInt(b);
      const { high, low } = u64;
      u64.setBigInt(a);
      u64.add(high, low);
      assert.equal(u64.toBigInt(), BigInt.asUintN(64, a + b));
      u64.setBigInt(a);
      u64.xor(high, low);
      assert.equal(u64.toBigInt(), a ^ b);
    }
    for (const divisor of [1, 7, 200, 0x20_0000, 0x20_0001, 123_456_789_012, 2 ** 53]) {
      u64.setBigInt(a);
      assert.equal(u64.modulo(divisor), Number(a % BigInt(divisor)));
    }
    u64.setBigInt(a);
    u64.shiftRight(4);
    assert.equal(u64.toBigInt(), a >> 4n);
  }
});

test('whole numbers beyond 32 bits and negative ones are taken modulo 2^64', () => {
  for (const value of [0, 1, 0x8000_0000, 0xffff_ffff, 0x1_0000_0000, 2 ** 53 - 1, -1, -8]) {
    u64.set(value);
    assert.equal(u64.toBigInt(), BigInt.asUintN(64, BigInt(value)));
  }
});

for (const { fields, units, timers, checksum } of EXPECTED) {
  test(`units and checksum of ${JSON.stringify(fields)}`, () => {
    const cell = { ...TIMERS, ...fields, seed: BigInt(fields.seed ?? 1) };
    const schedule = new Schedule(cell);
    const sum = new Checksum();
    let due = 0;
    let turns = 0;
    for (let index = 0; index < cell.tasks; index += 1) {
      for (let turn = 0; turn < schedule.turns(index); turn += 1) {
        const fires = cell.pattern !== 'churn' || schedule.isLeftToFire(index, turn);
        sum.add(index, fires ? schedule.offsetNs(index, turn) : -1 - turn);
        due += fires;
        turns += 1;
      }
    }
    assert.deepEqual([schedule.units(), turns, due], [units, units, timers]);
    assert.equal(sum.toString(), checksum);
  });
}
