package skein

import (
	"fmt"
	"slices"
)

// The arithmetic of the workloads whose tasks wait for each other, as "In other languages" has it
// in workloads/relay/README.md and the pages beside it.

// Fan is the most children of a task of fanout.
const Fan = 10

const (
	hopFactor    = 6364136223846793005
	leastSleepNS = 600_000_000_000
)

// checkTalk refuses such a cell, or one of hog, where what its tasks need is missing or unknown, and
// by a limit what no row does.
func (c *Cell) checkTalk() error {
	if c.Workload == "contention" && c.Across == "blocking" {
		return &Limit{Name: "runtime", Message: "its row has no blocking mutex yet"}
	}
	known := true
	switch c.Workload {
	case "relay":
		known = c.Tasks > 1 && c.Hops > 0 && slices.Contains([]string{"near", "far"}, c.Order)
	case "fanout":
		known = c.Tasks > 0 && c.Order == "wide" && (c.Work == nil || *c.Work >= 0)
	case "channel":
		known = c.Receivers > 0 && c.Senders > 0 && c.Messages > 0 && c.Topology == "shared" &&
			c.Capacity != nil && *c.Capacity >= 0
	case "contention":
		known = c.Tasks > 1 && c.Locks > 0 && c.Across == "yield"
	case "cancel":
		known = c.Tasks > 0 && slices.Contains([]string{"sleep", "receive", "lock"}, c.Wait)
	case "hog":
		known = c.knowsHog()
	}
	if !known {
		return fmt.Errorf("no %s is known of such a cell", c.Workload)
	}
	return nil
}

// talkUnits is how many units of work the tasks come to; 0 for another workload.
func (c *Cell) talkUnits() uint64 {
	switch c.Workload {
	case "relay":
		return uint64(c.Hops)
	case "fanout", "cancel":
		return uint64(c.Tasks)
	case "channel":
		return uint64(c.Messages)
	case "contention":
		return uint64(c.Tasks) * uint64(c.Locks)
	}
	return 0
}

// spawnable is how many tasks `phase spawn` may ask for.
func (c *Cell) spawnable() int {
	if c.Workload == "channel" {
		return c.Receivers
	}
	return c.Tasks
}

// Value is what unit `index` gives to a sum.
func (c *Cell) Value(index int) uint64 {
	mixed := (c.Seed + uint64(index) + 1) * golden
	return mixed ^ mixed>>32
}

// Stride is how far the token of relay goes at each hop.
func (c *Cell) Stride() int {
	if c.Order == "near" {
		return 1
	}
	stride := max(c.Tasks*618/1000, 1)
	for divisor(stride, c.Tasks) != 1 {
		stride++
	}
	return stride
}

// divisor is the largest that two numbers have in common.
func divisor(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// Hop is what a task of relay makes of the token.
func Hop(index int, token uint64) uint64 { return token*hopFactor + uint64(index) + 1 }

// MessagesOf is how many messages a sender of channel has.
func (c *Cell) MessagesOf(sender int) int {
	if sender < c.Messages%c.Senders {
		return c.Messages/c.Senders + 1
	}
	return c.Messages / c.Senders
}

// SleepNS is how long after the epoch a sleep of cancel would end by itself.
func (c *Cell) SleepNS(index int) int64 {
	return leastSleepNS + int64(c.Value(index)%leastSleepNS)
}

// Leaves are those below a task of fanout: so many, from number First on.
type Leaves struct{ First, Count int }

// Children is how many tasks divide them.
func (l Leaves) Children() int { return min(Fan, l.Count) }

// Of are the leaves of one child.
func (l Leaves) Of(child int) Leaves {
	begin := l.Count * child / l.Children()
	return Leaves{l.First + begin, l.Count*(child+1)/l.Children() - begin}
}

// Leaf is what a leaf of fanout gives, once it has done its work.
func (c *Cell) Leaf(index int) uint64 {
	if c.Work == nil || *c.Work == 0 {
		return c.Value(index)
	}
	return c.Value(index) ^ uint64(worked(uint32(c.Value(0))|1, *c.Work))
}
