// The framing that all processes share: whole lines out of any pieces, and clear ends.
#include "harness/protocol/line_channel.hpp"

#include <string>
#include <thread>
#include <unistd.h>

#include "runtimes/errors.hpp"
#include "tests/catch.hpp"

namespace {

using skein::protocol::framing_error;
using skein::protocol::line_channel;

/// A pipe whose writing end can be closed early.
struct test_pipe {
  test_pipe() {
    int ends[2];
    skein::checked(::pipe(ends), "pipe");
    read_end = ends[0];
    write_end = ends[1];
  }
  ~test_pipe() {
    ::close(read_end);
    hang_up();
  }
  test_pipe(const test_pipe&) = delete;
  test_pipe& operator=(const test_pipe&) = delete;

  void put(const std::string& text) const {
    REQUIRE(::write(write_end, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  void hang_up() {
    if (write_end >= 0) ::close(write_end);
    write_end = -1;
  }

  int read_end;
  int write_end;
};

}  // namespace

TEST_CASE("a line is handed out once it is whole, however it arrives", "[protocol]") {
  test_pipe pipe;
  line_channel channel(pipe.read_end, -1);
  CHECK(channel.feed());
  CHECK_FALSE(channel.next_line());
  pipe.put("{\"a\"");
  channel.feed();
  CHECK_FALSE(channel.next_line());
  pipe.put(":1}\nsecond\n\nfou");
  channel.feed();
  CHECK(channel.next_line() == std::string("{\"a\":1}"));
  CHECK(channel.next_line() == std::string("second"));
  CHECK(channel.next_line() == std::string());
  CHECK_FALSE(channel.next_line());
  pipe.put("rth\n");
  CHECK(channel.read_line() == std::string("fourth"));
}

TEST_CASE("lines before the end of file are handed out, then the end", "[protocol]") {
  test_pipe pipe;
  line_channel channel(pipe.read_end, -1);
  pipe.put("one\ntwo\n");
  pipe.hang_up();
  while (channel.feed()) continue;
  CHECK_FALSE(channel.ended());
  CHECK(channel.read_line() == std::string("one"));
  CHECK(channel.read_line() == std::string("two"));
  CHECK_FALSE(channel.read_line());
  CHECK(channel.ended());
}

TEST_CASE("an end in the middle of a line is an error, after the whole lines", "[protocol]") {
  test_pipe pipe;
  line_channel channel(pipe.read_end, -1);
  pipe.put("one\nhal");
  pipe.hang_up();
  CHECK(channel.read_line() == std::string("one"));
  CHECK_THROWS_AS(channel.read_line(), framing_error);
}

TEST_CASE("a line longer than the limit is an error and one of just that length is not",
          "[protocol]") {
  test_pipe pipe;
  line_channel channel(pipe.read_end, -1, 8);
  pipe.put("12345678\n");
  CHECK(channel.read_line() == std::string("12345678"));
  SECTION("with its end") {
    pipe.put("123456789\n");
  }
  SECTION("without an end in sight") {
    pipe.put("123456789");
  }
  CHECK_THROWS_AS(channel.read_line(), framing_error);
}

TEST_CASE("reading with a time limit gives up and loses nothing", "[protocol]") {
  test_pipe pipe;
  line_channel channel(pipe.read_end, -1);
  pipe.put("par");
  CHECK_FALSE(channel.read_line_for(0));
  CHECK_FALSE(channel.read_line_for(20));
  CHECK_FALSE(channel.ended());
  pipe.put("tial\n");
  CHECK(channel.read_line_for(0) == std::string("partial"));
}

TEST_CASE("a line larger than the pipe goes through whole", "[protocol]") {
  test_pipe pipe;
  line_channel reader(pipe.read_end, -1);
  line_channel writer(-1, pipe.write_end);
  const std::string large(1'000'000, 'x');
  std::thread writing([&] {
    writer.write_line(large);
    writer.write_line("after");
  });
  CHECK(reader.read_line() == large);
  CHECK(reader.read_line() == std::string("after"));
  writing.join();
}
