package main

import (
	"runtime"

	"skein/skein"
)

// hog is timers, as those of pattern periodic, and beside them a goroutine that computes.
type hog struct{ *tasks }

// Spawn begins that goroutine first, so that the last one is a timer's.
func (h *hog) Spawn(first, end int, epochNS int64) {
	if first == 0 && end > 0 && h.cell.HasHog() {
		h.done.Spawned(1)
		go h.compute(epochNS)
	}
	h.tasks.Spawn(first, end, epochNS)
}

func (h *hog) compute(epochNS int64) {
	sleepUntil(epochNS + h.cell.HogBeginNS())
	begunNS := skein.NowNS()
	work, yields := h.cell.Computation(), uint64(0)
	switch h.cell.Form {
	case "yielding":
		for work.TakeSlice() {
			runtime.Gosched()
			yields++
		}
	case "offloaded":
		handOver(work)
	default:
		work.TakeAll()
	}
	h.done.Computed(work.Word, skein.Hog{TookNS: skein.NowNS() - begunNS, Yields: yields})
	h.done.Ended()
}

// handOver has another goroutine compute, and waits for it.
func handOver(work *skein.Computation) {
	over := make(chan struct{})
	go func() {
		work.TakeAll()
		close(over)
	}()
	<-over
}
