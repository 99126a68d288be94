#!/bin/sh
# 民声看板的命令行：读入设置，换成服务用户，再运行。例：minsheng user list；minsheng serve 8501
set -eu
cd "@PREFIX@/current/app"
if [ "$(id -u)" = 0 ] && [ "@USER@" != root ]; then
  if ! command -v runuser >/dev/null; then
    echo "缺少 runuser 命令，请换成用户 @USER@ 后再运行" >&2
    exit 2
  fi
  export HOME="@DATA_DIR@"
  exec runuser -u "@USER@" -- "@PREFIX@/bin/minsheng" "$@"
fi
# As systemd reads the file: a line is a name and a value, nothing in it is a command.
while IFS= read -r line; do
  case $line in '' | '#'*) ;; *) export "$line" ;; esac
done <"@PREFIX@/etc/minsheng.env"
if [ "${1:-}" = serve ]; then
  port=${2:-@PORT@}
  exec "@PREFIX@/current/venv/bin/python" -m streamlit run streamlit_app.py --server.port "$port" --server.address "${HOST:-127.0.0.1}"
fi
exec "@PREFIX@/current/venv/bin/python" -m lib "$@"
