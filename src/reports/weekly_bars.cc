#include "src/reports/weekly_bars.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace retainer::reports {
namespace {

constexpr int kWidth = 640;
constexpr int kHeight = 120;   // of the bars
constexpr int kBelow = 20;     // for the names of weeks
constexpr int kMostNames = 8;  // more would not fit

}  // namespace

std::string WeeklyBars(const std::map<std::string, Figures>& weeks) {
  std::int64_t most = 0;
  for (const auto& [name, figures] : weeks) {
    const FigureTally tally = figures.promises();
    most = std::max(most, tally.met + tally.missed);
  }
  if (most == 0) return "";
  const double step = static_cast<double>(kWidth) / static_cast<double>(weeks.size());
  const double height = static_cast<double>(kHeight) / static_cast<double>(most);
  const std::size_t every = (weeks.size() + kMostNames - 1) / kMostNames;
  std::string bars;
  std::string words;
  std::size_t place = 0;
  for (const auto& [name, figures] : weeks) {
    const FigureTally tally = figures.promises();
    const double x = step * static_cast<double>(place) + step * 0.15;
    const double kept = height * static_cast<double>(tally.met);
    const double missed = height * static_cast<double>(tally.missed);
    const auto bar = [&](const char* kind, double top, double tall) {
      if (tall <= 0) return;
      absl::StrAppendFormat(&bars,
                            "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                            "height=\"%.1f\"/>\n",
                            kind, x, top, step * 0.7, tall);
    };
    bar("kept", kHeight - kept, kept);
    bar("missed", kHeight - kept - missed, missed);
    if (place % every == 0) {
      absl::StrAppendFormat(&bars, "<text x=\"%.1f\" y=\"%d\">%s</text>\n", x, kHeight + 14,
                            name.substr(name.find('W')));
    }
    absl::StrAppend(&words, words.empty() ? "" : "; ", name, ": ", tally.met, " kept, ",
                    tally.missed, " missed");
    ++place;
  }
  return absl::StrCat("<svg class=\"weeks\" role=\"img\" viewBox=\"0 0 ", kWidth, " ",
                      kHeight + kBelow, "\" aria-label=\"Promises by week: ", words, "\">\n", bars,
                      "</svg>");
}

}  // namespace retainer::reports
