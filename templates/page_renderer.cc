#include "templates/page_renderer.h"

#include <cstdlib>
#include <kainjow/mustache.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/base/digest.h"
#include "templates/embedded_pages.h"

namespace retainer::templates {
namespace {

kainjow::mustache::data ToData(const PageValues& values) {
  kainjow::mustache::data data;
  for (const auto& [name, text] : values.texts) data.set(name, text);
  for (const auto& [name, elements] : values.sections) {
    kainjow::mustache::data list{kainjow::mustache::data::type::list};
    for (const PageValues& element : elements) list << ToData(element);
    data.set(name, list);
  }
  return data;
}

std::string Fill(std::string_view name, const PageValues& values) {
  const std::string_view text = PageText(absl::StrCat(std::string(name), ".mustache"));
  kainjow::mustache::mustache page{std::string(text)};
  if (text.empty() || !page.is_valid()) std::abort();
  return page.render(ToData(values));
}

}  // namespace

std::string RenderPage(std::string_view name, const PageValues& values, PageValues frame) {
  frame.texts["content"] = Fill(name, values);
  frame.texts["style"] = PageAssets().front().path;
  return Fill("frame", frame);
}

std::string RenderReport(PageValues values) {
  values.texts["style"] = PageText("style.css");
  values.texts["report_style"] = PageText("report.css");
  return Fill("report", values);
}

const std::vector<PageAsset>& PageAssets() {
  static const std::vector<PageAsset> assets = [] {
    const std::string_view style = PageText("style.css");
    const std::string hash = base::Sha256Hex(style).substr(0, 16);
    return std::vector<PageAsset>{
        {absl::StrCat("/assets/style-", hash, ".css"), "text/css; charset=utf-8", style}};
  }();
  return assets;
}

}  // namespace retainer::templates
