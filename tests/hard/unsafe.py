"""Counts the `unsafe` blocks of a folder of Rust that a coverage record (lcov) shows as reached; prints the others. See unsafe.sh."""

import collections
import pathlib
import re
import sys

# Only with libtorch or a GPU's driver.
APART = ("session/torch.rs", "session/libtorch.rs", "session/open.rs", "session/driver.rs")
LEAST = 0.9


def blocks(text):
    """First and last line of each block, without those of the tests."""
    text = text.split("#[cfg(test)]\nmod ")[0]
    for found in re.finditer(r"\bunsafe \{", re.sub(r"//[^\n]*", lambda c: " " * len(c[0]), text)):
        depth, at = 1, found.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
        yield text.count("\n", 0, found.start()) + 1, text.count("\n", 0, at) + 1


def main(folder, record):
    hits = collections.defaultdict(dict)
    for line in open(record):
        if line.startswith("SF:"):
            file = line[3:].strip()
        elif line.startswith("DA:"):
            number, count = line[3:].split(",")[:2]
            hits[file][int(number)] = max(int(count), hits[file].get(int(number), 0))
    core, apart, elsewhere, missed = [0, 0], [0, 0], 0, []
    for path in sorted(pathlib.Path(folder).rglob("*.rs")):
        inside = path.relative_to(folder).as_posix()
        if inside.startswith("torch/") or path.name == "tests.rs":
            continue
        for first, last in blocks(path.read_text()):
            counts = [hits[str(path)][n] for n in range(first, last + 1) if n in hits[str(path)]]
            if not counts:
                elsewhere += 1
                continue
            reached = any(counts)
            place = apart if inside in APART else core
            place[0] += reached
            place[1] += 1
            if not reached:
                missed.append(f"{inside}:{first}")
    print("not reached:", ", ".join(missed) or "none")
    print(
        f"{core[0]} of {core[1]} unsafe blocks of the core reached, {100 * core[0] / core[1]:.1f} %;"
        f" with libtorch or a driver only: {apart[0]} of {apart[1]}; not compiled for this machine: {elsewhere}"
    )
    return core[1] < 50 or core[0] < LEAST * core[1]


sys.exit(main(*sys.argv[1:]))
