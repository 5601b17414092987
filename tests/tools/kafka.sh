#!/usr/bin/env bash
# Apache Kafka for the tests: a real broker, one node, brought by Maven.
#
#   kafka.sh install                           fetch the jars (once; cached), print their folder
#   kafka.sh start DIR PORT CONTROLLER_PORT    start a broker on 127.0.0.1:PORT with its data in DIR; returns when ready
#   kafka.sh stop DIR                          stop it (data stays)
#   kafka.sh kill DIR                          stop it at once, as a power cut does (data stays)
#
# start and stop may be repeated. With SEALWATCH_OWNER=PID the broker ends when that process does, however it ends.
# Jars are kept in $SEALWATCH_TOOLS (default ~/.cache/sealwatch-tools). Needs Java 17 or later, and Maven to fetch;
# both are installed by packages.sh where missing.
set -euo pipefail

version=4.3.0
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=${SEALWATCH_TOOLS:-$HOME/.cache/sealwatch-tools}
jars=$tools/kafka-$version
java=${JAVA:-java}

fail() {
  echo "kafka.sh: $*" >&2
  exit 1
}

install_kafka() {
  local began=$SECONDS
  command -v "$java" >/dev/null || "$here/packages.sh" openjdk-17-jre-headless
  [ -d "$jars" ] && return
  mkdir -p "$tools"
  # One at a time; whoever waited finds the folder made.
  exec 9>"$tools/kafka.lock"
  flock 9
  [ -d "$jars" ] && return
  command -v mvn >/dev/null || "$here/packages.sh" maven
  local build
  build=$(mktemp -d "$tools/kafka.XXXXXX")
  cat >"$build/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>sealwatch</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.25.1</version>
    </dependency>
  </dependencies>
</project>
POM
  if ! (cd "$build" && mvn -q -B -Dstyle.color=never dependency:copy-dependencies -DoutputDirectory=lib >&2); then
    rm -rf "$build"
    fail "Maven could not fetch Kafka $version; is Maven Central reached?"
  fi
  # The folder appears complete or not at all.
  mv "$build/lib" "$jars"
  rm -rf "$build"
  echo "kafka.sh: installed Kafka $version in $((SECONDS - began)) s" >&2
  exec 9>&-
}

write_configuration() {
  local dir=$1 port=$2 controller=$3
  cat >"$dir/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$dir/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.backoff.ms=500
log.retention.check.interval.ms=1000
PROPERTIES
  cat >"$dir/log4j2.yaml" <<YAML
Configuration:
  status: warn
  Appenders:
    Console:
      name: out
      target: SYSTEM_OUT
      PatternLayout:
        pattern: "%d{ISO8601} %p %m (%c)%n"
  Loggers:
    Root:
      level: INFO
      AppenderRef:
        ref: out
YAML
}

# The process id of the broker of this folder, if it runs.
running() {
  local pid
  pid=$(cat "$1/pid" 2>/dev/null) || return 1
  # Another process may have the number by now.
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$1/server.properties" || return 1
  echo "$pid"
}

start() {
  local dir=$1 port=$2 controller=$3
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd)
  if running "$dir" >/dev/null; then
    return
  fi
  install_kafka
  write_configuration "$dir" "$port" "$controller"
  local options=(-Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$jars/*")
  local logging=-Dlog4j2.configurationFile=$dir/log4j2.yaml
  if [ ! -e "$dir/data/meta.properties" ]; then
    local id
    id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=')
    "$java" "${options[@]}" "$logging" kafka.tools.StorageTool format --cluster-id="$id" -c "$dir/server.properties" \
      >"$dir/format.log" 2>&1 || fail "formatting failed: $(tail -n 3 "$dir/format.log")"
  fi
  # Descriptors beyond the first three stay with the caller: a test that reads our output must not wait for the broker.
  setsid "$java" "${options[@]}" "$logging" kafka.Kafka "$dir/server.properties" \
    >"$dir/server.log" 2>&1 </dev/null 9>&- &
  local pid=$!
  echo "$pid" >"$dir/pid"
  for _ in $(seq 600); do
    if grep -q 'Kafka Server started' "$dir/server.log"; then
      watch_owner "$dir" "$pid"
      return
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
  rm -f "$dir/pid"
  fail "the broker did not start: $(grep -E 'ERROR|FATAL|Exception' "$dir/server.log" | head -n 3)"
}

watch_owner() {
  local dir=$1 pid=$2 owner=${SEALWATCH_OWNER:-}
  [ -n "$owner" ] || return 0
  # shellcheck disable=SC2016
  setsid bash -c 'while kill -0 "$1" 2>/dev/null && kill -0 "$2" 2>/dev/null; do sleep 1; done; kill -KILL "$2" 2>/dev/null' \
    sealwatch-kafka-owner "$owner" "$pid" >/dev/null 2>&1 </dev/null &
}

stop() {
  local signal=$1 dir=$2 pid
  [ -d "$dir" ] || return 0
  dir=$(cd "$dir" && pwd)
  pid=$(running "$dir") || { rm -f "$dir/pid"; return 0; }
  kill "-$signal" "$pid" 2>/dev/null || true
  for _ in $(seq 200); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
  rm -f "$dir/pid"
}

case "${1:-}:$#" in
  install:1) install_kafka && echo "$jars" ;;
  start:4) start "$2" "$3" "$4" ;;
  stop:2) stop TERM "$2" ;;
  kill:2) stop KILL "$2" ;;
  *) fail "usage: kafka.sh install | start DIR PORT CONTROLLER_PORT | stop DIR | kill DIR" ;;
esac
