package main

import (
	"net"
	"time"

	"skein/skein"
)

// handling serves a connection whose requests wait and compute. A request is in a buffer of the
// connection meanwhile: with `own` it is read into that, with `lent` copied, and the loan ends before
// the wait.
func (e *echo) handling(handler skein.Handler, ownBuffer bool) func(*net.TCPConn) error {
	return func(conn *net.TCPConn) error {
		read := conn.Read
		if !ownBuffer {
			lent, err := e.readLent(conn)
			if err != nil {
				return err
			}
			read = lent
		}
		request := make([]byte, e.bufferBytes)
		clear(request)
		for {
			count, err := read(request)
			if err == nil {
				err = e.reply(conn, request[:count], handler)
			}
			if err != nil {
				return err
			}
		}
	}
}

func (e *echo) reply(conn *net.TCPConn, request []byte, handler skein.Handler) error {
	if handler.WaitNS > 0 {
		time.Sleep(time.Duration(handler.WaitNS))
	}
	skein.WorkOn(request, handler.Steps)
	return e.done.SendBack(conn, request)
}

// readLent reads into a buffer of the pool, and copies what has come.
func (e *echo) readLent(conn *net.TCPConn) (func([]byte) (int, error), error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	reader := lentReader{pool: &e.lent}
	tryRead := reader.tryRead
	return func(into []byte) (int, error) {
		if err := raw.Read(tryRead); err != nil {
			return 0, err
		}
		defer e.lent.Put(reader.held)
		if err := skein.ErrorOfRead(reader.count); err != nil {
			return 0, err
		}
		return copy(into, reader.held.bytes[:reader.count]), nil
	}, nil
}
