package skein;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import virtualthreads.Main;

/** Runs all tests, which are plain methods: a runner of its own spares a library. */
public final class Tests {
  private static int passed;
  private static final List<String> failed = Collections.synchronizedList(new ArrayList<>());

  interface Body {
    void run() throws Exception;
  }

  private Tests() {}

  public static void main(String[] words) {
    new Tests().all();
    new RowTests(new Main(false)).all();
    new PlanTests().all();
    new PlannedTests(new Main(false)).all();
    new FailureTests().all();
    failed.forEach(System.out::println);
    System.out.printf("%d passed, %d failed%n", passed, failed.size());
    System.exit(failed.isEmpty() ? 0 : 1);
  }

  static void test(String name, Body body) {
    try {
      body.run();
      passed++;
    } catch (Throwable error) {
      failed.add(name + ": " + error);
    }
  }

  /** What no thread should have thrown. */
  static void unexpected(Throwable error) {
    failed.add("in a thread: " + error);
  }

  static void equal(Object found, Object wanted) {
    if (!Objects.equals(found, wanted)) throw new AssertionError(found + ", wanted " + wanted);
  }

  private void all() {
    test("JSON is read and written", this::json);
    test("a text that is no JSON is refused", this::noJson);
    test("the schedule is that of the protocol", this::schedule);
    test("early and lost timers are counted and in no percentile", this::earlyAndLost);
    test("a percentile of too few values is null", this::percentiles);
    test("an empty histogram has no figures", this::emptyHistogram);
    test("the Python decoder reads the payload", this::payload);
    test("the backlog is all that the system allows", this::backlog);
    test("preloaded files are named without their folders", this::preloaded);
    test("the end of input ends the worker", this::endOfInput);
    test("the echo is what the worker was set up with", this::echoed);
    test("bad input is an error that says what is wrong", this::badInput);
    test("several loops are an error, and one is served", this::loops);
  }

  private void json() {
    String text = "{\"a\":[1,-2.5,true,null,\"\\\"\\\\\\u00e9\\n\"],\"b\":{},\"c\":18446744073709551615}";
    var read = Json.object(" " + text + " ");
    equal(Json.object(Json.text(read)), read);
    equal(((Number) read.get("c")).longValue(), -1L);
    equal(((List<?>) read.get("a")).get(4), "\"\\é\n");
  }

  private void noJson() {
    for (String text : List.of("", "nonsense", "[1]", "{\"a\":}", "{\"a\":1", "{} {}", "{\"a\" 1}", "{\"a\":\"\\x\"}")) {
      try {
        throw new AssertionError(text + " was read as " + Json.object(text));
      } catch (IllegalArgumentException refused) {
        equal(refused.getMessage().isEmpty(), false);
      }
    }
  }

  private record Known(String pattern, long seed, long units, String checksum) {}

  /** A thousand tasks over 200 ms. The first is the protocol's example; others are by runtimes/shared/python. */
  private void schedule() {
    for (var known : List.of(
        new Known("spread", 1, 1000, "3ec375c1869beff9"),
        new Known("storm", 1, 1000, "c27d2f60f9f4fe98"),
        new Known("periodic", 1, 7549, "26c5ccfc742f0244"),
        new Known("churn", 1, 7496, "73b7af144b51ab24"),
        new Known("spread", -1, 1000, "799531a5b214cdae"),
        new Known("periodic", -1, 7426, "86565b38744c3b28"),
        new Known("churn", -1, 7496, "ebfd4050aa6337c4"))) {
      var schedule = new Schedule(1000, known.pattern, 200_000_000, 1_000_000, known.seed);
      long sum = 0;
      for (int index = 0; index < schedule.tasks(); index++) {
        for (int turn = 0; turn < schedule.units(index); turn++) {
          sum += Schedule.fingerprint(index, valueOf(schedule, index, turn));
        }
      }
      equal("%s %016x".formatted(known.pattern, sum), known.pattern + " " + known.checksum);
      equal(schedule.units(), known.units);
    }
  }

  private static long valueOf(Schedule schedule, int index, int turn) {
    return switch (schedule.pattern()) {
      case "periodic" -> schedule.rhythm(index).phaseNs() + turn * schedule.rhythm(index).periodNs();
      case "churn" -> schedule.isLeftToFire(index, turn) ? schedule.fireNs(index, turn) : -1 - turn;
      default -> schedule.offsetNs(index);
    };
  }

  private static Map<String, Object> distribution(long... values) {
    var lateness = new Lateness();
    for (long value : values) lateness.record(value);
    return lateness.distribution();
  }

  private void earlyAndLost() {
    var found = distribution(-5, 1_000_001, -700, 60_000_000_001L);
    equal(List.of(found.get("count"), found.get("early_count"), found.get("early_max_ns"), found.get("overflow")),
        List.of(1L, 2L, 700L, 1L));
    equal(List.of(found.get("min"), found.get("p50"), found.get("max")), List.of(1_000_001L, 1_000_001L, 1_000_001L));
  }

  private void percentiles() {
    var lateness = new Lateness();
    for (int i = 0; i < 19_999; i++) lateness.record(i);
    equal(lateness.distribution().get("p99"), null);
    lateness.record(0);
    equal(lateness.distribution().get("p99"), 19_807L); // of rank 19,800, up to the end of its bucket
    equal(lateness.distribution().get("p999"), null);
  }

  private void emptyHistogram() {
    var found = distribution();
    for (String name : List.of("min", "mean", "stddev", "p50", "max", "early_max_ns")) equal(found.get(name), null);
  }

  /** The scripts decode payloads with the Python package, which is not the code that wrote them. */
  private void payload() throws Exception {
    Path python = Path.of("../../.venv/bin/python");
    if (!Files.exists(python)) {
      System.out.println("not tried: there is no virtual environment, which scripts/setup makes");
      return;
    }
    String decode = "import sys; sys.path.insert(0, '../../scripts')\n"
        + "from skein_scripts.records.histogram import decode\n"
        + "found = decode(sys.argv[1]); print(found.values_ns.tolist()[:3], found.counts.tolist())";
    String payload = (String) distribution(0, 1, 1, 2047, 5_000_000, 59_999_999_999L).get("histogram");
    var process = new ProcessBuilder(python.toString(), "-c", decode, payload).redirectErrorStream(true).start();
    equal(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip(),
        "[0, 1, 2047] [1, 2, 1, 1, 1]");
  }

  private void backlog() throws Exception {
    try (var reader = Files.newBufferedReader(Path.of("/proc/sys/net/core/somaxconn"))) {
      equal(Conditions.backlog(), Integer.parseInt(reader.readLine()));
    }
  }

  private void preloaded() {
    equal(Conditions.preloaded(null), "none");
    equal(Conditions.preloaded(" /nowhere/one.so:/nowhere/two.so"), "one.so two.so");
  }

  // --- the conversation

  static final String PREPARE = "{\"type\":\"prepare\",\"cell\":{\"workload\":\"timers\",\"runtime\":\"asked\","
      + "\"style\":\"asked\",\"tasks\":1000,\"pattern\":\"spread\",\"window_ns\":200000000,\"grid_ns\":1000000,"
      + "\"timers\":null,\"stack_bytes\":16384,\"workers\":1,\"seed\":18446744073709551615}}";

  static final String PREPARE_C10K = "{\"type\":\"prepare\",\"cell\":{\"workload\":\"c10k\",\"connections\":100,"
      + "\"buffer\":\"own\",\"buffer_bytes\":1024,\"loops\":null}}";

  record Talk(int status, List<Map<String, Object>> replies) {
    Map<String, Object> last() {
      return replies.getLast();
    }
  }

  static Talk talk(String... commands) {
    var in = new ByteArrayInputStream(String.join("\n", commands).getBytes(StandardCharsets.UTF_8));
    var out = new ByteArrayOutputStream();
    int status = new Conversation(new Main(false), in, out).run();
    return new Talk(status, out.toString(StandardCharsets.UTF_8).lines().map(Json::object).toList());
  }

  private void endOfInput() {
    equal(talk().status, 0);
    equal(talk().last().get("type"), "hello");
    equal(talk().last().get("growing_stacks"), true);
    equal(talk(PREPARE, "{\"type\":\"start\"}").status, 0);
  }

  private void echoed() {
    var echoed = Json.typed((Map<?, ?>) talk(PREPARE).last().get("echoed"));
    equal(echoed.get("runtime"), "java_vt_cold");
    equal(echoed.get("style"), "direct");
    equal(echoed.get("stack_bytes"), null);
    equal(echoed.get("seed").toString(), "18446744073709551615");
    equal(echoed.size(), 11);
  }

  private void badInput() {
    refused("expected null at 0 of: nonsense", "nonsense");
    refused("'start' at the wrong time", "{\"type\":\"start\"}");
    refused("'prepare' at the wrong time", PREPARE, PREPARE);
    refused("unknown command 'dance'", PREPARE, "{\"type\":\"dance\"}");
    refused("prepare without a cell", "{\"type\":\"prepare\"}");
    refused("no 1001 tasks in this cell", PREPARE, "{\"type\":\"phase\",\"tasks\":1001,\"epoch_ns\":0}");
    refused("no schedule for 0 tasks", PREPARE.replace("1000,", "0,"));
    refused("unknown pattern dance", PREPARE.replace("spread", "dance"));
    refused("unknown pattern null", PREPARE.replace("\"spread\"", "null"));
    refused("pattern churn needs", PREPARE.replace("spread\",\"window_ns\":200", "churn\",\"window_ns\":17"));
    refused("tasks is no number", PREPARE.replace("\"tasks\":1000", "\"tasks\":\"many\""));
    refused("unknown workload fan_out", PREPARE.replace("timers\",\"runtime", "fan_out\",\"runtime"));
  }

  private static void refused(String said, String... commands) {
    var talk = talk(commands);
    boolean isSaid = String.valueOf(talk.last().get("message")).contains(said);
    equal("%d %s %s %s".formatted(talk.status, talk.last().get("type"), isSaid, said), "1 error true " + said);
  }

  private void loops() {
    refused("a worker of one loop cannot serve loops = 2", PREPARE_C10K.replace("null", "2"));
    for (String served : List.of("null", "1")) {
      equal(talk(PREPARE_C10K.replace("null", served)).last().get("type"), "ready");
    }
  }
}
