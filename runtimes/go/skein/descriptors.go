package skein

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// descriptors is how many files may be open, and how many are before there is a connection. Both are
// read at once: later, when there are too many, no file can be opened to ask.
type descriptors struct{ process, system table }

type table struct {
	limit      string
	open, most int64
	known      bool // false where it could not be read
}

func readDescriptors() descriptors {
	return descriptors{process: ofProcess(), system: ofSystem()}
}

func ofProcess() table {
	var allowed unix.Rlimit
	files, err := os.ReadDir("/proc/self/fd")
	err = errors.Join(err, unix.Getrlimit(unix.RLIMIT_NOFILE, &allowed))
	return table{"RLIMIT_NOFILE", int64(len(files)), int64(allowed.Cur), err == nil}
}

func ofSystem() table {
	var open, free, most int64
	text, _ := os.ReadFile("/proc/sys/fs/file-nr")
	_, err := fmt.Sscan(string(text), &open, &free, &most)
	return table{"fs.file-max", open, most, err == nil}
}

// limitOf is the limit behind an error, or the error where there is none.
func (d *descriptors) limitOf(err error, connections int) error {
	switch {
	case errors.Is(err, syscall.EMFILE):
		return d.process.exceeded(err, connections)
	case errors.Is(err, syscall.ENFILE):
		return d.system.exceeded(err, connections)
	}
	return err
}

// exceeded needs at least one more than there may be: a client may be back before its last end was
// seen.
func (t *table) exceeded(err error, connections int) *Limit {
	limit := &Limit{Name: t.limit, Message: fmt.Sprintf("for %d connections: %v", connections, err)}
	if t.known {
		limit.Value, limit.Needed = t.most, max(t.open+int64(connections), t.most+1)
	}
	return limit
}
