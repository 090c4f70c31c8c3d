package virtualthreads;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import skein.Plan;
import skein.Plan.Fanout.Leaves;
import skein.PlannedTasks;
import skein.Progress;

/** Workload fanout: a tree of threads. Who has children waits for a latch that they count down. */
final class FanoutTasks extends PlannedTasks<Plan.Fanout> {
  FanoutTasks(Plan.Fanout plan, Progress done, ExecutorService threads) {
    super(plan, done, threads);
  }

  /** Nothing but the root, once all are asked for. */
  @Override
  protected void begin(int index) {}

  @Override
  protected void allAreThere() {
    start(() -> {
      sleepUntil(0);
      done.finish(divide(new Leaves(0, plan.tasks())));
    });
  }

  private long divide(Leaves own) throws InterruptedException {
    var given = new long[own.children()];
    var ending = new CountDownLatch(given.length);
    for (int child = 0; child < given.length; child++) {
      int place = child;
      var its = own.of(child);
      start(() -> {
        given[place] = its.count() == 1 ? leaf(its.first()) : divide(its);
        ending.countDown();
      });
    }
    ending.await();
    long sum = 0;
    for (long each : given) sum += each;
    return sum;
  }

  private long leaf(int index) {
    long value = plan.leaf(index);
    done.one();
    return value;
  }
}
