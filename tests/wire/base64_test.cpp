#include "wire/base64.hpp"

#include <catch2/catch.hpp>

using namespace belfry::wire;

TEST_CASE("bytes become base64 text and back", "[base64]") {
  CHECK(encode_base64("") == "");
  CHECK(encode_base64("f") == "Zg==");
  CHECK(encode_base64("fo") == "Zm8=");
  CHECK(encode_base64("foobar") == "Zm9vYmFy");
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    all += static_cast<char>(byte);
    CHECK(decode_base64(encode_base64(all)) == all);
  }
}

TEST_CASE("what is not base64 is refused", "[base64]") {
  CHECK_FALSE(decode_base64("abc"));
  CHECK_FALSE(decode_base64("ab!="));
  CHECK_FALSE(decode_base64("===="));
  CHECK_FALSE(decode_base64("a=bc"));
}
