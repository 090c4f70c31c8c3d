// What boost_fiber says about itself, without Boost's headers.
#pragma once

#include "runtimes/info.hpp"

namespace skein::boost_fiber {

runtime_info info();

}  // namespace skein::boost_fiber
