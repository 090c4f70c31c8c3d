package skein;

import static skein.Tests.equal;
import static skein.Tests.test;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import virtualthreads.Main;

/** What goes wrong where nobody waits for an answer, and what stands in a worker's way. */
final class FailureTests {
  private static final int BOUND_S = 60;

  void all() {
    test("what a task throws ends the run as an error that says why", this::task);
    test("a full heap is a limit by its name, wherever it shows", this::fullHeap);
    test("memory that is not the heap's is an error", this::otherMemory);
    test("of two last words the first is heard", this::lastWord);
    test("what a connection's thread throws is told", this::connection);
    test("what the accepting thread throws is told", this::accepting);
    test("an error of a connection is counted, and the first is said", this::counted);
    test("an error that ends a connection is among the counts", this::ended);
    test("too many files of the system are not the process's limit", this::filesOfTheSystem);
    test("another error of accept is no limit", this::noLimit);
    test("a warm-up that hangs is said", this::hangs);
    test("a worker whose heap is too small says so", this::smallHeap);
    test("a worker with too few descriptors says how many are needed", this::fewDescriptors);
  }

  /** A row whose tasks throw. */
  private static Row throwing(Throwable planted) {
    return but(Row.class, new Main(false), "sleepers", (proxy, called, words) -> {
      var threads = (ExecutorService) words[2];
      return (Row.Tasks) (first, end, epochNs) -> threads.execute(() -> raise(planted));
    });
  }

  /** The real one, but for a method. */
  private static <T> T but(Class<T> type, T real, String method, InvocationHandler instead) {
    InvocationHandler handler = (proxy, called, words) -> called.getName().equals(method)
        ? instead.invoke(proxy, called, words)
        : called.invoke(real, words);
    return type.cast(Proxy.newProxyInstance(
        FailureTests.class.getClassLoader(), new Class<?>[] {type}, handler));
  }

  @SuppressWarnings("unchecked") // so that a Runnable can throw anything
  private static <E extends Throwable> void raise(Throwable planted) throws E {
    throw (E) planted;
  }

  /** The exit status, and the last word of a worker whose task throws. */
  private static String said(Throwable planted) throws Exception {
    var out = new ByteArrayOutputStream();
    var status = new CompletableFuture<Integer>();
    String commands = Tests.PREPARE + "\n{\"type\":\"phase\",\"tasks\":1,\"epoch_ns\":0}\n";
    var in = new ByteArrayInputStream(commands.getBytes(StandardCharsets.UTF_8));
    new Conversation(throwing(planted), in, out, status::complete).run();
    int found = status.get(BOUND_S, TimeUnit.SECONDS);
    var last = lastOf(out.toString(StandardCharsets.UTF_8));
    return "%d %s %s %s".formatted(found, last.get("type"), last.get("limit"), last.get("message"));
  }

  private static Map<String, Object> lastOf(String lines) {
    return Json.object(lines.lines().toList().getLast());
  }

  private void task() throws Exception {
    equal(said(new IllegalStateException("planted")), "1 error null planted");
    equal(said(new StackOverflowError()), "1 error null java.lang.StackOverflowError");
  }

  private void fullHeap() throws Exception {
    for (String why : List.of("Java heap space", "GC overhead limit exceeded")) {
      equal(said(new OutOfMemoryError(why)).startsWith("0 limit Java heap the heap is full at "), true);
    }
  }

  private void otherMemory() throws Exception {
    String threads = "unable to create native thread";
    equal(said(new OutOfMemoryError(threads)), "1 error null " + threads);
  }

  private void lastWord() {
    var out = new ByteArrayOutputStream();
    var replies = new Replies("somebody", out);
    equal(replies.giveUp(new Limit("planted", null, null, "first")), 0);
    equal(replies.giveUp(new IllegalStateException("second")), 0);
    equal(out.toString(StandardCharsets.UTF_8).lines().count(), 1L);
  }

  /** What is told of a server whose connections are served so, by threads of this executor. */
  private static Throwable told(Row.Service service, UnaryOperator<ExecutorService> executor)
      throws Exception {
    var told = new CompletableFuture<Throwable>();
    var threads = new Main(false).threads(told::complete);
    var server = new Server(
        RowTests.CELL, new Traffic(), service, executor.apply(threads), told::complete);
    server.start();
    var client = connect(server.listener().getLocalPort());
    try {
      return told.get(BOUND_S, TimeUnit.SECONDS);
    } finally {
      client.close();
      threads.shutdownNow();
    }
  }

  private static Socket connect(int port) throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), port);
  }

  private void connection() throws Exception {
    var planted = new IllegalStateException("planted");
    equal(told(peer -> raise(planted), threads -> threads), planted);
  }

  private void accepting() throws Exception {
    var planted = new OutOfMemoryError("planted");
    equal(told(peer -> {}, threads -> refusing(threads, planted)), planted);
  }

  /** Begins the first task, which is the one that accepts, and no other. */
  private static ExecutorService refusing(ExecutorService threads, Error why) {
    var begun = new AtomicBoolean();
    return but(ExecutorService.class, threads, "execute", (proxy, called, words) -> {
      if (begun.getAndSet(true)) throw why;
      return called.invoke(threads, words);
    });
  }

  private void counted() {
    var done = new Traffic();
    for (String why : List.of("Connection reset", "Connection reset by peer", "Broken pipe")) {
      done.failed(new SocketException(why));
    }
    done.failed(new SocketException("Connection timed out"));
    done.failed(new IOException());
    var counts = new HashMap<String, Object>();
    done.addTo(counts);
    equal(counts.get("errors"), 2L);
    equal(counts.get("first_error"), "connection: java.net.SocketException: Connection timed out");
  }

  private void ended() throws Exception {
    var done = new Traffic();
    var threads = new Main(false).threads(Tests::unexpected);
    Row.Service failing = peer -> raise(new IOException("planted"));
    var server = new Server(RowTests.CELL, done, failing, threads, Tests::unexpected);
    server.start();
    var counts = new HashMap<String, Object>();
    try (var client = connect(server.listener().getLocalPort())) {
      equal(client.getInputStream().read(), -1);
      RowTests.await(() -> done.connections.get() == 0);
      done.addTo(counts);
    } finally {
      threads.shutdownNow();
    }
    equal(counts.get("errors") + " " + counts.get("first_error"), "1 connection: java.io.IOException: planted");
  }

  private void filesOfTheSystem() throws Exception {
    var error = new SocketException("Too many open files in system");
    var limit = (Limit) new Descriptors().limitOf(error, 10);
    equal(limit.name, "fs.file-max");
    equal(limit.value, Long.valueOf(Files.readAllLines(Path.of("/proc/sys/fs/file-max")).getFirst()));
  }

  private void noLimit() {
    var error = new SocketException("planted");
    equal(new Descriptors().limitOf(error, 10), error);
  }

  private void hangs() throws Exception {
    WarmUp.Maker asleep = (threads, finished) -> (first, end, epochNs) ->
        threads.execute(() -> LockSupport.parkNanos(TimeUnit.MINUTES.toNanos(1))); // an interrupt ends it
    try {
      WarmUp.untilOver(new Main(false), 1, 100, Tests::unexpected, asleep);
      throw new AssertionError("it has ended");
    } catch (IllegalStateException said) {
      equal(said.getMessage(), "the warm-up did not end in 100 ms");
    }
  }

  // --- workers in processes of their own

  private static Process worker(String setting, String options) throws IOException {
    var builder = new ProcessBuilder("timeout", "" + BOUND_S, "bash", "-c", setting + " && exec ./launch");
    builder.environment().put("JDK_JAVA_OPTIONS", options);
    return builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  private static void tell(Process worker, String command) throws IOException {
    worker.outputWriter().write(command + "\n");
    worker.outputWriter().flush();
  }

  private void smallHeap() throws Exception {
    var worker = worker("true", "-Xmx16m");
    tell(worker, Tests.PREPARE.replace("1000,", "1000000,").replace("200000000", "3600000000000"));
    tell(worker, "{\"type\":\"start\"}");
    long epochNs = System.nanoTime() + TimeUnit.HOURS.toNanos(1);
    tell(worker, "{\"type\":\"phase\",\"name\":\"spawn\",\"tasks\":1000000,\"epoch_ns\":%d}".formatted(epochNs));
    var last = lastOf(new String(worker.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    equal(worker.waitFor() + " " + last.get("limit"), "0 Java heap");
    equal((Long) last.get("value") <= 16 << 20, true);
  }

  /** Fewer where the worker gives up meanwhile, and refuses the rest. */
  private static List<Socket> connectUpTo(int number, int port) {
    var clients = new ArrayList<Socket>();
    try {
      while (clients.size() < number) clients.add(connect(port));
    } catch (IOException refused) {
      // It has had enough.
    }
    return clients;
  }

  private void fewDescriptors() throws Exception {
    var worker = worker("ulimit -n 64", "");
    tell(worker, Tests.PREPARE_C10K);
    tell(worker, "{\"type\":\"start\"}");
    var replies = worker.inputReader();
    replies.readLine(); // hello
    int port = ((Number) Json.object(replies.readLine()).get("port")).intValue();
    var clients = connectUpTo(100, port);
    var last = lastOf(replies.lines().collect(Collectors.joining("\n")));
    for (var client : clients) client.close();
    equal(worker.waitFor() + " " + last.get("limit") + " " + last.get("value"), "0 RLIMIT_NOFILE 64");
    long others = (Long) last.get("needed") - 100;
    equal(others > 0 && others < 64, true);
  }
}
