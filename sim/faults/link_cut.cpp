#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

namespace belfry::sim {

namespace {

/// The connection of the server to the client or a worker breaks, or falls silent for a while.
class link_cut_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "link_cut"; }
  [[nodiscard]] duration gap() const override { return duration{10'000}; }

  void strike(cluster& target, prng& random) override {
    const auto index = static_cast<std::uint32_t>(random.below(target.options().workers + 1));
    const auto name = index == target.options().workers ? std::string{cluster::client_name}
                                                        : cluster::worker_name(index);
    auto& inside = target.inside();
    const auto server = inside.where(cluster::server_name(target.draw_server(random)));
    const auto peer = inside.where(name);
    if (random.chance(50)) {
      target.seen().tell(fault_struck{"link_cut peer=" + name});
      return inside.network().cut(server, peer);
    }
    const auto span = draw_span(random, duration{200}, duration{25'000});
    target.seen().tell(
        fault_struck{"link_silent peer=" + name + " span_ms=" + std::to_string(span.count())});
    inside.network().silence(server, peer);
    inside.after(span, [&inside, server, peer] { inside.network().speak(server, peer); });
  }
};

} // namespace

std::unique_ptr<fault> link_cut() {
  return std::make_unique<link_cut_fault>();
}

} // namespace belfry::sim
