package skein;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/**
 * Work of our own, so that the compiler has seen the code before the worker says that it is ready. It
 * is the code that is measured, with a server, tasks and counts of its own. How much of it is enough
 * shows in memory, too: a stack of compiled frames is half as large as one of interpreted frames. A
 * connection came down to half near the 5,000th, so there are twice as many here; how many requests
 * each carries, and how many tasks sleep, is chosen generously. Where a busy machine has no time for
 * all of it, it says so on stderr, and goes on with what it has got: the conductor waits for a minute.
 */
final class WarmUp {
  private static final int CLIENTS = 50;
  private static final int CONNECTIONS = 200; // of each client, one after the other
  private static final int REQUESTS = 10; // on each of them
  private static final int REQUEST_BYTES = 64;
  private static final int TASKS = 5_000;
  private static final int TIMES = 10;
  private static final int UNITS = 50_000; // of tasks that wait for each other, each time
  private static final int FEW = 10;
  private static final int STEPS = 1_000; // of a leaf; a hog takes more
  private static final long WINDOW_NS = 100_000_000;
  private static final long GRID_NS = 1_000_000;
  private static final long AHEAD_NS = 50_000_000; // to spawn in
  private static final int BOUND_MS = 30_000; // of a part of it: whatever takes longer hangs
  private static final long MOST_NS = 15_000_000_000L; // of the whole

  private final long begunNs = System.nanoTime();

  private WarmUp() {}

  private boolean hasTime() {
    return System.nanoTime() - begunNs < MOST_NS;
  }

  private void sayIfShort() {
    if (hasTime()) return;
    System.err.println("the warm-up took more than " + MOST_NS / 1e9 + " s, and may have been cut short");
  }

  /** Connections come and go, and each carries requests. */
  static void echo(Row row, Cell cell, Consumer<Throwable> fail) throws Exception {
    var traffic = new Traffic();
    var threads = row.threads(fail);
    var server = new Server(cell, traffic, row.echo(cell, traffic), threads, fail);
    var warmUp = new WarmUp();
    server.start();
    try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      int port = server.listener().getLocalPort();
      var all = IntStream.range(0, CLIENTS).mapToObj(i -> clients.submit(() -> warmUp.exchange(port))).toList();
      for (var each : all) each.get();
    } finally {
      threads.shutdownNow();
    }
    threads.awaitTermination(BOUND_MS, TimeUnit.MILLISECONDS);
    warmUp.sayIfShort();
  }

  private Void exchange(int port) throws IOException {
    var request = new byte[REQUEST_BYTES];
    for (int i = 0; i < CONNECTIONS && hasTime(); i++) {
      try (var client = new Socket(InetAddress.getLoopbackAddress(), port)) {
        client.setTcpNoDelay(true);
        client.setSoLinger(true, 0); // its end is a reset, as the load generator's is: it keeps no port
        for (int j = 0; j < REQUESTS; j++) {
          client.getOutputStream().write(request);
          client.getInputStream().readNBytes(request, 0, REQUEST_BYTES);
        }
      }
    }
    return null;
  }

  /** The pattern that is asked for, a few times over. */
  static void sleepers(Row row, Schedule asked, Consumer<Throwable> fail) throws InterruptedException {
    var warmUp = new WarmUp();
    for (int i = 0; i < TIMES && warmUp.hasTime(); i++) {
      var schedule = new Schedule(TASKS, asked.pattern(), WINDOW_NS, GRID_NS, i);
      untilOver(row, TASKS, BOUND_MS, fail, (threads, finished) ->
          row.sleepers(schedule, new Tally(schedule.units(), finished), threads));
    }
    warmUp.sayIfShort();
  }

  /** A small plan of the kind that is asked for, a few times over. */
  static void tasks(Row row, Plan asked, Consumer<Throwable> fail) throws InterruptedException {
    var warmUp = new WarmUp();
    for (int i = 0; i < TIMES && warmUp.hasTime(); i++) {
      var plan = small(asked, i);
      untilOver(row, plan.tasks(), BOUND_MS, fail, (threads, finished) ->
          row.tasks(plan, new Progress(plan.units(), finished), threads));
    }
    warmUp.sayIfShort();
  }

  private static Plan small(Plan asked, int seed) {
    return switch (asked) {
      case Plan.Relay relay -> new Plan.Relay(seed, UNITS / 50, relay.order(), UNITS);
      case Plan.Fanout fanout ->
          new Plan.Fanout(seed, TASKS, fanout.order(), Math.min(fanout.work(), STEPS));
      case Plan.Channel channel ->
          new Plan.Channel(seed, FEW, channel.topology(), FEW, channel.capacity(), UNITS);
      case Plan.Contention contention ->
          new Plan.Contention(seed, UNITS / 500, contention.across(), 500);
      case Plan.Cancel cancel -> new Plan.Cancel(seed, TASKS, cancel.waitsFor());
      case Hog hog -> new Hog(seed, 100, hog.form(), WINDOW_NS, Math.min(hog.work(), 1000 * STEPS),
          Math.min(hog.yieldEvery(), 10 * STEPS));
    };
  }

  /** Makes tasks that tell when their work is done. */
  interface Maker {
    Row.Tasks make(ExecutorService threads, LongConsumer finished);
  }

  static void untilOver(Row row, int tasks, int boundMs, Consumer<Throwable> fail, Maker maker)
      throws InterruptedException {
    var over = new CountDownLatch(1);
    try (var threads = row.threads(fail)) { // its end waits for all tasks
      maker.make(threads, lastNs -> over.countDown()).spawn(0, tasks, System.nanoTime() + AHEAD_NS);
      if (!over.await(boundMs, TimeUnit.MILLISECONDS)) {
        threads.shutdownNow(); // else its end would wait for what hangs, and nobody would hear of it
        throw new IllegalStateException("the warm-up did not end in %d ms".formatted(boundMs));
      }
    }
  }
}
