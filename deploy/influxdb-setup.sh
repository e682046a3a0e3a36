#!/bin/sh
# Prepares an InfluxDB for `ingest` once: database or bucket, and accounts with random passwords, each in a file of its own.
# usage: influxdb-setup.sh v1|v2 URL FOLDER [DAYS]     FOLDER gets admin, ingest (for --token-file) and, v1, reader (for Grafana)
set -eu
[ $# -ge 3 ] || { sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2; }
style=$1 url=${2%/} out=$3 days=${4:-1826}
case $style in v1 | v2) ;; *) echo "$0: '$style' is neither v1 nor v2" >&2; exit 2 ;; esac
case $days in *[!0-9]* | "") echo "$0: '$days' is no number of days" >&2; exit 2 ;; esac
curl --silent --fail --output /dev/null --max-time 10 "$url/ping" || { echo "$0: 数据库没有应答 no InfluxDB answers at $url" >&2; exit 1; }
umask 077
mkdir -p "$out"
for name in admin ingest reader; do
    [ ! -e "$out/$name" ] || { echo "$0: $out/$name 已经有了，不覆盖 is there already and is not overwritten" >&2; exit 1; }
done
word() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
admin=$(word) ingest=$(word) reader=$(word)

v1() { # InfluxQL; the password goes through standard input, not the command line
    told=$(printf 'q=%s' "$1" | curl --silent --show-error --max-time 30 ${auth:+--config "$auth"} --data-binary @- "$url/query")
    case $told in *'"error"'*) echo "$0: $told" >&2; exit 1 ;; esac
}
if [ "$style" = v1 ]; then
    auth=""
    v1 "CREATE USER admin WITH PASSWORD '$admin' WITH ALL PRIVILEGES"
    auth=$out/.curl
    echo "user = \"admin:$admin\"" >"$auth"
    v1 "CREATE DATABASE campus WITH DURATION ${days}d NAME keep"
    v1 "CREATE USER ingest WITH PASSWORD '$ingest'"
    v1 "GRANT WRITE ON campus TO ingest"
    v1 "CREATE USER reader WITH PASSWORD '$reader'"
    v1 "GRANT READ ON campus TO reader"
    rm "$auth"
    echo "reader:$reader" >"$out/reader"
    echo "ingest:$ingest" >"$out/ingest"
    echo "装好了 done. influxdb.conf: [http] auth-enabled = true, then: campus-gateway ingest --style v1 --db campus --token-file $out/ingest"
else
    body="{\"username\":\"admin\",\"password\":\"$admin\",\"org\":\"campus\",\"bucket\":\"campus\",\"retentionPeriodSeconds\":$((days * 86400)),\"token\":\"$ingest\"}"
    told=$(printf '%s' "$body" | curl --silent --show-error --max-time 30 --header 'Content-Type: application/json' --data-binary @- "$url/api/v2/setup")
    case $told in *'"code"'*) echo "$0: $told" >&2; exit 1 ;; esac
    echo "$ingest" >"$out/ingest"
    echo "装好了 done: campus-gateway ingest --org campus --bucket campus --token-file $out/ingest"
fi
echo "admin:$admin" >"$out/admin"
