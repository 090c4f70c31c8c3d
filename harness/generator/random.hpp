// Seeded pseudo-random numbers that are the same on every machine and with every standard library,
// which std:: distributions are not. Leaves out anything that needs cryptographic strength.
#pragma once

#include <cstdint>

namespace skein::generator {

/// Mixes the bits of `value`: the output function of splitmix64 (Steele, Lea, Flood 2014, with
/// Stafford's constants). A bijection, so different inputs never collide.
constexpr std::uint64_t mix64(std::uint64_t value) noexcept {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

/// The splitmix64 stream of a seed. `stream` separates uses of one seed.
class random_stream {
 public:
  constexpr explicit random_stream(std::uint64_t seed, std::uint64_t stream = 0) noexcept
      : state_(mix64(seed ^ mix64(stream + golden))) {}

  constexpr std::uint64_t next() noexcept { return mix64(state_ += golden); }

  /// Uniform in (0, 1]: never 0, so that its logarithm exists.
  constexpr double unit() noexcept { return static_cast<double>((next() >> 11) + 1) * 0x1.0p-53; }

  /// Uniform in [0, bound), up to a bias of bound / 2^32. `bound` is not 0.
  constexpr std::uint32_t below(std::uint32_t bound) noexcept {
    return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
  }

 private:
  static constexpr std::uint64_t golden = 0x9e3779b97f4a7c15U;
  std::uint64_t state_;
};

}  // namespace skein::generator
