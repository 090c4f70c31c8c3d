// A queue, first in, first out, from whose middle an entry can be taken as well.

export class Fifo {
  length = 0;
  #first = null;
  #last = null;

  /** The entry, for `remove`. */
  push(value) {
    const entry = { value, before: this.#last, after: null };
    if (this.#last === null) this.#first = entry;
    else this.#last.after = entry;
    this.#last = entry;
    this.length += 1;
    return entry;
  }

  /** The oldest value; undefined where there is none. */
  shift() {
    const entry = this.#first;
    if (entry === null) return undefined;
    this.remove(entry);
    return entry.value;
  }

  /** Once for each entry. */
  remove(entry) {
    if (entry.before === null) this.#first = entry.after;
    else entry.before.after = entry.after;
    if (entry.after === null) this.#last = entry.before;
    else entry.after.before = entry.before;
    this.length -= 1;
  }
}
