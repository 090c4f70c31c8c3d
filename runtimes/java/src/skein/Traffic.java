package skein;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/** What an echo server has done, counted by all of its threads. */
public final class Traffic {
  public final AtomicLong units = new AtomicLong();
  public final AtomicLong bytes = new AtomicLong();
  public final AtomicLong connections = new AtomicLong();
  private final AtomicLong errors = new AtomicLong();
  private final AtomicReference<String> firstError = new AtomicReference<>("");

  /** A connection ended by an error. A peer's reset is none, in reading and in writing. */
  void failed(IOException error) {
    String why = String.valueOf(error.getMessage()); // the JDK says which in words alone
    if (why.startsWith("Connection reset") || why.startsWith("Broken pipe")) return;
    firstError.compareAndSet("", "connection: " + error);
    errors.incrementAndGet();
  }

  /** Adds the counts to a reply. */
  void addTo(Map<String, Object> reply) {
    reply.put("units", units.get());
    reply.put("bytes", bytes.get());
    reply.put("live_tasks", connections.get());
    reply.put("live_connections", connections.get());
    reply.put("errors", errors.get());
    reply.put("first_error", firstError.get());
  }
}
