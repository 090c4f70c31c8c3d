package skein;

import java.io.IOException;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;

/** A runtime: what it says of itself, and what its tasks do. */
public interface Row {
  String STYLE = "direct";

  String id();

  /** What it says in hello beside the fields that all have. */
  Map<String, Object> traits();

  /** Whether it runs work of its own before it is ready, so that the compiler has seen the code. */
  boolean warmsUp();

  /** A thread for each task. An interrupt ends one that waits; what one throws is told to `fail`. */
  ExecutorService threads(Consumer<Throwable> fail);

  /** Workload c10k: serves one connection until the peer is gone. */
  interface Service {
    void serve(Socket peer) throws IOException;
  }

  Service echo(Cell cell, Traffic done);

  /** Those of a workload that has no server. */
  interface Tasks {
    /** Begins tasks first to end - 1, and counts them. All that they do counts from the epoch. */
    void spawn(int first, int end, long epochNs);
  }

  /** Workload timers. */
  Tasks sleepers(Schedule schedule, Tally done, ExecutorService threads);

  /** The other ones. */
  Tasks tasks(Plan plan, Progress done, ExecutorService threads);

  /** Collects garbage, once all tasks that were spawned have come to their wait. */
  void settle() throws InterruptedException;
}
