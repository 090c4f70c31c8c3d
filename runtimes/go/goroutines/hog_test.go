package main

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"skein/skein"
)

// The workload hog, in the way of a conductor.

var forms = []string{"none", "blocking", "yielding", "offloaded"}

// hogOf is a cell of a form, with the fields that this has.
func hogOf(form string, more message) message {
	cell := cellOf("hog", message{"form": form})
	for name, value := range more {
		cell[name] = value
	}
	if form != "yielding" {
		cell["yield_every"] = nil
	}
	if form == "none" {
		cell["work"] = nil
	}
	return cell
}

// hogged is how many timers such a cell fires, and what all that it does adds up to.
func hogged(cell message) (float64, string) {
	fires, sum := 0, uint64(0)
	for index := range cell["tasks"].(int) {
		dueNS := int64(value(index)%50+1) * 1_000_000
		for ; dueNS <= int64(cell["window_ns"].(int)); dueNS += 50_000_000 {
			sum += skein.Fingerprint(index, dueNS)
			fires++
		}
	}
	if steps, isThere := cell["work"].(int); isThere {
		sum += wordAfter(steps)
	}
	return float64(fires), fmt.Sprintf("%016x", sum)
}

// run is a whole run; its last counts.
func run(t *testing.T, cell message) message {
	t.Helper()
	c, ready := begin(t, cell)
	if ready["type"] != "ready" {
		t.Fatalf("%v", ready)
	}
	epochNS := skein.NowNS() + 50_000_000
	c.spawn(spawnedBy(cell), epochNS)
	if finished := c.hear("phase"); finished["t_ns"].(float64) < float64(epochNS) {
		t.Errorf("%v before the epoch %d", finished, epochNS)
	}
	return c.stop()
}

func TestEveryTimerFiresBesideAHogOfEveryForm(t *testing.T) {
	for _, form := range forms {
		cell := hogOf(form, nil)
		fires, checksum := hogged(cell)
		units, yields := fires+1, 0.0
		switch form {
		case "none":
			units = fires
		case "yielding":
			yields = 49
		}
		stats := run(t, cell)
		lateness := stats["lateness"].(message)
		if stats["units"] != units || stats["checksum"] != checksum || lateness["count"] != fires ||
			lateness["early_count"] != 0.0 || stats["fire_ns"].(float64) <= 0 {
			t.Errorf("%s: want %v units and %s, got %v", form, units, checksum, stats)
		}
		did, isThere := stats["hog"].(message)
		if isThere != (form != "none") {
			t.Fatalf("%s: %v", form, stats["hog"])
		}
		if isThere && (did["took_ns"].(float64) <= 0 || did["yields"] != yields) {
			t.Errorf("%s: %v", form, did)
		}
	}
}

func TestAHogThatNeverYieldsIsPreempted(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, form := range []string{"blocking", "offloaded"} {
		stats := run(t, hogOf(form, message{"tasks": 100, "work": 500_000_000}))
		tookNS := stats["hog"].(message)["took_ns"].(float64)
		if late := stats["lateness"].(message)["max"].(float64); late > tookNS/2 {
			t.Errorf("%s: a timer was late by %v ns beside a hog that took %v", form, late, tookNS)
		}
	}
}

func TestAHogThatIsStoppedBeforeItsEpochCountsNothing(t *testing.T) {
	for _, form := range forms {
		c, _ := begin(t, hogOf(form, nil))
		c.spawn(20, skein.NowNS()+int64(time.Minute))
		live := 21.0
		if form == "none" {
			live = 20
		}
		stats := c.ask("stats", "stats")
		if stats["units"] != 0.0 || stats["live_tasks"] != live || stats["lateness"] != nil {
			t.Errorf("%s: %v", form, stats)
		}
		if stopped := c.stop(); stopped["units"] != 0.0 || stopped["hog"] != nil {
			t.Errorf("%s: %v", form, stopped)
		}
	}
}
