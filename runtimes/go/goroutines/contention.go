package main

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"skein/skein"
)

// contention is many goroutines that want one mutex, and have it across a yield.
type contention struct {
	cell       *skein.Cell
	done       *skein.Progress
	mutex      sync.Mutex
	handedOver atomic.Uint64 // read by those who begin to wait

	// Of whoever has the mutex:
	owner             int
	shortest, longest uint64 // waits, in hand-overs
}

// newContention has the mutex, so that everybody waits for it. Who has it need not be who unlocks
// it.
func newContention(cell *skein.Cell, done *skein.Progress) *contention {
	c := &contention{cell: cell, done: done, shortest: math.MaxUint64}
	done.Shares = c.shares
	c.mutex.Lock()
	return c
}

func (c *contention) Spawn(first, end int, epochNS int64) {
	c.done.Spawned(end - first)
	for index := first; index < end; index++ {
		go c.contend(index)
	}
	if first < end && end == c.cell.Tasks {
		c.done.Spawned(1)
		go c.letGo(epochNS)
	}
}

func (c *contention) letGo(epochNS int64) {
	sleepUntil(epochNS)
	c.mutex.Unlock()
	c.done.Ended()
}

func (c *contention) contend(index int) {
	for range c.cell.Locks {
		since := c.handedOver.Load()
		c.mutex.Lock()
		c.taken(index, since)
		runtime.Gosched()
		c.release(index)
	}
	c.done.Ended()
}

// taken is called with the mutex, by whoever began to wait after `since` hand-overs: none before
// the epoch, and such a wait does not count. Goroutines ask in any order, so it is not checked.
func (c *contention) taken(index int, since uint64) {
	before := c.handedOver.Load()
	c.handedOver.Store(before + 1)
	if since > 0 {
		c.shortest, c.longest = min(c.shortest, before-since), max(c.longest, before-since)
	}
	c.owner = index
}

// release unlocks the mutex.
func (c *contention) release(index int) {
	if c.owner != index {
		c.done.Wrong("two tasks had the mutex at once")
	}
	c.done.Add(c.cell.Value(index))
	c.mutex.Unlock()
}

// shares is nil where nobody waited.
func (c *contention) shares() *skein.Shares {
	if c.longest == 0 {
		return nil
	}
	return &skein.Shares{Least: c.shortest, Most: c.longest}
}
