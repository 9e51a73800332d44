# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Set-up shared by ./iovtee and ./test: finds (or installs) what a step needs and builds the jars.
# Source it; it defines functions and a few variables, and does nothing by itself. Each step says what
# it does in one line on stderr: stdout belongs to the program that is started in the end.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# Where the jars are: the checkout, or a copy of it when this user may not write there.
BUILD_DIR=$ROOT
LOG_DIR=
MODULES=(flow-rules plugin-api reference-switch verticles iovtee-plugin bench stress it)

# dpdk-dev brings dpdk-testpmd, the network function and the peer in tests and benchmarks; procps has kill
# and ps, which a minimal Debian does not.
LAB_PACKAGES=(dpdk-dev iproute2 ethtool procps)
# The C compiler reads the kernel's own headers, so that our struct offsets are compared with them.
# Open vSwitch is what rules are compared with; the tests start it themselves, in directories of their own.
# Chromium shows the dashboard. QEMU and busybox are virtual machines as network functions.
# shellcheck disable=SC2034 # read by ./test
TEST_PACKAGES=("${LAB_PACKAGES[@]}" gcc libc6-dev linux-libc-dev tcpdump openvswitch-switch chromium chromium-driver qemu-system-x86 busybox-static)
# 768 pages of 2 MiB: two testpmd processes of 256 MiB each, and room for a second pair that starts
# before the first has gone.
HUGEPAGES_NEEDED=768

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
  say "error: $*"
  exit 1
}

# --- JDK ---------------------------------------------------------------------------------------

# The `release` file names the version: reading it is faster than starting a JVM.
is_jdk25() {
  [ -x "$1/bin/javac" ] && grep -q '^JAVA_VERSION="25[.+"]' "$1/release" 2>/dev/null
}

find_jdk() {
  local dir on_path
  on_path=$(readlink -f "$(command -v javac 2>/dev/null)" 2>/dev/null) || on_path=
  for dir in "${JAVA_HOME:-}" "${on_path%/bin/javac}" /usr/lib/jvm/*25* /opt/*jdk*25* "${HOME:-/}"/.sdkman/candidates/java/25*; do
    if [ -n "$dir" ] && is_jdk25 "$dir"; then
      JAVA_HOME=$dir
      return 0
    fi
  done
  return 1
}

need_jdk() {
  local package
  if ! find_jdk; then
    if may_install; then
      for package in temurin-25-jdk openjdk-25-jdk-headless; do
        if has_candidate "$package"; then
          install_packages "$package"
          break
        fi
      done
    fi
    find_jdk || die "JDK 25 not found (looked at JAVA_HOME, PATH, /usr/lib/jvm, /opt), and no package source of this machine has it. Install a JDK 25, for example temurin-25-jdk from https://adoptium.net, or set JAVA_HOME to one"
  fi
  export JAVA_HOME PATH="$JAVA_HOME/bin:$PATH"
}

# --- Debian packages ---------------------------------------------------------------------------

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# A machine without package lists knows no candidate: fetch them once, then ask again.
has_candidate() {
  knows_candidate "$1" && return 0
  [ -z "${APT_UPDATED:-}" ] || return 1
  update_lists
  knows_candidate "$1"
}

# Not grep -q, which ends at the first match: apt-cache then dies of SIGPIPE, and with pipefail that is a no.
knows_candidate() { apt-cache policy "$1" 2>/dev/null | grep 'Candidate: [^(]' >/dev/null; }

update_lists() {
  APT_UPDATED=1
  say "fetching the package lists (apt-get update)"
  # Other jobs of a machine that has just started may hold the lists, and networks fail.
  for _ in 1 2 3; do
    apt-get -qq -o Acquire::Retries=3 update >"$(log_file apt)" 2>&1 && return 0
    sleep 5
  done
  say "apt-get update failed; going on with the lists that are here"
}

missing_packages() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null)" = "ii " ] || printf '%s ' "$package"
  done
}

install_packages() {
  local log
  log=$(log_file apt)
  say "installing $* (apt-get)"
  apt_get_install "$@" >"$log" 2>&1 && return 0
  [ -n "${APT_UPDATED:-}" ] || update_lists
  apt_get_install "$@" >"$log" 2>&1 && return 0
  tail -n 15 "$log" >&2
  die "apt-get could not install: $*; log: $log"
}

POLICY_FILE=/usr/sbin/policy-rc.d

# No package may start a service of its own (invoke-rc.d asks the policy file): what a test needs, it
# starts itself. A policy that is there already is left alone.
apt_get_install() {
  local made='' status=0
  if [ ! -e "$POLICY_FILE" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$POLICY_FILE" && chmod 755 "$POLICY_FILE" && made=1
  fi
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 install --no-install-recommends "$@" || status=$?
  [ -z "$made" ] || rm -f "$POLICY_FILE"
  return "$status"
}

# need_packages WHAT PACKAGE...: installs as root; otherwise says the command and returns 1.
need_packages() {
  local what=$1 missing
  shift
  command -v dpkg-query >/dev/null || {
    say "$what needs the equivalent of these Debian packages: $*"
    return 0
  }
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  if may_install; then
    # shellcheck disable=SC2086 # one word per package
    install_packages $missing
  else
    say "$what needs packages that are not installed: sudo apt-get install ${missing% }"
    return 1
  fi
}

# The kernel that the tests' virtual machines boot: Debian's for clouds (27 MB), unpacked below target/ and not
# installed, for it must not become this machine's.
need_guest_kernel() {
  local what=$1 dir=$ROOT/target/guest-kernel
  [ ! -e "$dir/ready" ] || return 0
  if ! may_install; then
    say "$what needs a kernel for virtual machines in $dir: run ./test --it once as root, on Debian"
    return 1
  fi
  say "fetching a kernel for virtual machines (apt-get download)"
  rm -rf "$dir" && mkdir -p "$dir"
  if fetch_guest_kernel "$dir" >"$(log_file guest-kernel)" 2>&1; then
    touch "$dir/ready"
  else
    say "$what: no kernel could be fetched; log: $(log_file guest-kernel)"
    return 1
  fi
}

fetch_guest_kernel() {
  has_candidate linux-image-cloud-amd64 || return 1
  download_guest_kernel "$1" || [ -n "${APT_UPDATED:-}" ] || { update_lists && download_guest_kernel "$1"; }
  # Releases after Debian 12 lay their modules out in another way, which the tests do not know.
  ls "$1"/boot/vmlinuz-* "$1"/lib/modules/*/kernel/drivers/net/virtio_net.ko
}

# linux-image-cloud-amd64 only names the package that has the files.
download_guest_kernel() {
  local package
  package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1)
  (cd "$1" && apt-get -o Acquire::Retries=3 -o APT::Sandbox::User=root download "$package" && dpkg -x ./*.deb . && rm ./*.deb)
}

need_maven() {
  command -v mvn >/dev/null && return 0
  may_install && install_packages maven
  command -v mvn >/dev/null || die "Maven not found, and it is needed to build: sudo apt-get install maven"
}

# --- huge pages --------------------------------------------------------------------------------

HUGEPAGES_FILE=/proc/sys/vm/nr_hugepages
HUGEPAGES_BEFORE=

# Never lowers the number; HUGEPAGES_BEFORE keeps the old one for whoever wants to restore it.
need_hugepages() {
  local what=$1 now
  now=$(cat "$HUGEPAGES_FILE" 2>/dev/null) || {
    say "$what: this kernel has no huge pages"
    return 1
  }
  [ "$now" -lt "$HUGEPAGES_NEEDED" ] || return 0
  if [ ! -w "$HUGEPAGES_FILE" ]; then
    say "$what needs $HUGEPAGES_NEEDED huge pages of 2 MiB, $now are there: sudo sysctl vm.nr_hugepages=$HUGEPAGES_NEEDED"
    return 1
  fi
  HUGEPAGES_BEFORE=$now
  say "raising vm.nr_hugepages from $now to $HUGEPAGES_NEEDED (2 MiB each)"
  for _ in 1 2 3 4; do
    echo "$HUGEPAGES_NEEDED" >"$HUGEPAGES_FILE"
    now=$(cat "$HUGEPAGES_FILE")
    [ "$now" -ge "$HUGEPAGES_NEEDED" ] && return 0
    # Free memory can be there and yet be in pieces: ask the kernel to put it together.
    sync
    echo 3 >/proc/sys/vm/drop_caches
    echo 1 >/proc/sys/vm/compact_memory 2>/dev/null || true
  done
  say "$what needs $HUGEPAGES_NEEDED huge pages, the kernel could find $now only: end something big, or start the machine anew"
  return 1
}

restore_hugepages() {
  [ -n "$HUGEPAGES_BEFORE" ] || return 0
  echo "$HUGEPAGES_BEFORE" >"$HUGEPAGES_FILE"
  say "vm.nr_hugepages is $HUGEPAGES_BEFORE again"
}

# --- build -------------------------------------------------------------------------------------

switch_jar() {
  local jar
  for jar in "$BUILD_DIR"/reference-switch/target/reference-switch-*.jar; do
    [ -e "$jar" ] && printf '%s' "$jar"
    return
  done
}

log_file() {
  if [ -z "$LOG_DIR" ]; then
    LOG_DIR=$BUILD_DIR/target
    mkdir -p "$LOG_DIR" 2>/dev/null && [ -w "$LOG_DIR" ] || LOG_DIR=${TMPDIR:-/tmp}
  fi
  printf '%s/%s.log' "$LOG_DIR" "$1"
}

# Directories count too: a deleted file changes the time of its directory.
is_stale() {
  local stamp=$BUILD_DIR/target/build.stamp module
  local inputs=("$ROOT/pom.xml" "$ROOT/.mvn")
  [ -e "$stamp" ] && [ -e "$BUILD_DIR/target/plugins/iovtee-plugin.jar" ] || return 0
  [ -n "$(switch_jar)" ] || return 0
  for module in "${MODULES[@]}"; do
    case $module in
    it | stress) ;; # tests only
    *) inputs+=("$ROOT/$module/pom.xml" "$ROOT/$module/src/main") ;;
    esac
  done
  [ -n "$(find "${inputs[@]}" -newer "$stamp" -print -quit)" ]
}

may_write_checkout() {
  local dir
  [ -w "$ROOT" ] || return 1
  for dir in "$ROOT"/target "$ROOT"/*/target; do
    [ ! -e "$dir" ] || [ -w "$dir" ] || return 1
  done
}

# Sources of a checkout that this user may read but not write are copied to the user's cache, where
# the build directories can be made.
use_private_copy() {
  local cache=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/iovtee
  BUILD_DIR=$cache/build-$(printf '%s' "$ROOT" | cksum | cut -d ' ' -f 1)
  LOG_DIR=
  mkdir -p "$BUILD_DIR/target" 2>/dev/null ||
    die "may write neither to $ROOT nor to $cache: set XDG_CACHE_HOME to a directory of yours"
}

copy_sources() {
  local module
  for module in "${MODULES[@]}"; do rm -rf "${BUILD_DIR:?}/$module/src"; done
  tar -C "$ROOT" --exclude=.git --exclude=./target --exclude='./*/target' -cf - . |
    tar -C "$BUILD_DIR" -xf -
}

need_build() {
  is_stale || return 0
  if ! may_write_checkout; then
    use_private_copy
    is_stale || return 0
    say "this user may not write to $ROOT: building a copy in $BUILD_DIR"
  fi
  need_maven
  mkdir -p "$BUILD_DIR/target"
  # A second start waits here for the first one's build, and then finds nothing to do.
  exec 9>"$BUILD_DIR/target/build.lock"
  flock -n 9 || {
    say "another build is under way here: waiting for it"
    flock 9
  }
  if is_stale; then build; fi
  exec 9>&-
}

# +COMMIT of the checkout, for the version in the jars; empty where it is none of git's.
build_commit() {
  local commit
  commit=$(git -C "$ROOT" describe --always --dirty=-modified --abbrev=12 --exclude '*' 2>/dev/null) && printf '+%s' "$commit"
}

build() {
  local log started=$SECONDS stamp=$BUILD_DIR/target/build.stamp commit
  log=$(log_file build)
  commit=$(build_commit) || commit=
  local repo=()
  # A user without a home of its own, as in many containers: the libraries stay beside the build.
  [ -w "$(getent passwd "$(id -u)" | cut -d : -f 6)" ] || repo=("-Dmaven.repo.local=$BUILD_DIR/target/m2")
  [ "$BUILD_DIR" = "$ROOT" ] || copy_sources
  # The time of the start, not of the end: what is edited meanwhile is built next time.
  touch "$stamp.new"
  say "building (the first time Maven also fetches the libraries); log: $log"
  if ! (cd "$BUILD_DIR" && mvn -B -Dstyle.color=never -DskipTests -Diovtee.skipTestClasses=true -Dspotless.check.skip=true "-Diovtee.build=$commit" -pl '!it,!stress' "${repo[@]}" package) 9>&- 2>&1 |
    plain_text | tee "$log" | show_modules; then
    maven_errors "$log" | head -n 20 >&2
    die "the build failed; the whole log: $log"
  fi
  mv "$stamp.new" "$stamp"
  say "built in $((SECONDS - started)) s"
}

# Maven's "Building IOVTee plugin 0.1.0-SNAPSHOT   [6/8]" lines, as progress.
show_modules() {
  sed -u -n 's/^\[INFO\] Building \(IOVTee.*\) [^ ][^ ]*  *\(\[[0-9]*\/[0-9]*\]\)$/  \2 \1/p' >&2
}

# Without the colour codes that Maven's terminal library leaves even in a file.
plain_text() { sed -u 's/\x1b\[[0-9;]*m//g'; }

# The errors of a Maven log without Maven's own advice; its last lines where there is no error line.
maven_errors() {
  sed -n 's/ -> \[Help [0-9]*\]$//; s/^\[ERROR\] \+\([^ ]\)/\1/p' "$1" |
    grep -v -E '^\[Help|Re-run Maven|To see the full|For more information|After correcting|^mvn <args>' |
    awk '!seen[$0]++' | grep . || tail -n 15 "$1"
}

# --- fast start --------------------------------------------------------------------------------

# JVM options that make the start faster; empty while there is no cache.
# shellcheck disable=SC2034 # read by ./iovtee
AOT_OPTIONS=()
# Long enough for a loaded machine: the run itself takes 6 s, writing the cache about 5.
AOT_TIMEOUT_S=180

# The JVM's AOT cache (JEP 483, 514, 515) holds classes as they are after loading and linking, and what
# a training run found out about hot methods. It is made once per build by a short demo, which goes
# through both ways of the data path; whether that demo is content does not matter. Nothing depends on the
# cache: without one the start takes longer.
use_aot_cache() {
  local cache=$BUILD_DIR/target/iovtee.aot key
  [ "${IOVTEE_AOT:-on}" != off ] || return 0
  key=$(aot_key)
  if [ "$key" != "$(cat "$cache.key" 2>/dev/null)" ] && [ -w "$BUILD_DIR/target" ]; then
    make_aot_cache "$cache" "$key"
  fi
  [ "$key" = "$(cat "$cache.key" 2>/dev/null)" ] && [ -s "$cache" ] || return 0
  # What the JVM has to say about a cache that it can not use helps nobody who starts a switch.
  # shellcheck disable=SC2034 # read by ./iovtee
  AOT_OPTIONS=("-XX:AOTCache=$cache" '-Xlog:aot*=off:stderr' '-Xlog:cds*=off:stderr')
}

# What a cache is good for: this processor and JDK, these options, these jars. The JVM checks it, too.
aot_key() {
  {
    grep -m 1 '^model name' /proc/cpuinfo
    cat "$JAVA_HOME/release" "$ROOT/conf/jvm.options"
    stat -L -c '%n %s %Y' "$(switch_jar)" "$BUILD_DIR"/reference-switch/target/lib/*.jar
  } 2>/dev/null | cksum
}

# make_aot_cache FILE KEY: the key is kept when there is no cache, too, so that it is tried once.
make_aot_cache() {
  local log started=$SECONDS
  log=$(log_file aot)
  exec 8>"$BUILD_DIR/target/aot.lock"
  flock 8
  if [ "$2" != "$(cat "$1.key" 2>/dev/null)" ]; then
    say "preparing a faster start, once per build (IOVTEE_AOT=off leaves it out)"
    rm -f "$1" "$1.key"
    timeout "$AOT_TIMEOUT_S" "$JAVA_HOME/bin/java" "@$ROOT/conf/jvm.options" "-XX:AOTCacheOutput=$1" \
      "-Diovtee.home=$ROOT" "-Diovtee.plugins=$BUILD_DIR/target/plugins" \
      -jar "$(switch_jar)" demo --duration 6s </dev/null >"$log" 2>&1 8>&- || true
    printf '%s\n' "$2" >"$1.key"
    if [ -s "$1" ]; then
      say "prepared in $((SECONDS - started)) s"
    else
      say "that did not work; the start stays slower, nothing else is lost; log: $log"
    fi
  fi
  exec 8>&-
}
