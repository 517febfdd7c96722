#include "src/api/gate_words.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace retainer::api {

std::string HiddenReason(bool at_risk) {
  return absl::StrCat("A commitment to a private customer is ",
                      at_risk ? "broken or at risk" : "broken",
                      ", or was until lately: that is told to the day.");
}

std::string GateHeadline(const GateSaid& said) {
  const char* const wrong = said.at_risk ? "broken or at risk" : "broken";
  if (said.overridden) return absl::StrCat("Let through by an override (", said.project, ").");
  if (said.verdict == "fail") {
    const std::string whose = absl::StrCat(" (", said.project, ").");
    if (said.promises == 0) {
      return absl::StrCat("A promise to a private customer is in the way", whose);
    }
    if (said.more) {
      return absl::StrCat(said.promises, " promises and more are ", wrong, whose);
    }
    return absl::StrCat(said.promises, said.promises == 1 ? " promise is " : " promises are ",
                        wrong, whose);
  }
  if (said.verdict != "pass") {
    return absl::StrCat("It cannot be told whether a promise is ", wrong, " (", said.project, ").");
  }
  if (!said.filters.empty()) {
    return absl::StrCat(
        said.at_risk ? "No promise broken or at risk among: " : "No broken promise among: ",
        absl::StrJoin(said.filters, ", "), " (", said.project, ").");
  }
  if (!said.fixed_by.empty()) {
    return absl::StrCat("No promise of ", said.project, " is ", wrong, " but those that ",
                        said.fixed_by, " fixes.");
  }
  return absl::StrCat("Every support promise of ", said.project, " is kept",
                      said.at_risk ? ", and none is at risk." : ".");
}

}  // namespace retainer::api
