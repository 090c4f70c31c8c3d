// What units of work give, in BigInt: the formulas of the READMEs of workloads/.

export const SEED = 7n;
export const MASK = (1n << 64n) - 1n;

export function toHex(number) {
  return (number & MASK).toString(16).padStart(16, '0');
}

export function value(index) {
  const mixed = ((SEED + BigInt(index) + 1n) * 0x9e3779b97f4a7c15n) & MASK;
  return mixed ^ (mixed >> 32n);
}

/** What comes out after so many steps. */
export function workedOut(steps) {
  let word = (value(0) & 0xffff_ffffn) | 1n;
  for (let step = 0; step < steps; step += 1) {
    word ^= (word << 13n) & 0xffff_ffffn;
    word ^= word >> 17n;
    word ^= (word << 5n) & 0xffff_ffffn;
  }
  return word;
}

function scatter(number) {
  let x = (number + 0x9e3779b97f4a7c15n) & MASK;
  x = ((x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  x = ((x ^ (x >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return x ^ (x >> 31n);
}

export function fingerprint(index, offsetNs) {
  return scatter(scatter(BigInt(index)) ^ BigInt(offsetNs));
}
