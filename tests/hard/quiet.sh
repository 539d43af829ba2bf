#!/usr/bin/env bash
# What a session (load, encode, stroke, decode, a failing call) asks of the system, by strace: no network, no program started, no
# file made, changed or removed, nothing written. The program itself asks whether locale, signals, floating-point modes, working folder,
# umask and environment are as they were (tests/c/session.c).
source "$(dirname "$0")/common.sh"
need strace
library
compile session "$lib"
trace="$work/trace.txt"
strace -f -qq -e trace=network,process,file,desc -o "$trace" "$work/session"
grep -q 'openat.*O_RDONLY' "$trace"
# The first line is the program's own start.
bad="$(sed 1d "$trace" | grep -E '(execve|execveat|fork|vfork|socket|connect|bind|sendto|creat|unlink|unlinkat|rename|renameat2?|mkdir|mkdirat|link|symlink|truncate|ftruncate|chmod|fchmodat|write|writev|pwrite64|sendfile|copy_file_range)\(|O_WRONLY|O_RDWR|O_CREAT|O_TRUNC' || true)"
if [ -n "$bad" ]; then
    echo "$bad" >&2
    exit 1
fi
echo "$(wc -l <"$trace") system calls looked at: no network, no exec, nothing written"
