package main

import (
	"context"
	"time"

	"skein/skein"
)

// cancel is goroutines that wait for what does not come, and one that ends all these waits.
type cancel struct {
	cell      *skein.Cell
	done      *skein.Progress
	context   context.Context // of all of them
	cancelAll context.CancelFunc
	values    chan uint64   // nobody sends
	lock      chan struct{} // whoever has put its value in has the lock
}

// newCancel has the lock, and keeps it.
func newCancel(cell *skein.Cell, done *skein.Progress) *cancel {
	c := &cancel{cell: cell, done: done, values: make(chan uint64, 1), lock: make(chan struct{}, 1)}
	c.context, c.cancelAll = context.WithCancel(context.Background())
	c.lock <- struct{}{}
	return c
}

func (c *cancel) Spawn(first, end int, epochNS int64) {
	c.done.Spawned(end - first)
	for index := first; index < end; index++ {
		switch c.cell.Wait {
		case "sleep":
			go c.sleepLong(index, epochNS)
		case "receive":
			go c.receiveNothing(index)
		default:
			go c.lockInVain(index)
		}
	}
	if first < end && end == c.cell.Tasks {
		c.done.Spawned(1)
		go c.endWaits(epochNS)
	}
}

func (c *cancel) sleepLong(index int, epochNS int64) {
	within := time.Duration(epochNS + c.cell.SleepNS(index) - skein.NowNS())
	c.ended(index, isCancelled(c.context.Done(), within))
}

func (c *cancel) receiveNothing(index int) {
	_, received := <-c.values
	c.ended(index, !received)
}

func (c *cancel) lockInVain(index int) {
	select {
	case c.lock <- struct{}{}:
		c.ended(index, false)
	case <-c.context.Done():
		c.ended(index, true)
	}
}

// ended is a task's last step.
func (c *cancel) ended(index int, wasCancelled bool) {
	c.done.Ended()
	if !wasCancelled {
		c.done.Wrong("a wait ended that nobody had cancelled")
		return
	}
	c.done.Add(c.cell.Value(index))
}

func (c *cancel) endWaits(epochNS int64) {
	sleepUntil(epochNS)
	if c.cell.Wait == "receive" {
		close(c.values)
	} else {
		c.cancelAll()
	}
	c.done.Ended()
}
