#include "src/api/badge.h"

#include "absl/strings/str_cat.h"
#include "src/api/xml.h"

namespace retainer::api {
namespace {

constexpr char kGreen[] = "#4c1";
constexpr char kYellow[] = "#dfb317";
constexpr char kOrange[] = "#fe7d37";
constexpr char kRed[] = "#e05d44";
constexpr char kGrey[] = "#9f9f9f";

// Approximate width in tenths of a pixel, in 11 px Verdana. The SVG stretches the text to this
// width.
int Width(std::string_view text) {
  int width = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) == 0x80U) continue;  // counted with its first byte
    if (std::string_view("ijl.,:|' ()·").find(c) != std::string_view::npos) {
      width += 39;
    } else if (std::string_view("mwMW%").find(c) != std::string_view::npos) {
      width += 106;
    } else {
      width += 70;
    }
  }
  return width;
}

}  // namespace

std::string ShortDuration(absl::Duration time) {
  const std::int64_t minutes = absl::ToInt64Minutes(time + absl::Seconds(30));
  if (minutes < 60) return absl::StrCat(minutes, "m");
  if (minutes < 48 * 60) {
    return minutes % 60 == 0 ? absl::StrCat(minutes / 60, "h")
                             : absl::StrCat(minutes / 60, "h ", minutes % 60, "m");
  }
  const std::int64_t hours = minutes / 60;
  return hours % 24 == 0 ? absl::StrCat(hours / 24, "d")
                         : absl::StrCat(hours / 24, "d ", hours % 24, "h");
}

BadgeText TellBadge(const BadgeFigures& figures) {
  BadgeText text;
  const std::uint64_t decided = figures.met + figures.missed;
  const std::string breaches =
      absl::StrCat(figures.open_breaches, figures.more_breaches ? "+" : "");
  // Rounded down, so that only a full share is 100 %.
  const std::uint64_t percent = decided == 0 ? 0 : figures.met * 100 / decided;
  if (decided == 0 && figures.open_breaches == 0) {
    text.message = "no public promises";
    text.title = "no promises to public customers in the last 90 days";
    text.color = kGrey;
    return text;
  }
  if (decided > 0) {
    absl::StrAppend(&text.message, percent, "% met");
    absl::StrAppend(&text.title, figures.met, " of ", decided,
                    " promises met in the last 90 days, ");
  }
  if (figures.open_breaches > 0) {
    absl::StrAppend(&text.message, text.message.empty() ? "" : " | ", breaches, " open");
  }
  absl::StrAppend(&text.title, breaches, " open ",
                  figures.open_breaches == 1 && !figures.more_breaches ? "breach" : "breaches");
  if (figures.median_first_response) {
    const std::string median = ShortDuration(*figures.median_first_response);
    absl::StrAppend(&text.message, " | reply ", median, " open time");
    absl::StrAppend(&text.title, ", median first response ", median, " of opening hours");
  }
  if (figures.open_breaches > 0) {
    text.color = kRed;
  } else if (percent >= 95) {
    text.color = kGreen;
  } else {
    text.color = percent >= 80 ? kYellow : kOrange;
  }
  return text;
}

std::string BadgeSvg(std::string_view label, const BadgeText& text) {
  const int left = Width(label) / 10 + 10;
  const int right = Width(text.message) / 10 + 10;
  const int width = left + right;
  const std::string name = EscapeXml(label);
  const std::string title = absl::StrCat(name, ": ", EscapeXml(text.title));
  const auto words = [](const std::string& what, int middle, int length) {
    return absl::StrCat("<text aria-hidden=\"true\" x=\"", middle,
                        "\" y=\"150\" fill=\"#010101\" fill-opacity=\".3\" "
                        "transform=\"scale(.1)\" textLength=\"",
                        length, "\">", what, "</text><text x=\"", middle,
                        "\" y=\"140\" transform=\"scale(.1)\" fill=\"#fff\" textLength=\"", length,
                        "\">", what, "</text>");
  };
  return absl::StrCat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", width,
      "\" height=\"20\" role=\"img\" aria-label=\"", title, "\"><title>", title,
      "</title><linearGradient id=\"s\" x2=\"0\" y2=\"100%\"><stop offset=\"0\" "
      "stop-color=\"#bbb\" stop-opacity=\".1\"/><stop offset=\"1\" "
      "stop-opacity=\".1\"/></linearGradient><clipPath id=\"r\"><rect width=\"",
      width, "\" height=\"20\" rx=\"3\" fill=\"#fff\"/></clipPath><g clip-path=\"url(#r)\">",
      "<rect width=\"", left, "\" height=\"20\" fill=\"#555\"/><rect x=\"", left, "\" width=\"",
      right, "\" height=\"20\" fill=\"", text.color, "\"/><rect width=\"", width,
      "\" height=\"20\" fill=\"url(#s)\"/></g><g fill=\"#fff\" text-anchor=\"middle\" "
      "font-family=\"Verdana,Geneva,DejaVu Sans,sans-serif\" "
      "text-rendering=\"geometricPrecision\" font-size=\"110\">",
      words(name, left * 5, (left - 10) * 10),
      words(EscapeXml(text.message), left * 10 + right * 5, (right - 10) * 10), "</g></svg>\n");
}

}  // namespace retainer::api
