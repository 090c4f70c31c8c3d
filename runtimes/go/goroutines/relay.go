package main

import (
	"time"

	"skein/skein"
)

// rest keeps the end of the tasks out of the window.
const rest = 50 * time.Millisecond

// relay is a ring of channels, each with room for the token and with a goroutine that waits on it.
type relay struct {
	cell   *skein.Cell
	done   *skein.Progress
	ring   []chan uint64 // made one by one with their goroutines, as memory of theirs
	stride int
	over   chan struct{} // closed by whoever makes the last hop
}

func newRelay(cell *skein.Cell, done *skein.Progress) *relay {
	return &relay{cell: cell, done: done, ring: make([]chan uint64, cell.Tasks),
		stride: cell.Stride(), over: make(chan struct{})}
}

func (r *relay) Spawn(first, end int, epochNS int64) {
	r.done.Spawned(end - first)
	for index := first; index < end; index++ {
		r.ring[index] = make(chan uint64, 1)
		go r.passOn(index)
	}
	if first < end && end == len(r.ring) {
		r.done.Spawned(1)
		go r.startAndEnd(epochNS)
	}
}

// passOn looks up where its tokens go when it has the first: by then all channels are there.
func (r *relay) passOn(index int) {
	var next chan uint64
	for token := range r.ring[index] {
		if next == nil {
			next = r.ring[(index+r.stride)%len(r.ring)]
		}
		token = skein.Hop(index, token)
		if r.done.One() {
			r.done.Finish(token)
			close(r.over)
		} else {
			next <- token
		}
	}
	r.done.Ended()
}

func (r *relay) startAndEnd(epochNS int64) {
	sleepUntil(epochNS)
	r.ring[0] <- r.cell.Seed
	<-r.over
	time.Sleep(rest)
	for _, each := range r.ring {
		close(each)
	}
	r.done.Ended()
}
