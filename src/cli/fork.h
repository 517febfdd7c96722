// Whether a CI job runs for a fork's pull request, whose jobs are given no token.
#pragma once

namespace retainer::cli {

// By the variables of GitHub Actions and GitLab CI. False where that cannot be told: a job that was
// merely forgotten a token must not look as if all were well.
bool IsForksPullRequest();

}  // namespace retainer::cli
