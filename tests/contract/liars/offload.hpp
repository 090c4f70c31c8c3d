// Liars about work that a pool of threads does: W10. Each is the fiber runtime with another pool.
#pragma once

#include <cstddef>
#include <functional>

#include "tests/contract/liars/talking.hpp"

namespace skein::contract::liars {

using true_pool = base::offload_pool;

/// W10: the owner thread does the work.
struct works_on_the_loop : base {
  using base::base;
  struct offload_pool {
    offload_pool(base&, std::size_t) {}
    template <auto Work, class Of>
    at_once run(Of& on) {
      std::invoke(Work, on);
      return {};
    }
  };
};

/// W10: every fifth work is not done.
struct forgets_work : base {
  using base::base;
  class offload_pool : public true_pool {
   public:
    using true_pool::true_pool;
    template <auto Work, class Of>
    auto run(Of& on) {
      return ++asked_ % 5 == 0 ? true_pool::run<&nothing_of<Of>>(on) : true_pool::run<Work>(on);
    }

   private:
    template <class Of>
    static void nothing_of(Of&) {}
    int asked_ = 0;
  };
};

/// W10: the pool has a thread more than it was told.
struct has_a_thread_more : base {
  using base::base;
  struct offload_pool : true_pool {
    offload_pool(base& on, std::size_t threads) : true_pool(on, threads + 1) {}
  };
};

/// W10: work that stop has cancelled is said to be done.
struct says_it_was_done : base {
  using base::base;
  struct offload_pool : true_pool {
    using true_pool::true_pool;
    struct working : true_pool::working {
      explicit working(const true_pool::working& asked) : true_pool::working(asked) {}
      bool take(op&) noexcept { return true; }
    };
    template <auto Work, class Of>
    working run(Of& on) {
      return working(true_pool::run<Work>(on));
    }
  };
};

}  // namespace skein::contract::liars
