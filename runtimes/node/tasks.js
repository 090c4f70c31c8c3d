// Workload timers as async functions. A task has its index; all else is shared.

import { nowNs } from './shared/clock.js';
import { conditions } from './shared/conditions.js';
import { CHECK_HEAP_EVERY, Limit, requireHeap } from './shared/limits.js';
import { fill, isKept, nestingOf } from './shared/nesting.js';
import { ROUNDS, Schedule, TIMEOUT_NS } from './shared/schedule.js';
import { TimerCounts } from './shared/timer_counts.js';

const NS_PER_MS = 1e6;
const LONGEST_MS = 0x7fff_ffff; // setTimeout fires at once for what is longer

export class Timers {
  counts;
  #schedule;
  #nesting;
  #waits; // of churn, by task

  constructor(cell, onFinished, schedule = new Schedule(cell)) {
    this.#schedule = schedule;
    this.#nesting = nestingOf(cell);
    this.counts = new TimerCounts(this.#schedule, onFinished);
    this.#waits = cell.pattern === 'churn' ? new Array(cell.tasks) : [];
  }

  async prepare() {
    const { tasks, pattern, windowNs, gridNs } = this.#schedule;
    const longestMs = Math.ceil((windowNs + TIMEOUT_NS) / NS_PER_MS);
    if (longestMs > LONGEST_MS) {
      throw new Limit('setTimeout', LONGEST_MS, longestMs,
        `setTimeout takes at most ${LONGEST_MS} ms; choose a shorter window`);
    }
    const echoed = { tasks, pattern, window_ns: windowNs, grid_ns: gridNs, ...this.#nesting.echoed };
    return { echoed, conditions: conditions() };
  }

  start() {}

  spawn(tasks, epochNs) {
    this.counts.epochNs = epochNs;
    while (this.counts.spawned < tasks) {
      const index = this.counts.spawned;
      if (index % CHECK_HEAP_EVERY === 0) requireHeap(index, this.#schedule.tasks, 'tasks');
      this.#begin(index);
      this.counts.spawned += 1;
    }
  }

  /** Tasks that still sleep are dropped with the process, which ends without another turn. */
  async stop() {
    this.counts.ended = this.counts.spawned;
  }

  #begin(index) {
    const { pattern } = this.#schedule;
    if (pattern === 'periodic') return this.#wakeAgain(index);
    if (pattern !== 'churn') {
      return this.#nesting.isPlain ? this.#sleepOnce(index) : this.#sleepNested(index);
    }
    if (this.#schedule.isCanceller(index)) return this.#cancelInTime(index);
    return this.#waitInRounds(index);
  }

  async #sleepOnce(index) {
    await this.#sleepUntil(this.#schedule.offsetNs(index, 0));
    this.counts.fired(nowNs(), index, 0);
    this.counts.ended += 1;
  }

  /** A level is an async function that awaits the one below. */
  async #sleepNested(index) {
    const held = new Uint8Array(this.#nesting.heldBytes);
    fill(held);
    const offsetNs = this.#schedule.offsetNs(index, 0);
    const levels = this.#nesting.levelsBelow;
    if (levels === 0) await this.#sleepUntil(offsetNs);
    else await this.#sleepBelow(levels - 1, offsetNs);
    const wokeNs = nowNs();
    if (isKept(held)) this.counts.fired(wokeNs, index, 0);
    else this.counts.damaged(index);
    this.counts.ended += 1;
  }

  async #sleepBelow(levels, offsetNs) {
    if (levels === 0) await this.#sleepUntil(offsetNs);
    else await this.#sleepBelow(levels - 1, offsetNs);
  }

  async #wakeAgain(index) {
    const turns = this.#schedule.turns(index);
    for (let turn = 0; turn < turns; turn += 1) {
      await this.#sleepUntil(this.#schedule.offsetNs(index, turn));
      this.counts.fired(nowNs(), index, turn);
    }
    this.counts.ended += 1;
  }

  async #waitInRounds(index) {
    const wait = { round: 0, timer: null, resolve: null };
    this.#waits[index] = wait;
    for (; wait.round < ROUNDS; wait.round += 1) {
      const isCancelled = await this.#dueOrCancelled(index, wait);
      if (isCancelled) this.counts.cancelled(index, wait.round);
      else this.#timedOut(nowNs(), index, wait.round);
    }
    this.counts.ended += 1;
  }

  #timedOut(wokeNs, index, round) {
    if (this.#schedule.isLeftToFire(index, round)) this.counts.fired(wokeNs, index, round);
    else this.counts.wrong(index);
  }

  async #cancelInTime(index) {
    for (let round = 0; round < ROUNDS; round += 1) {
      await this.#sleepUntil(this.#schedule.beatNs(index, round + 1));
      while (this.#cancelRound(index, round)) await new Promise(setImmediate);
    }
    this.counts.ended += 1;
  }

  /** Whether a task is still in the round before this one, its timer due and about to fire. */
  #cancelRound(canceller, round) {
    let isOneBehind = false;
    for (let index = this.#schedule.groupBegin(canceller); index < canceller; index += 1) {
      const wait = this.#waits[index];
      if (wait.round > round || this.#schedule.isLeftToFire(index, round)) continue;
      if (wait.round === round) cancel(wait);
      else isOneBehind = true;
    }
    return isOneBehind;
  }

  #sleepUntil(offsetNs) {
    return new Promise((resolve) => setTimeout(resolve, this.#msUntil(offsetNs)));
  }

  /** Resolves with true when it was cancelled. */
  #dueOrCancelled(index, wait) {
    const ms = this.#schedule.isLeftToFire(index, wait.round)
      ? this.#msUntil(this.#schedule.offsetNs(index, wait.round))
      : Math.max(this.#msUntil(0), 0) + (this.#schedule.windowNs + TIMEOUT_NS) / NS_PER_MS;
    return new Promise((resolve) => {
      wait.resolve = resolve;
      wait.timer = setTimeout(resolve, ms);
    });
  }

  #msUntil(offsetNs) {
    return Math.ceil((this.counts.epochNs + offsetNs - nowNs()) / NS_PER_MS);
  }
}

function cancel(wait) {
  clearTimeout(wait.timer);
  wait.resolve(true);
}
