// What Asio's rows say about themselves, without Asio's headers.
#pragma once

#include "runtimes/info.hpp"

namespace skein::asio {

runtime_info callback_info();
runtime_info await_info();
runtime_info await_any_info();

}  // namespace skein::asio
