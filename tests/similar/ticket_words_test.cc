// The words of a ticket: without what a form or a template wrote.
#include "src/similar/ticket_words.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace retainer::similar {
namespace {

Document Read(std::string_view text) {
  Document document;
  AddText(text, &document);
  return document;
}

TEST(WordsTest, ErrorsAndFramesStandApartAndTemplatesAreLeftOut) {
  const Document document = Read(
      "### What happened?\n\nThe server stops after an hour.\n\n"
      "<!-- please describe\nyour steps -->\n- [x] I searched for duplicates\n> a quote\n"
      "### Logs\n```\n2026-03-01 ERROR disk quota exceeded\n  at com.acme.Pool.take(Pool.java:9)\n"
      "shared_buffers = 4GB\n```\nI see an error when I press it.\npanic: nil map\n"
      "_No response_\n/support priority P1\n/var/lib/data is full\n");
  EXPECT_EQ(
      document.errors,
      "2026-03-01 ERROR disk quota exceeded\nat com.acme.Pool.take(Pool.java:9)\npanic: nil map");
  EXPECT_EQ(
      document.prose,
      "The server stops after an hour.\nshared_buffers = 4GB\nI see an error when I press it.\n"
      "/var/lib/data is full");
}

TEST(WordsTest, TermsAreTellingWordsOnceErrorsFirst) {
  Document document =
      Read("The pool is empty.\n```\nERROR pool empty 0xdeadbeef 123456 a1b2c3d4e5\n```");
  document.title = "Pool of the server";
  EXPECT_EQ(TermsOf(document), (std::vector<std::string>{"error", "pool", "empty", "server"}));
}

TEST(WordsTest, SizesAreBoundedWhateverTheBytes) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "word" + std::to_string(i % 7000) + " error: x\n";
  text += std::string("\0\xff\xfe\"\n", 5) + std::string(100000, 'y');
  const Document document = Read(text);
  EXPECT_LE(document.errors.size(), kMostErrors);
  EXPECT_LE(document.prose.size(), kMostProse);
  EXPECT_LE(TermsOf(document).size(), kMostTerms);
  EXPECT_TRUE(Read("<!-- never closed").empty());
  EXPECT_TRUE(TermsOf(Read(std::string(1000, 'x'))).empty());
}

}  // namespace
}  // namespace retainer::similar
