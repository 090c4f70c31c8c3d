// Where the listeners of this process listen: 127.0.0.1, or an address of a network that the
// conductor names. It is of the process and not of a scheduler, so that no runtime can listen
// elsewhere than the others.
#pragma once

#include <string>

namespace skein {

/// Makes later listeners (make_listener in socket.hpp) listen there. An IPv4 address in dotted
/// form; throws std::invalid_argument for anything else. Call it before any thread that makes a
/// listener.
void listen_at(const std::string& address);

/// In dotted form.
std::string listening_address();

}  // namespace skein
