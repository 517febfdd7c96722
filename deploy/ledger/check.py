#!/usr/bin/env python3
"""Checks what `retainer ledger prove` and `retainer ledger export` print, with nothing of Retainer.

    check.py --key ledger.pub PROOF.json
    check.py --key ledger.pub --checkpoint june.txt --export ledger.jsonl

Needs Python 3 and openssl 3 (for the signature). Written from RFC 6962 and RFC 9162 (the Merkle
tree), from the description of signed notes (C2SP), and from the format of records in
src/store/codec/fields.h. Exit codes: 0 all is proved, 1 something is not, 2 wrong usage.
"""

import argparse
import base64
import datetime
import hashlib
import json
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


def verified(text, key):
    """A checkpoint whose signature is right: its size and root."""
    lines = text.split("\n")
    if len(lines) < 6 or lines[3] or lines[-1]:
        raise Unproved("this is no checkpoint")
    origin, size, root = lines[0], lines[1], base64.b64decode(lines[2], validate=True)
    if not size.isascii() or not size.isdigit() or len(root) != 32:
        raise Unproved("this is no checkpoint")
    signed = "\n".join(lines[:3]) + "\n"
    mark = f"\N{EM DASH} {origin} "
    raw = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", key, "-outform", "DER"], capture_output=True, check=False
    ).stdout[-32:]
    key_id = hashlib.sha256(origin.encode() + b"\n\1" + raw).digest()[:4]
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
            return int(size), root
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


def read_record(content):
    """What a record says: from its bytes, not from the readable part of the proof."""
    said = {"changes": [], "facts": [], "project": "", "ticket": 0}
    if content[:1] != b"\1":
        raise Unproved("the record has a format that this script does not know")
    for tag, value in fields(content[1:]):
        if tag == 1:
            parts = dict(fields(value))
            said["project"] = "/".join(parts.get(part, b"").decode() for part in (1, 2))
            number, _ = varint(parts.get(4, b"\0"), 0)
            said["ticket"] = (number >> 1) ^ -(number & 1)
        elif tag == 2:
            seconds, _ = varint(value, 0)
            seconds = (seconds >> 1) ^ -(seconds & 1)
            said["at"] = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat()
        elif tag == 3:
            said["facts"].append(dict(fields(value)).get(1, b"").decode())
        elif tag == 4:
            said["changes"].append(value.decode())
        elif tag == 5:
            said["policy"] = value.decode()
        elif tag == 6:
            said["commit"] = value.decode()
    return said


def check_proof(path, key):
    with open(path, encoding="utf-8") as file:
        bundle = json.load(file)
    size, root = verified(bundle["checkpoint"], key)
    print(f"The checkpoint is signed with this key. It fixes {size} records.")
    if "since" in bundle:
        old_size, old_root = verified(bundle["since"], key)
        proof = [base64.b64decode(digest) for digest in bundle["consistency"]]
        if not consistent(old_size, size, old_root, root, proof):
            raise Unproved(f"the first {old_size} records are not those of the earlier checkpoint")
        print(f"Its first {old_size} records are those of the earlier checkpoint, unchanged.")
    for record in bundle["records"]:
        number = record["number"]
        content = base64.b64decode(record["content"], validate=True)
        try:
            proof = [base64.b64decode(digest) for digest in record["proof"]]
            if included(number - 1, size, leaf(content), proof) != root:
                raise Unproved("the path does not lead to the checkpoint")
        except Unproved as wrong:
            raise Unproved(f"record {number}: {wrong}") from None
        said = read_record(content)
        for part in ("changes", "facts"):
            if record[part] != said[part]:
                raise Unproved(f"record {number}: its {part} are not what its bytes say")
        print(f"Record {number} of {said['at']}, {record['ticket']}: {'; '.join(said['changes'])}")
    print(f"Proved: {len(bundle['records'])} records.")


def check_export(path, checkpoint, key):
    with open(checkpoint, encoding="utf-8") as file:
        size, root = verified(file.read(), key)
    digest = b""
    leaves = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            content = base64.b64decode(record["content"], validate=True)
            digest = hashlib.sha256(digest + content).digest()
            if record["number"] != len(leaves) + 1 or record["digest"] != digest.hex():
                raise Unproved(f"record {len(leaves) + 1} does not follow from the one before")
            leaves.append(leaf(content))
    if len(leaves) < size:
        raise Unproved(f"there are {len(leaves)} records, the checkpoint fixes {size}")
    if tree_root(leaves[:size]) != root:
        raise Unproved(f"the first {size} records are not those that the checkpoint fixes")
    print(f"Proved: {len(leaves)} records follow from each other, and the first {size} are those")
    print("of the checkpoint.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--key", required=True, help="the public key, PEM")
    parser.add_argument("--checkpoint", help="for --export: a checkpoint that was kept")
    parser.add_argument("--export", help="what `retainer ledger export` printed")
    parser.add_argument("proof", nargs="?", help="what `retainer ledger prove` printed")
    options = parser.parse_args()
    if bool(options.proof) == bool(options.export) or bool(options.export) != bool(
        options.checkpoint
    ):
        parser.error("give a proof, or --export with --checkpoint")
    try:
        if options.proof:
            check_proof(options.proof, options.key)
        else:
            check_export(options.export, options.checkpoint, options.key)
    except Unproved as wrong:
        sys.exit(f"NOT proved: {wrong}")
    except (OSError, ValueError, KeyError, IndexError, TypeError) as wrong:
        sys.exit(f"NOT proved: it cannot be read: {wrong!r}")


if __name__ == "__main__":
    main()
