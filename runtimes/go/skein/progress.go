package skein

import (
	"fmt"
	"sync/atomic"
)

// Progress is how far tasks have come that wait for each other. Its counts are atomic, because a
// goroutine may run on any thread.
type Progress struct {
	Shares func() *Shares // asked once all is done; nil where nothing is shared out

	wanted   uint64
	units    atomic.Uint64
	sum      atomic.Uint64 // modulo 2^64
	live     atomic.Int64
	left     atomic.Bool // the process takes along whoever is alive
	checksum uint64
	lastNS   atomic.Int64 // 0 before the end; whoever sees it sees the checksum, too
	finished func(lastNS int64)

	errors     atomic.Int64
	firstError atomic.Pointer[string]
}

// Shares is what the task had that got least of what is shared out, and the one that got most.
type Shares struct {
	Least uint64 `json:"least"`
	Most  uint64 `json:"most"`
}

func newProgress(wanted uint64, finished func(lastNS int64)) *Progress {
	return &Progress{wanted: wanted, finished: finished}
}

// Spawned counts tasks that are about to begin.
func (p *Progress) Spawned(tasks int) { p.live.Add(int64(tasks)) }

// Ended counts a task that has nothing left to do.
func (p *Progress) Ended() { p.live.Add(-1) }

// One counts a unit of work. True for the last one, after which somebody calls Finish.
func (p *Progress) One() bool { return p.units.Add(1) == p.wanted }

// Add counts a unit that gives a value. True for the last one: the sum is the checksum, and all is
// finished.
func (p *Progress) Add(value uint64) bool {
	p.sum.Add(value)
	if !p.One() {
		return false
	}
	p.Finish(p.sum.Load())
	return true
}

// Finish is called once, when all work is done.
func (p *Progress) Finish(checksum uint64) {
	lastNS := NowNS()
	p.checksum = checksum
	p.lastNS.Store(lastNS)
	p.finished(lastNS)
}

// Wrong counts an error; the text of the first is said.
func (p *Progress) Wrong(what string) {
	p.firstError.CompareAndSwap(nil, &what)
	p.errors.Add(1)
}

// abandon counts tasks as ended that the process takes along.
func (p *Progress) abandon() { p.left.Store(true) }

// addTo adds the counts to a reply.
func (p *Progress) addTo(reply message, epochNS int64) error {
	reply["units"], reply["live_tasks"] = p.units.Load(), p.live.Load()
	if p.left.Load() {
		reply["live_tasks"] = 0
	}
	reply["errors"], reply["first_error"] = p.errors.Load(), ""
	if first := p.firstError.Load(); first != nil {
		reply["first_error"] = *first
	}
	lastNS := p.lastNS.Load()
	if lastNS == 0 {
		return nil
	}
	reply["checksum"], reply["fire_ns"] = fmt.Sprintf("%016x", p.checksum), lastNS-epochNS
	if p.Shares != nil {
		reply["shares"] = p.Shares()
	}
	return nil
}
