// The V2 encoding as HdrHistogram's sources define it, all integers big-endian:
//
//   compressed = cookie 0x1c849314 (int32)
//                length of the stream (int32)
//                zlib stream of the payload
//   payload    = cookie 0x1c849313 (int32)
//                length of the counts (int32)
//                normalising offset 0 (int32)
//                significant digits 3 (int32)
//                lowest value (int64)
//                highest value (int64)
//                ratio 1.0 (double)
//                counts
//   counts     = ZigZag LEB128 each; a negative number -k is a run of k empty buckets;
//                the last bucket written is the last one in use
//
// The LEB128 is the 9-byte variant: the ninth byte carries eight bits and no continuation.
#include "harness/measure/hdr_codec.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <stdexcept>
#include <vector>
#include <zlib.h>

namespace skein::measure {
namespace {

using bytes = std::vector<std::uint8_t>;

constexpr std::uint32_t payload_cookie = 0x1c849303 | 0x10;
constexpr std::uint32_t compressed_cookie = 0x1c849304 | 0x10;
constexpr std::size_t payload_header_bytes = 40;
constexpr std::size_t payload_bytes_max = payload_header_bytes + 9 * histogram::counts_size;
constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

[[noreturn]] void malformed(const std::string& what) {
  throw std::runtime_error("HdrHistogram payload: " + what);
}

template <std::unsigned_integral Word>
void put(bytes& out, Word value) {
  for (std::size_t shift = 8 * sizeof(Word); shift > 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(value >> (shift - 8)));
  }
}

/// Reads from the front of a byte sequence and checks for its end.
class reader {
 public:
  explicit reader(std::span<const std::uint8_t> source) : rest_(source) {}

  bool empty() const { return rest_.empty(); }
  std::span<const std::uint8_t> rest() const { return rest_; }

  std::uint8_t byte() {
    if (rest_.empty()) malformed("ends in the middle of a number");
    const auto value = rest_.front();
    rest_ = rest_.subspan(1);
    return value;
  }

  template <std::unsigned_integral Word>
  Word word() {
    Word value = 0;
    for (std::size_t i = 0; i < sizeof(Word); ++i) value = static_cast<Word>(value << 8) | byte();
    return value;
  }

  std::int64_t zigzag() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
      const std::uint64_t next = byte();
      const bool last = shift == 56 || (next & 0x80) == 0;
      value |= (shift == 56 ? next : next & 0x7f) << shift;
      if (last) break;
    }
    return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }

 private:
  std::span<const std::uint8_t> rest_;
};

void put_zigzag(bytes& out, std::int64_t number) {
  auto value = (static_cast<std::uint64_t>(number) << 1) ^ static_cast<std::uint64_t>(number >> 63);
  for (int i = 0; i < 8 && value >= 0x80; ++i, value >>= 7) {
    out.push_back(static_cast<std::uint8_t>(value | 0x80));
  }
  out.push_back(static_cast<std::uint8_t>(value));
}

bytes encode_counts(const histogram& source) {
  bytes out;
  std::int64_t zeros = 0;
  for (const auto count : source.counts()) {
    if (count == 0) {
      ++zeros;
      continue;
    }
    if (zeros > 0) put_zigzag(out, -zeros);
    zeros = 0;
    put_zigzag(out, count);
  }
  return out;
}

bytes encode_payload(const histogram& source) {
  const auto counts = encode_counts(source);
  bytes out;
  put(out, payload_cookie);
  put(out, static_cast<std::uint32_t>(counts.size()));
  put(out, std::uint32_t{0});
  put(out, static_cast<std::uint32_t>(histogram::significant_digits));
  put(out, static_cast<std::uint64_t>(histogram::lowest_ns));
  put(out, static_cast<std::uint64_t>(histogram::highest_ns));
  put(out, std::bit_cast<std::uint64_t>(1.0));
  out.insert(out.end(), counts.begin(), counts.end());
  return out;
}

bytes deflate_bytes(const bytes& source) {
  uLongf size = ::compressBound(source.size());
  bytes out(size);
  if (::compress2(out.data(), &size, source.data(), source.size(), Z_BEST_COMPRESSION) != Z_OK) {
    throw std::runtime_error("zlib could not compress a histogram: free some memory");
  }
  out.resize(size);
  return out;
}

bytes inflate_bytes(std::span<const std::uint8_t> source) {
  bytes out(payload_bytes_max);
  uLongf size = out.size();
  if (::uncompress(out.data(), &size, source.data(), source.size()) != Z_OK) {
    malformed("not a zlib stream, or larger than any histogram of this layout");
  }
  out.resize(size);
  return out;
}

std::string to_base64(const bytes& source) {
  std::string out;
  for (std::size_t i = 0; i < source.size(); i += 3) {
    const std::size_t present = std::min<std::size_t>(3, source.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = group << 8 | (j < present ? source[i + j] : 0U);
    for (std::size_t j = 0; j < 4; ++j) {
      out.push_back(j > present ? '=' : base64_digits[group >> (18 - 6 * j) & 63]);
    }
  }
  return out;
}

bytes from_base64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  bytes out;
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char letter : text) {
    const auto digit = base64_digits.find(letter);
    if (digit == std::string_view::npos) malformed("not base64");
    group = group << 6 | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out.push_back(static_cast<std::uint8_t>(group >> bits));
  }
  return out;
}

bytes unpack(std::string_view text) {
  const bytes packed = from_base64(text);
  reader in(packed);
  if (in.word<std::uint32_t>() != compressed_cookie) malformed("not the V2 compressed encoding");
  const auto length = in.word<std::uint32_t>();
  if (length > in.rest().size()) malformed("shorter than its header says");
  return inflate_bytes(in.rest().first(length));
}

void read_header(reader& in) {
  if (in.word<std::uint32_t>() != payload_cookie) malformed("not the V2 encoding");
  const auto counts_length = in.word<std::uint32_t>();
  const auto offset = in.word<std::uint32_t>();
  const auto digits = in.word<std::uint32_t>();
  const auto lowest = in.word<std::uint64_t>();
  in.word<std::uint64_t>();  // the highest value: layouts that differ only in it are compatible
  in.word<std::uint64_t>();  // the ratio of a histogram of doubles
  if (digits != histogram::significant_digits) malformed("not of 3 significant digits");
  if (offset != 0 || lowest != histogram::lowest_ns) malformed("another unit or a shifted layout");
  if (counts_length != in.rest().size()) malformed("the counts are cut short");
}

}  // namespace

std::string encode_hdr(const histogram& source) {
  const bytes stream = deflate_bytes(encode_payload(source));
  bytes out;
  put(out, compressed_cookie);
  put(out, static_cast<std::uint32_t>(stream.size()));
  out.insert(out.end(), stream.begin(), stream.end());
  return to_base64(out);
}

histogram decode_hdr(std::string_view payload) {
  const bytes unpacked = unpack(payload);
  reader in(unpacked);
  read_header(in);
  histogram result;
  std::size_t index = 0;
  while (!in.empty()) {
    const auto number = in.zigzag();
    const auto left = static_cast<std::int64_t>(histogram::counts_size - index);
    if (number < -left || (number > 0 && left == 0)) malformed("more buckets than 60 s take");
    if (number > 0) result.add_to_bucket(index, number);
    index += number < 0 ? static_cast<std::size_t>(-number) : 1;
    if (index > histogram::counts_size) malformed("more buckets than 60 s take");
  }
  return result;
}

}  // namespace skein::measure
