package skein;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** How late the timers of hog were, and what the task did that computes. */
public final class HogOutcome {
  private final ReentrantLock lock = new ReentrantLock();
  private final Lateness lateness = new Lateness();
  private final Progress done;
  private Map<String, Object> hog; // null where there is none, and before its end

  public HogOutcome(Progress done) {
    this.done = done;
    done.alsoSays(this::said);
  }

  /** A timer that was due at an offset after the epoch has fired, and its task woke so late. */
  public void fired(int index, long offsetNs, long latenessNs) {
    lock.lock();
    lateness.record(latenessNs);
    lock.unlock();
    done.add(Schedule.fingerprint(index, offsetNs));
  }

  /** The other task has computed this word, in so long, and yielded so often. */
  public void computed(int word, long tookNs, long yields) {
    hog = Map.of("took_ns", tookNs, "yields", yields);
    done.add(Integer.toUnsignedLong(word));
  }

  private Map<String, Object> said() {
    var said = new HashMap<String, Object>();
    said.put("lateness", lateness.distribution());
    if (hog != null) said.put("hog", hog);
    return said;
  }
}
