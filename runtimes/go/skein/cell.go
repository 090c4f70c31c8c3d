package skein

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// heldSizes are the sizes of arrays that a task may hold; the types are Room's.
var heldSizes = []int{0, 64, 256, 1024, 4096, 16384}

var patterns = []string{"spread", "storm", "periodic", "churn"}

// Cell is what a worker is set up with: the fields of the message that decide its work.
type Cell struct {
	Workload string `json:"workload"`
	Runtime  string `json:"runtime"`
	Style    string `json:"style"`
	Workers  int    `json:"workers"`
	Seed     uint64 `json:"seed"`

	// c10k
	Connections int    `json:"connections"`
	Buffer      string `json:"buffer"`
	BufferBytes int    `json:"buffer_bytes"`
	Loops       *int   `json:"loops"`

	// timers
	Tasks    int    `json:"tasks"`
	Pattern  string `json:"pattern"`
	WindowNS int64  `json:"window_ns"`
	GridNS   int64  `json:"grid_ns"`

	// The workloads whose tasks wait for each other; Tasks is also theirs.
	Order     string `json:"order"`
	Hops      int64  `json:"hops"`
	Work      *int64 `json:"work"` // steps of a leaf, or of a hog; null: none
	Topology  string `json:"topology"`
	Receivers int    `json:"receivers"`
	Senders   int    `json:"senders"`
	Capacity  *int   `json:"capacity"`
	Messages  int    `json:"messages"`
	Across    string `json:"across"`
	Locks     int    `json:"locks"`
	Wait      string `json:"wait"`

	// hog; Tasks, WindowNS and Work are also its.
	Form       string `json:"form"`
	YieldEvery *int64 `json:"yield_every"`

	// How many calls down a task waits, itself counted, and what it holds meanwhile; null: 1, and
	// nothing.
	Depth     *int `json:"depth"`
	HeldBytes *int `json:"held_bytes"`

	// What a request of c10k does between its read and its write: it waits, and takes steps of
	// arithmetic; null: nothing.
	HandlerWaitNS *int64 `json:"handler_wait_ns"`
	HandlerWork   *int64 `json:"handler_work"`

	// How long a read of c10k may wait; null: for ever.
	ReadTimeoutNS *int64 `json:"read_timeout_ns"`

	// StackBytes is null whatever was asked: stacks grow.
	StackBytes *int `json:"stack_bytes"`

	fields map[string]json.RawMessage // the cell as it came
}

func cellFrom(text json.RawMessage, row *Row) (*Cell, error) {
	cell := &Cell{}
	if err := json.Unmarshal(text, cell); err != nil {
		return nil, fmt.Errorf("the cell: %w", err)
	}
	if err := json.Unmarshal(text, &cell.fields); err != nil {
		return nil, fmt.Errorf("the cell: %w", err)
	}
	cell.Runtime, cell.Style, cell.StackBytes = row.Runtime, style, nil
	return cell, cell.check()
}

// check refuses what the schedule or the sockets could not do. The conductor checks the rest.
func (c *Cell) check() error {
	switch {
	case c.Workload == "timers" && !slices.Contains(patterns, c.Pattern):
		return fmt.Errorf("unknown pattern %q", c.Pattern)
	case c.Workload == "timers" && (c.Tasks < 1 || c.GridNS < 1 || c.WindowNS < c.GridNS):
		return fmt.Errorf("no schedule for %d tasks, window_ns %d and grid_ns %d",
			c.Tasks, c.WindowNS, c.GridNS)
	case c.Pattern == "churn" && (c.Tasks < 2 || c.WindowNS/c.GridNS < 2*(Rounds+1)):
		return fmt.Errorf("pattern churn needs 2 tasks and a window of %d grids", 2*(Rounds+1))
	case c.Workload == "c10k" && c.BufferBytes < 1:
		return fmt.Errorf("buffer_bytes cannot be %d", c.BufferBytes)
	case c.LevelsBelow() < 0 || !slices.Contains(heldSizes, c.Held()):
		return fmt.Errorf("no task waits %d levels down and holds %d bytes", c.LevelsBelow(), c.Held())
	case c.Loops != nil && *c.Loops != 1:
		return fmt.Errorf("a worker of one loop cannot serve loops = %d", *c.Loops)
	}
	return c.checkTalk()
}

// IsNested is whether tasks are other than the ordinary ones.
func (c *Cell) IsNested() bool { return c.LevelsBelow() > 0 || c.Held() > 0 }

// LevelsBelow is how many levels lie between a task and its wait.
func (c *Cell) LevelsBelow() int {
	if c.Depth == nil {
		return 0
	}
	return *c.Depth - 1
}

// ReadTimeout is how long a read may wait, 0 for ever.
func (c *Cell) ReadTimeout() time.Duration {
	if c.ReadTimeoutNS == nil {
		return 0
	}
	return time.Duration(*c.ReadTimeoutNS)
}

// Held is how many bytes a task holds across its wait.
func (c *Cell) Held() int {
	if c.HeldBytes == nil {
		return 0
	}
	return *c.HeldBytes
}

// echo is the whole cell. The fields that decide the work are those that the worker was set up with.
func (c *Cell) echo() (map[string]json.RawMessage, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	var own map[string]json.RawMessage
	if err := json.Unmarshal(text, &own); err != nil {
		return nil, err
	}
	echoed := maps.Clone(c.fields)
	for name := range echoed {
		if value, decides := own[name]; decides {
			echoed[name] = value
		}
	}
	return echoed, nil
}
