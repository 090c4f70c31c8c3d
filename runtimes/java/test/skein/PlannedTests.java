package skein;

import static skein.Tests.equal;
import static skein.Tests.test;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** What a row's tasks do whose work is planned, without the conversation. */
final class PlannedTests {
  private static final long SEED = 7;
  private static final long SOON_NS = 50_000_000;
  private static final Plan.Relay RELAY = new Plan.Relay(SEED, 100, "far", 2000);
  private static final Plan.Fanout FANOUT = new Plan.Fanout(SEED, 1234, "wide", 0);
  private static final Plan.Channel CHANNEL = new Plan.Channel(SEED, 4, "shared", 3, 5, 2000);
  private static final Plan.Contention CONTENTION = new Plan.Contention(SEED, 100, "yield", 20);
  private static final Plan.Cancel CANCEL = new Plan.Cancel(SEED, 100, "sleep");
  private static final Hog HOG = new Hog(SEED, 100, "blocking", 100_000_000, 100_000, 0);
  private static final Hog OFFLOADED = new Hog(SEED, 100, "offloaded", 100_000_000, 100_000, 0);

  private final Row row;

  PlannedTests(Row row) {
    this.row = row;
  }

  void all() {
    comesTo("relay near", new Plan.Relay(SEED, 100, "near", 2000), token(2000, 100, 1));
    comesTo("relay far", RELAY, token(2000, 100, 61));
    comesTo("two in a relay", new Plan.Relay(SEED, 2, "near", 1), token(1, 2, 1));
    comesTo("fanout", FANOUT, sum(1234, 1));
    comesTo("one leaf", new Plan.Fanout(SEED, 1, "wide", 0), sum(1, 1));
    comesTo("leaves at work", new Plan.Fanout(SEED, 1234, "wide", 1000), worked(1234, 1000));
    comesTo("channel", CHANNEL, sum(2000, 1));
    comesTo("no room", new Plan.Channel(SEED, 4, "shared", 3, 0, 2000), sum(2000, 1));
    comesTo("few messages", new Plan.Channel(SEED, 4, "shared", 3, 5, 2), sum(2, 1));
    comesTo("contention", CONTENTION, sum(100, 20));
    for (String wait : List.of("sleep", "receive", "lock")) {
      comesTo("cancelled " + wait, new Plan.Cancel(SEED, 100, wait), sum(100, 1));
    }
    test("a hog and its timers come to their sum in every form, none of them early", this::hog);
    test("the tasks of a relay end a while after the last hop", this::rest);
    test("nothing is done before the epoch, and a stop ends all", this::stop);
    test("a tree that is stopped as it grows ends", this::stopsTree);
    test("what is shared out is said in the end", this::shares);
    test("a lock that keeps its order makes all wait for all others", this::keepsOrder);
    test("a wait that ends by itself is an error", this::endsByItself);
    test("the warm-up of every plan comes to an end", this::warmUp);
    test("a worker says what it was set up with", this::conversation);
  }

  // --- what must come out, without any task

  private static long value(long index) {
    long mixed = (SEED + index + 1) * 0x9e3779b97f4a7c15L;
    return mixed ^ mixed >>> 32;
  }

  private static long sum(int units, int times) {
    long sum = 0;
    for (int index = 0; index < units; index++) sum += value(index) * times;
    return sum;
  }

  private static long token(int hops, int tasks, int stride) {
    long token = SEED;
    int index = 0;
    for (int hop = 0; hop < hops; hop++) {
      token = token * 6364136223846793005L + index + 1;
      index = (index + stride) % tasks;
    }
    return token;
  }

  private static long word(int steps) {
    long word = value(0) & 0xffffffffL | 1;
    for (int step = 0; step < steps; step++) {
      word ^= word << 13 & 0xffffffffL;
      word ^= word >>> 17;
      word ^= word << 5 & 0xffffffffL;
    }
    return word;
  }

  private static long worked(int leaves, int steps) {
    long sum = 0;
    for (int index = 0; index < leaves; index++) sum += value(index) ^ word(steps);
    return sum;
  }

  private static long fires(Hog plan) {
    long sum = 0;
    for (int index = 0; index < plan.tasks(); index++) {
      long phase = (Long.remainderUnsigned(value(index), 50) + 1) * 1_000_000;
      for (long due = phase; due <= plan.windowNs(); due += 50_000_000) {
        sum += Schedule.fingerprint(index, due);
      }
    }
    return sum;
  }

  // --- a run

  /** What a row's tasks come to, from their epoch on. */
  private final class Run implements AutoCloseable {
    final ExecutorService threads = row.threads(Tests::unexpected);
    final CountDownLatch over = new CountDownLatch(1);
    final Progress done;
    final long epochNs;
    volatile long lastNs;

    Run(Plan plan, long inNs) {
      done = new Progress(plan.units(), this::finish);
      var tasks = row.tasks(plan, done, threads);
      epochNs = System.nanoTime() + inNs;
      int number = plan.tasks();
      int first = 0;
      for (int end : new int[] {number / 4, number / 2, number}) {
        tasks.spawn(first, end, epochNs);
        first = end;
      }
    }

    private void finish(long atNs) {
      lastNs = atNs;
      over.countDown();
    }

    Map<String, Object> counts() {
      var counts = new HashMap<String, Object>();
      done.addTo(counts, epochNs);
      return counts;
    }

    Map<String, Object> finished() throws InterruptedException {
      equal(over.await(30, TimeUnit.SECONDS), true);
      return counts();
    }

    Map<String, Object> stopped() throws InterruptedException {
      threads.shutdownNow();
      equal(threads.awaitTermination(10, TimeUnit.SECONDS), true);
      equal(counts().get("live_tasks"), 0L);
      return counts();
    }

    boolean isEmpty() {
      return counts().get("live_tasks").equals(0L);
    }

    @Override
    public void close() {
      threads.shutdownNow();
    }
  }

  private void comesTo(String name, Plan plan, long checksum) {
    test(name + " comes to its checksum, and all tasks end", () -> {
      try (var run = new Run(plan, SOON_NS)) {
        var counts = run.finished();
        equal(counts.get("units"), plan.units());
        equal(counts.get("checksum"), "%016x".formatted(checksum));
        equal(counts.get("errors") + " " + counts.get("first_error"), "0 ");
        equal((Long) counts.get("fire_ns") > 0, true);
        RowTests.await(run::isEmpty);
      }
    });
  }

  private void hog() throws Exception {
    for (String form : List.of("none", "blocking", "yielding", "offloaded")) {
      long work = form.equals("none") ? 0 : 100_000;
      long yieldEvery = form.equals("yielding") ? 7_000 : 0;
      var plan = new Hog(SEED, 100, form, 100_000_000, work, yieldEvery);
      long checksum = fires(plan) + (work == 0 ? 0 : word(100_000));
      try (var run = new Run(plan, SOON_NS)) {
        var counts = run.finished();
        equal(form + counts.get("units"), form + plan.units());
        equal(counts.get("checksum"), "%016x".formatted(checksum));
        equal(counts.get("errors"), 0L);
        var lateness = (Map<?, ?>) counts.get("lateness");
        equal(lateness.get("count"), plan.units() - (work == 0 ? 0 : 1));
        equal(lateness.get("early_count"), 0L);
        var hog = (Map<?, ?>) counts.get("hog");
        equal(hog == null, work == 0);
        if (hog != null) {
          equal((Long) hog.get("took_ns") > 0, true);
          equal(hog.get("yields"), form.equals("yielding") ? 14L : 0L);
        }
        RowTests.await(run::isEmpty);
      }
    }
  }

  private void rest() throws Exception {
    try (var run = new Run(RELAY, SOON_NS)) {
      run.finished();
      RowTests.await(run::isEmpty);
      equal(System.nanoTime() - run.lastNs >= 50_000_000, true);
    }
  }

  private void stop() throws Exception {
    for (var known : Map.of(RELAY, 101L, FANOUT, 1L, CHANNEL, 7L, CONTENTION, 101L, CANCEL, 101L,
        new Plan.Cancel(SEED, 100, "receive"), 101L, new Plan.Cancel(SEED, 100, "lock"), 101L,
        HOG, 101L, OFFLOADED, 101L).entrySet()) {
      try (var run = new Run(known.getKey(), 60_000_000_000L)) {
        Thread.sleep(50);
        equal(known.getKey() + " " + run.counts().get("live_tasks"), known.getKey() + " " + known.getValue());
        var stopped = run.stopped();
        equal(known.getKey() + " " + stopped.get("units"), known.getKey() + " 0");
        equal(stopped.get("errors") + " " + stopped.get("shares"), "0 null");
      }
    }
  }

  private void stopsTree() throws Exception {
    try (var run = new Run(new Plan.Fanout(SEED, 100_000, "wide", 100_000), SOON_NS)) {
      RowTests.await(() -> (Long) run.counts().get("units") > 0);
      run.stopped();
      equal(run.over.getCount(), 1L);
    }
  }

  private void shares() throws Exception {
    for (var known : Map.<Plan, Predicate<long[]>>of(
        CHANNEL, of -> of[0] <= 500 && 500 <= of[1] && of[1] <= 2000,
        CONTENTION, of -> of[0] <= of[1] && 1 <= of[1] && of[1] < 2000).entrySet()) {
      try (var run = new Run(known.getKey(), SOON_NS)) {
        var shares = (Map<?, ?>) run.finished().get("shares");
        var of = new long[] {(Long) shares.get("least"), (Long) shares.get("most")};
        equal(shares + " " + known.getValue().test(of), shares + " true");
      }
    }
  }

  private void keepsOrder() throws Exception {
    try (var run = new Run(CONTENTION, 10 * SOON_NS)) {
      equal(run.finished().get("shares"), Map.of("least", 99L, "most", 99L));
    }
  }

  /** The epoch is so long ago that all sleeps are over. */
  private void endsByItself() throws Exception {
    try (var run = new Run(CANCEL, -1_300_000_000_000L)) {
      RowTests.await(run::isEmpty);
      var counts = run.counts();
      equal(counts.get("units") + " " + counts.get("errors"), "0 100");
      equal(counts.get("first_error"), "a wait ended that nobody had cancelled");
    }
  }

  private void warmUp() throws Exception {
    var hogs = List.of(HOG, new Hog(SEED, 1, "none", 100_000_000, 0, 0),
        new Hog(SEED, 1, "yielding", 100_000_000, 1, 1), new Hog(SEED, 1, "offloaded", 100_000_000, 1, 0));
    for (var plan : List.of(RELAY, FANOUT, CHANNEL, CONTENTION, CANCEL)) {
      WarmUp.tasks(row, plan, Tests::unexpected);
    }
    for (var plan : hogs) WarmUp.tasks(row, plan, Tests::unexpected);
  }

  private void conversation() {
    for (String cell : List.of(
        "relay,'tasks':2,'order':'near','hops':5", "fanout,'tasks':2,'order':'wide','work':null",
        "channel,'receivers':2,'topology':'shared','senders':1,'capacity':0,'messages':5",
        "contention,'tasks':2,'across':'yield','locks':5", "cancel,'tasks':2,'wait':'lock'",
        "hog,'tasks':2,'form':'none','window_ns':50000000,'work':null,'yield_every':null")) {
      String workload = cell.substring(0, cell.indexOf(','));
      String fields = ("'workload':'" + workload + "','runtime':'java_vt_cold','style':'direct',"
          + "'seed':18446744073709551615" + cell.substring(workload.length())).replace('\'', '"');
      var echoed = Tests.talk("{\"type\":\"prepare\",\"cell\":{" + fields + "}}").last().get("echoed");
      equal(echoed, Json.object("{" + fields + "}"));
    }
  }
}
