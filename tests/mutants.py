#!/usr/bin/env python3
"""Measures what the tests see: changes the program at random places, one at a time, and counts the
changes that no test notices.

  tests/mutants.py FOLDER [--count 300] [--seed 1] [--rooms src/core,src/pipeline] [--list]

Works on a clone of the last commit in FOLDER. All changes are compiled into one build, each behind
a switch (the environment's RETAINER_MUTANT chooses one), so that a change costs a run of the tests
and no build. Prints each change that survives, and the share that was killed. A run goes on where
an earlier one in the same FOLDER with the same arguments stopped.

A change is one of:
  negate   a condition is turned round
  flip     one operator of an expression is replaced (< by <=, && by ||, + by -, ...)
  delete   a call or an assignment that is a statement of its own is left out
"""
import argparse
import json
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

TESTS = ["conformance", "core", "pipeline", "property"]  # the quick ones first

SWITCH = """#pragma once
#include <cstdlib>
namespace mutants {
inline bool On(int number) {
  static const int chosen = [] {
    const char* text = std::getenv("RETAINER_MUTANT");
    return text == nullptr ? -1 : std::atoi(text);
  }();
  return number == chosen;
}
}  // namespace mutants
"""

FLIPS = {" < ": " <= ", " <= ": " < ", " > ": " >= ", " >= ": " > ", " == ": " != ", " != ": " == ",
         " && ": " || ", " || ": " && ", " + ": " - ", " - ": " + "}

CONDITION = re.compile(r"^(\s*)((?:\} else )?if|while) \((.*)\)( \{| [^{]*;)$")
RETURN = re.compile(r"^(\s*)return (.*);$")
CALL = re.compile(r"^(\s+)((?:[A-Za-z_]\w*(?:::|\.|->))*[A-Za-z_]\w*\(.*\));$")
ASSIGNMENT = re.compile(r"^(\s+)((?:[A-Za-z_][\w\[\]]*(?:::|\.|->))*[A-Za-z_][\w\[\]]* (?:=|\+=|-=|\|=) .*);$")
STEP = re.compile(r"^(\s+)((?:\+\+|--)[\w.\->]+);$")


def balanced(text):
    """Whether every bracket of the text is closed in it. Quoted text is left out first."""
    text = re.sub(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])*\'', "", text)
    depth = 0
    for letter in text:
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(letter, 0)
        if depth < 0:
            return False
    return depth == 0


def flipped(expression, pick):
    """The expression with one operator outside of quoted text replaced; None where it has none."""
    masked = re.sub(r'"(\\.|[^"\\])*"', lambda found: '"' * len(found.group()), expression)
    places = [(at.start(), name) for name in FLIPS for at in re.finditer(re.escape(name), masked)]
    if not places:
        return None
    start, name = pick.choice(sorted(places))
    return expression[:start] + FLIPS[name] + expression[start + len(name):]


def change_of(lines, at, pick):
    """A change of the line, as (kind, what, text with NUMBER for the switch); None for no change."""
    line = lines[at]
    before = next((text.strip() for text in reversed(lines[:at]) if text.strip()), "")
    if "constexpr" in line or "static_assert" in line or "//" in line or not balanced(line.rstrip("{ ").removeprefix("  ").replace("} else ", "")):
        return None
    found = CONDITION.match(line)
    if found:
        indent, word, condition, rest = found.groups()
        if ";" in condition or re.search(r"[^=<>!]=[^=]", condition) or not balanced(condition):
            return None
        other = flipped(condition, pick) if pick.random() < 0.6 else None
        if other:
            return "flip", f"{condition}  ->  {other}", \
                f"{indent}{word} (mutants::On(NUMBER) ? static_cast<bool>({other}) : static_cast<bool>({condition})){rest}"
        return "negate", condition, \
            f"{indent}{word} (mutants::On(NUMBER) != static_cast<bool>({condition})){rest}"
    whole = before == "" or before[-1] in ";{}:" or before.startswith("//")
    if not whole:
        return None
    found = RETURN.match(line)
    if found:
        indent, value = found.groups()
        if "{" in value or "[" in value:
            return None
        other = flipped(value, pick)
        return other and ("flip", f"{value}  ->  {other}",
                          f"{indent}if (mutants::On(NUMBER)) {{\n{indent}  return {other};\n{indent}}}\n{line}")
    for form in (CALL, ASSIGNMENT, STEP):
        found = form.match(line)
        if found and "[" not in line.split("=")[-1]:
            indent, statement = found.groups()
            if ".reserve(" in statement:
                return None  # no test can or should see it
            if statement.startswith(("return", "throw", "assert")) or before.endswith(":") and not before.startswith(("case", "default", "public", "private")):
                return None
            return "delete", statement, f"{indent}if (!mutants::On(NUMBER)) {{\n{indent}  {statement};\n{indent}}}"
    return None


def constant_functions(lines):
    """The numbers of the lines that stand in a function that may run while compiling."""
    inside = set()
    for at, line in enumerate(lines):
        if re.match(r"^(?:static |inline )*(?:constexpr|consteval) .*\{$", line):
            end = next((later for later in range(at, len(lines)) if lines[later].startswith("}")), at)
            inside.update(range(at, end + 1))
    return inside


def choose(root, rooms, count, seed):
    """`count` changes at random, at most one a line, as dictionaries."""
    pick = random.Random(seed)
    found = []
    for room in rooms:
        for path in sorted((root / room).rglob("*.cc")):
            lines = path.read_text().split("\n")
            skip = constant_functions(lines)
            for at in range(len(lines)):
                change = None if at in skip else change_of(lines, at, pick)
                if change:
                    found.append({"file": str(path.relative_to(root)), "line": at + 1, "kind": change[0],
                                  "what": change[1], "text": change[2]})
    chosen = pick.sample(range(len(found)), min(count, len(found)))  # a part of a run is at random too
    print(f"{len(found)} places, {len(chosen)} chosen", flush=True)
    return [found[index] for index in chosen]


def apply(root, changes):
    """Writes the changes that are not dropped into the sources, each behind its switch."""
    subprocess.run(["git", "-C", root, "checkout", "-q", "--", "src"], check=True)
    for file in sorted({change["file"] for change in changes}):
        lines = (root / file).read_text().split("\n")
        for number, change in enumerate(changes):
            if change["file"] == file and not change.get("dropped"):
                lines[change["line"] - 1] = change["text"].replace("NUMBER", str(number))
        (root / file).write_text("\n".join(lines))


def build(root, changes):
    """Builds the tests; a change that does not compile is dropped and named."""
    folder = root / "build/mutants"
    (root / "mutant_switch.h").write_text(SWITCH)
    subprocess.run(["cmake", "-G", "Ninja", "-S", root, "-B", folder, "-DCMAKE_BUILD_TYPE=Release",
                    f"-DCMAKE_CXX_FLAGS=-O1 -w -include {root}/mutant_switch.h",
                    "-DCMAKE_CXX_FLAGS_RELEASE="], check=True, stdout=subprocess.DEVNULL)
    targets = [f"{name}_test" for name in TESTS]
    for _ in range(20):
        apply(root, changes)
        made = subprocess.run(["cmake", "--build", folder, "--target", *targets, "--", "-k", "0"],
                              capture_output=True, text=True)
        if made.returncode == 0:
            return
        dropped = 0
        for file, line in set(re.findall(r"(src/[\w/]+\.cc):(\d+):\d+: error", made.stdout)):
            # The text of a change has up to three lines: the number in the changed file leads back.
            written = (root / file).read_text().split("\n")
            for number, change in enumerate(changes):
                if change["file"] != file or change.get("dropped"):
                    continue
                first = next(at for at, text in enumerate(written) if f"On({number})" in text) + 1
                if first <= int(line) <= first + change["text"].count("\n"):
                    change["dropped"] = True
                    dropped += 1
        if not dropped:
            sys.exit(made.stdout[-4000:])
        print(f"{dropped} changes do not compile and are left out", flush=True)
    sys.exit("the changes do not compile")


def killed_by(root, number, limits):
    """The test that notices the change, or None."""
    for name in TESTS:
        environment = dict(os.environ, RETAINER_MUTANT=str(number))
        try:
            run = subprocess.run([root / f"build/mutants/tests/{name}/{name}_test", "--gtest_fail_fast", "--gtest_brief=1"],
                                 env=environment, capture_output=True, text=True, errors="replace", timeout=limits[name])
        except subprocess.TimeoutExpired:
            return f"{name}: does not end"
        if run.returncode != 0:
            failed = re.search(r"\[  FAILED  \] (\S+)", run.stdout)
            return f"{name}: {failed.group(1).rstrip(',') if failed else 'falls'}"
    return None


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("folder", type=Path)
    parse.add_argument("--count", type=int, default=300)
    parse.add_argument("--seed", type=int, default=1)
    parse.add_argument("--rooms", default="src/core,src/pipeline")
    parse.add_argument("--list", action="store_true", help="print the changes and end")
    arguments = parse.parse_args()
    here = Path(__file__).resolve().parent.parent
    root = arguments.folder.resolve() / "tree"
    if not root.exists():
        subprocess.run(["git", "clone", "-q", here, root], check=True)
    changes = choose(root, arguments.rooms.split(","), arguments.count, arguments.seed)
    if arguments.list:
        for change in changes:
            print(f"{change['file']}:{change['line']}: {change['kind']}: {change['what']}")
        return
    build(root, changes)
    limits = {}
    for name in TESTS:
        began = time.monotonic()
        subprocess.run([root / f"build/mutants/tests/{name}/{name}_test", "--gtest_brief=1"], check=True,
                       stdout=subprocess.DEVNULL)
        limits[name] = 30 + 5 * (time.monotonic() - began)
    results = arguments.folder / f"results-{arguments.seed}-{arguments.count}.jsonl"
    known = {}
    if results.exists():
        known = {row["number"]: row for row in map(json.loads, results.read_text().splitlines())}
    for number, change in enumerate(changes):
        if change.get("dropped") or number in known:
            continue
        row = {"number": number, "killed": killed_by(root, number, limits),
               **{key: change[key] for key in ("file", "line", "kind", "what")}}
        known[number] = row
        with results.open("a") as file:
            file.write(json.dumps(row) + "\n")
        if not row["killed"]:
            print(f"survives: {row['file']}:{row['line']}: {row['kind']}: {row['what']}", flush=True)
    dead = sum(1 for row in known.values() if row["killed"])
    print(f"{dead} of {len(known)} killed ({100 * dead / max(1, len(known)):.0f} %)")


if __name__ == "__main__":
    main()
