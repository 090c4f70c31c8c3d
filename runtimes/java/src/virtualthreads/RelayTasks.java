package virtualthreads;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import skein.Plan;
import skein.PlannedTasks;
import skein.Progress;

/** Workload relay: a ring of queues with room for the token, and a thread that waits at each. */
final class RelayTasks extends PlannedTasks<Plan.Relay> {
  private record Token(long value) {}

  private static final Token END = new Token(0); // that very one: a queue cannot be closed
  private static final Duration REST = Duration.ofMillis(50); // the end of all is in no window

  private final int stride;
  private final List<BlockingQueue<Token>> ring = new ArrayList<>();
  private final CountDownLatch over = new CountDownLatch(1);

  RelayTasks(Plan.Relay plan, Progress done, ExecutorService threads) {
    super(plan, done, threads);
    stride = plan.stride();
  }

  @Override
  protected void begin(int index) {
    var own = new ArrayBlockingQueue<Token>(1);
    ring.add(own);
    start(() -> passOn(index, own));
  }

  /** Looks up where its tokens go when it has the first: by then all queues are there. */
  private void passOn(int index, BlockingQueue<Token> own) throws InterruptedException {
    BlockingQueue<Token> next = null;
    for (var token = own.take(); token != END; token = own.take()) {
      if (next == null) next = ring.get((index + stride) % ring.size());
      long value = Plan.Relay.hop(index, token.value);
      if (done.one()) {
        done.finish(value);
        over.countDown();
      } else {
        next.put(new Token(value));
      }
    }
  }

  @Override
  protected void allAreThere() {
    start(this::startAndEnd);
  }

  private void startAndEnd() throws InterruptedException {
    sleepUntil(0);
    ring.getFirst().put(new Token(plan.seed()));
    over.await();
    Thread.sleep(REST);
    for (var each : ring) each.put(END);
  }
}
