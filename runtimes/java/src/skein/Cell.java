package skein;

import java.util.LinkedHashMap;
import java.util.Map;

/** What a worker is set up with: the fields of the message that decide its work. */
public record Cell(
    String workload,
    int connections,
    String buffer,
    int bufferBytes,
    Schedule schedule,
    Plan plan,
    Map<String, Object> asked) {

  static Cell from(Map<String, Object> asked) {
    String workload = (String) asked.get("workload");
    var cell = new Cell(workload, number(asked, "connections"), (String) asked.get("buffer"),
        number(asked, "buffer_bytes"), scheduleOf(asked), Plan.of(asked), asked);
    cell.check();
    return cell;
  }

  private static Schedule scheduleOf(Map<String, Object> asked) {
    return new Schedule(number(asked, "tasks"), (String) asked.get("pattern"),
        wide(asked, "window_ns"), wide(asked, "grid_ns"), wide(asked, "seed"));
  }

  /** Refuses what the schedule or the sockets could not do. The conductor checks the rest. */
  private void check() {
    if ("timers".equals(workload)) schedule.check();
    if ("c10k".equals(workload) && bufferBytes < 1) {
      throw new IllegalArgumentException("buffer_bytes cannot be " + bufferBytes);
    }
    Object loops = asked.get("loops");
    if (loops != null && !loops.equals(1L)) {
      throw new IllegalArgumentException("a worker of one loop cannot serve loops = " + loops);
    }
  }

  /** How many tasks may be asked for. */
  int tasks() {
    return plan == null ? schedule.tasks() : plan.tasks();
  }

  private static int number(Map<String, Object> asked, String name) {
    return Math.toIntExact(wide(asked, name));
  }

  /** A number, 0 where there is none. A seed has 64 bits, the first of which is no sign. */
  static long wide(Map<String, Object> asked, String name) {
    Object value = asked.get(name);
    if (value != null && !(value instanceof Number)) {
      throw new IllegalArgumentException("the cell: " + name + " is no number: " + value);
    }
    return value == null ? 0 : ((Number) value).longValue();
  }

  /** The whole cell. The fields that decide the work are those that the worker was set up with. */
  Map<String, Object> echo(Row row) {
    var echoed = new LinkedHashMap<>(asked);
    var own = new LinkedHashMap<String, Object>();
    own.put("runtime", row.id());
    own.put("style", Row.STYLE);
    own.put("stack_bytes", null); // stacks grow, whatever was asked
    own.put("connections", connections);
    own.put("buffer", buffer);
    own.put("buffer_bytes", bufferBytes);
    own.put("tasks", schedule.tasks());
    own.put("pattern", schedule.pattern());
    own.put("window_ns", schedule.windowNs());
    own.put("grid_ns", schedule.gridNs());
    own.put("seed", Json.unsigned(schedule.seed()));
    if (plan != null) own.putAll(plan.fields());
    own.forEach(echoed::replace); // only those that this workload has
    return echoed;
  }
}
