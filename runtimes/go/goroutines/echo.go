package main

import (
	"fmt"
	"net"
	"sync"
	"syscall"

	"skein/skein"
)

// echo sends back what comes, in a goroutine for each connection.
type echo struct {
	done        *skein.Traffic
	bufferBytes int
	levels      int       // between a task and its read
	lent        sync.Pool // of *buffer
}

type buffer struct{ bytes []byte }

func newEcho(cell *skein.Cell, done *skein.Traffic) (func(*net.TCPConn) error, error) {
	e := &echo{done: done, bufferBytes: cell.BufferBytes, levels: cell.LevelsBelow()}
	e.lent.New = func() any { return &buffer{make([]byte, e.bufferBytes)} }
	if cell.IsNested() && (cell.Buffer == "own" || cell.Buffer == "lent") {
		serve := nestedEcho(cell.Held(), cell.Buffer == "own")
		return func(conn *net.TCPConn) error { return serve(e, conn) }, nil
	}
	if cell.Handler().IsThere() && (cell.Buffer == "own" || cell.Buffer == "lent") {
		return e.handling(cell.Handler(), cell.Buffer == "own"), nil
	}
	if timeout := cell.ReadTimeout(); timeout > 0 && (cell.Buffer == "own" || cell.Buffer == "lent") {
		return e.timed(timeout, cell.Buffer == "own"), nil
	}
	switch cell.Buffer {
	case "own":
		return e.withOwnBuffer, nil
	case "lent":
		return e.withLentBuffer, nil
	}
	return nil, &skein.Limit{Name: "buffer", Message: fmt.Sprintf(
		"a read in Go needs a buffer, lent or its own: %q is neither", cell.Buffer)}
}

// withOwnBuffer returns what ends it: the peer's end or reset, or an error.
func (e *echo) withOwnBuffer(conn *net.TCPConn) error {
	buffer := make([]byte, e.bufferBytes)
	clear(buffer) // fresh pages are there once they are touched, as after a first request
	for {
		count, err := conn.Read(buffer)
		if err == nil {
			err = e.done.SendBack(conn, buffer[:count])
		}
		if err != nil {
			return err
		}
	}
}

// withLentBuffer holds a buffer from the moment that something has come until that is sent back.
func (e *echo) withLentBuffer(conn *net.TCPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	reader := lentReader{pool: &e.lent}
	tryRead := reader.tryRead // made once, since a method value is an object
	for {
		if err := raw.Read(tryRead); err != nil {
			return err
		}
		err := skein.ErrorOfRead(reader.count)
		if err == nil {
			err = e.done.SendBack(conn, reader.held.bytes[:reader.count])
		}
		e.lent.Put(reader.held)
		if err != nil {
			return err
		}
	}
}

// lentReader reads into a buffer of the pool, and gives that back where nothing has come.
type lentReader struct {
	pool  *sync.Pool
	held  *buffer
	count int // as skein.ErrorOfRead takes it: an error beside it would cost each connection memory
}

// tryRead is called by RawConn.Read until it returns true: first at once, then at each readiness.
func (r *lentReader) tryRead(fd uintptr) bool {
	r.held = r.pool.Get().(*buffer)
	err := error(syscall.EINTR)
	for err == syscall.EINTR {
		r.count, err = syscall.Read(int(fd), r.held.bytes)
	}
	if err != syscall.EAGAIN {
		if errno, failed := err.(syscall.Errno); failed {
			r.count = -int(errno)
		}
		return true
	}
	r.pool.Put(r.held)
	r.held = nil
	return false
}
