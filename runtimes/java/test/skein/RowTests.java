package skein;

import static skein.Tests.equal;
import static skein.Tests.test;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** What a row does, without the conversation. */
final class RowTests {
  static final Cell CELL = new Cell("c10k", 100, "own", 1024, null, null, Map.of());
  private final Row row;

  RowTests(Row row) {
    this.row = row;
  }

  void all() {
    Map.of("spread", "3ec375c1869beff9", "storm", "c27d2f60f9f4fe98",
            "periodic", "26c5ccfc742f0244", "churn", "73b7af144b51ab24")
        .forEach((pattern, checksum) ->
            test(pattern + " comes to its checksum and is never early", () -> pattern(pattern, checksum)));
    test("sleepers that are left at the end are ended", this::stopsSleepers);
    test("a client that half-closes gets every byte and then the end", this::halfClose);
    test("connections that are open at the end are closed", this::stopsConnections);
    test("a peer's reset is no error", this::reset);
    test("TCP_NODELAY is in force on each connection that is served", this::noDelay);
    test("another buffer than its own is a limit", this::buffers);
    test("the warm-up comes to an end", this::warmUp);
  }

  private void pattern(String pattern, String checksum) throws Exception {
    var schedule = new Schedule(1000, pattern, 200_000_000, 1_000_000, 1);
    var over = new CountDownLatch(1);
    var done = new Tally(schedule.units(), lastNs -> over.countDown());
    try (var threads = row.threads(Tests::unexpected)) {
      row.sleepers(schedule, done, threads).spawn(0, 1000, System.nanoTime() + 50_000_000);
      equal(over.await(10, TimeUnit.SECONDS), true);
    }
    var counts = new HashMap<String, Object>();
    done.addTo(counts, 0);
    equal(counts.get("checksum"), checksum);
    equal(counts.get("live_tasks"), 0L);
    equal(((Map<?, ?>) counts.get("lateness")).get("early_count"), 0L);
  }

  private void stopsSleepers() throws Exception {
    var schedule = new Schedule(100, "spread", 3_600_000_000_000L, 1_000_000, 1);
    var done = new Tally(100, lastNs -> {});
    var threads = row.threads(Tests::unexpected);
    row.sleepers(schedule, done, threads).spawn(0, 100, System.nanoTime());
    threads.shutdownNow();
    equal(threads.awaitTermination(10, TimeUnit.SECONDS), true);
    var counts = new HashMap<String, Object>();
    done.addTo(counts, 0);
    equal(List.of(counts.get("live_tasks"), counts.get("units")), List.of(0L, 0L));
  }

  private Server serverOf(Traffic done, ExecutorService threads) throws IOException {
    var server = new Server(CELL, done, row.echo(CELL, done), threads, Tests::unexpected);
    server.start();
    return server;
  }

  private static Socket connect(Server server) throws IOException {
    var client = new Socket(InetAddress.getLoopbackAddress(), server.listener().getLocalPort());
    client.setSoTimeout(30_000);
    return client;
  }

  private static void stop(ExecutorService threads, Traffic done) throws InterruptedException {
    threads.shutdownNow();
    equal(threads.awaitTermination(10, TimeUnit.SECONDS), true);
    equal(done.connections.get(), 0L);
    var counts = new HashMap<String, Object>();
    done.addTo(counts);
    equal(counts.get("errors") + ": " + counts.get("first_error"), "0: ");
  }

  private void halfClose() throws Exception {
    var done = new Traffic();
    var threads = row.threads(Tests::unexpected);
    var server = serverOf(done, threads);
    long sum = 0;
    for (int size : new int[] {1, 1023, 1024, 1025, 65_536, 262_144, (3 << 20) + 7}) {
      var data = new byte[size];
      for (int i = 0; i < size; i++) data[i] = (byte) (i % 251);
      try (var client = connect(server)) {
        var sending = Thread.startVirtualThread(() -> sendAndFinish(client, data));
        equal(Arrays.equals(client.getInputStream().readAllBytes(), data), true);
        sending.join();
      }
      sum += size;
    }
    stop(threads, done);
    equal(done.bytes.get(), sum);
  }

  /** While the reply is being read, since it may be more than all buffers hold. */
  private static void sendAndFinish(Socket client, byte[] data) {
    try {
      client.getOutputStream().write(data);
      client.shutdownOutput();
    } catch (IOException error) {
      throw new AssertionError(error);
    }
  }

  static void await(BooleanSupplier holds) throws InterruptedException {
    for (int i = 0; i < 10_000 && !holds.getAsBoolean(); i++) Thread.sleep(1);
    equal(holds.getAsBoolean(), true);
  }

  private void stopsConnections() throws Exception {
    var done = new Traffic();
    var threads = row.threads(Tests::unexpected);
    try (var client = connect(serverOf(done, threads))) {
      await(() -> done.connections.get() == 1);
      stop(threads, done);
      equal(client.getInputStream().read(), -1);
    }
  }

  private void reset() throws Exception {
    var done = new Traffic();
    var threads = row.threads(Tests::unexpected);
    try (var client = connect(serverOf(done, threads))) {
      await(() -> done.connections.get() == 1);
      client.setSoLinger(true, 0);
    }
    await(() -> done.connections.get() == 0);
    stop(threads, done);
  }

  private void noDelay() throws Exception {
    var found = new CompletableFuture<Boolean>();
    var threads = row.threads(Tests::unexpected);
    var server = new Server(CELL, new Traffic(), peer -> found.complete(peer.getTcpNoDelay()),
        threads, Tests::unexpected);
    var said = Conditions.of(CELL, server.listener()).toString();
    equal(said.contains("tcp_nodelay=true, linger=false"), true);
    var usual = Files.readAllLines(Path.of("/proc/sys/net/ipv4/tcp_rmem")).get(0).split("\\s+")[1];
    equal(said.contains("receive_buffer_bytes=" + usual + ","), true);
    server.start();
    var client = connect(server);
    equal(found.get(10, TimeUnit.SECONDS), true);
    client.close();
    threads.shutdownNow();
  }

  private void buffers() {
    for (String buffer : List.of("lent", "runtime")) {
      try {
        row.echo(new Cell("c10k", 1, buffer, 1024, null, null, Map.of()), new Traffic());
        throw new AssertionError("it serves " + buffer);
      } catch (Limit limit) {
        equal(limit.name, "buffer");
      }
    }
  }

  private void warmUp() throws Exception {
    WarmUp.echo(row, CELL, Tests::unexpected);
    WarmUp.sleepers(row, new Schedule(10, "churn", 200_000_000, 1_000_000, 1), Tests::unexpected);
  }
}
