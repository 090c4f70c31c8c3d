// The results file: each line is appended whole and durably, or not at all.
#pragma once

#include <string>

#include "harness/measure/json.hpp"

namespace skein::conductor {

class output_file {
 public:
  /// Opens for appending, creates the file if need be, and checks that there is room, so that
  /// problems show before measuring. Throws cannot_measure.
  explicit output_file(std::string path);
  output_file(const output_file&) = delete;
  output_file& operator=(const output_file&) = delete;
  ~output_file();

  /// Writes one line with one write and an fsync. A partial line is removed again; throws
  /// cannot_measure. If an earlier crash left the file in the middle of a line, the record begins a
  /// new line.
  void append(const measure::json& record);

 private:
  [[noreturn]] void give_up(const std::string& why) const;

  std::string path_;
  int fd_;
};

}  // namespace skein::conductor
