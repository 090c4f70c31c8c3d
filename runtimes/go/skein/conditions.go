package skein

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// conditions are what the worker runs under, each from where it is in force.
func conditions(cell *Cell, of *server) (map[string]any, error) {
	slack, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err != nil {
		return nil, fmt.Errorf("prctl(PR_GET_TIMERSLACK): %w", err)
	}
	found := map[string]any{
		"timer_slack_ns": slack,
		"stack_bytes":    nil, // stacks grow
		"gomaxprocs":     runtime.GOMAXPROCS(0),
		"allocator":      "Go runtime " + runtime.Version(),
		"preloaded":      "none", // the program is linked statically
		"compiler":       runtime.Compiler + " " + runtime.Version(),
		"build_flags":    buildFlags(),
	}
	if of == nil {
		return found, nil
	}
	found["buffer"], found["buffer_bytes"] = cell.Buffer, cell.BufferBytes
	found["listener"], err = listenerConditions(of.listener)
	return found, err
}

// buildFlags are those that the go command has written into the program, but for the machine's paths.
func buildFlags() string {
	var flags []string
	if info, known := debug.ReadBuildInfo(); known {
		for _, setting := range info.Settings {
			if !strings.HasPrefix(setting.Key, "vcs") && !strings.Contains(setting.Value, "/") {
				flags = append(flags, setting.Key+"="+setting.Value)
			}
		}
	}
	return strings.Join(flags, " ")
}

func listenerConditions(listener *net.TCPListener) (map[string]any, error) {
	raw, err := listener.SyscallConn()
	if err != nil {
		return nil, err
	}
	var found map[string]any
	var asked error
	if err := raw.Control(func(fd uintptr) { found, asked = socketOptions(int(fd)) }); err != nil {
		return nil, err
	}
	return found, asked
}

func socketOptions(socket int) (map[string]any, error) {
	found := map[string]any{"linger_s": nil, "backlog": backlog()}
	linger, err := unix.GetsockoptLinger(socket, unix.SOL_SOCKET, unix.SO_LINGER)
	if err != nil {
		return nil, fmt.Errorf("getsockopt(SO_LINGER): %w", err)
	}
	found["linger"] = linger.Onoff != 0
	if linger.Onoff != 0 {
		found["linger_s"] = linger.Linger
	}
	noDelay, err := unix.GetsockoptInt(socket, unix.IPPROTO_TCP, unix.TCP_NODELAY)
	if err != nil {
		return nil, fmt.Errorf("getsockopt(TCP_NODELAY): %w", err)
	}
	found["tcp_nodelay"] = noDelay != 0
	for name, option := range map[string]int{
		"send_buffer_bytes": unix.SO_SNDBUF, "receive_buffer_bytes": unix.SO_RCVBUF,
	} {
		if found[name], err = unix.GetsockoptInt(socket, unix.SOL_SOCKET, option); err != nil {
			return nil, fmt.Errorf("getsockopt(%s): %w", name, err)
		}
	}
	return found, nil
}

// backlog is what package net asks for: as much as the system allows.
func backlog() int {
	text, err := os.ReadFile("/proc/sys/net/core/somaxconn")
	if err != nil {
		return syscall.SOMAXCONN
	}
	most, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || most == 0 {
		return syscall.SOMAXCONN
	}
	return most
}
