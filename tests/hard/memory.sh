#!/usr/bin/env bash
# Memory that runs out: sessions in processes with 1 to 160 MiB of room, each of which must be told or work, and none end.
source "$(dirname "$0")/common.sh"
library
compile exhaustion "$lib"
"$work/exhaustion" "$small"
