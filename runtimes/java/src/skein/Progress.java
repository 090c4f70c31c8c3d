package skein;

import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * How far the tasks of a plan have come. Its counts are atomic, because a virtual thread may run on
 * any carrier.
 */
public final class Progress implements Counts {
  private final long wanted;
  private final LongConsumer finished; // is told the time once, behind the last unit
  private final AtomicLong units = new AtomicLong();
  private final AtomicLong sum = new AtomicLong(); // modulo 2^64
  private final AtomicLong live = new AtomicLong();
  private final AtomicLong errors = new AtomicLong();
  private final AtomicReference<String> firstError = new AtomicReference<>("");
  private Supplier<Map<String, Object>> more = Map::of;
  private long checksum;
  private volatile long lastNs; // 0 before the end; whoever sees it sees the checksum, too

  public Progress(long wanted, LongConsumer finished) {
    this.wanted = wanted;
    this.finished = finished;
  }

  /** What is said beside the counts, once all is done. Set before the first task. */
  void alsoSays(Supplier<Map<String, Object>> more) {
    this.more = more;
  }

  /** Tasks are about to begin. */
  void spawned(int tasks) {
    live.addAndGet(tasks);
  }

  /** A task has ended. */
  void ended() {
    live.decrementAndGet();
  }

  /** A unit of work is done. True for the last one, after which somebody calls finish. */
  public boolean one() {
    return units.incrementAndGet() == wanted;
  }

  /** The same of a unit that gives a value. Behind the last one all is finished, with their sum. */
  public boolean add(long value) {
    sum.addAndGet(value);
    if (!one()) return false;
    finish(sum.get());
    return true;
  }

  /** All work is done. Called once. */
  public void finish(long checksum) {
    long now = System.nanoTime();
    this.checksum = checksum;
    lastNs = now;
    finished.accept(now);
  }

  /** Something happened that must not. */
  public void wrong(String what) {
    firstError.compareAndSet("", what);
    errors.incrementAndGet();
  }

  @Override
  public void addTo(Map<String, Object> reply, long firstDueNs) {
    reply.put("units", units.get());
    reply.put("live_tasks", live.get());
    reply.put("errors", errors.get());
    reply.put("first_error", firstError.get());
    if (lastNs == 0) return;
    reply.put("checksum", "%016x".formatted(checksum));
    reply.put("fire_ns", lastNs - firstDueNs);
    reply.putAll(more.get());
  }
}
