#!/bin/sh
# Installs, upgrades, takes back and removes the box on Debian 12 or Raspberry Pi OS. Says what it does. See docs/install.md.
# A version lives in a folder of its own; `current` points at one, so an upgrade is a switch and going back another.
set -eu

usage() {
    cat <<'END'
usage: install.sh install [--wheel FILE] [--packages DIR] [--page] [--ingest N] [--root DIR]
       install.sh rollback | uninstall [--root DIR]

  install       install, or upgrade what is there; data and configuration stay as they are
  rollback      go back to the version before
  uninstall     remove the programs; configuration and data stay
  --wheel FILE  the wheel to install (default: this source tree)
  --packages DIR  no Internet: the dependencies, from `pip install --target DIR --require-hashes -r deploy/requirements.lock`
  --page        the officers' page, too
  --ingest N    N workers that store readings (a bureau's server)
  --root DIR    install below DIR and touch nothing else: no users, no services (to try it out)
END
}
say() { echo "== $*"; }
fail() { echo "install.sh: $1" >&2; [ $# -lt 2 ] || echo "  $2" >&2; exit 1; }
wrong() { echo "install.sh: $1" >&2; usage >&2; exit 2; }

here=$(cd "$(dirname "$0")" && pwd)
action=${1:-}
case $action in
install | rollback | uninstall) shift ;;
-h | --help) usage; exit 0 ;;
"") wrong "say what to do" ;;
*) wrong "there is no '$action'" ;;
esac
root="" wheel="" packages="" page="" workers=0
while [ $# -gt 0 ]; do
    case $1 in
    --page) page=yes; shift; continue ;;
    --wheel | --packages | --ingest | --root) [ $# -ge 2 ] || wrong "$1 needs a value" ;;
    *) wrong "there is no option '$1'" ;;
    esac
    case $1 in
    --wheel) wheel=$2 ;;
    --packages) packages=$2 ;;
    --ingest) workers=$2 ;;
    --root) root=$2 ;;
    esac
    shift 2
done
case $workers in *[!0-9]* | "") wrong "--ingest needs a number, not '$workers'" ;; esac

user=campus
proof=45 # s that every service must live: a hang is seen after WatchdogSec=30s
prefix=/opt/campus-gateway etc=/etc/campus-gateway data=/var/lib/campus-gateway
units=/etc/systemd/system rules=/etc/udev/rules.d/90-campus-serial.rules
python=${PYTHON:-python3}
if [ -n "$root" ]; then
    [ -d "$root" ] || fail "--root $root 不是目录 is no folder" "mkdir -p $root"
    root=$(cd "$root" && pwd)
else
    [ "$(id -u)" = 0 ] || fail "要 root 权限 must be root" "sudo $0 $action"
    [ -d /run/systemd/system ] || fail "这台机器不用 systemd This machine does not run systemd" "试装 to try it: $0 $action --root DIR"
fi
real() { [ -z "$root" ]; } # does it touch this machine?
site=$root$etc/site/site
services() {
    echo campus-gateway.service
    [ ! -e "$root$units/campus-dashboard.service" ] || echo campus-dashboard.service
    [ ! -e "$root$etc/workers" ] || seq -f 'campus-ingest@%.0f.service' "$(cat "$root$etc/workers")"
}
point() { ln -sfn "$2" "$1.new" && mv -T "$1.new" "$1"; } # a link changes in one step

folders() {
    if real; then
        for name in $user $user-page; do
            id "$name" >/dev/null 2>&1 || { say "用户 user $name"; useradd --system --user-group --home-dir $data --shell /usr/sbin/nologin "$name"; }
        done
        usermod -g $user $user-page # its files and its calls on the socket belong to the group
    fi
    say "目录 folders $prefix $etc $data"
    mkdir -p "$root$prefix/versions" "$root$prefix/doc" "$root$etc/site" "$root$etc/secrets" "$root$data" "$root$units" "$root${rules%/*}"
    # sticky: page and box write side by side, and neither can remove what is the other's
    chmod 3770 "$root$data" && chmod 750 "$root$etc" "$root$etc/site" && chmod 700 "$root$etc/secrets"
    ! real || { chown $user:$user $data; chown root:$user $etc; chown -R $user:$user $etc/site $etc/secrets; }
}

signed() { # where a release key lies, nothing is installed that its owner has not signed
    key=$root$etc/release.pub
    [ -f "$key" ] || { say "没有 $etc/release.pub，不核对签名 no release key: signatures are not checked"; return 0; }
    command -v openssl >/dev/null || fail "没有 openssl It is missing" "sudo apt-get install openssl"
    [ -n "$wheel" ] || fail "有 $etc/release.pub，只装签过名的 wheel only a signed wheel may be installed" "--wheel FILE"
    for file in "$wheel" "$here/requirements.lock"; do
        openssl dgst -sha256 -verify "$key" -signature "$file.sig" "$file" >/dev/null 2>&1 ||
            fail "$file 的签名不对，什么都没变 not signed by the owner of $etc/release.pub; nothing has changed" "$file.sig"
    done
    say "签名无误 signed by the owner of $etc/release.pub"
}

environment() {
    "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null ||
        fail "'$python' 不是 Python 3.11 至 3.13 is not one of them" "sudo apt-get install python3 python3-venv, or PYTHON=… $0"
    "$python" -c 'import sys; sys.exit(sys.maxsize < 2**32)' ||
        fail "这是 32 位系统，numpy 没有它的现成包 this is a 32-bit system: there is no ready-made numpy for it" "装 64 位系统 install the 64-bit system"
    "$python" -c 'import ensurepip' 2>/dev/null || fail "Python 缺 venv The venv module is missing" "sudo apt-get install python3-venv"
    if [ -n "$wheel" ]; then
        case ${wheel##*/} in campus_gateway-*.whl) ;; *) fail "$wheel 不是本软件的 wheel is no wheel of this software" "campus_gateway-….whl" ;; esac
        [ -f "$wheel" ] || fail "$wheel 没有这个文件 does not exist"
        version=$(basename "$wheel" | cut -d- -f2)
    else
        version=$(sed -n 's/^VERSION = "\(.*\)"/\1/p' "$here/../gateway/version.py")
    fi
    [ -z "$packages" ] || [ -d "$packages" ] || fail "--packages $packages 不是目录 is no folder"
    n=1
    while [ -e "$root$prefix/versions/$version-$n" ]; do n=$((n + 1)); done
    new=$prefix/versions/$version-$n
    say "软件环境 software $new"
    trap 'rm -rf "$root$new" "$site.compiled.new"' EXIT # until it has proven itself
    "$python" -m venv "$root$new"
    pip="$root$new/bin/python -m pip install --quiet --disable-pip-version-check"
    if [ -n "$packages" ]; then
        echo "$(cd "$packages" && pwd)" >"$("$root$new/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/campus-packages.pth"
    else
        $pip --require-hashes -r "$here/requirements.lock" || fail "下载依赖失败 The dependencies could not be fetched" "离线 offline: --packages DIR"
    fi
    if [ -n "$wheel" ]; then
        $pip --no-index --no-deps "$wheel"
    else
        built=$(mktemp -d) # the new environment's own pip: Debian's python3 has none
        "$root$new/bin/python" -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$built" "$here/.." &&
            $pip --no-index --no-deps "$built"/campus_gateway-*.whl || fail "从源码生成 wheel 失败 The wheel could not be built" "离线 offline: --wheel FILE"
        rm -r "$built"
    fi
    "$root$new/bin/campus-gateway" version >/dev/null || fail "装好的程序跑不起来 What was installed does not run"
    mkdir "$root$new/units"
    for unit in "$here"/systemd/*; do
        sed "s|@PREFIX@|$prefix|g;s|@ETC@|$etc|g;s|@DATA@|$data|g;s|@USER@|$user|g;s|@GROUP@|$user|g" "$unit" >"$root$new/units/${unit##*/}"
    done
    compile "$new" || fail "新版不接受这份配置，什么都没变 refused by the new version; nothing has changed" "照上面改 mend it as said above"
}

settled() { # a return from a trial would write back what the version of before has compiled, and no other can read it
    [ ! -e "$site.compiled.json.d/trial.json" ] ||
        fail "有一份新配置在试用：先在页面上确认或退回 A new configuration is on trial" "confirm it or give it back on the page first"
}

compile() { # by the version in this folder: each reads only what it has compiled itself. Takes its place with the switch, not before.
    [ -f "$site.yaml" ] || return 0
    say "用 $1 检查配置 checks $etc/site/site.yaml"
    "$root$1/bin/campus-gateway" check "$site.yaml" -o "$site.compiled.new" || { rm -f "$site.compiled.new"; return 1; }
}

put() { # one unit of the version in this folder
    cp "$root$1/units/$2" "$root$units/$2.new" && mv "$root$units/$2.new" "$root$units/$2"
}

put_units() { # of the version in this folder
    [ -d "$root$1/units" ] || return 0 # it left none: those that stand are its own
    say "服务 units in $units"
    put "$1" campus-gateway.service || return 1
    [ -z "$page" ] && [ ! -e "$root$units/campus-dashboard.service" ] || put "$1" campus-dashboard.service || return 1
    [ ! -e "$root$etc/workers" ] || put "$1" campus-ingest@.service || return 1
    ! real || systemctl daemon-reload
}

around() { # what is not of a version
    if [ "$workers" != 0 ]; then
        if real && [ -e $etc/workers ]; then # fewer than before: the others end
            seq -f 'campus-ingest@%.0f.service' $((workers + 1)) "$(cat $etc/workers)" | xargs -r systemctl disable --now --quiet
        fi
        echo "$workers" >"$root$etc/workers"
        mkdir -p -m 700 "$root$etc/ingest"
    fi
    say "串口名字 serial names $rules"
    cp "$here/90-campus-serial.rules" "$root$rules"
    cp "$here/../docs/install.md" "$root$prefix/doc/"
    ln -sf "$prefix/current/bin/campus-gateway" "$root$prefix/campus-gateway"
    if real; then
        ln -sf $prefix/current/bin/campus-gateway /usr/local/bin/campus-gateway
        # a container has none: the box starts all the same
        udevadm control --reload 2>/dev/null && udevadm trigger --subsystem-match=tty 2>/dev/null ||
            say "udev 没有应答，重启后串口名字才生效 udev did not take them: they hold from the next start"
    fi
}

needs() { # what a service cannot start without
    case $1 in campus-ingest@*) echo "$root$etc/ingest.env" ;; *) echo "$site.compiled.json" ;; esac
}

restart() { # 0: every service that is configured says READY, and is not started again meanwhile
    real || return 0
    started=""
    for service in $(services); do
        [ -f "$(needs "$service")" ] || { say "$service 还没有配置 is not configured yet: $(needs "$service")，$prefix/doc/install.md §7 §9"; continue; }
        say "启动 starts $service"
        systemctl enable --quiet "$service" && systemctl restart "$service" || return 1
        started="$started $service"
    done
    [ -n "$started" ] || return 0
    say "看 ${proof} 秒是否一直在运行 watches for $proof s whether it goes on running"
    before=$(starts $started)
    sleep "$proof"
    for service in $started; do systemctl is-active --quiet "$service" || return 1; done
    [ "$before" = "$(starts $started)" ]
}
starts() { systemctl show --property=NRestarts "$@"; } # by itself, so far

switch_to() { # the folder of a version, which has compiled the site. Cut off half-way, the version of before starts with its last good site.
    put_units "$1" || return 1
    if [ -e "$site.compiled.new" ]; then
        mv "$site.compiled.new" "$site.compiled.json" || return 1
        ! real || chown -R $user:$user $etc/site
    fi
    point "$root$prefix/current" "$1"
}

use() { # the folder of a version: it stays in use only if it starts, else all is as it was
    old=$(readlink "$root$prefix/current" || true)
    if switch_to "$1" && restart; then
        [ -z "$old" ] || [ "$old" = "$1" ] || point "$root$prefix/previous" "$old"
        say "现用 now in use: $1${old:+ (before: $old)}"
        return 0
    fi
    [ -n "$old" ] || fail "启动不了 It does not start" "journalctl -u campus-gateway -n 50"
    compile "$old" || true
    switch_to "$old" && restart || true
    return 1
}

case $action in
install)
    settled
    signed
    folders
    environment
    if [ -e "$root$data/journal.db" ]; then # not the readings: gigabytes on a card, and versions only add to them
        say "升级前备份 backup before the upgrade: $data/before-upgrade.campus"
        "$root$new/bin/campus-gateway" backup "$root$data/before-upgrade.campus" --data "$root$data" --config "$root$etc" --without-readings --force ||
            fail "升级前备份失败，什么都没变 The backup before the upgrade failed; nothing has changed" "照上面改 mend it as said above"
    fi
    around
    trap - EXIT
    if ! use "$new"; then
        rm -rf "$root$new"
        fail "新版启动不了，已退回 The new version does not start: back at $old" "journalctl -u campus-gateway -n 50"
    fi
    # the newest three stay: the one in use, the one before, and one more
    for stale in $(ls -dt "$root$prefix"/versions/* | tail -n +4); do
        case "${stale#"$root"}" in "$(readlink "$root$prefix/current")" | "$(readlink "$root$prefix/previous" || true)") ;; *) rm -r "$stale" ;; esac
    done
    say "装好了 done. 第一个登录用户 the first user: sudo -u $user-page campus-gateway user add NAME --role admin --generate"
    ;;
rollback)
    settled
    before=$(readlink "$root$prefix/previous" || true)
    [ -n "$before" ] && [ -d "$root$before" ] || fail "没有更早的版本 There is no version before" "$(ls "$root$prefix/versions" 2>/dev/null || true)"
    compile "$before" || fail "旧版不接受现在的配置 The old version refuses the configuration of today"
    use "$before" || fail "旧版启动不了，还用 The old version does not start: still at $old" "journalctl -u campus-gateway -n 50"
    ;;
uninstall)
    [ -e "$root$prefix" ] || fail "没有装 It is not installed${root:+ below $root}"
    if real; then
        for service in $(services); do systemctl disable --now --quiet "$service" || true; done
        rm -f /usr/local/bin/campus-gateway
    fi
    say "删除程序 removes $prefix and the units"
    rm -rf "$root$prefix" "$root$rules" "$root$units/campus-gateway.service" "$root$units/campus-dashboard.service" "$root$units/campus-ingest@.service"
    ! real || systemctl daemon-reload
    say "留下 kept: $etc $data"
    ;;
esac
