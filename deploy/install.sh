#!/bin/sh
# 民声看板离线安装：不联网，不编译，不使用系统的 Python。重复运行即为升级，数据与设置保留。
set -eu
umask 022

PREFIX=/opt/minsheng
DATA_DIR=
PORT=8501
RUN_USER=
DEMO=yes
CHECK_ONLY=no
# Measured: one release takes about 1.1 GB; the rest is for the data to grow.
NEED_PREFIX_MB=1500
NEED_DATA_MB=2000

say() { printf '%s\n' "$*"; }
refuse() { printf '不能安装：%s\n' "$*" >&2; exit 2; }
usage() {
  cat <<'TEXT'
用法：sh install.sh [选项]
  --prefix 目录      程序装到哪里（默认 /opt/minsheng）
  --data-dir 目录    数据放在哪里（默认 root 安装为 /var/lib/minsheng，否则为 安装目录/data）
  --port 端口        第一个服务端口（默认 8501）
  --user 用户        以哪个系统用户运行（默认 root 安装为 minsheng，没有则新建；否则为当前用户）
  --no-demo          不放入示例市数据
  --check            只检查能否安装，不改动任何东西
重复运行即为升级：新版本装在旧版本旁边，数据与设置保留。
TEXT
}

while [ $# -gt 0 ]; do
  case $1 in
    --prefix | --data-dir | --port | --user)
      [ $# -ge 2 ] || refuse "$1 后面缺少内容"
      case $1 in
        --prefix) PREFIX=$2 ;;
        --data-dir) DATA_DIR=$2 ;;
        --port) PORT=$2 ;;
        --user) RUN_USER=$2 ;;
      esac
      shift 2 ;;
    --no-demo) DEMO=no; shift ;;
    --check) CHECK_ONLY=yes; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; refuse "没有这个选项：$1" ;;
  esac
done

IS_ROOT=no
[ "$(id -u)" != 0 ] || IS_ROOT=yes
if [ -z "$DATA_DIR" ]; then
  if [ $IS_ROOT = yes ]; then DATA_DIR=/var/lib/minsheng; else DATA_DIR=$PREFIX/data; fi
fi
if [ -z "$RUN_USER" ]; then
  if [ $IS_ROOT = yes ]; then RUN_USER=minsheng; else RUN_USER=$(id -un); fi
fi
HERE=$(cd "$(dirname "$0")" && pwd -P)

# --- 能不能装 -------------------------------------------------------------------------------

check_path() {
  case $2 in
    /) refuse "$1 不能是 /" ;;
    /*) ;;
    *) refuse "$1 应为以 / 开头的完整路径，现为：$2" ;;
  esac
  # Paths stand in unit files, starters and #! lines.
  case $2 in *[!A-Za-z0-9/._-]*) refuse "$1 只能用字母、数字和 / . _ -，现为：$2" ;; esac
}

existing_parent() {
  folder=$1
  while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
  say "$folder"
}

check_disk() {
  parent=$(existing_parent "$2")
  free=$(df -Pk "$parent" | awk 'NR == 2 { print int($4 / 1024) }')
  [ -n "$free" ] || refuse "看不到 $parent 所在磁盘的余量（df 没有结果）"
  [ "$free" -ge "$3" ] || refuse "$1所在磁盘只剩 ${free} MB，至少需要 $3 MB：$2"
  [ -w "$parent" ] || refuse "没有写入 $parent 的权限，请用 root 运行，或用 --prefix、--data-dir 换一个目录"
}

check_machine() {
  [ "$(uname -s)" = Linux ] || refuse "只支持 Linux，本机为 $(uname -s)"
  ARCH=$(uname -m)
  case $ARCH in
    x86_64 | aarch64) ;;
    *) refuse "只支持 x86_64（海光、兆芯、Intel、AMD）和 aarch64（鲲鹏、飞腾），本机为 $ARCH" ;;
  esac
  kernel=$(uname -r)
  major=${kernel%%.*}
  rest=${kernel#*.}
  minor=${rest%%[!0-9]*}
  if [ "$major" -lt 3 ] || { [ "$major" -eq 3 ] && [ "$minor" -lt 10 ]; }; then
    refuse "内核 $kernel 太旧，需要 3.10 及以上"
  fi
  # The C library is brought along; the machine's own is only used by other programs, such as an office.
  if command -v getconf >/dev/null && libc=$(getconf GNU_LIBC_VERSION 2>/dev/null); then
    minor=${libc##*.}
    [ "${minor%%[!0-9]*}" -ge 28 ] || say "注意：本机 $libc 低于 2.28。程序自带 C 库，不受影响，但未在这样的系统上试过。"
  fi
}

check_package() {
  [ -f "$HERE/SHA256SUMS" ] || refuse "安装包不完整：缺少 SHA256SUMS，请重新解压"
  say "核对安装包……"
  if ! (cd "$HERE" && sha256sum -c SHA256SUMS >"$SUMS_RESULT" 2>&1); then
    grep -v ': OK$' "$SUMS_RESULT" | head -5 >&2
    refuse "安装包有损坏或被改动的文件（见上），请重新拷贝"
  fi
  VERSION=$(cat "$HERE/VERSION")
}

# An upgrade that quietly pointed to another folder would look like lost data.
check_settings() {
  [ -f "$PREFIX/etc/minsheng.env" ] || return 0
  kept=$(sed -n 's/^MINSHENG_DATA_DIR=//p' "$PREFIX/etc/minsheng.env")
  [ "$kept" = "$DATA_DIR" ] || refuse "已有设置的数据目录是 $kept，与 $DATA_DIR 不同；请用 --data-dir $kept，或先改 $PREFIX/etc/minsheng.env"
}

for tool in awk cat chmod cp df dirname grep gzip head id ln mkdir mv readlink rm sed sha256sum tar uname; do
  command -v $tool >/dev/null || refuse "缺少基本命令 $tool"
done
check_path --prefix "$PREFIX"
check_path --data-dir "$DATA_DIR"
case $PORT in '' | *[!0-9]*) refuse "--port 应为数字，现为：$PORT" ;; esac
[ ${#PORT} -le 5 ] && [ "$PORT" -ge 1024 ] && [ "$PORT" -le 65535 ] || refuse "--port 应在 1024 与 65535 之间，现为：$PORT"
case $RUN_USER in *[!A-Za-z0-9._-]* | -*) refuse "--user 不是合适的用户名：$RUN_USER" ;; esac
if [ $IS_ROOT = no ] && [ "$RUN_USER" != "$(id -un)" ]; then refuse "换用户 $RUN_USER 运行，需要用 root 安装"; fi
check_settings
check_machine
check_disk 安装目录 "$PREFIX" $NEED_PREFIX_MB
check_disk 数据目录 "$DATA_DIR" $NEED_DATA_MB
SUMS_RESULT=$(mktemp)
trap 'rm -f "$SUMS_RESULT"' EXIT
check_package
say "民声看板 $VERSION，$ARCH，程序 $PREFIX，数据 $DATA_DIR，用户 $RUN_USER，端口 $PORT"
if [ $CHECK_ONLY = yes ]; then say "可以安装。"; exit 0; fi

# --- 程序 -----------------------------------------------------------------------------------

ensure_user() {
  if id "$RUN_USER" >/dev/null 2>&1; then return; fi
  say "新建系统用户 $RUN_USER……"
  if command -v useradd >/dev/null; then
    useradd --system --home-dir "$DATA_DIR" --no-create-home --shell /sbin/nologin "$RUN_USER"
  elif command -v adduser >/dev/null; then
    adduser -S -D -H -h "$DATA_DIR" "$RUN_USER"
  else
    refuse "没有用户 $RUN_USER，本机也没有新建用户的命令；请先建好，或用 --user 指定已有用户"
  fi
}

RELEASE=$PREFIX/releases/$VERSION
PYTHON=$RELEASE/venv/bin/python

install_release() {
  if [ -f "$RELEASE/.complete" ]; then say "这个版本已经装好，只核对设置。"; return; fi
  rm -rf "$RELEASE"
  mkdir -p "$RELEASE"
  say "解压 Python……"
  (cd "$RELEASE" && gzip -dc "$HERE/python/$ARCH.tar.gz" | tar -xf -)
  "$RELEASE/python/bin/python3.11" -c 'import ssl, sqlite3, ctypes' ||
    refuse "自带的 Python 在本机不能运行。如启用了执行控制（如麒麟 kysec），请由安全管理员信任 $RELEASE 后重试"
  say "安装组件（约一分钟）……"
  cp -R "$HERE/app" "$RELEASE/app"
  "$RELEASE/python/bin/python3.11" -m venv --without-pip "$RELEASE/venv"
  pip=$(ls "$HERE"/wheels/common/pip-*.whl)
  HOME=$RELEASE "$PYTHON" "$pip/pip" install --quiet --disable-pip-version-check --no-input --no-cache-dir \
    --no-index --no-deps --find-links "$HERE/wheels/common" --find-links "$HERE/wheels/$ARCH" \
    -r "$RELEASE/app/requirements.txt"
  "$PYTHON" -m compileall -q "$RELEASE/app/lib" "$RELEASE/app/pages"
  : >"$RELEASE/.complete"
}

install_fonts() {
  if [ $IS_ROOT = yes ]; then fonts=/usr/local/share/fonts/minsheng; else fonts=$HOME/.local/share/fonts/minsheng; fi
  for folder in /usr/share/fonts /usr/local/share/fonts "$fonts"; do
    [ -z "$(find "$folder" -name 'NotoSansCJK-*' 2>/dev/null | head -1)" ] || return 0
  done
  say "安装中文字体到 $fonts……"
  mkdir -p "$fonts"
  cp "$HERE"/fonts/* "$fonts/"
  if command -v fc-cache >/dev/null; then fc-cache -f "$fonts" || say "注意：字体缓存没有更新，请稍后运行 fc-cache -f"; fi
}

# --- 设置与服务 -----------------------------------------------------------------------------

fill() {
  sed -e "s|@PREFIX@|$PREFIX|g" -e "s|@DATA_DIR@|$DATA_DIR|g" -e "s|@USER@|$RUN_USER|g" \
    -e "s|@PORT@|$PORT|g" -e "s|@PORT2@|$((PORT + 1))|g" "$1"
}

write_settings() {
  mkdir -p "$PREFIX/etc" "$PREFIX/bin"
  if [ ! -f "$PREFIX/etc/minsheng.env" ]; then
    (umask 027 && fill "$RELEASE/app/deploy/minsheng.env" >"$PREFIX/etc/minsheng.env")
  fi
  fill "$RELEASE/app/deploy/minsheng@.service" >"$PREFIX/etc/minsheng@.service"
  fill "$RELEASE/app/deploy/nginx.conf" >"$PREFIX/etc/nginx.conf"
  fill "$RELEASE/app/deploy/minsheng.sh" >"$PREFIX/bin/minsheng"
  chmod 755 "$PREFIX/bin/minsheng"
}

place_data() {
  mkdir -p "$DATA_DIR"
  chmod 750 "$DATA_DIR"
  if [ $DEMO = yes ] && [ ! -e "$DATA_DIR/demo" ] && [ ! -e "$DATA_DIR/city" ]; then
    say "放入示例市数据（虚构）……"
    cp -R "$HERE/demo-data/." "$DATA_DIR/"
  fi
}

own() {
  [ $IS_ROOT = yes ] || return 0
  group=$(id -gn "$RUN_USER")
  chown -R "$RUN_USER:$group" "$DATA_DIR"
  chown "root:$group" "$PREFIX/etc/minsheng.env"
  chmod 640 "$PREFIX/etc/minsheng.env"
}

switch_release() {
  OLD=$(readlink "$PREFIX/current" 2>/dev/null || true)
  ln -sfn "releases/$VERSION" "$PREFIX/current"
}

install_unit() {
  UNIT=no
  if [ $IS_ROOT = yes ] && [ -d /etc/systemd/system ] && command -v systemctl >/dev/null; then
    cp "$PREFIX/etc/minsheng@.service" /etc/systemd/system/minsheng@.service
    systemctl daemon-reload 2>/dev/null || say "注意：systemd 没有运行，单元文件已放好，下次开机生效。"
    UNIT=yes
  fi
}

say_next() {
  say ""
  say "已装好。接下来："
  say "  1. 查看设置    $PREFIX/etc/minsheng.env"
  say "  2. 首次使用    $PREFIX/bin/minsheng init --city    生成密钥、第一个系统管理员，改用本市库（先看演示则不加 --city）"
  if [ $UNIT = yes ]; then
    say "  3. 启动        systemctl enable --now minsheng@$PORT    （升级后：systemctl restart 'minsheng@*'）"
    say "  4. 日志        journalctl -u minsheng@$PORT"
  else
    say "  3. 启动        $PREFIX/bin/minsheng serve $PORT"
    say "  4. 开机启动    服务单元样例 $PREFIX/etc/minsheng@.service"
  fi
  say "  5. 对外服务    nginx 配置样例 $PREFIX/etc/nginx.conf"
  say "说明：$PREFIX/current/app/docs/deploy.md"
  say "备份：sh $PREFIX/current/app/deploy/backup.sh --help"
  if [ -n "$OLD" ] && [ "$OLD" != "releases/$VERSION" ]; then
    say "上一版本保留在 $PREFIX/$OLD；退回：ln -sfn $OLD $PREFIX/current 后重启。"
  fi
  say "卸载：停止服务，删除 $PREFIX 和 /etc/systemd/system/minsheng@.service；数据在 $DATA_DIR，确认备份后再删。"
}

[ $IS_ROOT = no ] || ensure_user
install_release
install_fonts
write_settings
place_data
own
switch_release
install_unit
say "检查运行环境……"
state=0
"$PREFIX/bin/minsheng" doctor --port "$PORT" || state=$?
say_next
[ $state -eq 0 ] || say "检查中有 ✗ 的项目，请按提示处理后再启动；可再次运行 $PREFIX/bin/minsheng doctor 查看。"
