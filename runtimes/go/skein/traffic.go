package skein

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"syscall"
)

// Traffic is what an echo server has done, counted by all of its goroutines.
type Traffic struct {
	Units, Bytes, Connections atomic.Int64

	errors     atomic.Int64
	firstError atomic.Pointer[string]
}

// SendBack sends back what one read returned.
func (t *Traffic) SendBack(conn *net.TCPConn, data []byte) error {
	count, err := conn.Write(data)
	t.Units.Add(1)
	t.Bytes.Add(int64(count))
	return err
}

// ErrorOfRead is what a count says, in the way of the kernel: io.EOF where it is 0, and an error's
// number where it is negative.
func ErrorOfRead(count int) error {
	switch {
	case count > 0:
		return nil
	case count == 0:
		return io.EOF
	default:
		return syscall.Errno(-count)
	}
}

// ended counts the error that a connection ended by. The peer's end or reset is none, nor is ours.
func (t *Traffic) ended(err error) {
	for _, none := range []error{nil, io.EOF, syscall.ECONNRESET, syscall.EPIPE, net.ErrClosed} {
		if errors.Is(err, none) {
			return
		}
	}
	text := "connection: " + err.Error()
	t.firstError.CompareAndSwap(nil, &text)
	t.errors.Add(1)
}

// ErrDamaged ends a connection whose array was not as it had been before its wait.
var ErrDamaged = errors.New("what it held across its wait has changed")

// addTo adds the counts to a reply.
func (t *Traffic) addTo(reply message) {
	open := t.Connections.Load()
	reply["units"], reply["bytes"] = t.Units.Load(), t.Bytes.Load()
	reply["live_tasks"], reply["live_connections"] = open, open
	reply["errors"], reply["first_error"] = t.errors.Load(), ""
	if first := t.firstError.Load(); first != nil {
		reply["first_error"] = *first
	}
}
