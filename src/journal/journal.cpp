#include "journal/journal.hpp"

namespace belfry {

result<journal_copy> journal::copy_to(const std::string& /*directory*/) {
  return failure{errc::wrong_state, "the node does not keep its tasks in a data directory: back up "
                                    "the database with its own tools, as pg_dump"};
}

} // namespace belfry
