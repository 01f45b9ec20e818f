#!/bin/sh
# Creates the keys and passwords of compose.yaml, once: `.env` and the folder `secrets`, which git and the image ignore. Prints the
# operator's key, which is stored nowhere else: the server has a hash of it.
set -eu
[ ! -e secrets ] || { echo 'secrets exists already: remove it to begin anew' >&2; exit 1; }

umask 077
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
hash() { printf '%s' "$1" | sha256sum | cut -d' ' -f1; }

operator=$(random)
metrics=$(random)
mkdir secrets
printf 'DATABASE_PASSWORD=%s\n' "$(random)" >.env
printf '%s' "$metrics" >secrets/metrics-key
random >secrets/grafana-password
cat >secrets/auth.json <<AUTH
{
  "keys": [
    { "name": "operator", "sha256": "$(hash "$operator")", "principal": "operator" },
    { "name": "prometheus", "sha256": "$(hash "$metrics")", "principal": "service", "rights": [] }
  ]
}
AUTH
# The servers run as users of their own, and only the files are mounted.
chmod 644 secrets/*
echo "the operator's key: $operator"
