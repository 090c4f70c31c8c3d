package skein;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;

/** The tasks of a plan, with a thread for each. What they do is the row's. */
public abstract class PlannedTasks<P extends Plan> implements Row.Tasks {
  /** What a task does, until it ends or is interrupted. */
  protected interface Body {
    void run() throws InterruptedException;
  }

  protected final P plan;
  protected final Progress done;
  private final ExecutorService threads;
  private long epochNs;

  protected PlannedTasks(P plan, Progress done, ExecutorService threads) {
    this.plan = plan;
    this.done = done;
    this.threads = threads;
  }

  /** Starts task `index` of the plan, and those that come with it. */
  protected abstract void begin(int index);

  /** All of them are there. */
  protected void allAreThere() {}

  @Override
  public final void spawn(int first, int end, long epochNs) {
    if (first == 0) this.epochNs = epochNs; // the same in every step
    for (int index = first; index < end; index++) begin(index);
    if (first < end && end == plan.tasks()) allAreThere();
  }

  /** A task of its own. Once the run is over, it does not begin. */
  protected final void start(Body body) {
    done.spawned(1);
    try {
      threads.execute(() -> run(body));
    } catch (RejectedExecutionException stopped) {
      done.ended();
    }
  }

  /** Once the run is over it does nothing. Whatever else is thrown ends the run (Row.threads). */
  private void run(Body body) {
    try {
      if (!Thread.currentThread().isInterrupted()) body.run();
    } catch (InterruptedException stopped) {
      // There is nothing left to do.
    }
    done.ended();
  }

  /** Sleeps until so long after the epoch. */
  protected final void sleepUntil(long offsetNs) throws InterruptedException {
    Thread.sleep(Duration.ofNanos(offsetNs - sinceEpochNs()));
  }

  /** Negative before the epoch. */
  protected final long sinceEpochNs() {
    return System.nanoTime() - epochNs;
  }
}
