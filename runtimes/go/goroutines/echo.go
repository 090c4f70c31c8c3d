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
	lent        sync.Pool // of *buffer
}

type buffer struct{ bytes []byte }

func newEcho(cell *skein.Cell, done *skein.Traffic) (func(*net.TCPConn), error) {
	e := &echo{done: done, bufferBytes: cell.BufferBytes}
	e.lent.New = func() any { return &buffer{make([]byte, e.bufferBytes)} }
	switch cell.Buffer {
	case "own":
		return e.withOwnBuffer, nil
	case "lent":
		return e.withLentBuffer, nil
	}
	return nil, &skein.Limit{Name: "buffer", Message: fmt.Sprintf(
		"a read in Go needs a buffer, lent or its own: %q is neither", cell.Buffer)}
}

// withOwnBuffer returns at the peer's end, or at its reset, which is no error.
func (e *echo) withOwnBuffer(conn *net.TCPConn) {
	buffer := make([]byte, e.bufferBytes)
	clear(buffer) // fresh pages are there once they are touched, as after a first request
	for {
		count, err := conn.Read(buffer)
		if err != nil || !e.sendBack(conn, buffer[:count]) {
			return
		}
	}
}

// withLentBuffer holds a buffer from the moment that something has come until that is sent back.
func (e *echo) withLentBuffer(conn *net.TCPConn) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	reader := lentReader{pool: &e.lent}
	tryRead := reader.tryRead // made once, since a method value is an object
	for raw.Read(tryRead) == nil {
		goesOn := reader.count > 0 && e.sendBack(conn, reader.held.bytes[:reader.count])
		e.lent.Put(reader.held)
		if !goesOn {
			return
		}
	}
}

func (e *echo) sendBack(conn *net.TCPConn, data []byte) bool {
	count, err := conn.Write(data)
	e.done.Units.Add(1)
	e.done.Bytes.Add(int64(count))
	return err == nil
}

// lentReader reads into a buffer of the pool, and gives that back where nothing has come.
type lentReader struct {
	pool  *sync.Pool
	held  *buffer
	count int // bytes read; 0 or less at the peer's end or reset
}

// tryRead is called by RawConn.Read until it returns true: first at once, then at each readiness.
func (r *lentReader) tryRead(fd uintptr) bool {
	r.held = r.pool.Get().(*buffer)
	err := error(syscall.EINTR)
	for err == syscall.EINTR {
		r.count, err = syscall.Read(int(fd), r.held.bytes)
	}
	if err != syscall.EAGAIN {
		return true
	}
	r.pool.Put(r.held)
	r.held = nil
	return false
}
