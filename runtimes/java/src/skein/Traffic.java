package skein;

import java.util.concurrent.atomic.AtomicLong;

/** What an echo server has done, counted by all of its threads. */
public final class Traffic {
  public final AtomicLong units = new AtomicLong();
  public final AtomicLong bytes = new AtomicLong();
  public final AtomicLong connections = new AtomicLong();
}
