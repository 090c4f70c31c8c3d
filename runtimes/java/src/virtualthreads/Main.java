package virtualthreads;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import skein.Cell;
import skein.Conversation;
import skein.Hog;
import skein.Limit;
import skein.Plan;
import skein.Progress;
import skein.Row;
import skein.Schedule;
import skein.Tally;
import skein.Traffic;

/**
 * Rows "java_vt" and "java_vt_cold": a virtual thread for each task, on a JDK of 21 or later and its
 * standard library. The two are one program; the first warms up before it is ready.
 *
 * <p>The form is that of JEP 444: blocking sockets and Thread.sleep, in threads of an executor that
 * makes one for each task, and interrupts them at the end. In pattern churn a task waits for a
 * Semaphore with a timeout: a sleep that is ended by an interrupt would cost an exception each time.
 * A thread waits inside a read, so its buffer is its own; a read that waits without one would need a
 * Selector, and that is another model.
 *
 * <p>Tasks that wait for each other have what java.util.concurrent brings. A channel is an
 * ArrayBlockingQueue, or without room a SynchronousQueue, and ends by a last element for each who
 * takes from it, as the documentation of BlockingQueue has it: a queue cannot be closed. Who waits
 * for children waits for a CountDownLatch, because StructuredTaskScope is a preview still in JDK 25.
 * A mutex is a ReentrantLock, which must be fair: held across a yield, another one goes back to
 * whoever has just unlocked it, before the one that it woke has run. Queues have their default order,
 * which promises nothing to those that wait. Whatever a thread waits for, an interrupt cancels it. To
 * yield is Thread.yield, and work is handed to a pool of platform threads.
 *
 * <p>Options. One CPU makes the JVM choose the serial collector and one carrier thread; both are said
 * all the same, so that a cgroup changes nothing. IPv4 alone, so that sockets are those of all rows.
 * Sizes of the heap are the defaults, which follow the machine's memory.
 *
 * <p>What is unequal. A poller registers each wait anew, one-shot, because a virtual thread may be
 * moved: 4 system calls a request, where one that stays registered needs 2. Stacks are copied to the
 * heap while a thread waits. Frames that the compiler has not seen yet take about twice as much. The
 * cold row's memory does not grow in proportion to tasks: it depends on how much code has been
 * compiled. Both rows go through the space for new objects before they are ready, and collect
 * garbage before each reading; the pages that were touched once stay.
 *
 * <p>Locks, queues and counts are made for several carriers, and their atomic operations are paid for
 * also with one. A queue takes objects, so each token and message is an allocation. Nothing preempts
 * a virtual thread: one that computes keeps its carrier. Who is interrupted while it waits for a lock
 * leaves by a walk over all that wait (AbstractQueuedSynchronizer.cleanQueue), so to cancel N takes
 * N * N steps. So does who waits for an ArrayBlockingQueue, at its condition (unlinkCancelledWaiters);
 * a LinkedTransferQueue lets go at once, but bounds nothing, and is no channel of the other workloads.
 *
 * <p>What could be faster. Compact object headers (an option of JDK 24 and later) make what a thread
 * keeps on the heap smaller; a heap of fixed size spares collections, at the price of memory that is
 * taken whether it is needed or not. Both are tuning, and not these rows. An event loop (Netty) has no
 * stacks and stays registered with epoll, at the price of callbacks: another model.
 */
public final class Main implements Row {
  private final boolean warmsUp;

  public Main(boolean warmsUp) {
    this.warmsUp = warmsUp;
  }

  public static void main(String[] words) {
    boolean warmsUp = words.length > 0 && words[0].equals("--warm");
    var conversation = new Conversation(new Main(warmsUp),
        new FileInputStream(FileDescriptor.in), new FileOutputStream(FileDescriptor.out));
    Runtime.getRuntime().halt(conversation.run());
  }

  @Override
  public String id() {
    return warmsUp ? "java_vt" : "java_vt_cold";
  }

  @Override
  public Map<String, Object> traits() {
    return Map.of(
        "loop", "the JDK's pollers: epoll, one-shot, registered for each wait",
        "timer_source", "the JDK's delayed tasks of virtual threads",
        "library", "Java virtual threads",
        "library_version", Runtime.version().toString());
  }

  @Override
  public boolean warmsUp() {
    return warmsUp;
  }

  @Override
  public ExecutorService threads(Consumer<Throwable> fail) {
    return Executors.newThreadPerTaskExecutor(
        Thread.ofVirtual().uncaughtExceptionHandler((thread, error) -> fail.accept(error)).factory());
  }

  @Override
  public Service echo(Cell cell, Traffic done) {
    if (!cell.buffer().equals("own")) {
      throw new Limit("buffer", null, null,
          "a thread in Java waits inside a read, with a buffer of its own; none can be " + cell.buffer());
    }
    return peer -> echo(peer, new byte[cell.bufferBytes()], done);
  }

  private static void echo(Socket peer, byte[] buffer, Traffic done) throws IOException {
    var in = peer.getInputStream();
    var out = peer.getOutputStream();
    int count;
    while ((count = in.read(buffer)) > 0) {
      out.write(buffer, 0, count);
      done.units.incrementAndGet();
      done.bytes.addAndGet(count);
    }
  }

  @Override
  public Tasks sleepers(Schedule schedule, Tally done, ExecutorService threads) {
    return new SleepingTasks(schedule, done, threads);
  }

  @Override
  public Tasks tasks(Plan asked, Progress done, ExecutorService threads) {
    return switch (asked) {
      case Plan.Relay plan -> new RelayTasks(plan, done, threads);
      case Plan.Fanout plan -> new FanoutTasks(plan, done, threads);
      case Plan.Channel plan -> new ChannelTasks(plan, done, threads);
      case Plan.Contention plan -> new ContentionTasks(plan, done, threads);
      case Plan.Cancel plan -> new CancelTasks(plan, done, threads);
      case Hog plan -> new HogTasks(plan, done, threads);
    };
  }

  /** Virtual threads begin in their order, so this one begins once all others have. */
  @Override
  public void settle() throws InterruptedException {
    Thread.startVirtualThread(() -> {}).join();
    System.gc(); // what is given back of the heap is the collector's decision
  }
}
