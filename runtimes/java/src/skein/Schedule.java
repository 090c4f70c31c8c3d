package skein;

import java.util.Set;

/**
 * When each task of the workload timers is due, as harness/PROTOCOL.md says: a function of the seed,
 * the task's index and its turn. Offsets count from the epoch, in ns. All arithmetic is unsigned.
 */
public record Schedule(int tasks, String pattern, long windowNs, long gridNs, long seed) {
  public static final int GROUP = 16; // of pattern churn: tasks to a group,
  public static final int ROUNDS = 8; // rounds of a task,
  private static final int FIRES_ONE_IN = 16; // and one round in so many is left to fire
  public static final long TIMEOUT_NS = 30_000_000_000L;
  private static final Set<String> PATTERNS = Set.of("spread", "storm", "periodic", "churn");

  /** Refuses what no task could be due in. */
  void check() {
    if (!PATTERNS.contains(String.valueOf(pattern))) {
      throw new IllegalArgumentException("unknown pattern " + pattern);
    }
    if (tasks < 1 || gridNs < 1 || windowNs < gridNs) {
      throw new IllegalArgumentException("no schedule for %d tasks, window_ns %d and grid_ns %d"
          .formatted(tasks, windowNs, gridNs));
    }
    if (pattern.equals("churn") && (tasks < 2 || steps() < 2 * (ROUNDS + 1))) {
      throw new IllegalArgumentException(
          "pattern churn needs 2 tasks and a window of %d grids".formatted(2 * (ROUNDS + 1)));
    }
  }

  /** splitmix64's finaliser. */
  private static long scatter(long x) {
    x += 0x9e3779b97f4a7c15L;
    x = (x ^ x >>> 30) * 0xbf58476d1ce4e5b9L;
    x = (x ^ x >>> 27) * 0x94d049bb133111ebL;
    return x ^ x >>> 31;
  }

  /** What a unit of work adds to the checksum. */
  static long fingerprint(int index, long value) {
    return scatter(scatter(index) ^ value);
  }

  private long random(int index) {
    return scatter(seed ^ scatter(index));
  }

  private long draw(int index, int which) {
    return scatter(random(index) + which);
  }

  private long steps() {
    return windowNs / gridNs;
  }

  /** Patterns spread and storm. */
  public long offsetNs(int index) {
    if (pattern.equals("storm")) return steps() * gridNs;
    return (Long.remainderUnsigned(random(index), steps()) + 1) * gridNs;
  }

  /** Pattern periodic: a task wakes so often, first after the phase, then in every period. */
  public record Rhythm(long phaseNs, long periodNs, int turns) {}

  public Rhythm rhythm(int index) {
    long least = Math.max(steps() / 16, 1);
    long most = Math.max(steps() / 4, least);
    long period = least + Long.remainderUnsigned(draw(index, 1), most - least + 1);
    long phase = 1 + Long.remainderUnsigned(draw(index, 2), period);
    return new Rhythm(phase * gridNs, period * gridNs, (int) ((steps() - phase) / period + 1));
  }

  /** Pattern churn: the last task of each group, and the last of all, cancels for its group. */
  public boolean isCanceller(int index) {
    return index % GROUP == GROUP - 1 || index + 1 == tasks;
  }

  private long roundSteps() {
    return steps() / (ROUNDS + 1);
  }

  /** When a round of a task's group begins, and the one before it ends. */
  public long beatNs(int index, int round) {
    long phase = Long.remainderUnsigned(draw(index - index % GROUP, ROUNDS), roundSteps());
    return (phase + round * roundSteps()) * gridNs;
  }

  /** Whether nobody cancels the timer of this round. */
  public boolean isLeftToFire(int index, int round) {
    return Long.remainderUnsigned(draw(index, round), FIRES_ONE_IN) == 0;
  }

  /** When the timer of such a round is due. */
  public long fireNs(int index, int round) {
    long sixteenth = Long.divideUnsigned(draw(index, round), FIRES_ONE_IN);
    long inside = 1 + Long.remainderUnsigned(sixteenth, roundSteps() - 1);
    return beatNs(index, round) + inside * gridNs;
  }

  /** How many units of work a task comes to. */
  int units(int index) {
    return switch (pattern) {
      case "periodic" -> rhythm(index).turns();
      case "churn" -> isCanceller(index) ? 0 : ROUNDS;
      default -> 1;
    };
  }

  public long units() {
    long sum = 0;
    for (int index = 0; index < tasks; index++) sum += units(index);
    return sum;
  }
}
