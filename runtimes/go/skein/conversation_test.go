package skein

import (
	"bytes"
	"encoding/json"
	"net"
	"strings"
	"testing"
)

// noTasks spawns nothing: the conversation is what is looked at.
type noTasks struct{}

func (noTasks) Spawn(int, int, int64) {}

var silent = &Row{
	Runtime: "silent",
	Echo: func(*Cell, *Traffic) (func(*net.TCPConn) error, error) {
		return func(*net.TCPConn) error { return nil }, nil
	},
	Tasks: func(*Cell, *Tally) Tasks { return noTasks{} },
}

const prepareTimers = `{"type":"prepare","workload":"timers","cell":{"workload":"timers",` +
	`"runtime":"asked","style":"asked","tasks":1000,"pattern":"spread","window_ns":200000000,` +
	`"grid_ns":1000000,"timers":null,"stack_bytes":16384,"workers":1,"seed":18446744073709551615}}`

// converse is a whole conversation: the exit status and the replies.
func converse(t *testing.T, commands ...string) (int, []map[string]any) {
	t.Helper()
	var out bytes.Buffer
	status := Run(silent, strings.NewReader(strings.Join(commands, "\n")), &out)
	var replies []map[string]any
	decoder := json.NewDecoder(&out)
	decoder.UseNumber()
	for decoder.More() {
		var reply map[string]any
		if err := decoder.Decode(&reply); err != nil {
			t.Fatal(err)
		}
		replies = append(replies, reply)
	}
	return status, replies
}

func TestTheEndOfInputEndsTheWorker(t *testing.T) {
	status, replies := converse(t)
	if status != 0 || len(replies) != 1 || replies[0]["type"] != "hello" {
		t.Errorf("status %d, %v", status, replies)
	}
	if replies[0]["growing_stacks"] != true || replies[0]["settles"] != true {
		t.Errorf("%v", replies[0])
	}
	if status, replies := converse(t, prepareTimers, `{"type":"start"}`); status != 0 {
		t.Errorf("status %d, %v", status, replies)
	}
}

func TestTheEchoIsWhatTheWorkerWasSetUpWith(t *testing.T) {
	_, replies := converse(t, prepareTimers)
	echoed := replies[1]["echoed"].(map[string]any)
	for name, want := range map[string]any{
		"runtime": "silent", "style": "direct", "stack_bytes": nil, "timers": nil,
		"seed": json.Number("18446744073709551615"), "tasks": json.Number("1000"),
	} {
		if echoed[name] != want {
			t.Errorf("%s is %v, want %v", name, echoed[name], want)
		}
	}
	if len(echoed) != 11 {
		t.Errorf("%d fields: %v", len(echoed), echoed)
	}
}

func TestSettlingIsAnswered(t *testing.T) {
	status, replies := converse(t, prepareTimers, `{"type":"settle"}`, `{"type":"stop"}`)
	if status != 0 || replies[2]["type"] != "settled" || replies[3]["type"] != "stopped" {
		t.Errorf("status %d, %v", status, replies)
	}
}

func TestBadInputIsAnErrorThatSaysWhatIsWrong(t *testing.T) {
	change := func(from, to string) string { return strings.Replace(prepareTimers, from, to, 1) }
	for said, commands := range map[string][]string{
		"is no command":                 {"nonsense"},
		"\"start\" at the wrong time":   {`{"type":"start"}`},
		"\"prepare\" at the wrong time": {prepareTimers, prepareTimers},
		"unknown command \"dance\"":     {prepareTimers, `{"type":"dance"}`},
		"no 1001 tasks in this cell":    {prepareTimers, `{"type":"phase","tasks":1001}`},
		"unknown workload \"fan_out\"":  {change(`{"workload":"timers"`, `{"workload":"fan_out"`)},
		"unknown pattern \"dance\"":     {change(`"pattern":"spread"`, `"pattern":"dance"`)},
		"no schedule for 0 tasks":       {change(`"tasks":1000`, `"tasks":0`)},
		"no schedule for 1000 tasks":    {change(`"grid_ns":1000000`, `"grid_ns":0`)},
		"pattern churn needs":           {change(`spread","window_ns":200000000`, `churn","window_ns":17000000`)},
		"cannot unmarshal string":       {change(`"tasks":1000`, `"tasks":"many"`)},
	} {
		status, replies := converse(t, commands...)
		last := replies[len(replies)-1]
		text, _ := last["message"].(string)
		if status != 1 || last["type"] != "error" || !strings.Contains(text, said) {
			t.Errorf("want %q, got status %d, %v", said, status, last)
		}
	}
}

func TestSeveralLoopsAreAnErrorAndOneIsServed(t *testing.T) {
	for loops, want := range map[string]string{"null": "ready", "1": "ready", "2": "error"} {
		_, replies := converse(t, `{"type":"prepare","workload":"c10k","cell":{"workload":"c10k",`+
			`"connections":1,"buffer":"own","buffer_bytes":1024,"loops":`+loops+`}}`, `{"type":"stop"}`)
		if replies[1]["type"] != want {
			t.Errorf("loops %s: want %s, got %v", loops, want, replies[1])
		}
	}
}
