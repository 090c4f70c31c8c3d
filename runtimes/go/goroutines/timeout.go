package main

import (
	"net"
	"syscall"
	"time"

	"skein/skein"
)

// timed serves a connection that is closed once a read has waited too long. The deadline is set
// anew before each read: the poller keeps one timer for each connection, which that resets.
func (e *echo) timed(timeout time.Duration, ownBuffer bool) func(*net.TCPConn) error {
	return func(conn *net.TCPConn) error {
		raw, err := conn.SyscallConn()
		if err != nil {
			return err
		}
		serve := e.ownChunk(conn)
		if !ownBuffer {
			serve = e.lentChunk(conn, raw)
		}
		for err == nil {
			err = conn.SetReadDeadline(time.Now().Add(timeout))
			if err == nil {
				err = serve()
			}
		}
		return err
	}
}

// ownChunk makes what echoes one chunk, read into a buffer of the connection's.
func (e *echo) ownChunk(conn *net.TCPConn) func() error {
	buffer := make([]byte, e.bufferBytes)
	clear(buffer)
	return func() error {
		count, err := conn.Read(buffer)
		if err != nil {
			return err
		}
		return e.done.SendBack(conn, buffer[:count])
	}
}

// lentChunk makes what echoes one chunk, read into a buffer that is held until it is sent back.
func (e *echo) lentChunk(conn *net.TCPConn, raw syscall.RawConn) func() error {
	reader := lentReader{pool: &e.lent}
	tryRead := reader.tryRead
	return func() error {
		if err := raw.Read(tryRead); err != nil {
			return err
		}
		defer e.lent.Put(reader.held)
		if err := skein.ErrorOfRead(reader.count); err != nil {
			return err
		}
		return e.done.SendBack(conn, reader.held.bytes[:reader.count])
	}
}
