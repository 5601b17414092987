#!/usr/bin/env bash
# Prometheus and Alertmanager for the tests: real servers, each with an own data folder.
#
#   prometheus.sh install                       install Debian's packages where they are missing (with promtool and amtool)
#   prometheus.sh start DIR PORT CONFIG         start Prometheus on 127.0.0.1:PORT with its data in DIR; returns when ready
#   prometheus.sh alertmanager DIR PORT CONFIG  the same with Alertmanager, alone: it looks for no others
#   prometheus.sh stop DIR                      stop what was started there (data stays)
#
# What starts and stops may be repeated. With SEALWATCH_OWNER=PID the server ends when that process does, however it ends.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

fail() {
  echo "prometheus.sh: $*" >&2
  exit 1
}

install_prometheus() {
  "$here/packages.sh" prometheus prometheus-alertmanager
}

# The process id of the server of this folder, if it runs.
running() {
  local pid
  pid=$(cat "$1/pid" 2>/dev/null) || return 1
  # Another process may have the number by now.
  { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF -- ".path=$1/data" || return 1
  echo "$pid"
}

# Starts PROGRAM, whose configuration CHECK looks over.
start() {
  local program=$1 check=$2 dir=$3 port=$4 config=$5
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd)
  if running "$dir" >/dev/null; then
    return
  fi
  install_prometheus
  $check "$config" >"$dir/check.log" 2>&1 || fail "the configuration is refused: $(cat "$dir/check.log")"
  local further=(--storage.tsdb.path="$dir/data")
  [ "$program" = prometheus ] || further=(--storage.path="$dir/data" --cluster.listen-address=)
  setsid "$program" --config.file="$config" "${further[@]}" --web.listen-address="127.0.0.1:$port" \
    >"$dir/server.log" 2>&1 </dev/null &
  local pid=$!
  echo "$pid" >"$dir/pid"
  for _ in $(seq 300); do
    if curl -fs "http://127.0.0.1:$port/-/ready" >/dev/null 2>&1; then
      watch_owner "$pid"
      return
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
  rm -f "$dir/pid"
  fail "the server did not start: $(tail -n 3 "$dir/server.log")"
}

watch_owner() {
  local pid=$1 owner=${SEALWATCH_OWNER:-}
  [ -n "$owner" ] || return 0
  # shellcheck disable=SC2016
  setsid bash -c 'while kill -0 "$1" 2>/dev/null && kill -0 "$2" 2>/dev/null; do sleep 1; done; kill -KILL "$2" 2>/dev/null' \
    sealwatch-prometheus-owner "$owner" "$pid" >/dev/null 2>&1 </dev/null &
}

stop() {
  local dir=$1 pid
  [ -d "$dir" ] || return 0
  dir=$(cd "$dir" && pwd)
  pid=$(running "$dir") || { rm -f "$dir/pid"; return 0; }
  kill -TERM "$pid" 2>/dev/null || true
  for _ in $(seq 200); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
  rm -f "$dir/pid"
}

case "${1:-}:$#" in
  install:1) install_prometheus ;;
  start:4) start prometheus "promtool check config" "$2" "$3" "$4" ;;
  alertmanager:4) start prometheus-alertmanager "amtool check-config" "$2" "$3" "$4" ;;
  stop:2) stop "$2" ;;
  *) fail "usage: prometheus.sh install | start DIR PORT CONFIG | alertmanager DIR PORT CONFIG | stop DIR" ;;
esac
