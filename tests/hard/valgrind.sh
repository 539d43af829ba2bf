#!/usr/bin/env bash
# Every wrong argument of every export, and a whole session, under Valgrind: no invalid access, no use of what is not set, nothing
# lost. valgrind.supp says what is not counted and why.
source "$(dirname "$0")/common.sh"
need valgrind
library
check() {
    valgrind --quiet --num-callers=60 --error-exitcode=9 --leak-check=full --show-leak-kinds=definite,indirect,possible \
        --errors-for-leak-kinds=definite,indirect,possible --suppressions=tests/hard/valgrind.supp "$@"
}
compile arguments "$lib"
compile session "$lib" -Wextra
check "$work/arguments" "$small"
check "$work/session" "$small"
echo "valgrind: 0 errors"
