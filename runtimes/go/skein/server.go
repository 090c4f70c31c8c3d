package skein

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// server listens, accepts, and knows which connections are open, as net/http does. Its sockets are
// those of all rows, so three defaults of package net are undone: Multipath TCP on listeners (since
// Go 1.24), and on each accepted connection keep-alive probes after 15 s, which take four more system
// calls. TCP_NODELAY is Go's default, set once more on each connection that is accepted; it is set on
// the listener as well, so that it shows in the conditions.
type server struct {
	cell        *Cell
	done        *Traffic
	fail        func(error)
	serve       func(*net.TCPConn) error
	listener    *net.TCPListener
	descriptors descriptors

	mutex   sync.Mutex
	open    map[*net.TCPConn]struct{} // nil once the server has stopped
	serving sync.WaitGroup
}

// listen takes what serves one connection until the peer is gone, or an error ends it.
func listen(
	cell *Cell, done *Traffic, fail func(error), serve func(*net.TCPConn) error,
) (*server, error) {
	config := net.ListenConfig{KeepAlive: -1, Control: noDelay}
	config.SetMultipathTCP(false)
	listener, err := config.Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &server{cell: cell, done: done, fail: fail, serve: serve,
		listener: listener.(*net.TCPListener), descriptors: readDescriptors(),
		open: map[*net.TCPConn]struct{}{}}, nil
}

func noDelay(_, _ string, raw syscall.RawConn) error {
	var asked error
	err := raw.Control(func(fd uintptr) {
		asked = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	})
	return errors.Join(err, asked)
}

func (s *server) port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// start accepts from now on; it does not block.
func (s *server) start() { s.serving.Go(s.accept) }

func (s *server) accept() {
	for {
		conn, err := s.listener.AcceptTCP()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.fail(s.descriptors.limitOf(err, s.cell.Connections))
		}
		if s.admit(conn) {
			go s.handle(conn)
		}
	}
}

func (s *server) admit(conn *net.TCPConn) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.open == nil {
		conn.Close()
		return false
	}
	s.open[conn] = struct{}{}
	s.done.Connections.Add(1)
	s.serving.Add(1)
	return true
}

func (s *server) handle(conn *net.TCPConn) {
	s.done.ended(s.serve(conn))
	s.mutex.Lock()
	delete(s.open, conn)
	s.mutex.Unlock()
	conn.Close()
	s.done.Connections.Add(-1)
	s.serving.Done()
}

// stop closes everything, and returns when nobody is served any more.
func (s *server) stop() {
	s.listener.Close()
	s.mutex.Lock()
	for conn := range s.open {
		conn.Close()
	}
	s.open = nil
	s.mutex.Unlock()
	s.serving.Wait()
}
