package skein

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
)

func of(errno syscall.Errno) error {
	return &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", errno)}
}

func TestAnErrorOfAConnectionIsCountedAndTheFirstIsSaid(t *testing.T) {
	var done Traffic
	for _, none := range []error{nil, io.EOF, of(syscall.ECONNRESET), syscall.ECONNRESET,
		of(syscall.EPIPE), &net.OpError{Op: "raw-read", Err: net.ErrClosed}} {
		done.ended(none)
	}
	counts := message{}
	if done.addTo(counts); counts["errors"] != int64(0) || counts["first_error"] != "" {
		t.Errorf("an end is no error: %v", counts)
	}
	done.ended(of(syscall.ETIMEDOUT))
	done.ended(errors.New("planted"))
	done.addTo(counts)
	if want := "connection: read tcp: read: connection timed out"; counts["errors"] != int64(2) ||
		counts["first_error"] != want {
		t.Errorf("want 2 and %q, got %v", want, counts)
	}
}

func TestACountOfAReadSaysHowItEnded(t *testing.T) {
	for count, want := range map[int]error{
		7: nil, 0: io.EOF, -int(syscall.ETIMEDOUT): syscall.ETIMEDOUT,
	} {
		if got := ErrorOfRead(count); got != want {
			t.Errorf("%d is %v, want %v", count, got, want)
		}
	}
}

func TestTooManyFilesOfTheSystemAreNotTheProcesssLimit(t *testing.T) {
	var most, open, free int64
	text, _ := os.ReadFile("/proc/sys/fs/file-nr")
	if _, err := fmt.Sscan(string(text), &open, &free, &most); err != nil {
		t.Fatal(err)
	}
	read := readDescriptors()
	var limit *Limit
	if !errors.As(read.limitOf(of(syscall.ENFILE), 10), &limit) || limit.Name != "fs.file-max" ||
		limit.Value != most {
		t.Errorf("%+v", limit)
	}
	if planted := errors.New("planted"); read.limitOf(planted, 10) != planted {
		t.Error("another error is a limit")
	}
}
