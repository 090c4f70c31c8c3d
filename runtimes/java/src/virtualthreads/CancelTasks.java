package virtualthreads;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.locks.ReentrantLock;
import skein.Plan;
import skein.PlannedTasks;
import skein.Progress;

/** Workload cancel: threads that wait for what does not come, and one that interrupts them all. */
final class CancelTasks extends PlannedTasks<Plan.Cancel> {
  private final Thread[] waiting;
  private final CountDownLatch allWait;
  private final BlockingQueue<Long> values = new ArrayBlockingQueue<>(1); // nobody puts any
  private final ReentrantLock lock = new ReentrantLock();
  private volatile boolean isCancelled;

  /** Has the lock for ever. */
  CancelTasks(Plan.Cancel plan, Progress done, ExecutorService threads) {
    super(plan, done, threads);
    waiting = new Thread[plan.tasks()];
    allWait = new CountDownLatch(waiting.length);
    lock.lock();
  }

  @Override
  protected void begin(int index) {
    if (index == 0) start(this::endWaits);
    start(() -> waitInVain(index));
  }

  private void waitInVain(int index) throws InterruptedException {
    waiting[index] = Thread.currentThread();
    allWait.countDown();
    try {
      switch (plan.waitsFor()) {
        case "sleep" -> sleepUntil(plan.sleepNs(index));
        case "receive" -> values.take();
        default -> lock.lockInterruptibly();
      }
      done.wrong("a wait ended that nobody had cancelled");
    } catch (InterruptedException interrupted) {
      if (isCancelled) done.add(plan.value(index)); // else the run is over
    }
  }

  /** An interrupt is kept until its thread waits, so that each gets one. */
  private void endWaits() throws InterruptedException {
    allWait.await();
    sleepUntil(0);
    isCancelled = true;
    for (var each : waiting) each.interrupt();
  }
}
