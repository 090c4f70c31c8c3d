package main

import (
	"time"

	"skein/skein"
)

// tasks is what all sleepers share. What is a sleeper's own is its index, on its stack.
type tasks struct {
	cell      *skein.Cell
	done      *skein.Tally
	epochNS   int64
	cancels   []chan struct{}   // pattern churn: by task; its canceller sends
	never     chan struct{}     // likewise, of all tasks; nobody sends
	nested    func(*tasks, int) // spread and storm: the task, where it is not the ordinary one
	timeoutNS int64             // so far beyond the window that to fire is a mistake
}

func newTasks(cell *skein.Cell, done *skein.Tally) skein.Tasks {
	t := &tasks{cell: cell, done: done, timeoutNS: cell.WindowNS + skein.TimeoutNS}
	if cell.IsNested() {
		t.nested = nestedSleep(cell.Held())
	}
	if cell.Pattern == "churn" {
		t.cancels = make([]chan struct{}, cell.Tasks)
		t.never = make(chan struct{})
	}
	if cell.Workload == "hog" {
		return &hog{t}
	}
	return t
}

func (t *tasks) Spawn(first, end int, epochNS int64) {
	if first == 0 {
		t.epochNS = epochNS // the same in every step, and read by the tasks of those before
	}
	t.done.Spawned(end - first)
	for index := first; index < end; index++ {
		switch {
		case t.cell.IsPeriodic():
			go t.wakeAgain(index)
		case t.cell.Pattern != "churn" && t.nested != nil:
			go t.nested(t, index)
		case t.cell.Pattern != "churn":
			go t.sleepOnce(index)
		case t.cell.IsCanceller(index):
			go t.cancelInTime(index)
		default:
			t.cancels[index] = make(chan struct{}, skein.Rounds)
			go t.waitWithTimeout(index)
		}
	}
}

func (t *tasks) sleepOnce(index int) {
	offsetNS := t.cell.OffsetNS(index)
	t.sleepUntil(offsetNS)
	t.fired(index, offsetNS)
	t.done.Ended()
}

func (t *tasks) wakeAgain(index int) {
	rhythm := t.cell.Rhythm(index)
	for turn := range rhythm.Turns {
		offsetNS := rhythm.PhaseNS + int64(turn)*rhythm.PeriodNS
		t.sleepUntil(offsetNS)
		t.fired(index, offsetNS)
	}
	t.done.Ended()
}

// waitWithTimeout waits in one form in every round: a program does not know which of its timeouts will fire.
// In a round left to fire it listens where nobody sends, for a waiter that comes late must not take the
// cancel of its next round. The channel has room for one cancel a round, at no cost in memory: a cancel
// stays until its waiter comes, and a waiter that has timed out blocks no canceller. Its cancel may end a
// later round, but by then the run has an error to show.
func (t *tasks) waitWithTimeout(index int) {
	for round := range skein.Rounds {
		if t.cell.LeftToFire(index, round) {
			offsetNS := t.cell.FireNS(index, round)
			isCancelled(t.never, t.until(offsetNS))
			t.fired(index, offsetNS)
		} else if isCancelled(t.cancels[index], t.timeout()) {
			t.done.Cancelled(index, round)
		} else {
			t.done.Wrong(index, round)
		}
	}
	t.done.Ended()
}

func isCancelled(by <-chan struct{}, within time.Duration) bool {
	select {
	case <-time.After(within):
		return false
	case <-by:
		return true
	}
}

func (t *tasks) cancelInTime(canceller int) {
	for round := range skein.Rounds {
		t.sleepUntil(t.cell.BeatNS(canceller, round+1))
		for index := canceller - canceller%skein.Group; index < canceller; index++ {
			if !t.cell.LeftToFire(index, round) {
				t.cancels[index] <- struct{}{}
			}
		}
	}
	t.done.Ended()
}

func (t *tasks) sleepUntil(offsetNS int64) { time.Sleep(t.until(offsetNS)) }

func (t *tasks) until(offsetNS int64) time.Duration {
	return time.Duration(t.epochNS + offsetNS - skein.NowNS())
}

func (t *tasks) fired(index int, offsetNS int64) {
	t.done.Fired(index, offsetNS, skein.NowNS()-t.epochNS-offsetNS)
}

func (t *tasks) timeout() time.Duration {
	return time.Duration(max(t.epochNS-skein.NowNS(), 0) + t.timeoutNS)
}
