#!/usr/bin/env bash
# What npe is built from (deny.toml), for all packages of the workspace: licences, where they come from, what must not be among them. Then the
# database of advisories (RustSec), where it can be fetched; where not, a line says so. Needs cargo-deny: cargo install --locked cargo-deny.
source "$(dirname "$0")/common.sh"
need cargo-deny
deny() { cargo deny --log-level error --workspace "$@"; }
deny check bans licenses sources
# The library and the command alone: nothing that only the trainer is allowed.
sed '/^exceptions/d' deny.toml >"$work/deny.toml"
cargo deny --log-level error --config "$work/deny.toml" check licenses
# Without --no-dedupe a package that stands in the tree twice has a second line, with a mark.
echo "$(cargo tree --locked -e normal --prefix none --no-dedupe -p npe | sort -u | grep -vc '^npe ') packages in the library and the command"
if cargo deny fetch db >"$work/advisories.txt" 2>&1; then
    deny check advisories
else
    tail -n 1 "$work/advisories.txt" >&2
    echo "THE ADVISORIES WERE NOT LOOKED AT: their database can't be fetched here" >&2
fi
