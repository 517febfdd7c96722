#include "src/api/xml.h"

#include "absl/strings/str_replace.h"

namespace retainer::api {

std::string EscapeXml(std::string_view text) {
  return absl::StrReplaceAll(absl::string_view(text.data(), text.size()),
                             {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

}  // namespace retainer::api
