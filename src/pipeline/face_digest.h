// Digests of what a forge is shown. They only distinguish versions of our own text, so a collision
// gives no one an advantage. Pure.
#pragma once

#include <string>
#include <string_view>

#include "retainer/face.h"

namespace retainer::pipeline {

std::string TextDigest(std::string_view text);

// The digest of a face and its rendered text. If it is equal, no call is needed.
std::string FaceDigest(const Face& face, const std::string& body);

}  // namespace retainer::pipeline
