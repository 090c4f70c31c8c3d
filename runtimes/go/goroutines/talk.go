package main

import (
	"time"

	"skein/skein"
)

// newTalk makes the tasks of a workload in which they wait for each other.
func newTalk(cell *skein.Cell, done *skein.Progress) skein.Tasks {
	switch cell.Workload {
	case "relay":
		return newRelay(cell, done)
	case "fanout":
		return &fanout{cell: cell, done: done}
	case "channel":
		return newChannel(cell, done)
	case "contention":
		return newContention(cell, done)
	default:
		return newCancel(cell, done)
	}
}

func sleepUntil(ns int64) { time.Sleep(time.Duration(ns - skein.NowNS())) }
