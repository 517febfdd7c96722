// Renders the pages (HTML) from Mustache templates that are part of the binary (templates/pages).
//
// Pure and thread-safe. Every value is escaped as HTML text, so it can stand between tags and in
// quoted attributes. Addresses are the caller's: a page never links to what a stranger wrote.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace retainer::templates {

// The values of a template. A section is shown once for each element of its list.
struct PageValues {
  std::map<std::string, std::string> texts;
  std::map<std::string, std::vector<PageValues>> sections;

  // Shows a section once.
  PageValues& Show(const std::string& section, PageValues values = {}) {
    sections[section].push_back(std::move(values));
    return *this;
  }
};

// The page `name` (`join`) within the frame. `frame`: `title`, and the section `visitor` if
// somebody is signed in. REQUIRES: there is such a template.
std::string RenderPage(std::string_view name, const PageValues& values, PageValues frame);

// The template `report`: a page without the frame that holds its own style.
std::string RenderReport(PageValues values);

// A file that pages refer to by an address that changes with its content.
struct PageAsset {
  std::string path;  // `/assets/style-0123456789abcdef.css`
  std::string type;
  std::string_view text;
};
const std::vector<PageAsset>& PageAssets();

}  // namespace retainer::templates
