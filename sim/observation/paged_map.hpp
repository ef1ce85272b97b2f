#pragma once

#include "belfry/ids.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

namespace belfry::sim {

/// A map, stored in pages, for keys with few gaps such as tasks and their tags. Each event of a run
/// makes the checkers look up a dozen entries; ordinary maps of a hundred thousand tasks would cost
/// a third of the run. A look-up takes constant time for all practical sizes, and an entry never
/// moves.
template <class Key, class Entry>
class paged_map {
public:
  /// Returns null if there is no entry.
  Entry* find(Key key) {
    const auto page = pages_.find(number_of(key) / page_size);
    if (page == pages_.end())
      return nullptr;
    auto& entry = (*page->second)[number_of(key) % page_size];
    return entry ? &*entry : nullptr;
  }

  /// Adds an entry if there is none.
  Entry& operator[](Key key) {
    auto& page = pages_[number_of(key) / page_size];
    if (!page)
      page = std::make_unique<entries>();
    auto& entry = (*page)[number_of(key) % page_size];
    if (!entry)
      entry.emplace();
    return *entry;
  }

  [[nodiscard]] bool contains(Key key) { return find(key) != nullptr; }

  void clear() { pages_.clear(); }

  /// Calls `action(key, entry)` for each entry in order of the keys.
  template <class Action>
  void for_each(Action action) {
    for (auto& [number, page] : pages_)
      for (std::size_t i = 0; i < page_size; ++i)
        if (auto& entry = (*page)[i])
          action(key_of(number * page_size + i, Key{}), *entry);
  }

private:
  static constexpr std::size_t page_size = 64;
  using entries = std::array<std::optional<Entry>, page_size>;

  static std::uint64_t number_of(std::uint64_t key) { return key; }
  static std::uint64_t number_of(task_id key) { return key.value; }
  static std::uint64_t key_of(std::uint64_t number, std::uint64_t) { return number; }
  static task_id key_of(std::uint64_t number, task_id) { return {number}; }

  std::map<std::uint64_t, std::unique_ptr<entries>> pages_;
};

} // namespace belfry::sim
