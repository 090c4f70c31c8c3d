// How a cell is measured, as far as its workload declares it. Two runs of one cell may differ in
// this.
#pragma once

#include "generated/workloads/cells.hpp"
#include "harness/measure/json.hpp"

namespace skein::cells {

/// An empty field does not apply to the mode.
struct measuring : workloads::common_measuring {
  workloads::any_measuring of;

  /// The part of this workload; all fields empty for another one.
  template <class Own>
  [[nodiscard]] Own as() const {
    const Own* const own = std::get_if<Own>(&of);
    return own != nullptr ? *own : Own{};
  }
};

/// From an object that has every field of the declaration. Throws as cell_from_json does.
measuring measuring_from_json(const workloads::declaration& declared, const measure::json& object);

}  // namespace skein::cells
