// Package skein is what workers in Go share: the conversation with the conductor
// (harness/PROTOCOL.md), the schedule of timers, the counts and the histogram. A row supplies what
// is its own: how it echoes, how its tasks sleep, and how they wait for each other.
package skein

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
)

const (
	style           = "direct"
	lineBytesAtMost = 16 << 20
)

// Row is a runtime: what it says of itself, and how it makes the program of a cell.
type Row struct {
	Runtime, Loop, TimerSource, Library, LibraryVersion string

	// Echo makes what serves one connection until the peer is gone, or an error ends it.
	Echo  func(cell *Cell, done *Traffic) (func(*net.TCPConn) error, error)
	Tasks func(cell *Cell, done *Tally) Tasks

	// Talk makes the tasks of a workload in which they wait for each other.
	Talk func(cell *Cell, done *Progress) Tasks
}

// Tasks are those of a workload that has no server.
type Tasks interface {
	// Spawn begins tasks first to end-1, and counts them. Their deadlines, or all that they do, count
	// from the epoch.
	Spawn(first, end int, epochNS int64)
}

// counts is what tasks have come to.
type counts interface {
	abandon()
	addTo(reply message, firstDueNS int64) error
}

// Limit is a named limit of the machine or of the row that stands in the way: a result, no failure.
type Limit struct {
	Name          string
	Value, Needed any // nil where there is no number
	Message       string
}

func (l *Limit) Error() string { return l.Message }

// Run is the whole conversation. It returns the exit status.
func Run(row *Row, commands io.Reader, replies io.Writer) int {
	worker := &worker{row: row, replies: replies}
	if err := worker.converse(commands); err != nil {
		return worker.giveUp(err)
	}
	return 0
}

type worker struct {
	row     *Row
	writing sync.Mutex // the last task speaks beside the conversation
	replies io.Writer

	cell    *Cell
	server  *server // workload c10k
	traffic Traffic
	tasks   Tasks // of a workload that has no server
	counts  counts
	spawned int
	epochNS int64
	spawnNS int64
	stopped bool
}

type message map[string]any

type command struct {
	Type     string          `json:"type"`
	Workload string          `json:"workload"`
	Cell     json.RawMessage `json:"cell"`
	Tasks    int             `json:"tasks"`
	EpochNS  int64           `json:"epoch_ns"`
}

// converse returns nil after stop, and when the conductor is gone.
func (w *worker) converse(commands io.Reader) error {
	if err := w.say(w.hello()); err != nil {
		return err
	}
	lines := bufio.NewScanner(commands)
	lines.Buffer(nil, lineBytesAtMost)
	for !w.stopped && lines.Scan() {
		var command command
		if err := json.Unmarshal(lines.Bytes(), &command); err != nil {
			return fmt.Errorf("%q is no command: %w", lines.Bytes(), err)
		}
		if err := w.obey(&command); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (w *worker) obey(command *command) error {
	if (command.Type == "prepare") != (w.cell == nil) {
		return fmt.Errorf("%q at the wrong time", command.Type)
	}
	switch command.Type {
	case "prepare":
		return w.prepare(command)
	case "start":
		return w.start()
	case "phase":
		return w.spawn(command)
	case "settle":
		return w.settle()
	case "stats":
		return w.sayCounts("stats")
	case "stop":
		return w.stop()
	}
	return fmt.Errorf("unknown command %q", command.Type)
}

func (w *worker) hello() message {
	return message{
		"type": "hello", "protocol": 1, "runtime": w.row.Runtime, "pid": os.Getpid(),
		"style": style, "growing_stacks": true, "settles": true,
		"loop": w.row.Loop, "timer_source": w.row.TimerSource,
		"library": w.row.Library, "library_version": w.row.LibraryVersion,
		"early_by_at_most_ns": 0,
		"takes": []string{
			"depth", "held_bytes", "handler_wait_ns", "handler_work", "read_timeout_ns", "work",
		},
	}
}

func (w *worker) prepare(command *command) error {
	cell, err := cellFrom(command.Cell, w.row)
	if err != nil {
		return err
	}
	w.cell = cell
	switch cell.Workload {
	case "timers", "hog":
		tally := newTally(cell.units(), w.finished)
		w.counts, w.tasks = tally, w.row.Tasks(cell, tally)
	case "relay", "fanout", "channel", "contention", "cancel":
		progress := newProgress(cell.talkUnits(), w.finished)
		w.counts, w.tasks = progress, w.row.Talk(cell, progress)
	case "c10k":
		if err := w.listen(); err != nil {
			return err
		}
	default:
		return fmt.Errorf("unknown workload %q", cell.Workload)
	}
	return w.sayReady()
}

func (w *worker) listen() error {
	serve, err := w.row.Echo(w.cell, &w.traffic)
	if err != nil {
		return err
	}
	w.server, err = listen(w.cell, &w.traffic, w.fail, serve)
	return err
}

func (w *worker) sayReady() error {
	echoed, err := w.cell.echo()
	if err != nil {
		return err
	}
	found, err := conditions(w.cell, w.server)
	if err != nil {
		return err
	}
	ready := message{"type": "ready", "echoed": echoed, "conditions": found}
	if w.server != nil {
		ready["port"] = w.server.port()
	}
	return w.say(ready)
}

func (w *worker) start() error {
	if w.server != nil {
		w.server.start()
	}
	return w.say(message{"type": "started"})
}

func (w *worker) spawn(command *command) error {
	if w.tasks == nil || command.Tasks > w.cell.spawnable() {
		return fmt.Errorf("no %d tasks in this cell", command.Tasks)
	}
	beginNS := NowNS()
	w.epochNS = command.EpochNS
	w.tasks.Spawn(w.spawned, command.Tasks, w.epochNS)
	w.spawned = command.Tasks
	spawnNS := NowNS() - beginNS
	w.spawnNS += spawnNS
	return w.say(message{
		"type": "phase", "name": "spawn", "tasks": w.spawned, "spawn_ns": spawnNS,
	})
}

// settle collects garbage, which shrinks stacks, too, and gives back all pages that are free. The
// first collection makes garbage of what sync.Pool holds. A program collects by itself, but it gives
// back less: with no memory limit the scavenger keeps 10 % more than the heap is to grow to, which by
// default is twice what is alive (runtime/mgcscavenge.go). So what is read is the memory in use, and
// the resident set of a program that has made garbage stays above it.
func (w *worker) settle() error {
	runtime.GC()
	debug.FreeOSMemory()
	return w.say(message{"type": "settled"})
}

// stop ends connections and their goroutines. Nothing can end a goroutine that sleeps, as a program
// in Go has no need to: they end with the process.
func (w *worker) stop() error {
	w.stopped = true
	if w.server != nil {
		w.server.stop()
	}
	if w.counts != nil {
		w.counts.abandon()
	}
	return w.sayCounts("stopped")
}

func (w *worker) sayCounts(kind string) error {
	said := message{
		"type": kind, "checksum": fmt.Sprintf("%016x", 0), "lateness": nil,
		"spawn_ns": w.spawnNS, "fire_ns": nil, "frame_bytes": nil,
	}
	w.traffic.addTo(said)
	if w.counts != nil {
		if err := w.counts.addTo(said, w.firstDueNS()); err != nil {
			return err
		}
	}
	return w.say(said)
}

// firstDueNS is before all deadlines.
func (w *worker) firstDueNS() int64 {
	if w.cell.Pattern == "storm" {
		return w.epochNS + w.cell.WindowNS
	}
	return w.epochNS
}

// finished is called by the task that ends last. Where it cannot be said, the conductor is gone, and
// the conversation hears of that, too.
func (w *worker) finished(lastNS int64) {
	_ = w.say(message{"type": "phase", "name": "finished", "t_ns": lastNS})
}

func (w *worker) say(what message) error {
	text, err := json.Marshal(what)
	if err != nil {
		return err
	}
	w.writing.Lock()
	defer w.writing.Unlock()
	_, err = w.replies.Write(append(text, '\n'))
	return err
}

// fail ends the process: something went wrong where nobody waits for an answer.
func (w *worker) fail(err error) { os.Exit(w.giveUp(err)) }

// giveUp says why, to the conductor and to a person. It returns the exit status.
func (w *worker) giveUp(err error) int {
	fmt.Fprintf(os.Stderr, "%s: %v\n", w.row.Runtime, err)
	var limit *Limit
	if errors.As(err, &limit) {
		_ = w.say(message{
			"type": "limit", "limit": limit.Name, "value": limit.Value, "needed": limit.Needed,
			"message": limit.Message,
		})
		return 0
	}
	_ = w.say(message{"type": "error", "message": err.Error()})
	return 1
}
