#!/bin/sh
# The main job: `mockops up` with the example shop applied. Ctrl-C stops it; the next start has everything.
set -eu
cd "$(dirname "$0")/.."
bin=.venv/bin
data=${MOCKOPS_DEMO_DATA:-.demo}
port=${MOCKOPS_DEMO_PORT:-7070}
gateway_port=${MOCKOPS_DEMO_GATEWAY_PORT:-7080}
server=http://127.0.0.1:$port

"$bin/mockops" up --data "$data" --port "$port" --gateway-port "$gateway_port" --admin-port 0 &
up=$!
trap 'kill -INT $up 2>/dev/null || true; wait $up' INT TERM
until "$bin/python" -c "import urllib.request as u; u.urlopen('$server/ready', timeout=1)" 2>/dev/null; do
    kill -0 $up 2>/dev/null || { wait $up; exit; }
    sleep 0.2
done
"$bin/mockops" apply examples/shop --server "$server" --yes
cat <<TEXT

Try, in another terminal:
  curl -i 'http://127.0.0.1:$gateway_port/@inventory/products'
  curl -i 'http://127.0.0.1:$gateway_port/customers/cus_8f2k1' -H 'MockOps-Target: auth' -H 'Authorization: Bearer x'
  curl -i 'http://payments.localhost:$gateway_port/payments/pay_3k9d2' -H 'Authorization: Bearer x'
  curl -N '$server/api/v1/traffic/stream'
Then edit a stub below examples/shop/workspaces and: $bin/mockops apply examples/shop
TEXT
wait $up
