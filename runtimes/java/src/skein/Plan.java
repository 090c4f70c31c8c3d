package skein;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * What the tasks of a cell are to do, where it has neither a server nor a Schedule: the fields that
 * decide it, and the arithmetic that "In other languages" has on each workload's page. All of that
 * is unsigned, modulo 2^64.
 */
public sealed interface Plan
    permits Plan.Relay, Plan.Fanout, Plan.Channel, Plan.Contention, Plan.Cancel, Hog {

  long seed();

  /** How many tasks are asked for; there may be others beside them. */
  int tasks();

  /** How many units of work they come to. */
  long units();

  /** The fields of the cell that decide this work. */
  Map<String, Object> fields();

  /** What unit `index` gives to a sum. */
  default long value(long index) {
    long mixed = (seed() + index + 1) * 0x9e3779b97f4a7c15L;
    return mixed ^ mixed >>> 32;
  }

  /** Steps of xorshift32, each of which needs the one before. */
  static int afterSteps(int word, long steps) {
    for (long i = 0; i < steps; i++) {
      word ^= word << 13;
      word ^= word >>> 17;
      word ^= word << 5;
    }
    return word;
  }

  /** The word that steps begin with: of 0 nothing but 0 would come out. */
  default int firstWord() {
    return (int) value(0) | 1;
  }

  /** A token in a ring of tasks. */
  record Relay(long seed, int tasks, String order, long hops) implements Plan {
    @Override
    public long units() {
      return hops;
    }

    @Override
    public Map<String, Object> fields() {
      return Map.of("tasks", tasks, "order", order, "hops", hops);
    }

    /** How far the token goes at each hop. */
    public int stride() {
      if (order.equals("near")) return 1;
      int stride = Math.max((int) (tasks * 618L / 1000), 1);
      while (divisor(stride, tasks) != 1) stride++;
      return stride;
    }

    /** The largest that two numbers have in common. */
    private static int divisor(int a, int b) {
      return b == 0 ? a : divisor(b, a % b);
    }

    /** What a task makes of the token. */
    public static long hop(int index, long token) {
      return token * 6364136223846793005L + index + 1;
    }
  }

  /** A tree of tasks. `work`: steps of each leaf. */
  record Fanout(long seed, int tasks, String order, long work) implements Plan {
    private static final int FAN = 10; // most children of a task

    @Override
    public long units() {
      return tasks;
    }

    @Override
    public Map<String, Object> fields() {
      var fields = new HashMap<String, Object>(Map.of("tasks", tasks, "order", order));
      fields.put("work", orNull(work));
      return fields;
    }

    /** What a leaf gives, once it has done its work. */
    public long leaf(int index) {
      if (work == 0) return value(index);
      return value(index) ^ Integer.toUnsignedLong(afterSteps(firstWord(), work));
    }

    /** The leaves below a task: so many, from number `first` on. */
    public record Leaves(int first, int count) {
      /** How many tasks divide them. */
      public int children() {
        return Math.min(FAN, count);
      }

      /** Those of one child. */
      public Leaves of(int child) {
        int begin = (int) ((long) count * child / children());
        int end = (int) ((long) count * (child + 1) / children());
        return new Leaves(first + begin, end - begin);
      }
    }
  }

  /** Many senders and many receivers on one channel. */
  record Channel(long seed, int receivers, String topology, int senders, int capacity, int messages)
      implements Plan {
    @Override
    public int tasks() {
      return receivers;
    }

    @Override
    public long units() {
      return messages;
    }

    @Override
    public Map<String, Object> fields() {
      return Map.of("receivers", receivers, "topology", topology, "senders", senders,
          "capacity", capacity, "messages", messages);
    }

    /** How many senders there are beside so many receivers. */
    public int sendersWith(int someReceivers) {
      return (int) ((long) senders * someReceivers / receivers);
    }

    public int messagesOf(int sender) {
      return messages / senders + (sender < messages % senders ? 1 : 0);
    }
  }

  /** One mutex that all want. */
  record Contention(long seed, int tasks, String across, int locks) implements Plan {
    @Override
    public long units() {
      return (long) tasks * locks;
    }

    @Override
    public Map<String, Object> fields() {
      return Map.of("tasks", tasks, "across", across, "locks", locks);
    }
  }

  /** Waits that are all cancelled. */
  record Cancel(long seed, int tasks, String waitsFor) implements Plan {
    private static final long LEAST_SLEEP_NS = 600_000_000_000L;

    @Override
    public long units() {
      return tasks;
    }

    @Override
    public Map<String, Object> fields() {
      return Map.of("tasks", tasks, "wait", waitsFor);
    }

    /** How long after the epoch a sleep would end by itself. */
    public long sleepNs(int index) {
      return LEAST_SLEEP_NS + Long.remainderUnsigned(value(index), LEAST_SLEEP_NS);
    }
  }

  /** The plan of a cell; null for another workload. Refuses what no tasks could do. */
  static Plan of(Map<String, Object> asked) {
    long seed = Cell.wide(asked, "seed");
    return switch (String.valueOf(asked.get("workload"))) {
      case "relay" -> new Relay(seed, count(asked, "tasks", 2), word(asked, "order", "near", "far"),
          atLeast(asked, "hops", 1));
      case "fanout" -> new Fanout(seed, count(asked, "tasks", 1), word(asked, "order", "wide"),
          orNone(asked, "work"));
      case "channel" -> new Channel(seed, count(asked, "receivers", 1),
          word(asked, "topology", "shared"), count(asked, "senders", 1),
          count(asked, "capacity", 0), count(asked, "messages", 1));
      case "contention" -> new Contention(seed, count(asked, "tasks", 2),
          mutex(asked), count(asked, "locks", 1));
      case "cancel" -> new Cancel(seed, count(asked, "tasks", 1),
          word(asked, "wait", "sleep", "receive", "lock"));
      case "hog" -> Hog.of(seed, asked);
      default -> null;
    };
  }

  /** A number that must be there. */
  static long atLeast(Map<String, Object> asked, String name, long least) {
    if (asked.get(name) == null || Cell.wide(asked, name) < least) throw cannotBe(asked, name);
    return Cell.wide(asked, name);
  }

  static int count(Map<String, Object> asked, String name, int least) {
    return Math.toIntExact(atLeast(asked, name, least));
  }

  /** A number that is 0 where there is none. */
  static long orNone(Map<String, Object> asked, String name) {
    return asked.get(name) == null ? 0 : atLeast(asked, name, 0);
  }

  /** And back. */
  static Long orNull(long number) {
    return number == 0 ? null : (Long) number;
  }

  private static String mutex(Map<String, Object> asked) {
    if ("blocking".equals(asked.get("across"))) {
      throw new Limit("runtime", null, null, "its row has no blocking mutex yet");
    }
    return word(asked, "across", "yield");
  }

  static String word(Map<String, Object> asked, String name, String... known) {
    if (!Arrays.asList(known).contains(asked.get(name))) throw cannotBe(asked, name);
    return (String) asked.get(name);
  }

  private static IllegalArgumentException cannotBe(Map<String, Object> asked, String name) {
    return new IllegalArgumentException("the cell: " + name + " cannot be " + asked.get(name));
  }
}
