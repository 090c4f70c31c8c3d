package skein;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** What a worker runs under, each from where it is in force. */
final class Conditions {
  private static final Path MOST_BACKLOG = Path.of("/proc/sys/net/core/somaxconn");
  private static final Path TIMER_SLACK = Path.of("/proc/self/timerslack_ns");

  private Conditions() {}

  static Map<String, Object> of(Cell cell, ServerSocket listener) throws IOException {
    var found = new LinkedHashMap<String, Object>();
    found.put("timer_slack_ns", number(TIMER_SLACK));
    found.put("stack_bytes", null); // stacks grow
    found.put("allocator", System.getProperty("java.vm.name"));
    found.put("preloaded", preloaded(System.getenv("LD_PRELOAD")));
    found.put("compiler", "javac and HotSpot " + Runtime.version());
    found.put("build_flags", flags());
    if (listener != null) {
      found.put("buffer", cell.buffer());
      found.put("buffer_bytes", cell.bufferBytes());
      found.put("listener", listenerConditions(listener));
    }
    return found;
  }

  /** As large as the system allows. */
  static int backlog() throws IOException {
    return Math.toIntExact(number(MOST_BACKLOG));
  }

  /**
   * A ServerSocket does not know TCP_NODELAY and SO_LINGER, so they are read from a connection of our
   * own, with the options of all. Nor does it know the size of the send buffer, which is left out: a
   * connection's has grown by then.
   */
  private static Map<String, Object> listenerConditions(ServerSocket listener) throws IOException {
    var found = new LinkedHashMap<String, Object>();
    try (var client = new Socket(listener.getInetAddress(), listener.getLocalPort());
        var peer = Server.withOptions(listener.accept())) {
      client.setSoLinger(true, 0); // it leaves by a reset, which keeps no port
      found.put("tcp_nodelay", peer.getTcpNoDelay());
      found.put("linger", peer.getSoLinger() >= 0);
    }
    // Java halves what the kernel says, because Linux doubles what it is asked for (socket(7)).
    found.put("receive_buffer_bytes", 2 * listener.getReceiveBufferSize());
    found.put("backlog", backlog());
    return found;
  }

  /** Read at once: Files.readString takes one byte first, and a sysctl ends after the first read. */
  private static long number(Path file) throws IOException {
    try (var reader = Files.newBufferedReader(file)) {
      return Long.parseLong(reader.readLine().strip());
    }
  }

  /** File names only: the folders are the machine's business. */
  static String preloaded(String list) {
    if (list == null || list.isBlank()) return "none";
    return Arrays.stream(list.strip().split("[ :]+"))
        .map(Conditions::linked)
        .map(file -> file.getFileName().toString())
        .collect(Collectors.joining(" "));
  }

  private static Path linked(String path) {
    try {
      return Files.readSymbolicLink(Path.of(path));
    } catch (IOException | UnsupportedOperationException noLink) {
      return Path.of(path);
    }
  }

  /** The options of the virtual machine, but for paths. */
  private static String flags() {
    String[] words = ProcessHandle.current().info().arguments().orElse(new String[0]);
    return Arrays.stream(words)
        .filter(word -> word.matches("-[XD].*") && !word.contains("/"))
        .collect(Collectors.joining(" "));
  }
}
