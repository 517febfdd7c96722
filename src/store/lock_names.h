// Names of locks (lock_stripes.h) that more than one file takes.
#pragma once

namespace retainer::store {

inline constexpr char kSessionsLock[] = "sessions";
inline constexpr char kAdminLinksLock[] = "admin links";
inline constexpr char kOverridesLock[] = "overrides";
inline constexpr char kTermsLock[] = "terms";

}  // namespace retainer::store
