#include "components.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace belfry::tidy {

namespace {

/// Where a line of code may live, and what it may name there. The first row that fits a path
/// counts. The standard library and one's own component are open to all; `src/*` means all below
/// src.
struct component {
  std::string path;
  std::set<std::string> may_use; ///< components and libraries
};

/// What every actor may name; `others`: the components beside its own.
component actor_component(const std::string& name, std::set<std::string> others) {
  others.insert({"include/belfry", "include/belfry/actors", "src/*", "caf", "spdlog", "google"});
  return {"actors/" + name, std::move(others)};
}

/// What belongs to one foreign thing may use the common part of `src/os`, not its siblings.
component os_component(const std::string& name, std::set<std::string> others) {
  others.insert({"include/belfry", "src/os", "src/random", "system", "linux"});
  return {"src/os/" + name, std::move(others)};
}

const std::vector<component>& components() {
  static const std::vector<component> table{
      {"include/belfry/actors", {"include/belfry", "caf"}},
      {"include/belfry", {}},
      {"src/random", {"include/belfry"}},
      {"src/supervision", {"include/belfry"}},
      {"src/text", {"include/belfry"}},
      {"src/dispatch", {"include/belfry", "src/task"}},
      {"src/worker", {"include/belfry"}},
      {"src/time", {"include/belfry", "src/text", "date"}},
      {"src/task", {"include/belfry", "src/time", "src/random", "src/text"}},
      {"src/metrics", {"include/belfry", "src/task", "src/time", "src/dispatch", "src/text"}},
      {"src/wire/frames", {"include/belfry"}},
      {"src/wire",
       {"include/belfry", "src/random", "src/task", "src/text", "src/time", "google", "nlohmann"}},
      {"src/journal", {"include/belfry", "src/random"}},
      {"src/placement", {"include/belfry", "src/journal", "src/random"}},
      os_component("rocksdb", {"src/journal", "rocksdb"}),
      os_component("postgres", {"src/journal"}),
      os_component("link", {"openssl"}),
      os_component("handlers", {"src/text", "src/wire"}),
      os_component("http", {"boost", "openssl"}),
      {"src/os", {"include/belfry", "src/metrics", "src/random", "src/text", "system", "linux"}},
      {"src", {"include/belfry"}},
      actor_component("base", {}),
      actor_component("link", {"actors/base"}),
      actor_component("client", {"actors/base", "actors/link"}),
      actor_component("worker", {"actors/base", "actors/link"}),
      actor_component("shard", {"actors/base"}),
      actor_component("cluster", {"actors/base"}),
      actor_component("dispatcher", {"actors/base", "actors/cluster"}),
      actor_component("outbox", {"actors/base", "actors/client"}),
      actor_component("telemetry", {"actors/base", "nlohmann"}),
      actor_component("node", {"actors/*"}),
      actor_component("cli", {"actors/*", "nlohmann", "CLI", "date", "system"}),
      {"sim",
       {"include/belfry", "include/belfry/actors", "src/*", "actors/*", "caf", "spdlog", "CLI",
        "google", "date"}},
      {"docs/examples", {"include/belfry", "include/belfry/actors", "caf", "catch2", "google"}},
  };
  return table;
}

/// Whether a row that lists `allowed` may use `owner`.
bool covers(const std::string& allowed, const std::string& owner) {
  if (allowed.ends_with("/*"))
    return owner.starts_with(allowed.substr(0, allowed.size() - 1));
  return owner == allowed;
}

const component* component_of(const std::string& path) {
  for (const auto& candidate : components())
    if (path.starts_with(candidate.path + "/"))
      return &candidate;
  return nullptr;
}

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

/// The file that `include` in `file` means; empty: none of ours.
std::string resolve(const source_file& file, const include_line& include) {
  if (include.path.starts_with("wire/") && include.path.ends_with(".pb.h"))
    return "src/" + include.path;
  for (const std::string& base :
       {directory_of(file.path), std::string{"include"}, std::string{"src"}, std::string{"actors"},
        std::string{"sim"}, std::string{"tests"}, std::string{"bench"}}) {
    const auto path = normal(base + "/" + include.path);
    if (exists(path))
      return path;
  }
  return {};
}

/// The library or component that `include` belongs to; empty: the standard library.
std::string owner_of(const source_file& file, const include_line& include) {
  if (const auto path = resolve(file, include);
      !path.empty() && (include.is_ours || include.path.starts_with("belfry/"))) {
    const auto* component = component_of(path);
    return component ? component->path : directory_of(path);
  }
  const auto slash = include.path.find('/');
  if (slash != std::string::npos && include.path.substr(0, slash) != "sys" &&
      include.path.substr(0, slash) != "netinet" && include.path.substr(0, slash) != "arpa")
    return include.path.substr(0, slash);
  return slash != std::string::npos || include.path.ends_with(".h") ? "system" : "";
}

} // namespace

std::vector<std::string> forbidden_includes(const source_file& file) {
  std::vector<std::string> wrong;
  const auto* component = component_of(file.path);
  if (!component)
    return wrong;
  for (const auto& include : includes_of(file)) {
    const auto owner = owner_of(file, include);
    const bool may = owner.empty() || owner == component->path ||
                     std::any_of(component->may_use.begin(), component->may_use.end(),
                                 [&](const auto& allowed) { return covers(allowed, owner); });
    if (!may)
      wrong.push_back(at(file, include.line) + component->path + " may not use " + owner + " (" +
                      include.path + ")");
  }
  return wrong;
}

} // namespace belfry::tidy
