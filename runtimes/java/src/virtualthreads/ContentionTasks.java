package virtualthreads;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.locks.ReentrantLock;
import skein.Plan;
import skein.PlannedTasks;
import skein.Progress;
import skein.Turns;

/**
 * Workload contention: a lock that keeps the order of waiting. One that does not would go back to
 * whoever has just unlocked it, before the one that was woken has run.
 */
final class ContentionTasks extends PlannedTasks<Plan.Contention> {
  private final ReentrantLock lock = new ReentrantLock(true);
  private final CountDownLatch isHeld = new CountDownLatch(1);
  private final CountDownLatch allThere = new CountDownLatch(1);
  private final Turns turns;

  ContentionTasks(Plan.Contention plan, Progress done, ExecutorService threads) {
    super(plan, done, threads);
    turns = new Turns(plan, done);
  }

  @Override
  protected void begin(int index) {
    if (index == 0) start(this::holdUntilEpoch); // a lock is its thread's
    start(() -> contend(index));
  }

  @Override
  protected void allAreThere() {
    allThere.countDown();
  }

  /** If it is interrupted it keeps the lock: nobody is to have a turn once the run is over. */
  private void holdUntilEpoch() throws InterruptedException {
    lock.lock();
    isHeld.countDown();
    allThere.await();
    sleepUntil(0);
    lock.unlock();
  }

  private void contend(int index) throws InterruptedException {
    isHeld.await();
    for (int i = 0; i < plan.locks(); i++) {
      long since = turns.handedOver();
      lock.lockInterruptibly();
      try {
        turns.taken(index, since);
        Thread.yield();
        turns.released(index);
      } finally {
        lock.unlock();
      }
    }
  }
}
