// Digests of what a forge is shown: they only tell versions of our own text apart, nobody gains by
// a collision. Pure.
#pragma once

#include <string>
#include <string_view>

#include "retainer/face.h"

namespace retainer {

std::string TextDigest(std::string_view text);

// Of a face and the words that it is rendered to; equal digests need no call.
std::string FaceDigest(const Face& face, const std::string& body);

}  // namespace retainer
