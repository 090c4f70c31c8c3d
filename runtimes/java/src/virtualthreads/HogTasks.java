package virtualthreads;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import skein.Hog;
import skein.HogOutcome;
import skein.PlannedTasks;
import skein.Progress;

/** Workload hog: timers, and beside them a thread that computes or has a platform thread do so. */
final class HogTasks extends PlannedTasks<Hog> {
  private final HogOutcome outcome;
  private final ExecutorService pool; // null where nothing is handed to it

  HogTasks(Hog plan, Progress done, ExecutorService threads) {
    super(plan, done, threads);
    outcome = new HogOutcome(done);
    pool = plan.form().equals("offloaded") ? onePlatformThread() : null;
  }

  /** Started now. It outlives a run that is stopped before the hog begins, and keeps no process. */
  private static ExecutorService onePlatformThread() {
    ThreadFactory daemons = Thread.ofPlatform().daemon().factory();
    var pool = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), daemons);
    pool.prestartCoreThread();
    return pool;
  }

  /** The hog comes first, so that the last task is a timer. */
  @Override
  protected void begin(int index) {
    if (index == 0 && plan.hasHog()) start(this::compute);
    start(() -> wakeAgain(index));
  }

  private void wakeAgain(int index) throws InterruptedException {
    int turns = plan.turns(index);
    for (int turn = 0; turn < turns; turn++) {
      long offsetNs = plan.offsetNs(index, turn);
      sleepUntil(offsetNs);
      outcome.fired(index, offsetNs, sinceEpochNs() - offsetNs);
    }
  }

  private void compute() throws InterruptedException {
    sleepUntil(plan.beginNs());
    long begunNs = sinceEpochNs();
    var work = plan.computation();
    long yields = 0;
    switch (plan.form()) {
      case "yielding" -> {
        for (; work.takeSlice(); yields++) Thread.yield();
      }
      case "offloaded" -> handOver(work);
      default -> work.takeAll();
    }
    outcome.computed(work.outcome(), sinceEpochNs() - begunNs, yields);
  }

  private void handOver(Hog.Computation work) throws InterruptedException {
    try {
      pool.submit(work::takeAll).get();
    } catch (ExecutionException error) {
      if (error.getCause() instanceof Error cause) throw cause; // a full heap is a limit
      throw new IllegalStateException(error.getCause());
    } finally {
      pool.shutdownNow();
    }
  }
}
