package main

import (
	"fmt"
	"testing"
	"time"

	"skein/skein"
)

// The workloads whose tasks wait for each other, in the way of a conductor.

const seed = 7

// cellOf is a cell of a workload, at a size that a test has time for.
func cellOf(workload string, more message) message {
	cell := message{"workload": workload, "seed": seed}
	for name, value := range map[string]message{
		"relay":      {"tasks": 100, "order": "far", "hops": 2000},
		"fanout":     {"tasks": 1234, "order": "wide", "work": nil},
		"channel":    {"receivers": 4, "topology": "shared", "senders": 3, "capacity": 5, "messages": 2000},
		"contention": {"tasks": 100, "across": "yield", "locks": 20},
		"cancel":     {"tasks": 100, "wait": "sleep"},
		"hog": {"tasks": 20, "form": "yielding", "window_ns": 100_000_000, "work": 50_000,
			"yield_every": 1000},
	}[workload] {
		cell[name] = value
	}
	for name, value := range more {
		cell[name] = value
	}
	return cell
}

// spawnedBy is how many tasks a conductor asks for.
func spawnedBy(cell message) int {
	if cell["workload"] == "channel" {
		return cell["receivers"].(int)
	}
	return cell["tasks"].(int)
}

func value(index int) uint64 {
	mixed := uint64(seed+index+1) * 0x9e3779b97f4a7c15
	return mixed ^ mixed>>32
}

// sumOf is the checksum of units that are each done so many times.
func sumOf(units, times int) string {
	sum := uint64(0)
	for index := range units {
		sum += value(index)
	}
	return fmt.Sprintf("%016x", sum*uint64(times))
}

// tokenAfter goes the way of the token without any task.
func tokenAfter(hops, tasks, stride int) string {
	token, index := uint64(seed), 0
	for range hops {
		token = token*6364136223846793005 + uint64(index) + 1
		index = (index + stride) % tasks
	}
	return fmt.Sprintf("%016x", token)
}

// leavesAfter is the sum of leaves that each take so many steps.
func leavesAfter(leaves, steps int) string {
	sum := uint64(0)
	for index := range leaves {
		sum += value(index) ^ wordAfter(steps)
	}
	return fmt.Sprintf("%016x", sum)
}

func wordAfter(steps int) uint64 {
	word := uint32(value(0)) | 1
	for range steps {
		word ^= word << 13
		word ^= word >> 17
		word ^= word << 5
	}
	return uint64(word)
}

func TestTasksThatWaitForEachOtherComeToTheirChecksum(t *testing.T) {
	for name, want := range map[string]struct {
		cell     message
		units    float64
		checksum string
	}{
		"relay near": {cellOf("relay", message{"order": "near"}), 2000, tokenAfter(2000, 100, 1)},
		"relay far":  {cellOf("relay", nil), 2000, tokenAfter(2000, 100, 61)},
		"two in a relay": {cellOf("relay", message{"tasks": 2, "hops": 1}), 1,
			tokenAfter(1, 2, 1)},
		"fanout":          {cellOf("fanout", nil), 1234, sumOf(1234, 1)},
		"one leaf":        {cellOf("fanout", message{"tasks": 1}), 1, sumOf(1, 1)},
		"leaves at work":  {cellOf("fanout", message{"work": 1000}), 1234, leavesAfter(1234, 1000)},
		"channel":         {cellOf("channel", nil), 2000, sumOf(2000, 1)},
		"no room":         {cellOf("channel", message{"capacity": 0}), 2000, sumOf(2000, 1)},
		"few messages":    {cellOf("channel", message{"messages": 2}), 2, sumOf(2, 1)},
		"contention":      {cellOf("contention", nil), 2000, sumOf(100, 20)},
		"cancelled sleep": {cellOf("cancel", nil), 100, sumOf(100, 1)},
		"cancelled receive": {cellOf("cancel", message{"wait": "receive"}), 100,
			sumOf(100, 1)},
		"cancelled lock": {cellOf("cancel", message{"wait": "lock"}), 100, sumOf(100, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			c, ready := begin(t, want.cell)
			if ready["type"] != "ready" {
				t.Fatalf("%v", ready)
			}
			epochNS := skein.NowNS() + 50_000_000
			c.spawn(spawnedBy(want.cell), epochNS)
			if finished := c.hear("phase"); finished["t_ns"].(float64) < float64(epochNS) {
				t.Errorf("%v before the epoch %d", finished, epochNS)
			}
			stats := c.ask("stats", "stats")
			if stats["units"] != want.units || stats["checksum"] != want.checksum ||
				stats["errors"] != 0.0 || stats["fire_ns"].(float64) <= 0 || stats["lateness"] != nil {
				t.Errorf("want %v units and %s, got %v", want.units, want.checksum, stats)
			}
			c.awaitTasks(0)
			c.stop()
		})
	}
}

// awaitTasks is for tasks that end by themselves.
func (c *conductor) awaitTasks(number float64) {
	c.t.Helper()
	var live any
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if live = c.ask("stats", "stats")["live_tasks"]; live == number {
			return
		}
		time.Sleep(time.Millisecond)
	}
	c.t.Fatalf("%v tasks are alive, not %v", live, number)
}

func TestTheTasksOfARelayEndAWhileAfterTheLastHop(t *testing.T) {
	c, _ := begin(t, cellOf("relay", nil))
	c.spawn(100, skein.NowNS()+50_000_000)
	finishedNS := int64(c.hear("phase")["t_ns"].(float64)) // may be heard long after
	c.awaitTasks(0)
	if took := time.Duration(skein.NowNS() - finishedNS); took < rest {
		t.Errorf("after %v", took)
	}
	c.stop()
}

func TestNothingIsDoneBeforeTheEpochAndAStopEndsIt(t *testing.T) {
	for workload, live := range map[string]float64{
		"relay": 101, "fanout": 1, "channel": 7, "contention": 101, "cancel": 101,
	} {
		cell := cellOf(workload, nil)
		c, _ := begin(t, cell)
		c.spawn(spawnedBy(cell), skein.NowNS()+int64(time.Minute))
		stats := c.ask("stats", "stats")
		if stats["units"] != 0.0 || stats["live_tasks"] != live || stats["fire_ns"] != nil {
			t.Errorf("%s: %v", workload, stats)
		}
		if stopped := c.stop(); stopped["units"] != 0.0 || stopped["shares"] != nil {
			t.Errorf("%s: %v", workload, stopped)
		}
	}
}

func TestWhatIsSharedOutIsSaidInTheEnd(t *testing.T) {
	for workload, check := range map[string]func(least, most float64) bool{
		"channel":    func(least, most float64) bool { return least <= 500 && 500 <= most && most <= 2000 },
		"contention": func(least, most float64) bool { return least <= most && 1 <= most && most < 2000 },
	} {
		cell := cellOf(workload, nil)
		c, _ := begin(t, cell)
		c.spawn(spawnedBy(cell), skein.NowNS()+50_000_000)
		c.hear("phase")
		shares, _ := c.stop()["shares"].(message)
		least, _ := shares["least"].(float64)
		most, _ := shares["most"].(float64)
		if !check(least, most) {
			t.Errorf("%s: %v", workload, shares)
		}
	}
}

// talked begins a worker, and hands `use` what it makes of its cell.
func talked[Made skein.Tasks](t *testing.T, cell message, use func(Made)) *conductor {
	t.Helper()
	planted := *row
	planted.Talk = func(cell *skein.Cell, done *skein.Progress) skein.Tasks {
		made := newTalk(cell, done)
		use(made.(Made))
		return made
	}
	c, _ := beginRow(t, &planted, cell)
	return c
}

func TestWhatMustNotHappenIsAnErrorOfTheRun(t *testing.T) {
	for want, c := range map[string]*conductor{
		"a message came after a later one of its sender": talked(t, cellOf("channel", nil),
			func(c *channel) { c.note(1, item{2, 5}); c.note(1, item{2, 4}) }),
		"two tasks had the mutex at once": talked(t, cellOf("contention", nil),
			func(c *contention) { c.taken(3, 0); c.taken(4, 0); c.release(3) }),
		"a wait ended that nobody had cancelled": talked(t, cellOf("cancel", nil),
			func(c *cancel) { c.ended(0, false) }),
	} {
		if stats := c.ask("stats", "stats"); stats["errors"] != 1.0 || stats["first_error"] != want {
			t.Errorf("want %q, got %v", want, stats)
		}
	}
}

func TestMessagesOfASenderMayBeDividedAmongReceivers(t *testing.T) {
	c := talked(t, cellOf("channel", nil), func(c *channel) {
		c.note(1, item{2, 0})
		c.note(0, item{2, 1})
		c.note(1, item{2, 2})
	})
	if stats := c.ask("stats", "stats"); stats["errors"] != 0.0 || stats["units"] != 3.0 {
		t.Errorf("%v", stats)
	}
}

func TestAMutexThatBlocksThreadsIsALimit(t *testing.T) {
	_, reply := begin(t, cellOf("contention", message{"across": "blocking"}))
	if reply["type"] != "limit" || reply["limit"] != "runtime" || reply["message"] == "" {
		t.Errorf("%v", reply)
	}
}

func TestACellThatLacksWhatItsTasksNeedIsAnError(t *testing.T) {
	for _, cell := range []message{
		cellOf("relay", message{"order": "back"}), cellOf("relay", message{"hops": nil}),
		cellOf("relay", message{"tasks": 1}), cellOf("fanout", message{"order": "deep"}),
		cellOf("fanout", message{"tasks": nil}), cellOf("channel", message{"capacity": nil}),
		cellOf("channel", message{"senders": nil}), cellOf("contention", message{"across": "sleep"}),
		cellOf("contention", message{"locks": nil}), cellOf("cancel", message{"wait": "read"}),
		cellOf("hog", message{"form": "greedy"}), cellOf("hog", message{"window_ns": 49_000_000}),
		cellOf("hog", message{"work": nil}), cellOf("hog", message{"yield_every": nil}),
	} {
		if _, reply := begin(t, cell); reply["type"] != "error" {
			t.Errorf("%v: %v", cell, reply)
		}
	}
}
