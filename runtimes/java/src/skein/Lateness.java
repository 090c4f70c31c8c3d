package skein;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.Deflater;

/**
 * How late timers fired: HdrHistogram's buckets from 1 ns to 60 s at 3 significant digits, made
 * before the first memory reading; early and lost ones are counted beside them. For one thread at a
 * time.
 */
final class Lateness {
  private static final long HIGHEST_NS = 60_000_000_000L;
  private static final int HALF_BITS = 10; // 2 * 10^3 takes 2^11 buckets, of which half are new
  private static final int PAYLOAD_COOKIE = 0x1c849303 | 0x10;
  private static final int COMPRESSED_COOKIE = 0x1c849304 | 0x10;
  private static final int HEAD_BYTES = 40;

  private final long[] counts = new long[bucketOf(HIGHEST_NS) + 1];
  private long count;
  private long least = HIGHEST_NS;
  private long most = -1;
  private long overflow;
  private long earlyCount;
  private long earliest;

  void record(long latenessNs) {
    if (latenessNs < 0) {
      earlyCount++;
      earliest = Math.max(earliest, -latenessNs);
    } else if (latenessNs > HIGHEST_NS) {
      overflow++;
    } else {
      counts[bucketOf(latenessNs)]++;
      count++;
      least = Math.min(least, latenessNs);
      most = Math.max(most, latenessNs);
    }
  }

  private static int shiftOf(long value) {
    return Long.SIZE - Long.numberOfLeadingZeros(value | 0x7ff) - (HALF_BITS + 1);
  }

  private static int bucketOf(long value) {
    return (shiftOf(value) << HALF_BITS) + (int) (value >> shiftOf(value));
  }

  private static long lowest(int bucket) {
    int shift = Math.max((bucket >> HALF_BITS) - 1, 0);
    return (long) (bucket - (shift << HALF_BITS)) << shift;
  }

  /** The protocol's histogram object. A percentile is null where there are too few values. */
  Map<String, Object> distribution() {
    var found = new LinkedHashMap<String, Object>();
    boolean any = count > 0;
    double mean = any ? mean() : 0;
    found.put("count", count);
    found.put("min", any ? least : null);
    found.put("mean", any ? mean : null);
    found.put("stddev", any ? deviation(mean) : null);
    found.put("p50", percentile(0.5, 1));
    found.put("p90", percentile(0.9, 1));
    found.put("p99", percentile(0.99, 20_000));
    found.put("p999", percentile(0.999, 200_000));
    found.put("p9999", percentile(0.9999, 2_000_000));
    found.put("max", any ? most : null);
    found.put("overflow", overflow);
    found.put("early_count", earlyCount);
    found.put("early_max_ns", earlyCount > 0 ? earliest : null);
    found.put("histogram", payload());
    return found;
  }

  /** A bucket counts at its middle, as far as that is between the ends, which are exact. */
  private double middle(int bucket) {
    long low = Math.max(lowest(bucket), least);
    long high = Math.min(lowest(bucket + 1) - 1, most);
    return (low + high) / 2.0;
  }

  private double mean() {
    double sum = 0;
    for (int i = 0; i < counts.length; i++) if (counts[i] > 0) sum += middle(i) * counts[i];
    return sum / count;
  }

  private double deviation(double mean) {
    double squares = 0;
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] > 0) squares += Math.pow(middle(i) - mean, 2) * counts[i];
    }
    return Math.sqrt(squares / count);
  }

  private Long percentile(double share, long atLeast) {
    if (count < atLeast) return null;
    long wanted = Math.max(1, (long) Math.ceil(share * count * (1 - 1e-12)));
    long sum = 0;
    for (int i = 0; i < counts.length; i++) {
      sum += counts[i];
      if (sum >= wanted) return Math.min(lowest(i + 1) - 1, most);
    }
    return null; // of no values
  }

  /** HdrHistogram's V2 encoding, compressed, in base64. */
  private String payload() {
    byte[] numbers = numbers();
    var plain = ByteBuffer.allocate(HEAD_BYTES + numbers.length);
    plain.putInt(PAYLOAD_COOKIE).putInt(numbers.length).putInt(0).putInt(3);
    plain.putLong(1).putLong(HIGHEST_NS).putDouble(1.0).put(numbers);
    byte[] packed = deflated(plain.array());
    var whole = ByteBuffer.allocate(8 + packed.length);
    whole.putInt(COMPRESSED_COOKIE).putInt(packed.length).put(packed);
    return Base64.getEncoder().encodeToString(whole.array());
  }

  /** The counts; a run of empty buckets is one negative number. */
  private byte[] numbers() {
    var out = new ByteArrayOutputStream();
    long empty = 0;
    for (long each : counts) {
      if (each == 0) {
        empty++;
        continue;
      }
      if (empty > 0) zigzag(out, -empty);
      empty = 0;
      zigzag(out, each);
    }
    return out.toByteArray();
  }

  private static void zigzag(ByteArrayOutputStream out, long number) {
    long rest = number << 1 ^ number >> 63;
    for (; rest >>> 7 != 0; rest >>>= 7) out.write((int) (rest & 0x7f | 0x80));
    out.write((int) rest);
  }

  private static byte[] deflated(byte[] plain) {
    var deflater = new Deflater(Deflater.BEST_COMPRESSION);
    deflater.setInput(plain);
    deflater.finish();
    var out = new ByteArrayOutputStream();
    var chunk = new byte[8192];
    while (!deflater.finished()) out.write(chunk, 0, deflater.deflate(chunk));
    deflater.end();
    return out.toByteArray();
  }
}
