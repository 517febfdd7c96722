#!/usr/bin/env python3
"""Checks what `retainer ledger prove` and `retainer ledger export` print, with nothing of Retainer.

    check.py --key ledger.pub --checkpoint june.txt PROOF.json
    check.py --key ledger.pub --checkpoint june.txt --export ledger.jsonl

Needs Python 3 and OpenSSL 3 (for the signature). --checkpoint: the one that you kept, so that you
need not believe the one in the proof. Written from RFC 6962 and RFC 9162 (the Merkle tree), from the
description of signed notes (C2SP), and from the format of records in src/store/codec/fields.h. Exit
codes: 0 all is proved, 1 something is not, 2 wrong usage.
"""

import argparse
import base64
import datetime
import hashlib
import json
import re
import subprocess
import sys
import tempfile


class Unproved(Exception):
    """What is wrong, in words."""


def leaf(content):
    return hashlib.sha256(b"\0" + content).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def included(index, size, digest, path):
    """The root that an audit path leads to (RFC 9162, section 2.1.3.2)."""
    if index >= size:
        raise Unproved("the record is not among those of the checkpoint")
    last = size - 1
    for sibling in path:
        if last == 0:
            raise Unproved("the path is too long")
        if index & 1 or index == last:
            digest = node(sibling, digest)
            while not index & 1 and index:
                index >>= 1
                last >>= 1
        else:
            digest = node(digest, sibling)
        index >>= 1
        last >>= 1
    if last:
        raise Unproved("the path is too short")
    return digest


def consistent(old_size, new_size, old_root, new_root, path):
    """Whether the new tree begins with the old one (RFC 9162, section 2.1.4.2)."""
    if old_size == new_size:
        return old_root == new_root and not path
    if not 0 < old_size < new_size or not path:
        return False
    if old_size & (old_size - 1) == 0:
        path = [old_root] + path
    index, last = old_size - 1, new_size - 1
    while index & 1:
        index >>= 1
        last >>= 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            old, new = node(sibling, old), node(sibling, new)
            while not index & 1 and index:
                index >>= 1
                last >>= 1
        else:
            new = node(new, sibling)
        index >>= 1
        last >>= 1
    return old == old_root and new == new_root and last == 0


def tree_root(leaves):
    """The root of a whole tree (RFC 6962, section 2.1), from its leaves."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    # Complete subtrees, the largest first; two of one size become one.
    stack = []
    for digest in leaves:
        stack.append((1, digest))
        while len(stack) > 1 and stack[-1][0] == stack[-2][0]:
            size, right = stack.pop()
            _, left = stack.pop()
            stack.append((2 * size, node(left, right)))
    _, digest = stack.pop()
    while stack:
        digest = node(stack.pop()[1], digest)
    return digest


def public_key(path):
    """The 32 bytes of an Ed25519 key. Exits if this machine's openssl cannot tell."""
    try:
        version = subprocess.run(["openssl", "version"], capture_output=True, check=True, text=True)
        der = subprocess.run(
            ["openssl", "pkey", "-pubin", "-in", path, "-outform", "DER"],
            capture_output=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError) as wrong:
        usage(f"the public key cannot be read, or openssl is missing: {wrong}")
    if not re.match(r"OpenSSL ([3-9]|\d\d)", version.stdout):
        usage(f"OpenSSL 3 is needed to verify Ed25519, this is {version.stdout.strip()}")
    if len(der) != 44 or not der.startswith(bytes.fromhex("302a300506032b6570032100")):
        usage(f"{path} is no Ed25519 public key")
    return der[-32:]


def usage(message):
    print(message, file=sys.stderr)
    sys.exit(2)


def verified(text, key):
    """A checkpoint whose signature is right: its origin, size and root."""
    lines = text.split("\n")
    if len(lines) < 6 or lines[3] or lines[-1]:
        raise Unproved("this is no checkpoint")
    origin, size, root = lines[0], lines[1], base64.b64decode(lines[2], validate=True)
    if not size.isascii() or not size.isdigit() or len(root) != 32:
        raise Unproved("this is no checkpoint")
    signed = "\n".join(lines[:3]) + "\n"
    mark = f"\N{EM DASH} {origin} "
    key_id = hashlib.sha256(origin.encode() + b"\n\1" + public_key(key)).digest()[:4]
    for line in lines[4:-1]:
        if not line.startswith(mark):
            continue
        note = base64.b64decode(line[len(mark) :], validate=True)
        if note[:4] != key_id:
            continue
        with tempfile.NamedTemporaryFile() as message, tempfile.NamedTemporaryFile() as signature:
            message.write(signed.encode())
            signature.write(note[4:])
            message.flush()
            signature.flush()
            answer = subprocess.run(
                ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", key]
                + ["-sigfile", signature.name, "-in", message.name],
                capture_output=True,
                check=False,
            )
        if answer.returncode == 0:
            return origin, int(size), root
    raise Unproved("the checkpoint is not signed with this key, or was changed")


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
        shift += 7


def fields(data):
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        length, at = varint(data, at)
        yield tag, data[at : at + length]
        at += length


def instant(value):
    """RFC 3339 in whole seconds, as the readable part has it."""
    seconds, _ = varint(value, 0)
    seconds = (seconds >> 1) ^ -(seconds & 1)
    day = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return day.strftime("%Y-%m-%dT%H:%M:%SZ")


def read_record(content):
    """What a record says: from its bytes, not from the readable part of the proof."""
    said = {"changes": [], "facts": [], "policy": "", "commit": "", "at": "", "erased": []}
    key = {}
    if content[:1] != b"\1":
        raise Unproved("the record has a format that this script does not know")
    for tag, value in fields(content[1:]):
        if tag == 1:
            key = dict(fields(value))
        elif tag == 2:
            said["at"] = instant(value)
        elif tag == 3:
            said["facts"].append(dict(fields(value)).get(1, b"").decode())
        elif tag == 4:
            said["changes"].append(value.decode())
        elif tag == 5:
            said["policy"] = value.decode()
        elif tag == 6:
            said["commit"] = value.decode()
        elif tag == 8:
            one = dict(fields(value))
            gone = (one[2], one.get(3, b""), one.get(4, b""))
            said["erased"].append((varint(one[1], 0)[0], gone))
    forge, project = (key.get(part, b"").decode() for part in (1, 2))
    kind, _ = varint(key.get(3, b"\0"), 0)
    number, _ = varint(key.get(4, b"\0"), 0)
    number = (number >> 1) ^ -(number & 1)
    # The forge's number of the project: names of projects change, and are not in the bytes.
    said["of"] = f"{forge} project {project} {'change' if kind == 2 else 'issue'} {number}" if number else ""
    return said


def same(record):
    """A record's number, bytes and what they say; its readable part must say the same."""
    number = record["number"]
    if type(number) is not int or number < 1:
        raise Unproved("a record has no number")
    if record.get("erased"):
        return number, None, None
    content = base64.b64decode(record["content"], validate=True)
    said = read_record(content)
    for part in ("at", "changes", "facts", "policy", "commit"):
        if record[part] != said[part]:
            raise Unproved(f"record {number}: its {part} is not what its bytes say")
    return number, content, said


def leaf_of(record, content):
    """The leaf of a record. Of one that was erased, because it named a person, it is all there is."""
    if content is not None:
        return leaf(content)
    digest = base64.b64decode(record["leaf"], validate=True)
    if len(digest) != 32:
        raise Unproved("an erased record has no leaf")
    return digest


def printable(text):
    """On one line, without what controls a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)


def load(text):
    def once(pairs):
        if len({name for name, _ in pairs}) != len(pairs):
            raise Unproved("a name stands twice in one object")
        return dict(pairs)

    return json.loads(text, object_pairs_hook=once)


def check_proof(path, key, kept):
    with open(path, encoding="utf-8") as file:
        bundle = load(file.read())
    origin, size, root = verified(bundle["checkpoint"], key)
    print(f"The checkpoint of {printable(origin)} is signed with this key. It fixes {size} records.")
    known = [(origin, size, root)]
    if "since" in bundle:
        old_origin, old_size, old_root = verified(bundle["since"], key)
        if old_origin != origin:
            raise Unproved(f"the earlier checkpoint is of another ledger, {printable(old_origin)}")
        proof = [base64.b64decode(digest) for digest in bundle["consistency"]]
        if not consistent(old_size, size, old_root, root, proof):
            raise Unproved(f"the first {old_size} records are not those of the earlier checkpoint")
        print(f"Its first {old_size} records are those of the earlier checkpoint, unchanged.")
        known.append((old_origin, old_size, old_root))
    if kept:
        with open(kept, encoding="utf-8") as file:
            if verified(file.read(), key) not in known:
                raise Unproved(f"{kept} is none of the checkpoints of the proof")
        print("The checkpoint that you kept is among them.")
    else:
        print("The checkpoints came with the proof. Give --checkpoint with the one that you kept.")
    records = bundle["records"]
    if not records and "since" not in bundle:
        raise Unproved("there is nothing in it")
    last = 0
    for record in records:
        number, content, said = same(record)
        if not last < number <= size:
            raise Unproved(f"record {number} is out of order, or not of the checkpoint")
        last = number
        proof = [base64.b64decode(digest) for digest in record["proof"]]
        try:
            if included(number - 1, size, leaf_of(record, content), proof) != root:
                raise Unproved("the path does not lead to the checkpoint")
        except Unproved as wrong:
            raise Unproved(f"record {number}: {wrong}") from None
        if said is None:
            print(f"Record {number}: it was erased, because it named a person. Its digest is there.")
            continue
        changes = printable("; ".join(said["changes"]))
        print(f"Record {number} of {said['at']}, {printable(said['of'])}: {changes}")
    print(f"Proved: {len(records)} records are in the ledger. Whether there are others about you,")
    print("this does not show.")


def check_export(path, checkpoint, key):
    with open(checkpoint, encoding="utf-8") as file:
        origin, size, root = verified(file.read(), key)
    digest = b""
    leaves = []
    erased = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            record = load(line)
            number, content, said = same(record)
            if content is None:
                # The next record follows from its digest. A later one names its leaf, the digest
                # of its predecessor and its own.
                before, digest = digest, bytes.fromhex(record["digest"])
                erased[number] = (leaf_of(record, content), before, digest)
            else:
                digest = hashlib.sha256(digest + content).digest()
                for gone, was in said["erased"]:
                    if erased.pop(gone, None) != was:
                        raise Unproved(f"record {number} names {gone} as erased, and it or the one "
                                       "before it was changed")
            if number != len(leaves) + 1 or record["digest"] != digest.hex():
                raise Unproved(f"record {len(leaves) + 1} does not follow from the one before")
            leaves.append(leaf_of(record, content))
    if erased:
        raise Unproved(f"record {min(erased)} has no content, and none says that it was erased")
    if not leaves or len(leaves) < size:
        raise Unproved(f"there are {len(leaves)} records, the checkpoint fixes {size}")
    if tree_root(leaves[:size]) != root:
        raise Unproved(f"the first {size} records are not those that the checkpoint fixes")
    print(f"Proved: {len(leaves)} records follow from each other, and the first {size} are those")
    print(f"of the checkpoint of {printable(origin)}.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--key", required=True, help="the public key, PEM")
    parser.add_argument("--checkpoint", help="a checkpoint that you kept")
    parser.add_argument("--export", help="what `retainer ledger export` printed")
    parser.add_argument("proof", nargs="?", help="what `retainer ledger prove` printed")
    options = parser.parse_args()
    if bool(options.proof) == bool(options.export) or (options.export and not options.checkpoint):
        parser.error("give a proof, or --export with --checkpoint")
    try:
        if options.proof:
            check_proof(options.proof, options.key, options.checkpoint)
        else:
            check_export(options.export, options.checkpoint, options.key)
    except Unproved as wrong:
        sys.exit(f"NOT proved: {wrong}")
    except (OSError, ValueError, KeyError, IndexError, TypeError) as wrong:
        sys.exit(f"NOT proved: it cannot be read: {wrong!r}")


if __name__ == "__main__":
    main()
