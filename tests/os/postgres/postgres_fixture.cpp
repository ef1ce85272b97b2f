#include "postgres_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace belfry {

namespace {

constexpr std::chrono::seconds wait_timeout{30};

void run_script(const std::string& arguments) {
  const auto command = std::string(BELFRY_SOURCE_DIRECTORY "/scripts/postgres ") + arguments;
  if (std::system((command + " > /dev/null").c_str()) != 0)
    throw std::runtime_error("failed: " + command);
}

/// The parent of `process`; 0: the process is gone.
pid_t parent_of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string id, name, state;
  pid_t parent = 0;
  file >> id >> name >> state >> parent;
  return parent;
}

std::string next_cluster() {
  static int count = 0;
  return "test_" + std::to_string(++count);
}

} // namespace

postgres_server::postgres_server() {
  start();
}

postgres_server::~postgres_server() {
  run_script("stop " + directory_.file(""));
}

postgres_server& postgres_server::shared() {
  static postgres_server server;
  return server;
}

void postgres_server::start() {
  run_script("start " + directory_.file("") + " --while " + std::to_string(::getpid()));
}

void postgres_server::stop() {
  run_script("stop " + directory_.file(""));
}

void postgres_server::signal(int number) const {
  pid_t main = 0;
  std::ifstream(file("data/postmaster.pid")) >> main;
  REQUIRE(main > 0);
  for (const auto& entry : std::filesystem::directory_iterator("/proc"))
    if (const auto process = std::atoi(entry.path().filename().c_str());
        process > 0 && (process == main || parent_of(process) == main))
      ::kill(process, number);
}

std::string postgres_server::uri(const std::string& user, const std::string& database) const {
  return "postgresql://" + user + "@/" + database + "?host=" + directory_.file("");
}

postgres_pool::postgres_pool(const postgres_server& server, const std::string& mode, int size) {
  run_script("pool " + directory_.file("") + " " + server.file("") + " " + mode + " " +
             std::to_string(size) + " --while " + std::to_string(::getpid()));
}

postgres_pool::~postgres_pool() {
  run_script("stop " + directory_.file(""));
}

std::string postgres_pool::uri() const {
  return "postgresql://belfry@/postgres?host=" + directory_.file("");
}

postgres_fixture::postgres_fixture() {
  options.target.uri = server.uri();
  options.target.cluster = next_cluster();
  options.target.statement_timeout = duration{20'000};
  options.target.log_line = [this](const std::string& line) { log_lines.push_back(line); };
  options.shards = 3;
  auto opened =
      postgres_connection::open(server.uri() + "&application_name=administrator", duration{60'000});
  REQUIRE(opened.ok());
  administrator_ = std::move(*opened);
}

postgres_fixture::~postgres_fixture() {
  store.reset();
  for (auto setting = before_.rbegin(); setting != before_.rend(); ++setting)
    change(setting->first, setting->second);
}

std::shared_ptr<journal> postgres_fixture::open_another() const {
  auto opened = open_postgres_journal(options);
  if (!opened)
    throw std::runtime_error(opened.error().what);
  return *opened;
}

void postgres_fixture::open() {
  store.reset();
  store = open_another();
  REQUIRE(store->acquire(shard, 0, ownership).ok());
}

failure postgres_fixture::open_failure() const {
  auto opened = open_postgres_journal(options);
  REQUIRE_FALSE(opened.ok());
  return opened.error();
}

storage_status postgres_fixture::append(std::string bytes) {
  const append_batch batch{shard, ownership.epoch, ownership.head, 1, std::move(bytes)};
  auto written = store->write({&batch, 1}).at(0);
  if (written.ok())
    ++ownership.head;
  return written;
}

storage_status postgres_fixture::append_until_refused() {
  auto last = append();
  while (last.ok())
    last = append();
  return last;
}

std::uint64_t postgres_fixture::readable(std::uint64_t first_event) {
  std::uint64_t events = 0;
  last_status = store->read(shard, first_event,
                            [&](const stored_batch& batch) { return events += batch.count, true; });
  return events;
}

std::string postgres_fixture::ask(const std::string& sql) {
  static int count = 0;
  const auto name = "ask_" + std::to_string(++count);
  const auto configured =
      administrator_->run_script("SET search_path = \"" + options.target.cluster + "\"");
  REQUIRE(configured.ok());
  const auto answer = administrator_->run({name.c_str(), sql.c_str()});
  if (!answer.ok())
    FAIL(sql + ": " + answer.error->text);
  return answer.rows.size() == 0 ? "" : std::string(answer.rows.bytes(0, 0));
}

void postgres_fixture::set(const std::string& setting, const std::string& value) {
  before_.emplace_back(setting, ask("SELECT current_setting('" + setting + "')"));
  REQUIRE(change(setting, value));
}

bool postgres_fixture::change(const std::string& setting, const std::string& value) {
  (void)administrator_->run_script("ALTER SYSTEM SET " + setting + " = '" + value + "'");
  (void)administrator_->run_script("SELECT pg_reload_conf()");
  const auto sql = "SELECT current_setting('" + setting + "')";
  const auto deadline = std::chrono::steady_clock::now() + wait_timeout;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto fresh = postgres_connection::open(server.uri(), duration{10'000});
    if (fresh.ok() && (*fresh)->run({"look", sql.c_str()}).rows.bytes(0, 0) == value)
      return true;
  }
  return false;
}

void postgres_fixture::fail_appends(const std::string& sqlstate, int times) {
  ask("CREATE SEQUENCE appends"); // A sequence is not rolled back with its transaction.
  ask("CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
      " IF nextval('" +
      options.target.cluster + ".appends') <= " + std::to_string(times) +
      " THEN RAISE 'it fails' USING ERRCODE = '" + sqlstate + "'; END IF; RETURN NEW; END$$");
  ask("CREATE TRIGGER fail BEFORE INSERT ON belfry_journal"
      " FOR EACH ROW EXECUTE FUNCTION fail()");
}

storage_status postgres_fixture::interrupted(const std::function<storage_status()>& call,
                                             const std::string& wait_event,
                                             const std::function<void()>& action) {
  auto answer = std::async(std::launch::async, call);
  const auto deadline = std::chrono::steady_clock::now() + wait_timeout;
  const auto count_waiting = "SELECT count(*)::text FROM pg_stat_activity WHERE application_name = "
                             "'belfry' AND (wait_event = '" +
                             wait_event + "' OR wait_event_type = '" + wait_event + "')";
  while (ask(count_waiting) == "0" && std::chrono::steady_clock::now() < deadline)
    ;
  action();
  return answer.get();
}

void postgres_fixture::end_sessions() {
  ask("SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity"
      " WHERE application_name = 'belfry'");
  const auto deadline = std::chrono::steady_clock::now() + wait_timeout;
  while (ask("SELECT count(*)::text FROM pg_stat_activity WHERE application_name = 'belfry'") !=
             "0" &&
         std::chrono::steady_clock::now() < deadline)
    ;
}

bool contains_all(const std::string& text, const std::vector<std::string>& parts) {
  return std::all_of(parts.begin(), parts.end(),
                     [&](const auto& part) { return text.find(part) != std::string::npos; });
}

} // namespace belfry
