package skein;

import static skein.Tests.equal;
import static skein.Tests.test;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/** The arithmetic of plans, and what is counted of them. */
final class PlanTests {
  private static final long SEED = 7;

  void all() {
    test("a token comes to all tasks before it comes to one again", this::stride);
    test("a tree divides its leaves as evenly as it can", this::leaves);
    test("senders have all messages together, and come with the receivers", this::senders);
    test("a hog computes the same in slices and in one go", this::slices);
    test("timers of a hog fire every 50 ms, and last within the window", this::rhythm);
    test("a cell that lacks what its tasks need is an error", this::refused);
    test("a mutex that blocks threads is a limit", this::lacking);
    test("messages of a sender may be divided among receivers", this::divided);
    test("what must not happen is an error of the run", this::wrong);
    test("hand-overs that somebody waited for are shared out", this::shares);
  }

  private void stride() {
    for (int tasks : List.of(2, 3, 10, 100, 1000, 9973)) {
      for (String order : List.of("near", "far")) {
        var plan = new Plan.Relay(SEED, tasks, order, 1);
        var seen = new HashSet<Integer>();
        for (int index = 0; seen.add(index); ) index = (index + plan.stride()) % tasks;
        equal(seen.size(), tasks);
      }
    }
    equal(new Plan.Relay(SEED, 100, "far", 1).stride(), 61);
  }

  private void leaves() {
    for (int count : List.of(1, 2, 9, 10, 11, 99, 1234)) {
      var all = new Plan.Fanout.Leaves(0, count);
      int next = 0;
      int least = count;
      int most = 0;
      for (int child = 0; child < all.children(); child++) {
        var its = all.of(child);
        equal(its.first(), next);
        next += its.count();
        least = Math.min(least, its.count());
        most = Math.max(most, its.count());
      }
      equal(next, count);
      equal(least > 0 && most <= least + 1, true);
    }
  }

  private void senders() {
    for (int senders : List.of(1, 3, 7, 1000)) {
      var plan = new Plan.Channel(SEED, 4, "shared", senders, 5, 2002);
      int sum = 0;
      for (int sender = 0; sender < senders; sender++) sum += plan.messagesOf(sender);
      equal(sum, 2002);
      equal(plan.sendersWith(0), 0);
      equal(plan.sendersWith(4), senders);
    }
  }

  private static Hog hog(String form, long work, long yieldEvery) {
    return new Hog(SEED, 100, form, 200_000_000, work, yieldEvery);
  }

  private void slices() {
    var atOnce = hog("blocking", 1000, 0).computation();
    atOnce.takeAll();
    for (long slice : List.of(1L, 300L, 1000L, 5000L)) {
      var divided = hog("yielding", 1000, slice).computation();
      long yields = 0;
      while (divided.takeSlice()) yields++;
      equal(divided.outcome(), atOnce.outcome());
      equal(yields, (1000 - 1) / slice);
    }
    equal(Plan.afterSteps(1, 1000), 269_958_183); // harness/PROTOCOL.md
  }

  private void rhythm() {
    var plan = hog("none", 0, 0);
    long fires = 0;
    for (int index = 0; index < plan.tasks(); index++) {
      long first = plan.offsetNs(index, 0);
      equal(first > 0 && first <= 50_000_000 && first % 1_000_000 == 0, true);
      equal(plan.offsetNs(index, 1) - first, 50_000_000L);
      long last = plan.offsetNs(index, plan.turns(index) - 1);
      equal(last <= plan.windowNs() && last + 50_000_000 > plan.windowNs(), true);
      fires += plan.turns(index);
    }
    equal(plan.units(), fires);
    equal(hog("blocking", 1, 0).units(), fires + 1);
  }

  /** Reads a cell of these fields. */
  private static Plan plan(String workload, Object... fields) {
    var asked = new HashMap<String, Object>(Map.of("workload", workload, "seed", SEED));
    for (int i = 0; i < fields.length; i += 2) asked.put((String) fields[i], fields[i + 1]);
    return Plan.of(asked);
  }

  private static void refuses(String said, String workload, Object... fields) {
    try {
      throw new AssertionError(workload + " is planned as " + plan(workload, fields));
    } catch (IllegalArgumentException refused) {
      equal(refused.getMessage(), said);
    }
  }

  private void refused() {
    equal(plan("timers"), null);
    refuses("the cell: order cannot be back", "relay", "tasks", 2L, "order", "back", "hops", 1L);
    refuses("the cell: hops cannot be null", "relay", "tasks", 2L, "order", "near");
    refuses("the cell: tasks cannot be 1", "relay", "tasks", 1L, "order", "near", "hops", 1L);
    refuses("the cell: order cannot be deep", "fanout", "tasks", 1L, "order", "deep");
    refuses("the cell: tasks cannot be null", "fanout", "order", "wide");
    refuses("the cell: work cannot be -1", "fanout", "tasks", 1L, "order", "wide", "work", -1L);
    refuses("the cell: capacity cannot be null", "channel", "receivers", 1L, "topology", "shared",
        "senders", 1L, "messages", 1L);
    refuses("the cell: across cannot be sleep", "contention", "tasks", 2L, "across", "sleep", "locks", 1L);
    refuses("the cell: wait cannot be read", "cancel", "tasks", 1L, "wait", "read");
    refuses("the cell: form cannot be greedy", "hog", "tasks", 1L, "form", "greedy");
    refuses("the cell: yield_every cannot be null", "hog", "tasks", 1L, "form", "yielding", "work", 1L);
    refuses("the cell: window_ns cannot be 49999999", "hog", "tasks", 1L, "form", "none",
        "window_ns", 49_999_999L);
  }

  private void lacking() {
    try {
      throw new AssertionError("it is planned as "
          + plan("contention", "tasks", 2L, "across", "blocking", "locks", 1L));
    } catch (Limit limit) {
      equal(limit.name, "runtime");
    }
  }

  private static void hasErrors(Progress done, long errors, String first) {
    var counts = new HashMap<String, Object>();
    done.addTo(counts, 0);
    equal(counts.get("errors") + " " + counts.get("first_error"), errors + " " + first);
  }

  private void divided() {
    var plan = new Plan.Channel(SEED, 4, "shared", 3, 5, 2000);
    var done = new Progress(plan.units(), lastNs -> {});
    var deliveries = new Deliveries(plan, done);
    deliveries.received(1, 2, 0);
    deliveries.received(0, 2, 1);
    deliveries.received(1, 2, 2);
    hasErrors(done, 0, "");
    deliveries.received(0, 2, 1);
    hasErrors(done, 1, "a message came after a later one of its sender");
  }

  private void wrong() {
    var plan = new Plan.Contention(SEED, 100, "yield", 20);
    var done = new Progress(plan.units(), lastNs -> {});
    var turns = new Turns(plan, done);
    turns.taken(3, 0);
    turns.taken(4, 0);
    turns.released(3);
    hasErrors(done, 1, "two tasks had the mutex at once");
  }

  /** Two have it in turn, but once one has it twice in a row. */
  private void shares() {
    var plan = new Plan.Contention(SEED, 2, "yield", 2);
    var done = new Progress(plan.units(), lastNs -> {});
    var turns = new Turns(plan, done);
    turns.taken(0, 0);
    turns.released(0);
    turns.taken(0, 1);
    turns.released(0);
    turns.taken(1, 0);
    turns.released(1);
    turns.taken(1, 1);
    var counts = new HashMap<String, Object>();
    done.addTo(counts, 0);
    equal(counts.get("shares"), null);
    turns.released(1);
    done.addTo(counts, 0);
    equal(counts.get("shares"), Map.of("least", 0L, "most", 2L));
  }
}
