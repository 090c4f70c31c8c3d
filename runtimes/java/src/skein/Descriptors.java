package skein;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * How many files may be open, and how many are before there is a connection. Both are read at once:
 * later, when there are too many, no file can be opened to ask.
 */
final class Descriptors {
  private static final String LIMITS = "/proc/self/limits";
  private static final String FILES = "/proc/sys/fs/file-nr"; // open, free, and the most there may be
  private static final String TOO_MANY = "Too many open files"; // EMFILE,
  private static final String IN_SYSTEM = TOO_MANY + " in system"; // and ENFILE

  private final Table process =
      new Table("RLIMIT_NOFILE", open(), number(LIMITS, "(?m)^Max open files\\s+(\\d+)"));
  private final Table system =
      new Table("fs.file-max", number(FILES, "^(\\d+)"), number(FILES, "(\\d+)\\s*$"));

  /** A number is null where it cannot be read. */
  private record Table(String limit, Long open, Long most) {
    /** At least one more than there may be: a client may be back before its last end was seen. */
    Limit exceeded(long connections, String why) {
      boolean isKnown = open != null && most != null;
      Long needed = isKnown ? (Long) Math.max(open + connections, most + 1) : null;
      return new Limit(limit, most, needed, "for %d connections: %s".formatted(connections, why));
    }
  }

  /** The limit behind an error, which the JDK says in words alone; the error where there is none. */
  Exception limitOf(Exception error, long connections) {
    String why = String.valueOf(error.getMessage());
    if (why.contains(IN_SYSTEM)) return system.exceeded(connections, why);
    if (why.contains(TOO_MANY)) return process.exceeded(connections, why);
    return error;
  }

  private static Long open() {
    String[] descriptors = new File("/proc/self/fd").list();
    return descriptors == null ? null : (Long) (long) descriptors.length;
  }

  private static Long number(String file, String pattern) {
    try {
      String text = String.join("\n", Files.readAllLines(Path.of(file)));
      var found = Pattern.compile(pattern).matcher(text);
      return found.find() ? Long.valueOf(found.group(1)) : null;
    } catch (IOException | NumberFormatException unreadable) {
      return null;
    }
  }
}
