// Desk: what it shares with the outside. Forges and sinks behind a guard, and the recovery of what
// did not come in.
#include <memory>
#include <utility>

#include "src/pipeline/desk.h"

namespace retainer::pipeline {

DeskPorts Desk::Guarded(DeskPorts ports, OutsideActs* acts) {
  ports.forges = acts->Guard(std::move(ports.forges));
  ports.sinks = acts->Guard(ports.sinks);
  return ports;
}

void Desk::SetSinks(std::vector<std::shared_ptr<NoticeSink>> sinks) {
  if (options_.observe) return;
  for (auto& sink : sinks) sink = outside_acts_.Guard(std::move(sink));
  notifier_.SetSinks(std::move(sinks));
  if (notifier_thread_ != nullptr) notifier_thread_->wakeable.Wake();
}

std::unique_ptr<Recovery> Desk::MakeRecovery(ForgeThreads* forge) {
  RecoveryOptions options;
  options.restore_hold = &restore_hold_;
  for (const WebhookReceiver* receiver : ports_.receivers) {
    if (receiver->forge() == forge->slot.name) options.receiver = receiver;
  }
  options.stored = [forge] {
    if (forge->worker_thread != nullptr) forge->worker_thread->wakeable.Wake();
  };
  options.read_back = [this, name = forge->slot.name](const std::string& project,
                                                      absl::Time since) {
    return ReadBackLost(name, project, since);
  };
  // Read before the projects' thread saves that this run is alive.
  const auto alive = ports_.store.LastAlive();
  if (alive.ok()) options.last_alive = *alive;
  return std::make_unique<Recovery>(forge->slot, ports_.store, ports_.clock, ports_.log,
                                    ports_.metrics, std::move(options));
}

absl::Status Desk::ReadBackLost(const std::string& forge, const std::string& project,
                                absl::Time since) {
  const TermsHistory terms = terms_.Get();
  auto projects = ports_.store.ListProjects();
  if (!projects.ok()) return projects.status();
  for (const ProjectRecord& one : *projects) {
    if (one.key.forge != forge || (!project.empty() && one.key.id != project)) continue;
    if (!Covers(terms, NamesOf(one))) continue;
    const absl::Status asked = resync_.Request(one.key, "lost deliveries", since - Resync::kSlack);
    if (!asked.ok()) return asked;
  }
  ProjectCovered();
  return absl::OkStatus();
}

}  // namespace retainer::pipeline
