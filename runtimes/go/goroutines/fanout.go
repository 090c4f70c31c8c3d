package main

import (
	"sync"

	"skein/skein"
)

// fanout is a tree of goroutines.
type fanout struct {
	cell *skein.Cell
	done *skein.Progress
}

// family is what a task shares with its children.
type family struct {
	ending sync.WaitGroup
	given  [skein.Fan]uint64
}

// Spawn begins nothing but the root, once all are asked for.
func (f *fanout) Spawn(first, end int, epochNS int64) {
	if first < end && end == f.cell.Tasks {
		f.done.Spawned(1)
		go f.grow(epochNS)
	}
}

func (f *fanout) grow(epochNS int64) {
	sleepUntil(epochNS)
	f.done.Finish(f.divide(skein.Leaves{Count: f.cell.Tasks}))
	f.done.Ended()
}

// divide spawns a goroutine for each child, and adds up what they give.
func (f *fanout) divide(own skein.Leaves) uint64 {
	children := own.Children()
	below := &family{}
	below.ending.Add(children)
	f.done.Spawned(children)
	for child := range children {
		if its := own.Of(child); its.Count == 1 {
			go f.leaf(below, child, its.First)
		} else {
			go f.branch(below, child, its)
		}
	}
	below.ending.Wait()
	sum := uint64(0)
	for _, given := range below.given {
		sum += given
	}
	return sum
}

func (f *fanout) leaf(of *family, child, index int) {
	of.given[child] = f.cell.Leaf(index)
	f.done.One()
	f.done.Ended()
	of.ending.Done()
}

func (f *fanout) branch(of *family, child int, its skein.Leaves) {
	of.given[child] = f.divide(its)
	f.done.Ended()
	of.ending.Done()
}
