#include "src/pipeline/face_digest.h"

#include "absl/strings/str_cat.h"
#include "retainer/ids.h"

namespace retainer::pipeline {

std::string TextDigest(std::string_view text) {
  return absl::StrCat(absl::Hex(Fingerprint(text), absl::kZeroPad16), "-", text.size());
}

std::string FaceDigest(const Face& face, const std::string& body) {
  std::string all = absl::StrCat(face.comment.has_value(), "\n", body);
  const auto add = [&](char tag, const std::string& value) {
    absl::StrAppend(&all, "\n", std::string(1, tag), value.size(), ":", value);
  };
  for (const std::string& value : face.discloses) add('d', value);
  for (const FaceLabel& label : face.labels) add('l', label.name);
  for (const std::string& value : face.absent_labels) add('a', value);
  for (const std::string& value : face.assignees) add('g', value);
  if (face.check) add('c', face.check->commit);
  for (const FaceReaction& reaction : face.reactions) {
    add(reaction.kind == FaceReaction::Kind::kDone ? '+' : '-', reaction.object);
  }
  for (const FaceLabel& label : face.given_labels) add('i', label.name);
  return TextDigest(all);
}

}  // namespace retainer::pipeline
