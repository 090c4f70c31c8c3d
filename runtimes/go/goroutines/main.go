// Row "go": a goroutine for each task, on Go 1.26 and its standard library.
//
// The form. One goroutine for each connection, with blocking Read and Write, and one for each sleeper,
// with time.Sleep: what package net is made for. Buffer `own` is that form. With `lent` a goroutine
// must not hold a buffer while it waits: RawConn.Read with a pool behind it, as gRPC's transport does
// (golang/go#15735, grpc/grpc-go#8964). In pattern churn a task waits in a select of
// time.After and a channel that its canceller sends on. Since Go 1.23 the documentation of time.After
// prefers it to a timer of one's own. One timer for each task, reset in every round, makes no garbage,
// but each that is reset to an earlier time costs a scan of all timers once that time has come: of
// 100,000 tasks in a window of 2 s, half of the work was left undone 10 s after it.
//
// A task that waits some calls down (nested.go) calls functions that are not inlined, and holds an
// array on its stack, which doubles to have room for it.
//
// A request that waits (handler.go) is a time.Sleep of its goroutine, with the request in a slice of
// the connection's.
//
// A read that gives up (timeout.go) has a deadline, SetReadDeadline.
//
// Tasks that wait for each other have what the language brings: channels and `range` over them
// (relay.go, channel.go), a sync.WaitGroup for those whose children end (fanout.go), and a
// sync.Mutex (contention.go). Waits that are cancelled (cancel.go) are a select of what is waited
// for and one context of all tasks, as the goroutines of a request share one; a channel is
// cancelled by closing it. A sync.Mutex cannot be given up while one waits for it, so there the
// lock is a channel with room for one value, which is how programs in Go write a lock that obeys a
// context (Bryan Mills, "Rethinking Classical Concurrency Patterns", GopherCon 2018).
//
// A task that computes among timers (hog.go) is a goroutine like any other, in every form. Go has no
// pool for such work: to hand it over is to start another goroutine and to wait for a channel. To
// yield is runtime.Gosched, which programs hardly ever call: since Go 1.14 a goroutine that has run
// for 10 ms is stopped by a signal, wherever it is (sysmon and retake in runtime/proc.go).
//
// What is unequal. Package net tries every read before it waits, though a short read has just said
// that there is nothing (golang/go#8891): 3 system calls a request, where a loop that trusts a short
// read needs 2. The poller waits in whole milliseconds: it rounds a wait down, and the rest up
// (golang/go#53824), so a timer fires up to 1 ms late. A stack begins at 2 KiB, doubles when it must,
// and is halved by the collector only where less than a quarter is in use, the reserve of 800 bytes
// included. Nobody can end a goroutine that sleeps: `stop` leaves those to the end of the process.
// Before memory is read all free pages are given back, of which a program by itself keeps some (settle
// in skein/conversation.go).
//
// Channels and mutexes are made for several threads, and their locks and atomic operations are paid
// for also where one CPU runs all goroutines; units of work are counted by atomic additions. A
// goroutine that is made ready runs next, ahead of the queue, which suits relay; in fanout the last
// child of each task runs before its siblings, and the 256 of the local queue before the rest, in a
// queue for all, so that far fewer than all leaves are there at once. A receiver goes on as long as
// there are values, so one of many may get nearly all. A sync.Mutex lets whoever comes first have
// it, and keeps the order of waiting only while somebody has waited for more than 1 ms.
// runtime.Gosched puts a goroutine behind all others, into a queue with a lock. The canceller makes
// one call, and the runtime goes over all that wait; a select that ends then takes its own timer
// out.
//
// So a hog that never yields holds timers up until it is stopped, again and again, where other loops
// stand still to its end. Handing its work to another goroutine needs a second P to run that beside
// the timers: with GOMAXPROCS as it is here, one for a CPU, `offloaded` is `blocking` by another name
// on one CPU. What others call a pool is a thread of the kernel's, which lets the loop have the CPU
// sooner.
//
// What could be faster. A loop on package syscall saves the third call and the stacks, and with
// them what Go is chosen for. GOGC=off with a GOMEMLIMIT saves collections, but that is tuning. A
// pool of goroutines would make fanout cheaper; there would be no task for each leaf then.
// GOMAXPROCS is Go's default: the CPUs of the affinity mask, or a cgroup's share.
package main

import (
	"os"
	"os/signal"
	"runtime"

	"skein/skein"
)

var row = &skein.Row{
	Runtime:        "go",
	Loop:           "Go's netpoller: epoll, edge-triggered, registered once",
	TimerSource:    "a 4-ary heap for each P, epoll_wait in whole milliseconds",
	Library:        "Go standard library",
	LibraryVersion: runtime.Version(),
	Echo:           newEcho,
	Tasks:          newTasks,
	Talk:           newTalk,
}

func main() {
	signal.Ignore(os.Interrupt) // the conductor says when it is over
	os.Exit(skein.Run(row, skein.Control(), os.Stdout))
}
