#!/usr/bin/env bash
# PostgreSQL for the tests: a real server with an own data folder.
#
#   postgres.sh install              install Debian's package where it is missing, print the folder of its programs
#   postgres.sh start DIR PORT       start a server on 127.0.0.1:PORT with its data in DIR; returns when ready
#   postgres.sh database DIR NAME    make a fresh, empty database in the running server, print its URL
#   postgres.sh stop DIR             stop it (data stays)
#   postgres.sh kill DIR             stop it at once, as a power cut does (data stays)
#   postgres.sh remove DIR           stop it, and remove its data
#
# All but database may be repeated. With SEALWATCH_OWNER=PID the server ends and its data goes when that process does,
# however it ends. Who reaches the port needs no password: never for real data.
# SEALWATCH_FSYNC=off is faster and survives a killed server all the same, not a power cut.
# PostgreSQL refuses to run as root: for root it runs as the package's own user, who must be able to enter DIR's parents.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
superuser=sealwatch

fail() {
  echo "postgres.sh: $*" >&2
  exit 1
}

# The folder of the newest installed server's programs.
programs() {
  local folder
  folder=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  [ -x "$folder/initdb" ] || return 1
  echo "$folder"
}

install_postgres() {
  programs >/dev/null || "$here/packages.sh" postgresql
  bin=$(programs) || fail "the package brought no server into /usr/lib/postgresql"
}

# Runs a command as the user whom the server belongs to.
as_user() {
  if [ "$(id -u)" -eq 0 ]; then
    setpriv --reuid postgres --regid postgres --init-groups env HOME=/ "$@"
  else
    "$@"
  fi
}

# The process id of the server of this folder, if it runs.
running() {
  local pid
  pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) || return 1
  # Another process may have the number by now.
  { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF "$1/data" || return 1
  echo "$pid"
}

initialise() {
  local dir=$1
  if [ "$(id -u)" -eq 0 ]; then
    chmod 755 "$dir"
    install -d -o postgres -g postgres -m 700 "$dir/data" "$dir/socket"
  else
    install -d -m 700 "$dir/data" "$dir/socket"
  fi
  as_user test -w "$dir/data" || fail "the user postgres cannot enter $dir: choose a folder whose parents all may enter"
  as_user "$bin/initdb" -D "$dir/data" -U "$superuser" --auth=trust -E UTF8 --locale=C.UTF-8 --no-sync \
    >"$dir/initdb.log" 2>&1 || fail "initdb failed: $(tail -n 3 "$dir/initdb.log")"
}

start() {
  local dir=$1 port=$2 fsync=${SEALWATCH_FSYNC:-on} options
  case $fsync in on | off) ;; *) fail "SEALWATCH_FSYNC is on or off" ;; esac
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd)
  if running "$dir" >/dev/null; then
    return
  fi
  install_postgres
  if [ ! -e "$dir/data/PG_VERSION" ]; then
    initialise "$dir"
    watch_owner "$dir"
  fi
  options="-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='$dir/socket'"
  options+=" -c max_connections=200 -c fsync=$fsync -c full_page_writes=$fsync"
  # A killed server's segments in /dev/shm would stay there for good.
  options+=" -c dynamic_shared_memory_type=mmap"
  # From /, for the user may not be able to enter the present folder.
  if ! (cd / && as_user "$bin/pg_ctl" -D "$dir/data" -s -w -t 60 -l "$dir/data/server.log" -o "$options" start) >&2; then
    fail "the server did not start: $(tail -n 5 "$dir/data/server.log" 2>/dev/null)"
  fi
  echo "$port" >"$dir/port"
}

# By the folder, not by the process: the server may be killed and started again meanwhile.
watch_owner() {
  local dir=$1 owner=${SEALWATCH_OWNER:-}
  [ -n "$owner" ] || return 0
  # shellcheck disable=SC2016
  setsid bash -c 'while [ -e "$1/data" ] && kill -0 "$2" 2>/dev/null; do sleep 0.5; done; exec bash "$0" remove "$1"' \
    "$here/postgres.sh" "$dir" "$owner" >/dev/null 2>&1 </dev/null &
}

database() {
  local dir=$1 name=$2 port
  port=$(cat "$dir/port" 2>/dev/null) || fail "no server was started in $dir"
  [[ $name =~ ^[a-z][a-z0-9_]{0,62}$ ]] || fail "a database's name is lower-case letters, digits and _"
  # Free of what another test may have put into the default template.
  psql -q -X -h 127.0.0.1 -p "$port" -U "$superuser" -d postgres -v ON_ERROR_STOP=1 \
    -c "create database $name template template0" >&2 || fail "the database $name could not be made"
  echo "postgres://$superuser@127.0.0.1:$port/$name"
}

# Waits until none of the processes is left.
gone() {
  local pid
  for pid in "$@"; do
    for _ in $(seq 300); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    ! kill -0 "$pid" 2>/dev/null || fail "process $pid does not end"
  done
}

# INT ends connections and writes a checkpoint; QUIT does not.
stop() {
  local signal=$1 dir=$2 pid
  [ -d "$dir" ] || return 0
  dir=$(cd "$dir" && pwd)
  pid=$(running "$dir") || return 0
  kill "-$signal" "$pid" 2>/dev/null || true
  gone "$pid"
}

# Removes only what this script made, and the folder if nothing else is in it.
remove() {
  local dir=$1
  stop QUIT "$dir"
  rm -rf "$dir/data" "$dir/socket" "$dir/port" "$dir/initdb.log"
  rmdir "$dir" 2>/dev/null || true
}

kill_all() {
  local dir=$1 pid children
  [ -d "$dir" ] || return 0
  dir=$(cd "$dir" && pwd)
  pid=$(running "$dir") || return 0
  # Stopped first, so that it starts no further process and ends none with care.
  kill -STOP "$pid"
  children=$(grep -lxE "PPid:[[:space:]]+$pid" /proc/[0-9]*/status 2>/dev/null | cut -d / -f 3 || true)
  # shellcheck disable=SC2086
  kill -KILL $children "$pid" 2>/dev/null || true
  # shellcheck disable=SC2086
  gone $children "$pid"
}

case "${1:-}:$#" in
  install:1) install_postgres && echo "$bin" ;;
  start:3) start "$2" "$3" ;;
  database:3) database "$2" "$3" ;;
  stop:2) stop INT "$2" ;;
  kill:2) kill_all "$2" ;;
  remove:2) remove "$2" ;;
  *) fail "usage: postgres.sh install | start DIR PORT | database DIR NAME | stop DIR | kill DIR | remove DIR" ;;
esac
