#!/bin/sh
# 民声看板的命令行：读入设置，换成服务用户，再运行。例：minsheng user list；minsheng serve 8501
set -eu
cd "@PREFIX@/current/app"
if [ "$(id -u)" = 0 ] && [ "@USER@" != root ]; then
  if command -v runuser >/dev/null; then exec runuser -u "@USER@" -- "$0" "$@"; fi
  exec su -s /bin/sh "@USER@" -c 'exec "$0" "$@"' -- "$0" "$@"
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
