package main

import (
	"net"
	"syscall"

	"skein/skein"
)

// A level is a call of a function that is not inlined. What is held is an array on the stack of the
// outermost.

// sleepNested is a task of the workload timers; nestedSleep finds the one for a cell.
func sleepNested[R skein.Room](t *tasks, index int) {
	var held R
	skein.Fill(&held)
	offsetNS := t.cell.OffsetNS(index)
	if levels := t.cell.LevelsBelow(); levels == 0 {
		t.sleepUntil(offsetNS)
	} else {
		t.sleepBelow(levels-1, offsetNS)
	}
	latenessNS := skein.NowNS() - t.epochNS - offsetNS
	if skein.IsKept(&held) {
		t.done.Fired(index, offsetNS, latenessNS)
	} else {
		t.done.Damaged(index)
	}
	t.done.Ended()
}

//go:noinline
func (t *tasks) sleepBelow(levels int, offsetNS int64) {
	if levels == 0 {
		t.sleepUntil(offsetNS)
	} else {
		t.sleepBelow(levels-1, offsetNS)
	}
}

func nestedSleep(heldBytes int) func(*tasks, int) {
	return map[int]func(*tasks, int){
		0: sleepNested[[0]uint64], 64: sleepNested[[8]uint64], 256: sleepNested[[32]uint64],
		1024: sleepNested[[128]uint64], 4096: sleepNested[[512]uint64],
		16384: sleepNested[[2048]uint64],
	}[heldBytes]
}

// ownNested is withOwnBuffer for a nested task.
func ownNested[R skein.Room](e *echo, conn *net.TCPConn) error {
	var held R
	buffer := make([]byte, e.bufferBytes)
	clear(buffer)
	for {
		skein.Fill(&held)
		count, err := readBelow(e.levels, conn, buffer)
		if !skein.IsKept(&held) {
			return skein.ErrDamaged
		}
		if err == nil {
			err = e.done.SendBack(conn, buffer[:count])
		}
		if err != nil {
			return err
		}
	}
}

// readBelow reads so many levels below its caller.
func readBelow(levels int, conn *net.TCPConn, into []byte) (int, error) {
	if levels == 0 {
		return conn.Read(into)
	}
	return readLevel(levels-1, conn, into)
}

//go:noinline
func readLevel(levels int, conn *net.TCPConn, into []byte) (int, error) {
	if levels == 0 {
		return conn.Read(into)
	}
	return readLevel(levels-1, conn, into)
}

// lentNested is withLentBuffer for a nested task.
func lentNested[R skein.Room](e *echo, conn *net.TCPConn) error {
	var held R
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	reader := lentReader{pool: &e.lent}
	tryRead := reader.tryRead
	for {
		skein.Fill(&held)
		if err := awaitBelow(e.levels, raw, tryRead); err != nil {
			return err
		}
		err := skein.ErrorOfRead(reader.count)
		if !skein.IsKept(&held) {
			err = skein.ErrDamaged
		}
		if err == nil {
			err = e.done.SendBack(conn, reader.held.bytes[:reader.count])
		}
		e.lent.Put(reader.held)
		if err != nil {
			return err
		}
	}
}

// awaitBelow waits so many levels below its caller until something has been read.
func awaitBelow(levels int, raw syscall.RawConn, tryRead func(uintptr) bool) error {
	if levels == 0 {
		return raw.Read(tryRead)
	}
	return awaitLevel(levels-1, raw, tryRead)
}

//go:noinline
func awaitLevel(levels int, raw syscall.RawConn, tryRead func(uintptr) bool) error {
	if levels == 0 {
		return raw.Read(tryRead)
	}
	return awaitLevel(levels-1, raw, tryRead)
}

type serving = func(*echo, *net.TCPConn) error

// nestedEcho finds the task for a cell.
func nestedEcho(heldBytes int, ownBuffer bool) serving {
	both := map[int][2]serving{
		0:     {lentNested[[0]uint64], ownNested[[0]uint64]},
		64:    {lentNested[[8]uint64], ownNested[[8]uint64]},
		256:   {lentNested[[32]uint64], ownNested[[32]uint64]},
		1024:  {lentNested[[128]uint64], ownNested[[128]uint64]},
		4096:  {lentNested[[512]uint64], ownNested[[512]uint64]},
		16384: {lentNested[[2048]uint64], ownNested[[2048]uint64]},
	}[heldBytes]
	if ownBuffer {
		return both[1]
	}
	return both[0]
}
