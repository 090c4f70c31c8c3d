package skein

import (
	"fmt"
	"sync"
)

// Tally is what the timers of a run have come to. A mutex keeps its parts together: on one CPU it is
// hardly ever contended.
type Tally struct {
	mutex      sync.Mutex
	units      int
	wanted     int
	checksum   uint64
	lateness   *Lateness
	errors     int
	firstError string
	live       int
	hog        *Hog // nil before its end
	lastNS     int64
	finished   func(lastNS int64) // called once, by the task that ends last
}

func newTally(wanted int, finished func(lastNS int64)) *Tally {
	return &Tally{wanted: wanted, lateness: newLateness(), finished: finished}
}

// Spawned counts tasks that are about to begin.
func (t *Tally) Spawned(tasks int) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.live += tasks
}

// Fired counts a timer that was due at an offset after the epoch, and how late its task woke.
func (t *Tally) Fired(index int, offsetNS, latenessNS int64) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.lateness.record(latenessNS)
	t.done(Fingerprint(index, offsetNS))
}

// Cancelled counts a round whose timer was cancelled.
func (t *Tally) Cancelled(index, round int) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.done(Fingerprint(index, int64(-1-round)))
}

// Wrong counts a round whose timer fired though it was to be cancelled. Its turn is over all the
// same, so that the run ends and the error shows.
func (t *Tally) Wrong(index, round int) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.errors++; t.errors == 1 {
		t.firstError = fmt.Sprintf("the timer of task %d fired in round %d, in which it was to be cancelled",
			index, round)
	}
	t.done(0)
}

// Damaged counts a task whose array was not as it had been before its wait.
func (t *Tally) Damaged(index int) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.errors++; t.errors == 1 {
		t.firstError = fmt.Sprintf("what task %d held across its wait has changed", index)
	}
	t.done(0)
}

// Hog is what a task did that computes while others wait.
type Hog struct {
	TookNS int64  `json:"took_ns"`
	Yields uint64 `json:"yields"`
}

// Computed counts the work of that task by what came out.
func (t *Tally) Computed(outcome uint32, did Hog) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.hog = &did
	t.done(uint64(outcome))
}

// Ended counts a task that has nothing left to do. The last one reports that the run is over.
func (t *Tally) Ended() {
	t.mutex.Lock()
	t.live--
	isLast := t.live == 0 && t.units == t.wanted
	t.mutex.Unlock()
	if isLast {
		t.finished(t.lastNS)
	}
}

func (t *Tally) done(fingerprint uint64) {
	t.checksum += fingerprint
	if t.units++; t.units == t.wanted {
		t.lastNS = NowNS()
	}
}

// abandon counts tasks as ended that the process takes along.
func (t *Tally) abandon() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.live = 0
}

// addTo adds the counts to a reply. Lateness and time are known once all tasks have ended.
func (t *Tally) addTo(reply message, firstDueNS int64) error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	reply["units"], reply["checksum"] = t.units, fmt.Sprintf("%016x", t.checksum)
	reply["errors"], reply["first_error"] = t.errors, t.firstError
	reply["live_tasks"] = t.live
	if t.units != t.wanted {
		return nil
	}
	reply["fire_ns"] = t.lastNS - firstDueNS
	if t.hog != nil {
		reply["hog"] = t.hog
	}
	lateness, err := t.lateness.distribution()
	reply["lateness"] = lateness
	return err
}
