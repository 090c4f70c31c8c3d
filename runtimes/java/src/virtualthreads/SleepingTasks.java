package virtualthreads;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import skein.Row;
import skein.Schedule;
import skein.Tally;

/** A thread for each sleeper. What is its own is its index. */
final class SleepingTasks implements Row.Tasks {
  private interface Task {
    void run(int index) throws InterruptedException;
  }

  private final Task sleepOnce = this::sleepOnce; // one object for all tasks
  private final Task wakeAgain = this::wakeAgain;
  private final Task waitWithTimeout = this::waitWithTimeout;
  private final Task cancelInTime = this::cancelInTime;
  private final Schedule schedule;
  private final Tally done;
  private final ExecutorService threads;
  private final Semaphore[] cancels; // pattern churn, by task: its canceller releases
  private long epochNs;

  SleepingTasks(Schedule schedule, Tally done, ExecutorService threads) {
    this.schedule = schedule;
    this.done = done;
    this.threads = threads;
    cancels = new Semaphore[schedule.pattern().equals("churn") ? schedule.tasks() : 0];
  }

  @Override
  public void spawn(int first, int end, long epochNs) {
    if (first == 0) this.epochNs = epochNs; // the same in every step
    done.spawned(end - first);
    for (int i = first; i < end; i++) {
      int index = i;
      Task task = taskOf(index);
      threads.execute(() -> run(index, task));
    }
  }

  private Task taskOf(int index) {
    if (schedule.pattern().equals("periodic")) return wakeAgain;
    if (!schedule.pattern().equals("churn")) return sleepOnce;
    if (schedule.isCanceller(index)) return cancelInTime;
    cancels[index] = new Semaphore(0);
    return waitWithTimeout;
  }

  /** Whatever else is thrown ends the run (Row.threads). */
  private void run(int index, Task task) {
    try {
      task.run(index);
    } catch (InterruptedException stopped) {
      // There is nothing left to do.
    }
    done.ended();
  }

  private void sleepOnce(int index) throws InterruptedException {
    long offsetNs = schedule.offsetNs(index);
    sleepUntil(offsetNs);
    fired(index, offsetNs);
  }

  private void wakeAgain(int index) throws InterruptedException {
    var rhythm = schedule.rhythm(index);
    for (int turn = 0; turn < rhythm.turns(); turn++) {
      long offsetNs = rhythm.phaseNs() + turn * rhythm.periodNs();
      sleepUntil(offsetNs);
      fired(index, offsetNs);
    }
  }

  /**
   * Waits in one form in every round: a program does not know which of its timeouts will fire. A
   * permit stays until it is taken, so no cancel is lost where this thread comes late. In a round
   * left to fire it wants more permits than there are, for it must not take its next round's.
   */
  private void waitWithTimeout(int index) throws InterruptedException {
    for (int round = 0; round < Schedule.ROUNDS; round++) {
      if (schedule.isLeftToFire(index, round)) {
        long offsetNs = schedule.fireNs(index, round);
        isCancelled(index, Schedule.ROUNDS + 1, untilNs(offsetNs));
        fired(index, offsetNs);
      } else if (isCancelled(index, 1, timeoutNs())) {
        done.cancelled(index, round);
      } else {
        done.wrong(index, round);
      }
    }
  }

  private boolean isCancelled(int index, int permits, long withinNs) throws InterruptedException {
    return cancels[index].tryAcquire(permits, withinNs, TimeUnit.NANOSECONDS);
  }

  private void cancelInTime(int canceller) throws InterruptedException {
    int first = canceller - canceller % Schedule.GROUP;
    for (int round = 0; round < Schedule.ROUNDS; round++) {
      sleepUntil(schedule.beatNs(canceller, round + 1));
      for (int index = first; index < canceller; index++) {
        if (!schedule.isLeftToFire(index, round)) cancels[index].release();
      }
    }
  }

  private void sleepUntil(long offsetNs) throws InterruptedException {
    Thread.sleep(Duration.ofNanos(untilNs(offsetNs)));
  }

  private long untilNs(long offsetNs) {
    return epochNs + offsetNs - System.nanoTime();
  }

  private void fired(int index, long offsetNs) {
    done.fired(index, offsetNs, System.nanoTime() - epochNs - offsetNs);
  }

  /** So far beyond the window that to fire is a mistake. */
  private long timeoutNs() {
    long beforeNs = Math.max(epochNs - System.nanoTime(), 0);
    return beforeNs + schedule.windowNs() + Schedule.TIMEOUT_NS;
  }
}
