package skein;

import java.util.Arrays;
import java.util.Map;

/** What the receivers of the workload channel got, and in which order. */
public final class Deliveries {
  private final Plan.Channel plan;
  private final Progress done;
  private final long[] received; // by receiver
  private final int[] next; // by receiver and sender: the least number that may come

  public Deliveries(Plan.Channel plan, Progress done) {
    this.plan = plan;
    this.done = done;
    received = new long[plan.receivers()];
    next = new int[Math.multiplyExact(plan.receivers(), plan.senders())];
    done.alsoSays(this::shares);
  }

  /**
   * A receiver got message number so and so of a sender. Others may have had some in between, but
   * those that one gets are in order. True for the last message of all.
   */
  public boolean received(int receiver, int sender, int number) {
    int place = receiver * plan.senders() + sender;
    if (number < next[place]) done.wrong("a message came after a later one of its sender");
    next[place] = number + 1;
    received[receiver]++;
    return done.add(plan.value(sender + (long) number * plan.senders()));
  }

  private Map<String, Object> shares() {
    long least = Arrays.stream(received).min().getAsLong();
    long most = Arrays.stream(received).max().getAsLong();
    return Map.of("shares", Map.of("least", least, "most", most));
  }
}
