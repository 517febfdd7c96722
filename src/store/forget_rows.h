// What a forgotten person leaves in records (retainer/forgotten.h). Each function replaces the
// person's names in place and returns whether there were any.
#pragma once

#include <string>

#include "retainer/customer_fact.h"
#include "retainer/face.h"
#include "retainer/forgotten.h"
#include "retainer/store.h"
#include "src/store/codec/records.h"

namespace retainer::store {

bool ForgetIn(const Forgotten& who, TicketRecord* record);
bool ForgetIn(const Forgotten& who, const std::string& forge, Face* face);
bool ForgetIn(const Forgotten& who, const std::string& forge, ShownFace* shown);
bool ForgetIn(const Forgotten& who, NoticeRecord* record);
bool ForgetIn(const Forgotten& who, CustomerFact* fact);
// `forge`: that of the person. A policy names the logins of all forges.
bool ForgetIn(const Forgotten& who, const std::string& forge, StoredTerms* terms);
bool ForgetIn(const Forgotten& who, const std::string& forge, GateOverride* record);
// A ledger record of an action names who did it, if it was written before that was left out.
bool ForgetIn(const Forgotten& who, LedgerEntry* entry);

}  // namespace retainer::store
