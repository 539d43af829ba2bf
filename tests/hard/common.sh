# What the scripts of this folder share; they source it. With NPE_LIB a folder with another libnpe.so (and npe) is tested instead
# of the release build, which is made if it is not there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
here="$PWD"
work="$here/target/hard"
mkdir -p "$work"
small="$here/tests/fuzz/seeds/model/small.safetensors"

skip() {
    echo "SKIPPED: $*" >&2
    exit 77
}

# need COMMAND...: skips the script without them.
need() {
    for command in "$@"; do
        command -v "$command" >/dev/null || skip "no $command found; $(basename "$0") was NOT run"
    done
}

# library: the folder of the library under test, in $lib.
library() {
    [ -n "${NPE_LIB:-}" ] || cargo build --release
    lib="$(realpath "${NPE_LIB:-target/release}")"
}

# compile NAME FOLDER [FLAG...]: tests/c/NAME.c with the library of a folder into $work/NAME.
compile() {
    local name="$1" folder="$2" soname
    shift 2
    soname="$(readelf -d "$folder/libnpe.so" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')"
    mkdir -p "$work/lib"
    ln -sf "$folder/libnpe.so" "$work/lib/libnpe.so"
    ln -sf "$folder/libnpe.so" "$work/lib/$soname"
    "${CC:-cc}" -std=c99 -g "$@" -Iinclude "tests/c/$name.c" -o "$work/$name" -L"$work/lib" -lnpe -Wl,-rpath,"$work/lib" -lm -lpthread
}
