package skein;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the worker says: a message is one line, and is sent at once. The main thread speaks, the task
 * that ends last, and any thread that cannot go on.
 */
final class Replies {
  private final String id;
  private final OutputStream out;
  private final byte[] heapIsFull = line(heapIsFull()); // made now: then there is no memory to make it
  private Integer status; // null until the last word

  Replies(String id, OutputStream out) {
    this.id = id;
    this.out = out;
  }

  static Map<String, Object> message(String type) {
    var message = new LinkedHashMap<String, Object>();
    message.put("type", type);
    return message;
  }

  /** Says a message. Nothing follows the last word. */
  synchronized void say(Map<String, Object> message) throws IOException {
    if (status == null) write(line(message));
  }

  /** The last word is why the run ends. The first to say one is heard. Returns the exit status. */
  synchronized int giveUp(Throwable error) {
    if (status != null) return status;
    boolean isHeap = isOfTheHeap(error);
    status = isHeap || error instanceof Limit ? 0 : 1;
    try {
      if (!isHeap) System.err.println(id + ": " + error);
      write(isHeap ? heapIsFull : line(reason(error)));
    } catch (IOException gone) {
      System.err.println(id + ": the conductor is gone");
    }
    return status;
  }

  private void write(byte[] line) throws IOException {
    out.write(line);
    out.flush();
  }

  private static byte[] line(Map<String, Object> message) {
    return (Json.text(message) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /** Threads and memory outside the heap run out by an OutOfMemoryError as well. */
  private static boolean isOfTheHeap(Throwable error) {
    if (!(error instanceof OutOfMemoryError) || error.getMessage() == null) return false;
    return error.getMessage().startsWith("Java heap space")
        || error.getMessage().startsWith("GC overhead limit exceeded");
  }

  private static Map<String, Object> heapIsFull() {
    long most = Runtime.getRuntime().maxMemory();
    return limit("Java heap", most, null,
        "the heap is full at " + most + " bytes; raise it with JDK_JAVA_OPTIONS=-Xmx and a size");
  }

  private static Map<String, Object> reason(Throwable error) {
    if (error instanceof Limit limit) {
      return limit(limit.name, limit.value, limit.needed, limit.getMessage());
    }
    var reason = message("error");
    reason.put("message", error.getMessage() == null ? error.toString() : error.getMessage());
    return reason;
  }

  private static Map<String, Object> limit(String name, Long value, Long needed, String why) {
    var limit = message("limit");
    limit.put("limit", name);
    limit.put("value", value);
    limit.put("needed", needed);
    limit.put("message", why);
    return limit;
  }
}
