#!/bin/sh
# Prepares an InfluxDB for `ingest` once: database or bucket, and accounts that may only what they must, each in a file of its own.
# usage: influxdb-setup.sh v1|v2 URL FOLDER [DAYS]     FOLDER gets admin, ingest (writes; for --token-file), reader (reads; for database: and Grafana) and, v2, operator
# Where FOLDER holds an operator token already (v2), nothing is set up: only ingest and reader are made with it.
set -eu
[ $# -ge 3 ] || { sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2; }
style=$1 url=${2%/} out=$3 days=${4:-1826}
case $style in v1 | v2) ;; *) echo "$0: '$style' is neither v1 nor v2" >&2; exit 2 ;; esac
case $days in *[!0-9]* | "") echo "$0: '$days' is no number of days" >&2; exit 2 ;; esac
curl --silent --fail --output /dev/null --max-time 10 "$url/ping" || { echo "$0: 数据库没有应答 no InfluxDB answers at $url" >&2; exit 1; }
umask 077
mkdir -p "$out"
new="ingest reader"
[ "$style" = v2 ] && [ -e "$out/operator" ] || new="admin $new"
for name in $new; do
    [ ! -e "$out/$name" ] || { echo "$0: $out/$name 已经有了，不覆盖 is there already and is not overwritten" >&2; exit 1; }
done
auth=$out/.curl
trap 'rm -f "$auth"' EXIT
word() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
admin=$(word) ingest=$(word) reader=$(word)

v1() { # InfluxQL; the password goes through standard input, not the command line
    told=$(printf 'q=%s' "$1" | curl --silent --show-error --max-time 30 ${known:+--config "$auth"} --data-binary @- "$url/query")
    case $told in *'"error"'*) echo "$0: $told" >&2; exit 1 ;; esac
}
v2() { # path, body ("" asks for it): the answer on one line, as "name":value; neither token nor body is ever on a command line
    told=$(printf '%s' "$2" | curl --silent --show-error --max-time 30 ${known:+--config "$auth"} \
        --header 'Content-Type: application/json' ${2:+--data-binary @-} "$url/api/v2/$1" | tr -d '\t\r\n' | sed 's/": *"/":"/g')
    case $told in *'"code":'* | "")
        echo "$0: /api/v2/${1%%\?*}: ${told:-没有应答 no answer}" >&2
        [ "$1" != setup ] || echo "以前装过的 set up before? 管理令牌写进 put its operator token into $out/operator, 再运行 run again" >&2
        exit 1 ;;
    esac
}
first() { # the first value of a name in the answer
    found=$(printf '%s' "$told" | grep -o "\"$1\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4)
    [ -n "$found" ] || { echo "$0: 数据库的应答里没有 the answer lacks '$1'" >&2; exit 1; }
    echo "$found"
}
token() { # name, action: a token that may do this with the one bucket and nothing else
    v2 authorizations "{\"orgID\":\"$org\",\"description\":\"campus $1\",\"permissions\":[{\"action\":\"$2\",\"resource\":{\"type\":\"buckets\",\"id\":\"$bucket\",\"orgID\":\"$org\"}}]}"
    made=$(first token)
    echo "$made" >"$out/$1"
}
known=""
if [ "$style" = v1 ]; then
    v1 "CREATE USER admin WITH PASSWORD '$admin' WITH ALL PRIVILEGES"
    echo "user = \"admin:$admin\"" >"$auth"
    known=yes
    v1 "CREATE DATABASE campus WITH DURATION ${days}d NAME keep"
    v1 "CREATE USER ingest WITH PASSWORD '$ingest'"
    v1 "GRANT WRITE ON campus TO ingest"
    v1 "CREATE USER reader WITH PASSWORD '$reader'"
    v1 "GRANT READ ON campus TO reader"
    echo "reader:$reader" >"$out/reader"
    echo "ingest:$ingest" >"$out/ingest"
    echo "admin:$admin" >"$out/admin"
    echo "装好了 done. influxdb.conf: [http] auth-enabled = true, then: campus-gateway ingest --style v1 --db campus --token-file $out/ingest"
else
    if [ ! -e "$out/operator" ]; then
        operator=$(word)
        v2 setup "{\"username\":\"admin\",\"password\":\"$admin\",\"org\":\"campus\",\"bucket\":\"campus\",\"retentionPeriodSeconds\":$((days * 86400)),\"token\":\"$operator\"}"
        echo "$operator" >"$out/operator"
        echo "admin:$admin" >"$out/admin"
    fi
    echo "header = \"Authorization: Token $(cat "$out/operator")\"" >"$auth"
    known=yes
    v2 'buckets?org=campus&name=campus' ""
    bucket=$(first id)
    org=$(first orgID)
    token ingest write
    token reader read
    echo "装好了 done: campus-gateway ingest --org campus --bucket campus --token-file $out/ingest"
    echo "$out/operator 什么都能做，只留给管理员 may do everything: keep it from the workers"
fi
