package skein;

import java.lang.ref.WeakReference;

/** What makes readings of a heap mean something. */
final class Heap {
  private static final int PASSES = 3; // what a buffer of another thread leaves out, the next fills
  private static final int CHUNK_BYTES = 1024;
  private static volatile byte[] garbage;

  private Heap() {}

  /**
   * Goes through the space for new objects, as every process does that has run for a while. It keeps
   * its pages from then on. Otherwise whatever touches them first would seem to cost as much.
   */
  static void fillEden() {
    for (int i = 0; i < PASSES; i++) {
      var young = new WeakReference<>(new Object());
      while (young.get() != null) garbage = new byte[CHUNK_BYTES];
    }
    garbage = null;
  }
}
