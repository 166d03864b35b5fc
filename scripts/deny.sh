#!/usr/bin/env bash
# Licences, sources, versions and advisories of all dependencies, as deny.toml says.
#
#   deny.sh CACHE VERSION       cargo-deny of that version is built once into CACHE/tools
set -euo pipefail
cache=$1 version=$2
tool=$cache/tools/cargo-deny-$version/bin/cargo-deny

fail() { printf 'xunge: %s\n       %s\n' "$1" "$2" >&2; exit 1; }

command -v cargo >/dev/null || fail "cargo is missing: install the Rust toolchain from https://rustup.rs" "缺少 cargo：请先安装 Rust 工具链"
if [ ! -x "$tool" ]; then
  echo "      building cargo-deny $version once (some minutes) · 首次构建 cargo-deny"
  mkdir -p "$cache/tools" "$cache/log"
  part=$(mktemp -d "$cache/tools/part.XXXXXX")
  trap 'rm -rf "$part"' EXIT
  # its own build folder: it must neither wait for the workspace's nor leave anything there
  CARGO_TARGET_DIR="$part/build" cargo install --quiet --locked --root "$part/out" "cargo-deny@$version" >"$cache/log/cargo-deny.log" 2>&1 ||
    fail "cargo-deny could not be built; details: $cache/log/cargo-deny.log" "cargo-deny 构建失败，详情见 $cache/log/cargo-deny.log"
  rm -rf "$cache/tools/cargo-deny-$version"
  mv "$part/out" "$cache/tools/cargo-deny-$version"
fi

"$tool" --log-level warn check --hide-inclusion-graph bans licenses sources

# The advisories come from a database in git that is fetched anew; without it nothing can be said about them, and that is said.
log=$cache/log/advisories.log
mkdir -p "$cache/log"
if "$tool" --log-level warn check advisories >"$log" 2>&1; then
  cat "$log"
elif grep -qiE 'failed to (fetch|load|clone|open)[^\n]*(advisory|database)|advisory database' "$log" && ! grep -qE '(error|warning)\[(vulnerability|unmaintained|unsound|yanked|notice)\]' "$log"; then
  printf '\n!!! ADVISORIES WERE NOT CHECKED: the advisory database could not be fetched (details: %s)\n!!! 未检查安全公告：无法获取公告数据库\n\n' "$log" >&2
else
  cat "$log" >&2
  exit 1
fi
