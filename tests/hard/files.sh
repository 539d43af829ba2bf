#!/usr/bin/env bash
# The command's files when the disk is full or the process is killed in the middle of writing: the old file stays whole.
# Needs root, or user namespaces, for a small disk.
source "$(dirname "$0")/common.sh"
need python3 mount unshare
library
photo="$here/tests/data/astronaut.png"
edit() { "$lib/npe" edit "$photo" --at face --stroke "0.5,0.2;radius=0.1;color=#101010" --force "$@"; }
export -f edit
export lib photo work

# A disk of 96 KiB: the picture does not fit.
mkdir -p "$work/disk"
full() {
    mount -t tmpfs -o size=96k npe-full "$work/disk"
    echo "the old file" >"$work/disk/out.png"
    if edit -o "$work/disk/out.png" 2>"$work/full.txt"; then
        echo "a full disk was not told" >&2
        exit 1
    fi
    grep -qi "no space left\|can't be written" "$work/full.txt"
    [ "$(cat "$work/disk/out.png")" = "the old file" ]
    [ "$(ls -A "$work/disk")" = out.png ]
    cat "$work/full.txt"
}
export -f full
unshare --mount --map-root-user bash -euo pipefail -c full
echo "a full disk is told, and the old file is whole"

# Killed at a random moment, 60 times; a large BMP takes a while to write.
python3 - "$lib/npe" "$work" "$photo" "${1:-60}" <<'PYTHON'
import hashlib, pathlib, random, subprocess, sys, time

npe, work, photo, times = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
folder = work / "killed"
folder.mkdir(exist_ok=True)
for old in folder.iterdir():
    old.unlink()
out = folder / "out.bmp"
command = [npe, "edit", photo, "-o", str(out), "--force", "--at", "face", "--stroke", "0.5,0.2;radius=0.1;color=#101010", "--steps", "2"]
start = time.monotonic()
subprocess.run(command, check=True, capture_output=True)
whole, new = time.monotonic() - start, hashlib.sha256(out.read_bytes()).hexdigest()
old_bytes = b"the old file, " * 10000
old = hashlib.sha256(old_bytes).hexdigest()
random.seed(6)
ends = {"old": 0, "new": 0}
for n in range(times):
    out.write_bytes(old_bytes)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # The file is written at the end, so most of the kills go there.
    time.sleep(whole * random.uniform(0.7, 1.05))
    process.kill()
    process.wait()
    found = hashlib.sha256(out.read_bytes()).hexdigest()
    assert found in (old, new), f"kill {n}: the file is neither the old nor the new one"
    ends["old" if found == old else "new"] += 1
print(f"{times} kills: the file was the old one {ends['old']} times, the new one {ends['new']} times, never another")
PYTHON
