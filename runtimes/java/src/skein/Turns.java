package skein;

import java.util.Map;

/**
 * Who has the mutex of the workload contention, and how long others waited. It belongs to whoever
 * has the mutex, but for the number of hand-overs, which others read before they wait.
 */
public final class Turns {
  private final Plan.Contention plan;
  private final Progress done;
  private volatile long handedOver;
  private int owner;
  private long shortest = Long.MAX_VALUE; // waits, in hand-overs
  private long longest;

  public Turns(Plan.Contention plan, Progress done) {
    this.plan = plan;
    this.done = done;
    done.alsoSays(this::shares);
  }

  public long handedOver() {
    return handedOver;
  }

  /** A task has the mutex, and began to wait after `since` hand-overs: none before the epoch. */
  public void taken(int index, long since) {
    long before = handedOver;
    handedOver = before + 1;
    if (since > 0) {
      shortest = Math.min(shortest, before - since);
      longest = Math.max(longest, before - since);
    }
    owner = index;
  }

  /** It is about to unlock it. */
  public void released(int index) {
    if (owner != index) done.wrong("two tasks had the mutex at once");
    done.add(plan.value(index));
  }

  /** Nothing where nobody waited. */
  private Map<String, Object> shares() {
    if (longest == 0) return Map.of();
    return Map.of("shares", Map.of("least", shortest, "most", longest));
  }
}
