// Reads /proc/cpuinfo, /sys/devices/system/{cpu,node} and, on x86, the hypervisor's CPUID leaf.
#include "harness/measure/cpu_environment.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace skein::measure {
namespace {

template <typename Value>
json or_absent(const std::optional<Value>& value) {
  return value ? json(*value) : json(absent);
}

/// How many entries a list such as "0-1" has.
json listed(const std::string& path) {
  const auto line = read_line(path);
  return line ? json(parse_cpu_list(*line).size()) : json(absent);
}

/// A file that holds 0 or 1, as a truth value; `inverted` for files named "no_...".
std::optional<bool> read_switch(const std::string& path, bool inverted = false) {
  const auto value = read_integer(path);
  if (!value) return std::nullopt;
  return (*value != 0) != inverted;
}

json turbo(const std::string& cpu) {
  const auto boost = read_switch(cpu + "/cpufreq/boost");
  return or_absent(boost ? boost : read_switch(cpu + "/intel_pstate/no_turbo", true));
}

json mitigations(const std::string& directory) {
  std::map<std::string, std::string> sorted;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const auto text = read_line(entry.path().string());
    if (text) sorted.emplace(entry.path().filename().string(), *text);
  }
  return sorted.empty() ? json(absent) : json(sorted);
}

using cpuinfo_fields = std::map<std::string_view, std::string_view>;

std::string value_of(const cpuinfo_fields& fields, std::string_view name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string() : std::string(found->second);
}

/// The name of one processor; each architecture has its own key for it.
std::string name_of(const cpuinfo_fields& fields) {
  for (const char* word : {"model name", "Model Name", "cpu model", "cpu", "uarch"}) {
    if (std::string name = value_of(fields, word); !name.empty()) return name;
  }
  return {};
}

/// On ARM numbers replace the name, or complete one that says too little (32 bits).
std::string numbers_of(const cpuinfo_fields& fields) {
  const std::string implementer = value_of(fields, "CPU implementer");
  if (implementer.empty()) return {};
  return "CPU implementer " + implementer + ", part " + value_of(fields, "CPU part") +
         ", variant " + value_of(fields, "CPU variant") + ", revision " +
         value_of(fields, "CPU revision");
}

std::string model_of(const cpuinfo_fields& fields) {
  const std::string name = name_of(fields);
  const std::string numbers = numbers_of(fields);
  return name.empty() || numbers.empty() ? name + numbers : name + ", " + numbers;
}

/// Every kind of processor in this machine, in order; most machines have one.
json cpu_models(std::string_view cpuinfo) {
  std::vector<std::string> models;
  cpuinfo_fields fields;
  const auto end_processor = [&] {
    const std::string model = model_of(fields);
    fields.clear();
    const bool known = std::find(models.begin(), models.end(), model) != models.end();
    if (!model.empty() && !known) models.push_back(model);
  };
  for (const auto line : split_lines(cpuinfo)) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
      end_processor();
    } else {
      fields.emplace(trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
    }
  }
  end_processor();
  std::string all;
  for (const std::string& model : models) all += (all.empty() ? "" : " + ") + model;
  return all.empty() ? absent : all;
}

/// "KVMKVMKVM", "VMwareVMware", ...: twelve letters in three registers of leaf 0x40000000.
std::string hypervisor_signature() {
#if defined(__x86_64__)
  std::array<unsigned, 4> registers{};
  __cpuid(0x40000000U, registers[0], registers[1], registers[2], registers[3]);
  std::array<char, 13> text{};
  std::memcpy(text.data(), &registers[1], 12);
  return text.data();
#else
  return {};
#endif
}

json virtualization(const std::optional<std::string>& cpuinfo) {
  const auto flags = cpuinfo ? field_text(*cpuinfo, "flags") : std::nullopt;
  if (!flags) return absent;
  for (const auto flag : split_words(*flags)) {
    if (flag != "hypervisor") continue;
    const auto signature = hypervisor_signature();
    return signature.empty() ? "unknown hypervisor" : signature;
  }
  return "none";
}

}  // namespace

json capture_cpu_environment(const system_paths& paths) {
  const auto cpuinfo = read_text(paths.proc + "/cpuinfo");
  const std::string cpu = paths.sys + "/devices/system/cpu";
  json object;
  object["cpu_model"] = cpuinfo ? cpu_models(*cpuinfo) : json(absent);
  object["cpus_online"] = listed(cpu + "/online");
  object["smt"] = or_absent(read_switch(cpu + "/smt/active"));
  object["governor"] = or_absent(read_line(cpu + "/cpu0/cpufreq/scaling_governor"));
  object["turbo"] = turbo(cpu);
  object["mitigations"] = mitigations(cpu + "/vulnerabilities");
  object["virtualization"] = virtualization(cpuinfo);
  object["numa"] = listed(paths.sys + "/devices/system/node/online");
  return object;
}

}  // namespace skein::measure
