package virtualthreads;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import skein.Deliveries;
import skein.Plan;
import skein.PlannedTasks;
import skein.Progress;

/** Workload channel: one queue, or none where each waits for the other. */
final class ChannelTasks extends PlannedTasks<Plan.Channel> {
  private record Message(int sender, int number) {}

  private static final Message END = new Message(0, 0); // that very one: a queue cannot be closed

  private final Deliveries deliveries;
  private final BlockingQueue<Message> queue;

  ChannelTasks(Plan.Channel plan, Progress done, ExecutorService threads) {
    super(plan, done, threads);
    deliveries = new Deliveries(plan, done);
    int capacity = plan.capacity();
    queue = capacity == 0 ? new SynchronousQueue<>() : new ArrayBlockingQueue<>(capacity);
  }

  /** A receiver, and the senders that come with it. */
  @Override
  protected void begin(int receiver) {
    for (int i = plan.sendersWith(receiver); i < plan.sendersWith(receiver + 1); i++) {
      int sender = i;
      start(() -> sendAll(sender));
    }
    start(() -> receiveAll(receiver));
  }

  private void sendAll(int sender) throws InterruptedException {
    sleepUntil(0);
    int messages = plan.messagesOf(sender);
    for (int number = 0; number < messages; number++) queue.put(new Message(sender, number));
  }

  /** Whoever gets the last message ends itself and the others: no message can be behind it. */
  private void receiveAll(int receiver) throws InterruptedException {
    for (var got = queue.take(); got != END; got = queue.take()) {
      if (deliveries.received(receiver, got.sender, got.number)) {
        for (int other = 1; other < plan.receivers(); other++) queue.put(END);
        return;
      }
    }
  }
}
