package skein

import "slices"

// The arithmetic of the workload hog, timers beside one task that computes, as "In other languages"
// has it in workloads/hog/README.md.

const (
	hogGridNS   = 1_000_000
	hogPeriodNS = 50 * hogGridNS
)

var forms = []string{"none", "blocking", "yielding", "offloaded"}

// knowsHog is whether the cell has all that the tasks of hog need.
func (c *Cell) knowsHog() bool {
	isThere := func(steps *int64) bool { return steps != nil && *steps > 0 }
	return c.Tasks > 0 && c.WindowNS >= hogPeriodNS && slices.Contains(forms, c.Form) &&
		(c.Form == "none" || isThere(c.Work)) && (c.Form != "yielding" || isThere(c.YieldEvery))
}

// HasHog is whether there is a task that computes.
func (c *Cell) HasHog() bool { return c.Workload == "hog" && c.Form != "none" }

// HogBeginNS is when that begins, after the epoch.
func (c *Cell) HogBeginNS() int64 { return c.WindowNS / 4 / hogGridNS * hogGridNS }

// hogRhythm is that of a timer: all have one period.
func (c *Cell) hogRhythm(index int) Rhythm {
	phaseNS := int64(c.Value(index)%(hogPeriodNS/hogGridNS)+1) * hogGridNS
	return Rhythm{phaseNS, hogPeriodNS, int((c.WindowNS-phaseNS)/hogPeriodNS) + 1}
}

// Computation is the work of a hog, for one goroutine at a time: steps that follow from each other.
type Computation struct {
	Word  uint32 // what has come out so far
	left  int64
	slice int64 // steps from one yield to the next
}

// Computation has not begun.
func (c *Cell) Computation() *Computation {
	work := &Computation{uint32(c.Value(0)) | 1, *c.Work, *c.Work}
	if c.YieldEvery != nil {
		work.slice = *c.YieldEvery
	}
	return work
}

// TakeSlice takes the steps up to the next yield. True while there are more.
func (w *Computation) TakeSlice() bool {
	steps := min(w.slice, w.left)
	w.Word = worked(w.Word, steps)
	w.left -= steps
	return w.left > 0
}

// TakeAll takes all steps.
func (w *Computation) TakeAll() {
	for w.TakeSlice() {
	}
}
