// Field by field, in the order of the declaration: bounds and defaults look at the fields before.
#include "harness/cells/fill.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>
#include <vector>

#include "harness/cells/nearest.hpp"
#include "harness/cells/units.hpp"
#include "harness/cells/usage_error.hpp"

namespace skein::cells {
namespace {

using workloads::declaration;
using workloads::field;
using workloads::field_kind;

std::vector<std::string> names_of(std::span<const std::string_view> words) {
  return {words.begin(), words.end()};
}

/// "open, idle_heavy and fixed"
std::string listed(std::span<const std::string_view> words) {
  const std::string text = fmt::format("{}", fmt::join(words.first(words.size() - 1), ", "));
  return text.empty() ? std::string(words.back()) : fmt::format("{} and {}", text, words.back());
}

bool is_number(const field& which) {
  return which.kind != field_kind::word && which.kind != field_kind::seed;
}

/// An error's message begins with the option.
template <typename Parser>
auto parsed(const field& which, const std::string& text, Parser parser) -> decltype(parser(text)) {
  try {
    return parser(text);
  } catch (const usage_error& error) {
    throw usage_error(fmt::format("{}: {}", which.option, error.what()));
  }
}
json parsed(const field& which, const std::string& text) {
  return parsed(which, text, [&](const std::string& given) { return parse_value(which, given); });
}

class filler {
 public:
  filler(const declaration& declared, const said_values& said, bool is_test,
         const fill_hooks& hooks)
      : declared_(declared), said_(said), is_test_(is_test), hooks_(hooks) {
    const field& shape = *find(declared.shape);
    const std::string* const text = text_of(shape);
    shape_ =
        text == nullptr ? std::string(shape.usual_word) : parsed(shape, *text).get<std::string>();
  }

  filled run() {
    for (const field& each : declared_.fields) {
      result_.values[std::string(each.name)] = value_of(each);
    }
    return std::move(result_);
  }

 private:
  [[nodiscard]] const field* find(std::string_view name) const {
    const auto& all = declared_.fields;
    return &*std::find_if(all.begin(), all.end(),
                          [&](const field& each) { return each.name == name; });
  }

  /// What was said of it; null if nothing.
  [[nodiscard]] const std::string* text_of(const field& which) const {
    const auto found = said_.find(which.name);
    return found == said_.end() || found->second.empty() ? nullptr : &found->second;
  }

  json value_of(const field& which) {
    const std::string* const text = text_of(which);
    if (!applies(which, text != nullptr)) return nullptr;
    if (const field* const other = replacing(which)) {
      if (text == nullptr) return nullptr;
      throw usage_error(fmt::format("give {} or {}, not both", other->option, which.option));
    }
    const bool says_auto = text != nullptr && which.automatic && is_auto(*text);
    const json value = text == nullptr ? usual(which) : says_auto ? json() : parsed(which, *text);
    const bool taken = hooks_.is_taken(which, text != nullptr);
    if (says_auto) return automatic(which, *text);
    if (text == nullptr && which.auto_default && taken) return automatic(which, "auto");
    if (value.is_null()) return nullptr;
    check_bounds(which, value, text);
    if (which.none && value == json(*which.none)) return nullptr;
    return taken || which.auto_default ? value : json();
  }

  [[nodiscard]] bool applies(const field& which, bool said) const {
    const auto& shapes = which.shapes;
    if (shapes.empty()) return true;
    if (std::find(shapes.begin(), shapes.end(), shape_) != shapes.end()) return true;
    if (said) {
      throw usage_error(
          fmt::format("{} applies to --{} {} only", which.option, declared_.shape, listed(shapes)));
    }
    return false;
  }

  /// The field that was said and leaves this one without a use.
  [[nodiscard]] const field* replacing(const field& which) const {
    for (const field& each : declared_.fields) {
      if (each.instead_of == which.name && text_of(each) != nullptr) return &each;
    }
    return nullptr;
  }

  json automatic(const field& which, const std::string& text) {
    if (which.kind == field_kind::rate) {
      result_.rate_share = parsed(which, text, parse_auto_share);
      return nullptr;
    }
    if (text != "auto") return parsed(which, text);  // which refuses it
    const std::int64_t value = hooks_.automatic(which, result_.values);
    return which.none == value ? json(nullptr) : json(value);
  }

  // --- bounds and defaults ---

  /// The number, or the value of the field that it names; `otherwise` where that is null.
  [[nodiscard]] std::int64_t bound_of(const std::optional<workloads::bound>& which,
                                      std::int64_t otherwise) const {
    if (!which) return otherwise;
    if (which->field.empty()) return which->value;
    const json& value = result_.values.at(std::string(which->field));
    return value.is_null() ? otherwise : value.get<std::int64_t>();
  }

  struct bounds {
    std::int64_t least;
    std::int64_t most;
  };

  [[nodiscard]] bounds bounds_of(const field& which) const {
    if (!which.values.empty()) return {which.values.front(), which.values.back()};
    const std::int64_t unbounded =
        which.kind == field_kind::duration ? most_duration_ns : std::int64_t{1} << 62;
    bounds both{bound_of(which.least, which.kind == field_kind::rate ? 0 : 1),
                bound_of(which.most, unbounded)};
    if (const workloads::share* const share = share_of(which)) {
      const std::int64_t all = both.most;
      both.least = std::max(both.least, (all * share->least_percent + 99) / 100);
      both.most = all * share->most_percent / 100;
    }
    return both;
  }

  [[nodiscard]] const workloads::share* share_of(const field& which) const {
    const auto found = std::find_if(which.shares.begin(), which.shares.end(),
                                    [&](const auto& each) { return each.shape == shape_; });
    return found == which.shares.end() ? nullptr : &*found;
  }

  /// The default, moved within the bounds that other fields set.
  [[nodiscard]] json usual(const field& which) const {
    if (which.kind == field_kind::word) {
      const auto word = is_test_ && !which.test_word.empty() ? which.test_word : which.usual_word;
      return word.empty() ? json(nullptr) : json(word);
    }
    std::optional<std::int64_t> value = is_test_ && which.test ? which.test : which.usual;
    if (!value) return nullptr;
    if (!is_number(which)) return *value;
    const bounds both = bounds_of(which);
    if (const workloads::share* const share = share_of(which)) {
      value = (bound_of(which.most, 0) * share->percent + 50) / 100;
    }
    return std::max(std::min(*value, both.most), both.least);
  }

  /// Quotes what was said where something was, because the number may not fit 64 bits.
  void check_bounds(const field& which, const json& value, const std::string* text) const {
    if (!is_number(which)) return;
    const bounds both = bounds_of(which);
    if (both.most < both.least) refuse_share(which, both);
    if (!which.values.empty()) return check_values(which, value, text);
    const auto number = value.get<double>();
    if (number >= static_cast<double>(both.least) && number <= static_cast<double>(both.most)) {
      return;
    }
    throw usage_error(fmt::format("{}: {} is out of bounds; from {} to {}", which.option,
                                  text == nullptr ? value_text(which, value) : *text,
                                  value_text(which, both.least), value_text(which, both.most)));
  }

  static void check_values(const field& which, const json& value, const std::string* text) {
    const auto& all = which.values;
    if (std::find(all.begin(), all.end(), value.get<std::int64_t>()) != all.end()) return;
    throw usage_error(fmt::format("{}: {} is none of {}", which.option,
                                  text == nullptr ? value_text(which, value) : *text,
                                  fmt::join(value_texts(which), ", ")));
  }

  [[noreturn]] void refuse_share(const field& which, const bounds& both) const {
    const workloads::share* const share = share_of(which);
    if (share == nullptr || !which.most || which.most->field.empty()) {
      throw usage_error(fmt::format("{}: must be at least {} and at most {}", which.option,
                                    value_text(which, both.least), value_text(which, both.most)));
    }
    const field& all = *find(which.most->field);
    throw usage_error(
        fmt::format("{}: {} are too few for --{} {}, in which {} is {} to {} % of them", all.option,
                    value_text(all, result_.values.at(std::string(all.name))), declared_.shape,
                    shape_, which.option, share->least_percent, share->most_percent));
  }

  const declaration& declared_;
  const said_values& said_;
  bool is_test_;
  const fill_hooks& hooks_;
  std::string shape_;
  filled result_;
};

}  // namespace

json parse_value(const field& which, const std::string& text) {
  switch (which.kind) {
    case field_kind::count:
      return parse_count(text);
    case field_kind::size:
      return parse_size(text);
    case field_kind::duration:
      return parse_duration(text);
    case field_kind::rate:
      return parse_rate(text);
    case field_kind::seed:
      return parse_seed(text);
    case field_kind::word:
      break;
  }
  require_known(which.option.substr(2), text, names_of(which.words));
  return text;
}

filled fill(const declaration& declared, const said_values& said, const std::string& size,
            const fill_hooks& hooks) {
  if (!size.empty()) require_known("size", size, names_of(size_names));
  return filler(declared, said, size == "test", hooks).run();
}

}  // namespace skein::cells
