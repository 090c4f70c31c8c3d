package main

import (
	"slices"

	"skein/skein"
)

// channel is many goroutines that send, and many that receive, on one channel.
type channel struct {
	cell     *skein.Cell
	done     *skein.Progress
	items    chan item
	received []uint64 // by receiver
	next     []uint32 // by receiver and sender: the least number that may come
}

// item is message number so and so of a sender.
type item struct{ sender, number uint32 }

func newChannel(cell *skein.Cell, done *skein.Progress) *channel {
	c := &channel{cell: cell, done: done, items: make(chan item, *cell.Capacity),
		received: make([]uint64, cell.Receivers), next: make([]uint32, cell.Receivers*cell.Senders)}
	done.Shares = func() *skein.Shares {
		return &skein.Shares{Least: slices.Min(c.received), Most: slices.Max(c.received)}
	}
	return c
}

// Spawn counts receivers; senders come in proportion.
func (c *channel) Spawn(first, end int, epochNS int64) {
	sender, senders := c.senders(first), c.senders(end)
	c.done.Spawned(end - first + senders - sender)
	for ; sender < senders; sender++ {
		go c.sendAll(sender, epochNS)
	}
	for receiver := first; receiver < end; receiver++ {
		go c.receiveAll(receiver)
	}
}

// senders is how many there are beside so many receivers.
func (c *channel) senders(receivers int) int {
	return c.cell.Senders * receivers / c.cell.Receivers
}

func (c *channel) sendAll(sender int, epochNS int64) {
	sleepUntil(epochNS)
	for number := range c.cell.MessagesOf(sender) {
		c.items <- item{uint32(sender), uint32(number)}
	}
	c.done.Ended()
}

func (c *channel) receiveAll(receiver int) {
	for got := range c.items {
		c.note(receiver, got)
	}
	c.done.Ended()
}

// note counts a message, and closes the channel behind the last: whoever sent one has sent it by
// then. Other receivers may have had some in between, but those that one gets are in order.
func (c *channel) note(receiver int, got item) {
	next := &c.next[receiver*c.cell.Senders+int(got.sender)]
	if got.number < *next {
		c.done.Wrong("a message came after a later one of its sender")
	}
	*next = got.number + 1
	c.received[receiver]++
	if c.done.Add(c.cell.Value(int(got.sender) + int(got.number)*c.cell.Senders)) {
		close(c.items)
	}
}
