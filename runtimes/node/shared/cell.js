// Fields of a cell, as a program understands them.

/** A word of the cell, or undefined where it is none of those. */
export function wordOf(word, ...known) {
  return known.includes(word) ? word : undefined;
}

/** A whole number of the cell, or undefined where it is less. */
export function countOf(count, least) {
  return Number.isSafeInteger(count) && count >= least ? count : undefined;
}

/** Throws for a cell that lacks one of the fields which decide its work: it is undefined. */
export function requireAll(understood, cell) {
  for (const [name, value] of Object.entries(understood)) {
    if (value === undefined) throw new Error(`the cell's ${name} cannot be ${cell[name]}`);
  }
}
