#!/bin/sh
# 备份民声看板，使用中即可运行：sh backup.sh 目标目录。恢复见 docs/deploy.md。
#   工单库：版本文件写成后不再改动，先拷指针所指的文件，再拷指针。
#   考核库：经 SQLite 的备份接口取得一致的副本。用 PostgreSQL 的库不在其中，请用 pg_dump。
set -eu
HERE=$(cd "$(dirname "$0")/.." && pwd -P)
PYTHON=${PYTHON:-}
if [ -z "$PYTHON" ]; then
  if [ -x "$HERE/../venv/bin/python" ]; then PYTHON=$HERE/../venv/bin/python; else PYTHON=$HERE/.venv/bin/python; fi
fi
SETTINGS=$HERE/../../../etc/minsheng.env
if [ -z "${MINSHENG_DATA_DIR:-}" ] && [ -f "$SETTINGS" ]; then
  MINSHENG_DATA_DIR=$(sed -n 's/^MINSHENG_DATA_DIR=//p' "$SETTINGS")
  export MINSHENG_DATA_DIR
fi
umask 077
cd "$HERE"
exec "$PYTHON" -m deploy.backup "$@"
