// Unsigned 64-bit arithmetic on two halves of 32 bits: what the schedule needs, and no more.
//
// A result lies in `high` and `low` until the next call. So nothing is allocated, as it would be by
// BigInt at each step: the halves are signed, and to V8 on 64 bits those are small integers.

export let high = 0;
export let low = 0;

/** Whole numbers up to 2^53 in size; a negative one modulo 2^64. */
export function set(value) {
  high = Math.floor(value / 0x1_0000_0000) | 0;
  low = value | 0;
}

export function setHalves(h, l) {
  high = h;
  low = l;
}

export function setBigInt(value) {
  high = Number(BigInt.asIntN(32, value >> 32n));
  low = Number(BigInt.asIntN(32, value));
}

export function xor(h, l) {
  high ^= h;
  low ^= l;
}

export function add(h, l) {
  const sum = (low >>> 0) + (l >>> 0);
  high = (high + h + (sum > 0xffff_ffff ? 1 : 0)) | 0;
  low = sum | 0;
}

/** Modulo 2^64. The product of the low halves is made of products of 16 bits: no partial sum
 * exceeds 32, since (2^16 - 1)^2 + (2^16 - 1) < 2^32. */
export function multiply(h, l) {
  const a0 = low & 0xffff;
  const a1 = low >>> 16;
  const b0 = l & 0xffff;
  const b1 = l >>> 16;
  const middle = Math.imul(a1, b0) + (Math.imul(a0, b0) >>> 16) | 0;
  const other = Math.imul(a0, b1) + (middle & 0xffff) | 0;
  const carried = Math.imul(a1, b1) + (middle >>> 16) + (other >>> 16);
  high = (carried + Math.imul(high, l) + Math.imul(low, h)) | 0;
  low = Math.imul(low, l);
}

/** x ^= x >> bits, for fewer than 32 bits. */
function fold(bits) {
  low ^= (low >>> bits) | (high << (32 - bits));
  high ^= high >>> bits;
}

/** splitmix64's step and finaliser. */
export function scatter() {
  add(0x9e37_79b9, 0x7f4a_7c15);
  fold(30);
  multiply(0xbf58_476d, 0x1ce4_e5b9);
  fold(27);
  multiply(0x94d0_49bb, 0x1331_11eb);
  fold(31);
}

/** Whole division by a power of two below 2^32. */
export function shiftRight(bits) {
  low = (low >>> bits) | (high << (32 - bits));
  high >>>= bits;
  high |= 0;
}

/** The remainder of a division by a whole number from 1 to 2^53. */
export function modulo(divisor) {
  if (divisor <= 0x20_0000) {  // so that every product stays below 2^53
    return (((high >>> 0) % divisor) * 0x1_0000_0000 + (low >>> 0)) % divisor;
  }
  return Number(toBigInt() % BigInt(divisor));
}

export function toBigInt() {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
