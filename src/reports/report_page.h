// A report as one HTML page that can be sent as a file and prints well.
#pragma once

#include <string>

#include "src/reports/report.h"

namespace retainer::reports {

// Holds its own style, no script, and nothing that is loaded from elsewhere.
std::string ReportPage(const Report& report);

}  // namespace retainer::reports
