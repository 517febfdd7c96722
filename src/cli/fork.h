// Detects CI jobs of a fork's pull request, which get no token.
#pragma once

namespace retainer::cli {

// Reads the variables of GitHub Actions and GitLab CI. False when they do not tell: a job that only
// lacks its token must not look successful.
bool IsForksPullRequest();

}  // namespace retainer::cli
