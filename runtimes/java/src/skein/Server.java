package skein;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * Listens on a loopback port, and hands each connection to a thread. Its sockets are those of all
 * rows: IPv4, by an option of the virtual machine, with all the backlog that there is. A ServerSocket
 * does not know TCP_NODELAY, so each connection sets it: a system call for each accept.
 *
 * <p>An error of a connection is counted. One of the listener ends the run, and is told to `fail`;
 * whatever else is thrown goes where the threads have been told to take it.
 */
final class Server {
  private final Cell cell;
  private final Traffic done;
  private final Row.Service service;
  private final ExecutorService threads;
  private final Consumer<Throwable> fail;
  private final ServerSocket listener;
  private final Descriptors descriptors;

  Server(Cell cell, Traffic done, Row.Service service, ExecutorService threads,
      Consumer<Throwable> fail) throws IOException {
    this.cell = cell;
    this.done = done;
    this.service = service;
    this.threads = threads;
    this.fail = fail;
    listener = new ServerSocket(0, Conditions.backlog(), InetAddress.getLoopbackAddress());
    descriptors = new Descriptors();
  }

  ServerSocket listener() {
    return listener;
  }

  /** What is set on each connection. */
  static Socket withOptions(Socket peer) throws SocketException {
    peer.setTcpNoDelay(true);
    return peer;
  }

  /** Accepts from now on. */
  void start() {
    threads.execute(this::acceptAll);
  }

  private void acceptAll() {
    try (listener) {
      while (true) {
        Socket peer = listener.accept();
        threads.execute(() -> serve(peer));
      }
    } catch (IOException | RejectedExecutionException error) {
      if (!threads.isShutdown()) fail.accept(descriptors.limitOf(error, cell.connections()));
    }
  }

  private void serve(Socket peer) {
    done.connections.incrementAndGet(); // here, so that whoever counts them finds their threads, too
    try (peer) {
      service.serve(withOptions(peer));
    } catch (IOException error) {
      if (!threads.isShutdown()) done.failed(error); // the interrupt that ends all closes sockets
    } finally {
      done.connections.decrementAndGet();
    }
  }
}
