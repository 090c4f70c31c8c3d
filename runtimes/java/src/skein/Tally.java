package skein;

import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;

/**
 * What the timers of a run have come to. A lock keeps its parts together. It is no monitor, because
 * a virtual thread that waits for one keeps its carrier before JDK 24.
 */
public final class Tally implements Counts {
  private final ReentrantLock lock = new ReentrantLock();
  private final Lateness lateness = new Lateness();
  private final long wanted;
  private final LongConsumer finished; // is told the time once, by the task that ends last
  private long units;
  private long checksum;
  private long errors;
  private String firstError = "";
  private long live;
  private long lastNs;

  public Tally(long wanted, LongConsumer finished) {
    this.wanted = wanted;
    this.finished = finished;
  }

  /** Tasks are about to begin. */
  public void spawned(int tasks) {
    lock.lock();
    live += tasks;
    lock.unlock();
  }

  /** A timer that was due at an offset after the epoch has fired, and its task woke so late. */
  public void fired(int index, long offsetNs, long latenessNs) {
    lock.lock();
    lateness.record(latenessNs);
    done(Schedule.fingerprint(index, offsetNs));
    lock.unlock();
  }

  /** The timer of a round was cancelled. */
  public void cancelled(int index, int round) {
    lock.lock();
    done(Schedule.fingerprint(index, -1 - round));
    lock.unlock();
  }

  /** A timer fired that was to be cancelled. The turn counts, or the run would never end. */
  public void wrong(int index, int round) {
    lock.lock();
    if (errors++ == 0) {
      firstError = "the timer of task %d fired in round %d, in which it was to be cancelled"
          .formatted(index, round);
    }
    done(0);
    lock.unlock();
  }

  private void done(long fingerprint) {
    checksum += fingerprint;
    if (++units == wanted) lastNs = System.nanoTime();
  }

  /** A task has ended. */
  public void ended() {
    lock.lock();
    boolean isLast = --live == 0 && units == wanted;
    lock.unlock();
    if (isLast) finished.accept(lastNs);
  }

  /** Time and lateness are known once all units are done. */
  @Override
  public void addTo(Map<String, Object> reply, long firstDueNs) {
    lock.lock();
    reply.put("units", units);
    reply.put("checksum", "%016x".formatted(checksum));
    reply.put("live_tasks", live);
    reply.put("errors", errors);
    reply.put("first_error", firstError);
    if (units == wanted) {
      reply.put("fire_ns", lastNs - firstDueNs);
      reply.put("lateness", lateness.distribution());
    }
    lock.unlock();
  }
}
