#!/usr/bin/env python3
"""Recomputes figures of the demo's quarter from the facts alone, and compares them.

    recompute.py RETAINER        starts `RETAINER demo`, asks it, ends it
    recompute.py RETAINER FILE   asks the desk of a demo that runs (FILE: its retainer.yaml)

It shares no code with Retainer: the promises, the opening hours and the rules of the clock
(src/core/RULES.md) are written down here once more, as far as the demo's quarter needs them.
Compared are the commitments met, missed and late while open, and the median and p90 of their open
time, for each customer and for all of them; and the tickets opened, closed, reopened and open.
"""

import csv
import datetime
import io
import json
import math
import pathlib
import re
import signal
import subprocess
import sys
import zoneinfo

HOUR = 3600
DAY = 24 * HOUR
BUSINESS_DAY = 8 * HOUR  # 09:00-12:30 and 13:30-18:00

# The promises of the demo's plans: calendar, then metric and target in seconds.
ALWAYS, PARIS = "always", "paris"
PLANS = {
    "gold": {
        "P1": (ALWAYS, {"first_response": HOUR, "next_response": 2 * HOUR,
                        "workaround": 8 * HOUR, "resolution": 24 * HOUR}),
        "P2": (ALWAYS, {"first_response": 4 * HOUR, "resolution": 5 * DAY}),
        "P3": (PARIS, {"first_response": BUSINESS_DAY, "resolution": 10 * BUSINESS_DAY}),
    },
    "silver": {
        "P1": (ALWAYS, {"first_response": HOUR, "workaround": 12 * HOUR, "resolution": 5 * DAY}),
        "P2": (ALWAYS, {"first_response": 4 * HOUR, "resolution": 20 * DAY}),
        "P3": (ALWAYS, {"first_response": DAY, "resolution": 40 * DAY}),
    },
    "bronze": {
        "P1": (PARIS, {"first_response": BUSINESS_DAY}),
        "P2": (PARIS, {"first_response": BUSINESS_DAY}),
        "P3": (PARIS, {"first_response": 2 * BUSINESS_DAY}),
    },
}
RESPONDERS = {"mina-castell", "raj-menon", "tomasz-wilk", "lena-brandt"}
PROJECTS = ("github:acme/storage-engine", "github:acme/drivers")
HOLIDAYS = {(12, 25), (1, 1), (5, 1)}


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def open_seconds(calendar, begin, end):
    """The open time between two instants."""
    if end <= begin:
        return 0
    if calendar == ALWAYS:
        return end - begin
    zone = zoneinfo.ZoneInfo("Europe/Paris")
    day = datetime.datetime.fromtimestamp(begin, zone).date()
    last = datetime.datetime.fromtimestamp(end, zone).date()
    total = 0
    while day <= last:
        if day.weekday() < 5 and (day.month, day.day) not in HOLIDAYS:
            for opens, closes in (((9, 0), (12, 30)), ((13, 30), (18, 0))):
                at = [datetime.datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                      for hour, minute in (opens, closes)]
                total += max(0, min(end, at[1].timestamp()) - max(begin, at[0].timestamp()))
        day += datetime.timedelta(days=1)
    return total


class Promise:
    """One run of a promise: it starts, stands still, resumes, stops."""

    def __init__(self, calendar, target, start):
        self.calendar, self.target = calendar, target
        self.runs = [[start, None]]  # times in which it ran
        self.stopped = None

    def pause(self, at):
        if self.runs[-1][1] is None:
            self.runs[-1][1] = at

    def resume(self, at):
        if self.stopped is None and self.runs[-1][1] is not None:
            self.runs.append([at, None])

    def stop(self, at):
        if self.stopped is None:
            self.pause(at)
            self.stopped = at

    def restart(self, at):
        self.stopped = None
        self.resume(at)

    def used(self, now):
        """The open time until `now`, or until it stopped."""
        return sum(open_seconds(self.calendar, begin, now if end is None else min(now, end))
                   for begin, end in self.runs)

    def is_late(self, now):
        """True if it fell due before it stopped. A target that ends at closing is due at closing:
        who answers in the night after it has used no more, and is late all the same."""
        end = now if self.stopped is None else self.stopped
        used = self.used(end)
        return used > self.target or (used == self.target and
                                      self.used(end - 1) == self.target)


class Ticket:
    def __init__(self, facts, plan):
        self.promises = {}  # metric -> list of Promise
        self.opened, self.closed, self.reopened, self.open = 1, 0, 0, True
        opening = facts[0]
        priority = "P3"
        for command in opening["commands"]:
            found = re.fullmatch(r"/support priority (P\d)", command)
            priority = found.group(1) if found else priority
        self.calendar, self.targets = PLANS[plan][priority]
        for metric in ("first_response", "workaround", "resolution"):
            if metric in self.targets:
                self.begin(metric, seconds(opening["at"]))
        answered = waiting = False
        for fact in facts[1:]:
            at, kind = seconds(fact["at"]), fact["kind"]
            by_responder = fact["actor"] in RESPONDERS
            if kind == "comment" and by_responder:
                if fact["substance"]:
                    self.stop("first_response", at)
                    self.stop("next_response", at)
                    answered = True
                if "/support workaround" in fact["commands"]:
                    self.stop("workaround", at)
                if "/support waiting" in fact["commands"]:
                    waiting = True
                    self.each(lambda promise, now=at: promise.pause(now))
            elif kind == "comment" and fact["actor"] == opening["author"]:
                if waiting:
                    waiting = False
                    if self.open:
                        self.each(lambda promise, now=at: promise.resume(now))
                asks = (fact["substance"] and not fact["thanks"]) or fact["asks"]
                running = [one for one in self.promises.get("next_response", [])
                           if one.stopped is None]
                if answered and asks and not running and "next_response" in self.targets:
                    self.begin("next_response", at)
            elif kind == "closed":
                self.closed += 1
                self.open = False
                self.stop("workaround", at)
                self.stop("resolution", at)
            elif kind == "reopened":
                self.reopened += 1
                self.open = True
                # What the closing stopped goes on; a workaround that was given stays given.
                for metric in ("workaround", "resolution"):
                    for promise in self.promises.get(metric, []):
                        if promise.stopped is not None and promise.stopped == closed_at:
                            promise.restart(at)
            if kind == "closed":
                closed_at = at

    def begin(self, metric, at):
        self.promises.setdefault(metric, []).append(
            Promise(self.calendar, self.targets[metric], at))

    def stop(self, metric, at):
        for promise in self.promises.get(metric, []):
            promise.stop(at)

    def each(self, act):
        """What waiting for the customer pauses and resumes."""
        for metric in ("workaround", "resolution"):
            for promise in self.promises.get(metric, []):
                act(promise)


class Sums:
    def __init__(self):
        self.tally = {}  # metric -> [met, missed, missed_open]
        self.took = {}
        self.tickets = {"opened": 0, "closed": 0, "reopened": 0, "open": 0}

    def add(self, ticket, now):
        self.tickets["opened"] += ticket.opened
        self.tickets["closed"] += ticket.closed
        self.tickets["reopened"] += ticket.reopened
        self.tickets["open"] += ticket.open
        for metric, promises in ticket.promises.items():
            for promise in promises:
                used = promise.used(now)
                late = promise.is_late(now)
                tally = self.tally.setdefault(metric, [0, 0, 0])
                if promise.stopped is None:
                    # While it is open it is late from its due instant on.
                    if used >= promise.target:
                        tally[1] += 1
                        tally[2] += 1
                    continue
                tally[1 if late else 0] += 1
                self.took.setdefault(metric, []).append(used)

    def rows(self):
        rows = {}
        for metric, (met, missed, missed_open) in self.tally.items():
            took = sorted(self.took.get(metric, []))
            quantile = lambda part: (str(int(took[max(0, math.ceil(part * len(took)) - 1)]))
                                     if took else "")
            if met or missed or took:
                rows[metric] = (met, missed, missed_open, len(took), quantile(0.5), quantile(0.9))
        return rows


def run(retainer, *arguments):
    return subprocess.run([retainer, *arguments], check=True, capture_output=True,
                          text=True).stdout


def read_customers(retainer, config):
    """Login of the contact -> (customer, plan), from the policy's files."""
    folder = config.rsplit("/", 1)[0] + "/policy/customers/"
    people = {}
    for file in sorted(pathlib.Path(folder).glob("*.yml")):
        text = file.read_text(encoding="utf-8")
        login = re.search(r'logins: \["github:([^"]+)"\]', text).group(1)
        people[login] = (file.stem, re.search(r"^plan: (\w+)", text, re.M).group(1))
    return people


def said_rows(table, key):
    """The rows of `retainer figures --csv` of commitments: row -> metric -> numbers."""
    said = {}
    for line in csv.DictReader(io.StringIO(table)):
        if line["kind"] != "commitment" or line["metric"] == "all":
            continue
        said.setdefault(line[key], {})[line["metric"]] = (
            int(line["met"]), int(line["missed"]), int(line["missed_open"]),
            int(line["measured"]), line["median_seconds"], line["p90_seconds"])
    return said


def compare(retainer, config):
    people = read_customers(retainer, config)
    today = datetime.datetime.now(datetime.timezone.utc).date()
    span = ("--from", str(today - datetime.timedelta(days=150)),
            "--until", str(today + datetime.timedelta(days=1)))
    by_customer = json.loads(run(retainer, "figures", "--config", config, "--by", "customer",
                                 "--json", *span))
    table = run(retainer, "figures", "--config", config, "--by", "customer", "--csv", *span)
    now = seconds(by_customer["as_of"])
    tickets = {}
    for line in run(retainer, "facts", "--config", config).splitlines():
        fact = json.loads(line)
        if fact["ticket"].rsplit("#", 1)[0] in PROJECTS:
            tickets.setdefault(fact["ticket"], []).append(fact)
    mine, total = {}, Sums()
    for facts in tickets.values():
        # A closing and a comment of one second: the comment was first.
        order = {"opened": 0, "reopened": 1, "comment": 2, "closed": 3}
        facts = sorted((fact for fact in facts if fact["kind"] in order),
                       key=lambda fact: (fact["at"], order[fact["kind"]]))
        if facts[0]["author"] not in people:
            continue
        customer, plan = people[facts[0]["author"]]
        ticket = Ticket(facts, plan)
        mine.setdefault(customer, Sums()).add(ticket, now)
        total.add(ticket, now)
    wrong = []

    def check(what, expected, found):
        if expected != found:
            wrong.append(f"{what}: recomputed {expected}, said {found}")

    said = said_rows(table, "customer")
    for customer, sums in sorted(mine.items()):
        check(customer, sums.rows(), said.get(customer, {}))
        row = by_customer["rows"].get(customer, {})
        check(customer, sums.tickets,
              {"opened": row.get("opened", {}).get("all"), "closed": row.get("closed"),
               "reopened": row.get("reopened"), "open": row.get("open", {}).get("all")})
    everything = Sums()
    for project in PROJECTS:
        rows = said_rows(run(retainer, "figures", "--config", config, "--by", "project", "--csv",
                             *span), "project")
        for metric, numbers in rows.get(project, {}).items():
            tally = everything.tally.setdefault(metric, [0, 0, 0])
            for place in range(3):
                tally[place] += numbers[place]
    check("all", {metric: tuple(tally) for metric, tally in sorted(total.tally.items())},
          {metric: tuple(tally) for metric, tally in sorted(everything.tally.items())})
    promises = sum(sum(tally[:2]) for tally in total.tally.values())
    print(f"{len(tickets)} tickets, {len(mine)} customers, {promises} promises: "
          f"{'equal' if not wrong else 'different'}")
    for line in wrong:
        print(line)
    if len(mine) < 10 or promises < 500:
        print("too little to compare")
        return 1
    return 1 if wrong else 0


def main():
    retainer = sys.argv[1]
    if len(sys.argv) > 2:
        return compare(retainer, sys.argv[2])
    demo = subprocess.Popen([retainer, "demo"], stdout=subprocess.PIPE, text=True)
    try:
        for line in demo.stdout:
            found = re.search(r"retainer explain --config (\S+)", line)
            if found:
                return compare(retainer, found.group(1))
        print("the demo ended early")
        return 1
    finally:
        demo.send_signal(signal.SIGINT)
        demo.stdout.close()
        demo.wait(timeout=60)


if __name__ == "__main__":
    sys.exit(main())
