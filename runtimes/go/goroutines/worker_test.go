package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"skein/skein"
)

const (
	isWorker = "SKEIN_TEST_IS_WORKER" // in the environment of a test program that is to be the worker
	patience = time.Minute
)

func TestMain(m *testing.M) {
	if os.Getenv(isWorker) != "" {
		main()
	}
	os.Exit(m.Run())
}

// conductor talks to a worker, in this process or in one of its own.
type conductor struct {
	t        *testing.T
	commands io.WriteCloser
	replies  *bufio.Scanner
	status   chan int
}

type message = map[string]any

// talk loses its patience with a worker that says nothing, which is gone then.
func talk(t *testing.T, commands io.WriteCloser, replies io.ReadCloser) *conductor {
	c := &conductor{t: t, commands: commands, replies: bufio.NewScanner(replies), status: make(chan int, 1)}
	c.replies.Buffer(nil, 1<<20)
	lost := time.AfterFunc(patience, func() { replies.Close() })
	t.Cleanup(func() { lost.Stop(); commands.Close() })
	return c
}

func begin(t *testing.T, cell message) (*conductor, message) {
	t.Helper()
	return beginRow(t, row, cell)
}

func beginRow(t *testing.T, row *skein.Row, cell message) (*conductor, message) {
	t.Helper()
	in, commands := io.Pipe()
	replies, out := io.Pipe()
	c := talk(t, commands, replies)
	go func() {
		c.status <- skein.Run(row, in, out)
		out.Close()
	}()
	return c, c.prepare(cell)
}

// beginProcess begins the worker's whole program, with as many descriptors.
func beginProcess(t *testing.T, descriptors int, cell message) (*conductor, message) {
	t.Helper()
	worker := exec.Command("sh", "-c", fmt.Sprintf(`ulimit -n %d && exec "$0"`, descriptors), os.Args[0])
	worker.Env = append(os.Environ(), isWorker+"=1")
	commands, err := worker.StdinPipe()
	replies, errOut := worker.StdoutPipe()
	if err := errors.Join(err, errOut, worker.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { worker.Process.Kill(); worker.Wait() })
	c := talk(t, commands, replies)
	return c, c.prepare(cell)
}

func (c *conductor) prepare(cell message) message {
	c.t.Helper()
	c.hear("hello")
	c.tell(message{"type": "prepare", "cell": cell})
	reply := c.next()
	if reply["type"] == "ready" {
		c.ask("start", "started")
	}
	return reply
}

func (c *conductor) tell(what message) {
	c.t.Helper()
	if err := json.NewEncoder(c.commands).Encode(what); err != nil {
		c.t.Fatal(err)
	}
}

func (c *conductor) next() message {
	c.t.Helper()
	if !c.replies.Scan() {
		c.t.Fatal("the worker is gone")
	}
	var reply message
	if err := json.Unmarshal(c.replies.Bytes(), &reply); err != nil {
		c.t.Fatal(err)
	}
	return reply
}

func (c *conductor) hear(kind string) message {
	c.t.Helper()
	reply := c.next()
	if reply["type"] != kind {
		c.t.Fatalf("want %s, got %v", kind, reply)
	}
	return reply
}

func (c *conductor) ask(command, kind string) message {
	c.t.Helper()
	c.tell(message{"type": command})
	return c.hear(kind)
}

func (c *conductor) stop() message {
	c.t.Helper()
	stopped := c.ask("stop", "stopped")
	if status := <-c.status; status != 0 {
		c.t.Errorf("status %d", status)
	}
	if stopped["live_tasks"] != 0.0 || stopped["live_connections"] != 0.0 || stopped["errors"] != 0.0 {
		c.t.Errorf("%v", stopped)
	}
	return stopped
}

// spawn asks for tasks in three steps, as the conductor does.
func (c *conductor) spawn(tasks int, epochNS int64) {
	c.t.Helper()
	for _, step := range []int{tasks / 4, tasks / 2, tasks} {
		c.tell(message{"type": "phase", "name": "spawn", "tasks": step, "epoch_ns": epochNS})
		if reply := c.hear("phase"); reply["tasks"] != float64(step) {
			c.t.Fatalf("asked for %d tasks: %v", step, reply)
		}
	}
}

func timers(pattern string, tasks int) message {
	return message{"workload": "timers", "tasks": tasks, "pattern": pattern, "seed": 1,
		"window_ns": 200_000_000, "grid_ns": 1_000_000}
}

func TestEveryPatternComesToItsChecksumAndIsNeverEarly(t *testing.T) {
	for _, want := range []struct {
		pattern      string
		units, fires float64
		checksum     string
	}{
		{"spread", 1000, 1000, "3ec375c1869beff9"},
		{"storm", 1000, 1000, "c27d2f60f9f4fe98"},
		{"periodic", 7549, 7549, "26c5ccfc742f0244"},
		{"churn", 7496, 507, "73b7af144b51ab24"},
	} {
		t.Run(want.pattern, func(t *testing.T) {
			c, _ := begin(t, timers(want.pattern, 1000))
			epochNS := skein.NowNS() + 50_000_000
			c.spawn(1000, epochNS)
			if finished := c.hear("phase"); finished["t_ns"].(float64) < float64(epochNS) {
				t.Errorf("%v before the epoch %d", finished, epochNS)
			}
			stats := c.ask("stats", "stats")
			lateness := stats["lateness"].(message)
			if stats["units"] != want.units || stats["checksum"] != want.checksum ||
				lateness["count"] != want.fires || lateness["early_count"] != 0.0 {
				t.Errorf("want %v, got %v", want, stats)
			}
			c.stop()
		})
	}
}

func nested(cell message, depth, heldBytes int) message {
	cell["depth"], cell["held_bytes"] = depth, heldBytes
	return cell
}

func TestTasksThatWaitSomeCallsDownDoTheSameWork(t *testing.T) {
	for _, want := range [][2]int{{1, 64}, {2, 0}, {4, 256}, {64, 16384}} {
		c, ready := begin(t, nested(timers("spread", 1000), want[0], want[1]))
		echoed := ready["echoed"].(message)
		if echoed["depth"] != float64(want[0]) || echoed["held_bytes"] != float64(want[1]) {
			t.Errorf("%v", echoed)
		}
		c.spawn(1000, skein.NowNS()+50_000_000)
		c.hear("phase")
		if stats := c.stop(); stats["checksum"] != "3ec375c1869beff9" {
			t.Errorf("%v", stats)
		}
		for _, buffer := range []string{"own", "lent"} {
			c, ready := begin(t, nested(c10k(buffer), want[0], want[1]))
			data := bytes.Repeat([]byte("0123456789abcdef"), 1000)
			conn := connect(t, address(ready))
			go sendAndFinish(conn, data)
			if back, err := io.ReadAll(conn); err != nil || !bytes.Equal(back, data) {
				t.Errorf("of %d bytes %d came back: %v", len(data), len(back), err)
			}
			c.stop()
		}
	}
}

func TestARequestWaitsAndComputesBeforeItsReply(t *testing.T) {
	for _, buffer := range []string{"own", "lent"} {
		for _, want := range []struct{ waitNS, steps, word int64 }{
			{50_000_000, 0, 1}, {0, 1000, 269958183}, {50_000_000, 1000, 269958183},
		} {
			cell := c10k(buffer)
			cell["handler_wait_ns"], cell["handler_work"] = want.waitNS, want.steps
			c, ready := begin(t, cell)
			conn := connect(t, address(ready))
			for range 2 { // the first leaves nothing behind
				sentNS := skein.NowNS()
				go conn.Write([]byte("\x01\x00\x00\x00rest"))
				var reply [8]byte
				_, err := io.ReadFull(conn, reply[:])
				word := int64(binary.LittleEndian.Uint32(reply[:]))
				if err != nil || word != want.word || string(reply[4:]) != "rest" {
					t.Errorf("%v: %v, %v", want, reply, err)
				}
				if tookNS := skein.NowNS() - sentNS; tookNS < want.waitNS {
					t.Errorf("%v: took %d ns", want, tookNS)
				}
			}
			conn.Close()
			c.stop()
		}
	}
}

func TestAReadThatWaitsTooLongClosesItsConnection(t *testing.T) {
	for _, buffer := range []string{"own", "lent"} {
		cell := c10k(buffer)
		cell["read_timeout_ns"] = 50_000_000
		c, ready := begin(t, cell)
		conn := connect(t, address(ready))
		sentNS := skein.NowNS()
		for range 8 { // each in time, together longer than a timeout
			conn.Write([]byte("rest"))
			var reply [4]byte
			if _, err := io.ReadFull(conn, reply[:]); err != nil || string(reply[:]) != "rest" {
				t.Errorf("%s: %v, %v", buffer, reply, err)
			}
			time.Sleep(10 * time.Millisecond)
		}
		if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("%s: %v", buffer, err)
		}
		if tookNS := skein.NowNS() - sentNS; tookNS < 120_000_000 {
			t.Errorf("%s: closed after %d ns", buffer, tookNS)
		}
		if stats := c.ask("stats", "stats"); stats["errors"] != 1.0 || stats["units"] != 8.0 {
			t.Errorf("%s: %v", buffer, stats)
		}
	}
}

func TestWhatNoTaskHoldsIsAnError(t *testing.T) {
	if _, reply := begin(t, nested(timers("spread", 10), 4, 65)); reply["type"] != "error" {
		t.Errorf("%v", reply)
	}
}

func TestAnArrayThatHasChangedIsNoticed(t *testing.T) {
	var held [8]uint64
	skein.Fill(&held)
	if !skein.IsKept(&held) {
		t.Error("it has not changed")
	}
	if held[5]++; skein.IsKept(&held) {
		t.Error("it has changed")
	}
}

func TestSleepersThatAreLeftAtTheEndAreNotWaitedFor(t *testing.T) {
	c, _ := begin(t, timers("spread", 100))
	c.spawn(100, skein.NowNS()+3600*int64(time.Second))
	if stats := c.ask("stats", "stats"); stats["live_tasks"] != 100.0 || stats["lateness"] != nil {
		t.Errorf("%v", stats)
	}
	c.stop()
}

func TestARoundThatNobodyCancelsInTimeIsAnErrorAndTheRunEnds(t *testing.T) {
	hasty := *row
	hasty.Tasks = func(cell *skein.Cell, done *skein.Tally) skein.Tasks {
		t := newTasks(cell, done).(*tasks)
		t.timeoutNS = 1
		return t
	}
	c, _ := beginRow(t, &hasty, timers("churn", 16))
	c.spawn(16, skein.NowNS()+50_000_000)
	c.hear("phase")
	stats := c.ask("stats", "stats")
	first, _ := stats["first_error"].(string)
	if stats["units"] != 15.0*skein.Rounds || stats["errors"] == 0.0 || stats["live_tasks"] != 0.0 ||
		!strings.Contains(first, "in which it was to be cancelled") {
		t.Errorf("%v", stats)
	}
}

func c10k(buffer string) message {
	return message{"workload": "c10k", "connections": 100, "buffer": buffer, "buffer_bytes": 1024}
}

func address(ready message) string { return fmt.Sprintf("127.0.0.1:%.0f", ready["port"]) }

func served(t *testing.T, buffer string) (*conductor, string) {
	t.Helper()
	c, ready := begin(t, c10k(buffer))
	if ready["type"] != "ready" {
		t.Fatalf("%v", ready)
	}
	return c, address(ready)
}

func connect(t *testing.T, address string) *net.TCPConn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	return conn.(*net.TCPConn)
}

// sendAndFinish sends while the reply is being read: it may be more than all buffers hold.
func sendAndFinish(conn *net.TCPConn, data []byte) {
	conn.Write(data)
	conn.CloseWrite()
}

func TestAClientThatHalfClosesGetsEveryByteAndThenTheEnd(t *testing.T) {
	for _, buffer := range []string{"own", "lent"} {
		t.Run(buffer, func(t *testing.T) {
			c, address := served(t, buffer)
			sum := 0
			for _, size := range []int{1, 1023, 1024, 1025, 65_536, 262_144, 3<<20 + 7} {
				data := bytes.Repeat([]byte("0123456789abcde"), size/15+1)[:size]
				conn := connect(t, address)
				go sendAndFinish(conn, data)
				if back, err := io.ReadAll(conn); err != nil || !bytes.Equal(back, data) {
					t.Errorf("of %d bytes %d came back: %v", size, len(back), err)
				}
				sum += size
			}
			if stopped := c.stop(); stopped["bytes"] != float64(sum) {
				t.Errorf("%v bytes, want %d", stopped["bytes"], sum)
			}
		})
	}
}

func (c *conductor) awaitConnections(number float64) {
	c.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if c.ask("stats", "stats")["live_connections"] == number {
			return
		}
		time.Sleep(time.Millisecond)
	}
	c.t.Fatalf("never %v connections", number)
}

func TestConnectionsThatAreOpenAtTheEndAreClosed(t *testing.T) {
	for _, buffer := range []string{"own", "lent"} {
		t.Run(buffer, func(t *testing.T) {
			c, address := served(t, buffer)
			conn := connect(t, address)
			c.awaitConnections(1)
			c.stop()
			if rest, err := io.ReadAll(conn); err != nil || len(rest) != 0 {
				t.Errorf("%q, %v", rest, err)
			}
		})
	}
}

func TestAPeersResetIsNoError(t *testing.T) {
	for _, buffer := range []string{"own", "lent"} {
		t.Run(buffer, func(t *testing.T) {
			c, address := served(t, buffer)
			conn := connect(t, address)
			c.awaitConnections(1)
			conn.SetLinger(0)
			conn.Close()
			c.awaitConnections(0)
			c.stop()
		})
	}
}

func TestAnErrorOfAConnectionIsSaidWithTheCounts(t *testing.T) {
	failing := *row
	failing.Echo = func(*skein.Cell, *skein.Traffic) (func(*net.TCPConn) error, error) {
		return func(*net.TCPConn) error { return errors.New("planted") }, nil
	}
	c, ready := beginRow(t, &failing, c10k("own"))
	if _, err := io.ReadAll(connect(t, address(ready))); err != nil {
		t.Fatal(err)
	}
	c.awaitConnections(0)
	stats := c.ask("stats", "stats")
	if stats["errors"] != 1.0 || stats["first_error"] != "connection: planted" {
		t.Errorf("%v", stats)
	}
}

func TestAnErrorThatIsReadIsTheConnections(t *testing.T) {
	reader := lentReader{}
	reader.pool = &(&echo{}).lent
	reader.pool.New = func() any { return &buffer{make([]byte, 8)} }
	if !reader.tryRead(1<<20) || skein.ErrorOfRead(reader.count) != syscall.EBADF {
		t.Errorf("%d", reader.count)
	}
}

func TestTooFewDescriptorsAreALimitThatSaysHowManyAreNeeded(t *testing.T) {
	c, ready := beginProcess(t, 64, c10k("own"))
	for range 100 {
		conn, err := net.DialTimeout("tcp", address(ready), 10*time.Second)
		if err != nil {
			break // the worker has given up meanwhile
		}
		t.Cleanup(func() { conn.Close() })
	}
	limit := c.hear("limit")
	needed, _ := limit["needed"].(float64)
	if limit["limit"] != "RLIMIT_NOFILE" || limit["value"] != 64.0 || needed <= 100 || needed > 164 {
		t.Errorf("%v", limit)
	}
}

func TestABufferThatNoReadCanHaveIsALimit(t *testing.T) {
	c, limit := begin(t, c10k("runtime"))
	if limit["type"] != "limit" || limit["limit"] != "buffer" || limit["value"] != nil || limit["needed"] != nil {
		t.Errorf("%v", limit)
	}
	if status := <-c.status; status != 0 {
		t.Errorf("status %d", status)
	}
}

func TestAConnectionThatWaitsHoldsNoLentBuffer(t *testing.T) {
	made := 0
	e := &echo{bufferBytes: 8}
	e.lent.New = func() any { made++; return &buffer{make([]byte, e.bufferBytes)} }
	near, far := socketPair(t)
	defer far.Close()
	reader := lentReader{pool: &e.lent}
	raw, err := near.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) {
		if reader.tryRead(fd) || reader.held != nil {
			t.Errorf("it holds %v though nothing has come", reader.held)
		}
	})
	if made != 1 {
		t.Errorf("%d buffers", made)
	}
}

func socketPair(t *testing.T) (near, far *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	far = connect(t, listener.Addr().String())
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn), far
}
