// The results file: lines appended whole, durably, or not at all.
#pragma once

#include <string>

#include "harness/measure/json.hpp"

namespace skein::conductor {

class output_file {
 public:
  /// Opens for appending, creating the file if need be, and looks whether there is room: what can
  /// be known before measuring is known here. Throws cannot_measure.
  explicit output_file(std::string path);
  output_file(const output_file&) = delete;
  output_file& operator=(const output_file&) = delete;
  ~output_file();

  /// Writes one line with one write and an fsync. A partial line is taken back; throws
  /// cannot_measure. A file that an earlier crash left in the middle of a line is continued on a
  /// new one.
  void append(const measure::json& record);

 private:
  [[noreturn]] void give_up(const std::string& why) const;

  std::string path_;
  int fd_;
};

}  // namespace skein::conductor
