#include "cli/command_line/suggestion.hpp"
#include "cli/text/queue_notice.hpp"

#include <catch2/catch.hpp>

using namespace belfry::shell;

namespace {

using word_list = std::vector<std::string>;

} // namespace

TEST_CASE("the distance of two words counts typing errors", "[cli]") {
  CHECK(typing_distance("", "") == 0);
  CHECK(typing_distance("", "get") == 3);
  CHECK(typing_distance("list", "") == 4);
  CHECK(typing_distance("list", "list") == 0);
  CHECK(typing_distance("lst", "list") == 1);
  CHECK(typing_distance("lisst", "list") == 1);
  CHECK(typing_distance("lisp", "list") == 1);
  CHECK(typing_distance("sumbit", "submit") == 1);
  CHECK(typing_distance("quues", "queues") == 1);
  CHECK(typing_distance("kitten", "sitting") == 3);
}

TEST_CASE("similar words are few typing errors away, the nearest first", "[cli]") {
  const word_list commands{"cancel", "get", "list", "queue", "queues", "requeue", "submit"};
  CHECK(similar_words("sumbit", commands) == word_list{"submit"});
  CHECK(similar_words("quees", commands) == word_list{"queues"});
  CHECK(similar_words("queuee", commands) == word_list{"queue", "queues"});
  CHECK(similar_words("gat", commands) == word_list{"get"});
  CHECK(similar_words("nonsense", commands).empty());
  CHECK(similar_words("go", commands).empty());
}

TEST_CASE("a word that was not typed to its end is similar", "[cli]") {
  CHECK(similar_words("expl", {"explain", "export"}) == word_list{"explain"});
  CHECK(similar_words("--q", {"--queue", "--quiet", "--kind"}) == word_list{"--queue", "--quiet"});
  CHECK(similar_words("", {"a"}).empty());
  CHECK(similar_words(std::string(1000, 'a'), {std::string(1001, 'a')}).empty());
}

TEST_CASE("suggestions are a question", "[cli]") {
  CHECK(did_you_mean("sumbit", {"submit", "list"}) == "; did you mean 'submit'?");
  CHECK(did_you_mean("--q", {"--queue", "--quiet"}) == "; did you mean '--queue' or '--quiet'?");
  CHECK(did_you_mean("x", {"submit"}).empty());
}

TEST_CASE("a queue that does not exist is named beside those that do", "[cli]") {
  CHECK(unknown_queue_text("mail", {"default", "mail"}).empty());
  CHECK(unknown_queue_text("mial", {"default", "mail"}) ==
        "there is no queue 'mial' yet (known: default, mail); did you mean 'mail'?");
  CHECK(unknown_queue_text("mail", {}) == "there is no queue 'mail' yet");
  word_list many(12, "q");
  CHECK(unknown_queue_text("zzz", many) ==
        "there is no queue 'zzz' yet (known: q, q, q, q, q, q, q, q, q, q and 2 more)");
}
