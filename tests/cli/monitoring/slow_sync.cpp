// A library to load into a node before others (LD_PRELOAD), which makes its disk slow: each sync of
// a file takes as many milliseconds longer as the file that BELFRY_TEST_SYNC_DELAY names says. The
// node itself has no such option.
#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace {

void wait_as_told() {
  const char* file = std::getenv("BELFRY_TEST_SYNC_DELAY");
  unsigned delay_ms = 0;
  if (file && std::ifstream{file} >> delay_ms)
    ::usleep(delay_ms * 1'000);
}

using sync_function = int (*)(int);

/// That of the C library.
sync_function original(const char* name) {
  return reinterpret_cast<sync_function>(::dlsym(RTLD_NEXT, name));
}

} // namespace

extern "C" int fsync(int descriptor) {
  static const auto next = original("fsync");
  wait_as_told();
  return next(descriptor);
}

extern "C" int fdatasync(int descriptor) {
  static const auto next = original("fdatasync");
  wait_as_told();
  return next(descriptor);
}
