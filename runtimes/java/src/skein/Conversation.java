package skein;

import static skein.Replies.message;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

/**
 * The worker's side of harness/PROTOCOL.md: commands come one by one, on the main thread, which waits
 * for them. What a row supplies is how it echoes and what its tasks do.
 *
 * <p>Times are System.nanoTime(), which is CLOCK_MONOTONIC on Linux.
 */
public final class Conversation {
  private final Row row;
  private final BufferedReader commands;
  private final Replies replies;
  private final IntConsumer exit;
  private final Traffic traffic = new Traffic();
  private Cell cell;
  private ExecutorService threads;
  private Server server; // workload c10k
  private Row.Tasks tasks; // of a workload that has no server
  private Counts done;
  private int spawned;
  private long epochNs;
  private long spawnNs;
  private boolean isOver;

  public Conversation(Row row, InputStream commands, OutputStream replies) {
    this(row, commands, replies, Runtime.getRuntime()::halt);
  }

  /** `exit` ends the process where a thread cannot go on while the main thread waits for a command. */
  Conversation(Row row, InputStream commands, OutputStream replies, IntConsumer exit) {
    this.row = row;
    this.commands = new BufferedReader(new InputStreamReader(commands, StandardCharsets.UTF_8));
    this.replies = new Replies(row.id(), replies);
    this.exit = exit;
  }

  /** The whole conversation. Returns the exit status. */
  public int run() {
    try {
      replies.say(hello());
      String line;
      while (!isOver && (line = commands.readLine()) != null) obey(Json.object(line));
      return 0;
    } catch (Throwable error) { // an OutOfMemoryError, too, has a reason that is to be said
      return replies.giveUp(error);
    }
  }

  private void obey(Map<String, Object> command) throws Exception {
    String type = String.valueOf(command.get("type"));
    if (type.equals("prepare") != (cell == null)) {
      throw new IllegalArgumentException("'" + type + "' at the wrong time");
    }
    switch (type) {
      case "prepare" -> prepare(command);
      case "start" -> start();
      case "phase" -> spawn(command);
      case "settle" -> settle();
      case "stats" -> replies.say(counts("stats"));
      case "stop" -> stop();
      default -> throw new IllegalArgumentException("unknown command '" + type + "'");
    }
  }

  private Map<String, Object> hello() {
    var hello = message("hello");
    hello.put("protocol", 1);
    hello.put("runtime", row.id());
    hello.put("pid", ProcessHandle.current().pid());
    hello.put("style", Row.STYLE);
    hello.put("growing_stacks", true);
    hello.put("settles", true);
    hello.put("warms_up", row.warmsUp());
    hello.put("early_by_at_most_ns", 0);
    hello.put("takes", List.of("work"));
    hello.putAll(row.traits());
    return hello;
  }

  private void prepare(Map<String, Object> command) throws Exception {
    if (!(command.get("cell") instanceof Map<?, ?> asked)) {
      throw new IllegalArgumentException("prepare without a cell");
    }
    cell = Cell.from(Json.typed(asked));
    threads = row.threads(this::fail);
    switch (String.valueOf(cell.workload())) {
      case "timers" -> makeSleepers();
      case "c10k" -> makeServer();
      default -> makeTasks();
    }
    Heap.fillEden();
    sayReady();
  }

  private void makeSleepers() throws InterruptedException {
    if (row.warmsUp()) WarmUp.sleepers(row, cell.schedule(), this::fail);
    var tally = new Tally(cell.schedule().units(), this::finished);
    tasks = row.sleepers(cell.schedule(), tally, threads);
    done = tally;
  }

  private void makeTasks() throws InterruptedException {
    var plan = cell.plan();
    if (plan == null) throw new IllegalArgumentException("unknown workload " + cell.workload());
    if (row.warmsUp()) WarmUp.tasks(row, plan, this::fail);
    var progress = new Progress(plan.units(), this::finished);
    tasks = row.tasks(plan, progress, threads);
    done = progress;
  }

  private void makeServer() throws Exception {
    var service = row.echo(cell, traffic);
    if (row.warmsUp()) WarmUp.echo(row, cell, this::fail);
    server = new Server(cell, traffic, service, threads, this::fail);
  }

  private void sayReady() throws IOException {
    var listener = server == null ? null : server.listener();
    var ready = message("ready");
    ready.put("echoed", cell.echo(row));
    ready.put("conditions", Conditions.of(cell, listener));
    if (listener != null) ready.put("port", listener.getLocalPort());
    replies.say(ready);
  }

  private void start() throws IOException {
    if (server != null) server.start();
    replies.say(message("started"));
  }

  private void spawn(Map<String, Object> command) throws IOException {
    int number = ((Number) command.get("tasks")).intValue();
    if (tasks == null || number > cell.tasks()) {
      throw new IllegalArgumentException("no " + number + " tasks in this cell");
    }
    long beginNs = System.nanoTime();
    epochNs = ((Number) command.get("epoch_ns")).longValue();
    tasks.spawn(spawned, number, epochNs);
    spawned = number;
    long tookNs = System.nanoTime() - beginNs;
    spawnNs += tookNs;
    var reply = message("phase");
    reply.put("name", "spawn");
    reply.put("tasks", number);
    reply.put("spawn_ns", tookNs);
    replies.say(reply);
  }

  private void settle() throws Exception {
    row.settle();
    replies.say(message("settled"));
  }

  /** An interrupt ends a sleep, and closes a socket that its thread waits on. */
  private void stop() throws Exception {
    isOver = true;
    threads.shutdownNow();
    threads.awaitTermination(1, TimeUnit.MINUTES);
    replies.say(counts("stopped"));
  }

  private Map<String, Object> counts(String type) {
    var counts = message(type);
    traffic.addTo(counts);
    counts.put("checksum", "%016x".formatted(0));
    counts.put("lateness", null);
    counts.put("spawn_ns", spawnNs);
    counts.put("fire_ns", null);
    counts.put("frame_bytes", null);
    if (done != null) done.addTo(counts, firstDueNs());
    return counts;
  }

  private long firstDueNs() {
    var schedule = cell.schedule();
    return "storm".equals(schedule.pattern()) ? epochNs + schedule.windowNs() : epochNs;
  }

  private void finished(long lastNs) {
    var finished = message("phase");
    finished.put("name", "finished");
    finished.put("t_ns", lastNs);
    try {
      replies.say(finished);
    } catch (IOException gone) {
      // The conductor is gone, which the main thread hears as well.
    }
  }

  /** Something went wrong where nobody waits for an answer. */
  private void fail(Throwable error) {
    int status = 1;
    try {
      status = replies.giveUp(error);
    } finally {
      exit.accept(status); // even if there was no memory left to say why
    }
  }
}
