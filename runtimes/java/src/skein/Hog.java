package skein;

import java.util.HashMap;
import java.util.Map;

/**
 * The plan of the workload hog: timers that fire again and again, and one task that computes, as
 * workloads/hog/README.md has it. Offsets count from the epoch, in ns.
 */
public record Hog(long seed, int tasks, String form, long windowNs, long work, long yieldEvery)
    implements Plan {
  private static final long GRID_NS = 1_000_000;
  private static final long PERIOD_NS = 50 * GRID_NS;

  static Hog of(long seed, Map<String, Object> asked) {
    String form = Plan.word(asked, "form", "none", "blocking", "yielding", "offloaded");
    long work = form.equals("none") ? 0 : Plan.atLeast(asked, "work", 1);
    long yieldEvery = form.equals("yielding") ? Plan.atLeast(asked, "yield_every", 1) : 0;
    long windowNs = Plan.atLeast(asked, "window_ns", PERIOD_NS);
    return new Hog(seed, Plan.count(asked, "tasks", 1), form, windowNs, work, yieldEvery);
  }

  @Override
  public Map<String, Object> fields() {
    var fields = new HashMap<String, Object>(
        Map.of("tasks", tasks, "form", form, "window_ns", windowNs));
    fields.put("work", Plan.orNull(work));
    fields.put("yield_every", Plan.orNull(yieldEvery));
    return fields;
  }

  /** Whether there is a task that computes. */
  public boolean hasHog() {
    return !form.equals("none");
  }

  /** When it begins. */
  public long beginNs() {
    return windowNs / 4 / GRID_NS * GRID_NS;
  }

  /** How often a timer is due. */
  public int turns(int index) {
    return (int) ((windowNs - offsetNs(index, 0)) / PERIOD_NS + 1);
  }

  public long offsetNs(int index, int turn) {
    long phase = Long.remainderUnsigned(value(index), PERIOD_NS / GRID_NS) + 1;
    return phase * GRID_NS + turn * PERIOD_NS;
  }

  /** Every fire, and the hog's work. */
  @Override
  public long units() {
    long units = hasHog() ? 1 : 0;
    for (int index = 0; index < tasks; index++) units += turns(index);
    return units;
  }

  public Computation computation() {
    return new Computation(firstWord(), work, yieldEvery == 0 ? work : yieldEvery);
  }

  /** The hog's work, for one thread at a time: steps that follow from each other. */
  public static final class Computation {
    private final long slice; // steps from one yield to the next
    private long left;
    private int word;

    private Computation(int word, long steps, long slice) {
      this.word = word;
      this.left = steps;
      this.slice = slice;
    }

    /** Takes the steps up to the next yield. True while there are more. */
    public boolean takeSlice() {
      long steps = Math.min(slice, left);
      word = Plan.afterSteps(word, steps);
      left -= steps;
      return left > 0;
    }

    public void takeAll() {
      word = Plan.afterSteps(word, left);
      left = 0;
    }

    /** What has come out so far. */
    public int outcome() {
      return word;
    }
  }
}
