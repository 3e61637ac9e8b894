/* What each mistake in a configuration is told as, with its place. */
#include "unit/app/configuration_harness.h"

#define BARE                                                                                       \
    "providers: [{name: alpha, url: \"https://a.example/\", key: \"${env:ALPHA_KEY}\"}]\n"         \
    "services: [{id: 1, offers: [{provider: alpha, service: 1}]}]\n"                               \
    "clients:\n"                                                                                   \
    "- key: ${env:SHOP_KEY}\n"                                                                     \
    "  name: shop\n"
#define CLIENT BARE "  balance: 0\n"
#define PROVIDER                                                                                   \
    "clients: [{name: shop, key: \"${env:SHOP_KEY}\", balance: 0}]\n"                              \
    "services: [{id: 1, offers: [{provider: alpha, service: 1}]}]\n"                               \
    "providers:\n"                                                                                 \
    "- name: alpha\n"
#define SERVICE                                                                                    \
    "clients: [{name: shop, key: \"${env:SHOP_KEY}\", balance: 0}]\n"                              \
    "providers: [{name: alpha, url: \"https://a.example/\", key: \"${env:ALPHA_KEY}\"},\n"         \
    "            {name: beta, url: \"https://b.example/\", key: \"${env:BETA_KEY}\"}]\n"           \
    "services:\n"
#define URL_AND_KEY "  url: https://a.example/\n  key: ${env:ALPHA_KEY}\n"
#define OFFERS "  offers: [{provider: alpha, service: 1}]\n"

struct fault_case {
    const char *yaml;
    const char *faults; /* without "p.yaml:" at the start of each line */
};

static const struct fault_case first_level[] = {
    {BASE, ""},
    {"", ": warning: no clients, so nobody can call; add `clients:`\n"
         ": warning: no providers, so nothing can be delivered; add `providers:`\n"},
    {"- 1\n", "1:1: the file is a list; right is a map of keys and values\n"},
    {BASE "worker: 1\n", "5:1: unknown key `worker`; did you mean `workers`?\n"},
    {BASE "workers: 0\n", "5:10: `workers`: `0` is out of range; 1 to 256 is right\n"},
    {BASE "workers: two\n",
     "5:10: `workers`: `two` is not a whole number; right is plain digits\n"},
    {BASE "workers: 2\nworkers: 3\n",
     "6:1: doubled key `workers`, first at 5:1; keep one of them\n"},
    {BASE "catalogue: {price_jump: 0%}\n",
     "5:25: `price_jump`: `0%` is out of range; 0.1% to 100000% is right\n"},
    {BASE "decimals: 9\n", "5:11: `decimals`: `9` is out of range; 2 to 8 is right\n"},
    {BASE "decimals: 1\n", "5:11: `decimals`: `1` is out of range; 2 to 8 is right\n"},
    {BASE "first_order: 0\n",
     "5:14: `first_order`: `0` is out of range; 1 to 2147483647 is right\n"},
    {BASE "first_order: 2147483648\n",
     "5:14: `first_order`: `2147483648` is out of range; 1 to 2147483647 is right\n"},
    {BASE "first_order: 2147483647\n", ""},
    {BASE "answer_within: 1ms\nstatus_fresh: 1ms\nstatus_within: 1ms\nrequest_timeout: 1ms\n", ""},
    {BASE "answer_within: 8\n",
     "5:16: `answer_within`: `8` is not a duration; right is a whole number with its unit, such as "
     "1500ms, 15s, 10m, 2h or 1d\n"},
    {BASE "max_body: 10B\n",
     "5:11: `max_body`: `10B` is out of range; 1024 to 67108864 is right\n"},
    {BASE "ledger: sqlite:/var/lib/panelmux.db\n", ""},
    {BASE "ledger: postgresql://user:se-cret@host/db\n",
     "5:9: `ledger`: the value is not usable: PostgreSQL is not built yet; sqlite:PATH is right\n"},
    {BASE "ledger: mysql://se-cret\n", "5:9: `ledger`: the value is not a ledger; right is "
                                       "sqlite:PATH, relative to the working directory\n"},
    {BASE "ledger: \"sqlite:\"\n", "5:9: `ledger`: the value is not a ledger; right is "
                                   "sqlite:PATH, relative to the working directory\n"},
    {BASE "cache: memory\n", ""},
    {BASE "cache: redis://:se-cret@h:6379/0\n", ""},
    {BASE "cache: redis+unix:///run/redis.sock?db=2\n", ""},
    {BASE "cache: redis://:se-cret@h:x/0\n",
     "5:8: `cache`: the value has an ill-formed port; 1 to 65535 is right\n"},
    {BASE "cache: rediss://:se-cret@h:6379/0\n",
     "5:8: `cache`: the value asks for TLS, which hiredis here does not have; use redis:// through "
     "a tunnel such as stunnel\n"},
    {BASE "cache: disk\n", "5:8: `cache`: the value is not a cache; right is memory, "
                           "redis://[user:password@]host:6379/0 or redis+unix:///path?db=0\n"},
    {BASE "watch: 30d\nclaim: off\n", ""},
    {BASE "watch: never\n", "5:8: `watch`: `never` is not a duration or off; right is a whole "
                            "number with its unit, such as "
                            "1500ms, 15s, 10m, 2h or 1d, or off\n"},
    {BASE "currency: dollars!\n",
     "5:11: `currency`: `dollars!` is not a currency; right is a code such as USD\n"},
    {BASE "currency: UDS\n",
     "5:11: `currency`: `UDS` is not a currency; right is a code of ISO 4217 such as USD, or of a "
     "cryptocurrency such as USDT; did you mean USD?\n"},
    {BASE "rates: {EUR: 1.08, CREDITS: 1, USDT: 1, XAU: 1}\n",
     "5:20: `rates`: `CREDITS` is not a currency; right is a code of ISO 4217 such as USD, or of a "
     "cryptocurrency such as USDT\n"},
    {BASE "currency: eur\n", ""},
    {BASE "rates: {EUR: 0, TRY: x, JPY: \"0.0067\", jpy: 1, USD: 2}\n",
     "5:14: `rates`: `0` must be above 0; what one unit is worth is right\n"
     "5:22: `rates`: `x` is not an exchange rate; right is such as 1.08, with 12 decimals at most\n"
     "5:40: a second rate for JPY; keep one of them\n"
     "5:48: USD is `currency` itself, one is worth one; leave it out\n"},
    {BASE "rates: {USD: 1.0}\n", ""},
    {BASE "rates: [EUR]\n", "5:8: `rates` is a list; right is a map\n"},
    {BASE
     "catalogue: {refresh: 1ms, balance: 0s, price_jump: 50, vanish_limit: 130%, refersh: 1}\n",
     "5:36: `balance`: `0s` is too short; at least 1ms\n"
     "5:52: `price_jump`: `50` is not a percentage; right is such as 50% or 2.5%\n"
     "5:70: `vanish_limit`: `130%` is out of range; 0% to 100% is right\n"
     "5:76: unknown key `refersh`; did you mean `refresh`?\n"},
};

static const struct fault_case listening[] = {
    {BASE "listen: \":0\"\nadmin: {listen: \"127.0.0.1:0\"}\n", ""},
    {BASE "listen: [\"*:8080\", \"[::]:8080\", localhost:8082, 127.0.0.1:0, 127.0.0.1:0]\n", ""},
    {BASE "listen: 8080\n", "5:9: `listen`: `8080` is not an address; right is IP:PORT, such as "
                            "0.0.0.0:8080 or [::1]:8080\n"},
    {BASE "listen: host.example:80\n",
     "5:9: `listen`: `host.example:80` is not an address; right is IP:PORT, such as 0.0.0.0:8080 "
     "or [::1]:8080\n"},
    {BASE "listen: [127.0.0.1:65536, \"[::1:80\"]\n",
     "5:10: `listen`: `127.0.0.1:65536` is not an address; right is IP:PORT, such as 0.0.0.0:8080 "
     "or [::1]:8080\n"
     "5:27: `listen`: `[::1:80` is not an address; right is IP:PORT, such as 0.0.0.0:8080 or "
     "[::1]:8080\n"},
    {BASE "listen: []\n", "5:9: `listen` has 0 addresses; 1 to 16 is right\n"},
    {BASE "listen: [127.0.0.1:80, localhost:80]\n",
     "5:24: localhost:80 is listened on twice, first at p.yaml:5:10; give each side its own\n"},
    {BASE "admin: {listen: 127.0.0.1:80}\nlisten: 127.0.0.1:80\n",
     "5:17: 127.0.0.1:80 is listened on twice, first at p.yaml:6:9; give each side its own\n"},
    {BASE "admin: {listen: 127.0.0.1:80}\nlisten: 0.0.0.0:80\n",
     "5:17: 127.0.0.1:80 and p.yaml:6:9 listen on the same port, one of them on all addresses; "
     "give each side a port of its own\n"},
    {BASE "listen: [127.0.0.1:80, 0.0.0.0:80]\n",
     "5:24: 0.0.0.0:80 and p.yaml:5:10 listen on the same port, one of them on all addresses; "
     "give each side a port of its own\n"},
    {BASE "listen: [127.0.0.1:80, 127.0.0.2:80, 0.0.0.0:81, \"[::1]:81\"]\n", ""},
    {BASE "admin: {listen: 0.0.0.0:8081}\n",
     "5:17: 0.0.0.0:8081 can be reached from elsewhere and there is no `token`; add `token: "
     "${env:PANELMUX_ADMIN_TOKEN}`, or listen on 127.0.0.1\n"},
    {BASE "admin: {listen: [\"[::1]:1\", 127.3.4.5:2, \"[::ffff:127.0.0.1]:3\"]}\n", ""},
    {BASE "admin: {listen: 0.0.0.0:8081, token: \"${env:PANELMUX_ADMIN_TOKEN}\"}\n", ""},
    {BASE "admin: {listen: 0.0.0.0:8081, token: \"${env:NOT_SET}\"}\n",
     "5:38: `token`: the environment variable NOT_SET is not set; set it before the start\n"},
    {BASE "admin: {listen: 0.0.0.0:8081, token: \"${env:ONE_LETTER}\"}\n",
     "5:38: `token` has 1 of at least 6 characters, so it can be guessed; use a random one, such "
     "as "
     "from `openssl rand -hex 16`\n"},
    {BASE "admin: {token: \"${env:ONE_LETTER}\"}\n",
     "5:16: warning: `token` has 1 of at least 6 characters, so it can be guessed; use a random "
     "one, such as from `openssl rand -hex 16`\n"},
    {BASE "admin: {token: se-cret}\n",
     "5:16: warning: `token` is a literal secret; use ${env:NAME} or ${file:/path}\n"},
    {BASE "tls: {certificate: /nonexistent}\n",
     "5:6: `key` is missing; `tls` needs it\n"
     "5:20: `certificate`: `/nonexistent` cannot be read: No such file or directory; check its "
     "path and rights\n"},
    {BASE "trusted_proxies: [10.0.0.0/8, 10.0.0.1/8, \"::/0\", 1.2.3.4/33, x]\n",
     "5:31: `trusted_proxies`: `10.0.0.1/8` is not a network; right is such as 10.0.0.0/8, "
     "192.0.2.7 or 2001:db8::/32, with no bits set beyond the prefix\n"
     "5:51: `trusted_proxies`: `1.2.3.4/33` is not a network; right is such as 10.0.0.0/8, "
     "192.0.2.7 or 2001:db8::/32, with no bits set beyond the prefix\n"
     "5:63: `trusted_proxies`: `x` is not a network; right is such as 10.0.0.0/8, 192.0.2.7 or "
     "2001:db8::/32, with no bits set beyond the prefix\n"},
};

static const struct fault_case clients[] = {
    {CLIENT "  funds: unlimited\n  refs: false\n  services: all\n  addresses: any\n", ""},
    {BARE, "4:3: `balance` is missing; `funds: unlimited` needs it: what this client sees as its "
           "balance, an amount or provider_sum\n"},
    {BARE "  balance: provider_sum\n  refs: true\n  frozen: true\n  daily_limit: 50\n", ""},
    {BARE "  funds: prepaid\n  credit_limit: 12.50\n  daily_limit: none\n", ""},
    {BARE "  funds: Prepaid\n  prices: {1: \"0.80\", 2: 1.2}\n", ""},
    {BARE "  funds: prepayed\n",
     "6:10: `funds`: `prepayed` is none of the choices; did you mean `prepaid`?\n"},
    {CLIENT "  funds: prepaid\n",
     "6:3: `balance` is for `funds: unlimited`, a prepaid client sees its own funds; leave it "
     "out\n"},
    {CLIENT "  credit_limit: 5\n", "7:3: `credit_limit` is for `funds: prepaid`; leave it out\n"},
    {CLIENT "  daily_limit: 0\n", "7:16: `daily_limit`: `0` must be above 0; `none` is no limit\n"},
    {CLIENT "  daily_limit: much\n",
     "7:16: `daily_limit`: `much` is not a limit; right is an amount such as 50.00, or none\n"},
    {CLIENT "  prices: {0: 1, x: 1, 7: -1, 8: a, 2147483648: 1}\n",
     "7:12: `prices`: `0` is not a service id; right is a number from 1 to 2147483647\n"
     "7:18: `prices`: `x` is not a service id; right is a number from 1 to 2147483647\n"
     "7:27: `prices`: `-1` is below 0; an amount from 0 is right\n"
     "7:34: `prices`: `a` is not an amount; right is such as 1.20, with 8 decimals at most\n"
     "7:37: `prices`: `2147483648` is not a service id; right is a number from 1 to 2147483647\n"},
    {CLIENT "  prices: 0.80\n", "7:11: `prices` is a single value; right is a map\n"},
    {BARE "  balance: 0\n  prices: {7: 1, 07: 2}\n",
     ": client \"shop\" has two prices for service 7; keep one of them\n"},
    {CLIENT "  adresses: any\n", "7:3: unknown key `adresses`; did you mean `addresses`?\n"},
    {CLIENT "- name: nobody\n  funds: prepaid\n",
     "7:3: a client without a key; add `key: ${env:NAME}`, `keys` or `key_sha256`\n"},
    {CLIENT "- name: nobody\n  keys: []\n  funds: prepaid\n",
     "7:3: a client without a key; add `key: ${env:NAME}`, `keys` or `key_sha256`\n"},
    {CLIENT "- key: ${env:BETA_KEY}\n  funds: prepaid\n",
     "7:3: `name` is missing; a client needs it\n"},
    {CLIENT "- key: ${env:BETA_KEY}\n  name: shop\n  funds: prepaid\n",
     "8:9: client `shop` is there twice, first at p.yaml:5:9; give each its own\n"},
    {CLIENT "- key: ${env:BETA_KEY}\n  name: a shop\n  funds: prepaid\n",
     "8:9: `name`: `a shop` is not a name; right is 1 to 64 letters, digits, `.`, `_` or `-`\n"},
    {CLIENT "- key: ${env:SHOP_KEY}\n  name: other\n  funds: prepaid\n",
     "7:8: this key is there twice, first at p.yaml:4:8; give each client its own\n"},
    /* The digest of the shop's key, in its second client. */
    {CLIENT "- name: other\n  key_sha256: "
            "9D48B875204C9B9CA2B2A3A3910454F607155FD99EBF4C4BA1231609F7001033\n  funds: prepaid\n",
     "8:15: this key is there twice, first at p.yaml:4:8; give each client its own\n"},
    {CLIENT "- name: other\n  key_sha256: abc\n  funds: prepaid\n",
     "8:15: `key_sha256`: `abc` is not a SHA-256; right is 64 hex digits\n"},
    {CLIENT "- name: other\n  keys: [\"${env:NOT_SET}\", se-cret-8, \"${file:/nonexistent}\"]\n  "
            "funds: prepaid\n",
     "8:10: `keys`: the environment variable NOT_SET is not set; set it before the start\n"
     "8:28: warning: `keys` is a literal secret; use ${env:NAME} or ${file:/path}\n"
     "8:39: `keys`: cannot read the file /nonexistent: No such file or directory; check its path "
     "and rights\n"},
    {CLIENT "- name: other\n  key: ${env:ONE_LETTER}\n  funds: prepaid\n",
     "8:8: `key`: the value has 1 of at least 8 characters, so it can be guessed; use a random "
     "one, such as from `panelmux client key`\n"},
    {CLIENT "- name: other\n  key: ${env:TWO_LINES}\n  funds: prepaid\n",
     "8:8: `key`: the value holds a line break or another control character; a key is one line, "
     "and several keys are a list under `keys`\n"},
    {BARE "  markup: much\n  rate_limit: 10/x\n  balance: -1\n  get_orders: maybe\n",
     "6:11: `markup`: `much` is not a markup; right is such as 25%, -3%, 0.05 or 25% + 0.05\n"
     "7:15: `rate_limit`: `10/x` is not a rate limit; right is such as 10/s, 300/m or 5000/h, or "
     "none\n"
     "8:12: `balance`: `-1` is below 0; an amount from 0 is right\n"
     "9:15: `get_orders`: `maybe` is not a yes or no; right is true or false\n"},
    {CLIENT "  markup: -100%\n",
     "7:11: `markup`: `-100%` gives everything away; above -100% is right\n"},
    {CLIENT "  markup: -99.999999999% - 0.5\n", ""},
    {BARE "  balance: 1.123456789\n",
     "6:12: `balance`: `1.123456789` is not a balance to show; right is an amount such as "
     "1000.00, or provider_sum\n"},
    {CLIENT "  services: [1-99, 7, 5-3, 0, x, 2147483648]\n  addresses: [10.0.0.0/8, nowhere]\n",
     "7:23: `services`: `5-3` is not a service id or range; right is such as 7 or 1-99, from 1 to "
     "2147483647, the lower one first\n"
     "7:28: `services`: `0` is not a service id or range; right is such as 7 or 1-99, from 1 to "
     "2147483647, the lower one first\n"
     "7:31: `services`: `x` is not a service id or range; right is such as 7 or 1-99, from 1 to "
     "2147483647, the lower one first\n"
     "7:34: `services`: `2147483648` is not a service id or range; right is such as 7 or 1-99, "
     "from 1 to 2147483647, the lower one first\n"
     "8:27: `addresses`: `nowhere` is not a network; right is such as 10.0.0.0/8, 192.0.2.7 or "
     "2001:db8::/32, with no bits set beyond the prefix\n"},
    {CLIENT "  services: []\n  addresses:\n",
     "7:13: `services` is empty; `all` or a list is right\n"
     "8:13: `addresses` is empty; `any` or a list is right\n"},
    {CLIENT "- just text\n",
     "7:3: a client is a single value; right is a map of keys and values\n"},
};

static const struct fault_case providers[] = {
    {PROVIDER URL_AND_KEY "  low_balance: little\n",
     "7:16: `low_balance`: `little` is not an amount; right is such as 1.20, with 8 decimals at "
     "most\n"},
    {PROVIDER URL_AND_KEY "  dialect: standard\n  rate_limit: 10/s\n  state: closed\n", ""},
    {PROVIDER, "4:3: `url` is missing; a provider needs it\n"
               "4:3: `key` is missing; a provider needs it\n"},
    {PROVIDER URL_AND_KEY "  adress: x\n",
     "7:3: unknown key `adress`; there is: name, url, key, currency, dialect, timeout, "
     "connect_timeout, ca_file, unknown_errors, max_connections, rate_limit, state, "
     "low_balance, answers, statuses\n"},
    {PROVIDER URL_AND_KEY "- name: alpha\n" URL_AND_KEY,
     "7:9: provider `alpha` is there twice, first at p.yaml:4:9; give each its own\n"},
    {PROVIDER "  key: ${env:NOT_SET}\n  url: https://a.example\n",
     "5:8: `key`: the environment variable NOT_SET is not set; set it before the start\n"},
    {PROVIDER "  key: se-cret\n  url: http://10.0.0.1/x\n",
     "5:8: warning: `key` is a literal secret; use ${env:NAME} or ${file:/path}\n"
     "6:8: warning: `url` with http:// sends our key in clear text; use https://\n"},
    {PROVIDER "  key: ${env:ALPHA_KEY}\n  url: http://127.0.0.1:9/api\n", ""},
    {PROVIDER "  key: ${env:ALPHA_KEY}\n  url: http://[::1]:9/api?x=1\n", ""},
    {PROVIDER "  key: ${env:ALPHA_KEY}\n  url: http://localhost\n", ""},
    {PROVIDER "  key: ${env:ALPHA_KEY}\n  url: https://user:se-cret@a.example/\n",
     "6:8: `url`: the value holds a user name or password; only the host and path are right\n"},
    {PROVIDER "  key: ${env:ALPHA_KEY}\n  url: ftp://a.example/\n",
     "6:8: `url`: the value is not an address; right is https://HOST/PATH\n"},
    {PROVIDER "  key: ${env:ALPHA_KEY}\n  url: HTTPS://A.example/api\n", ""},
    {PROVIDER "  key: ${env:ALPHA_KEY}\n  url: Http://127.0.0.1/api\n", ""},
    {PROVIDER "  key: ${env:ALPHA_KEY}\n  url: HTTP://a.example/api\n",
     "6:8: warning: `url` with http:// sends our key in clear text; use https://\n"},
    {PROVIDER "  key: ${env:ALPHA_KEY}\n  url: https://a/api?lang=en&api_key=se-cret\n",
     "6:8: warning: `url` holds a key, which then reaches proxies' and panels' logs; put it under "
     "`key` and leave it out here\n"},
    {PROVIDER "  key: ${env:ALPHA_KEY}\n  url: https://a/api?KEY=se-cret\n",
     "6:8: warning: `url` holds a key, which then reaches proxies' and panels' logs; put it under "
     "`key` and leave it out here\n"},
    {PROVIDER "  key: ${env:ALPHA_KEY}\n  url: https://a/index.php?monkey=1&route=key\n", ""},
    {PROVIDER "  key: ${env:ALPHA_KEY}\n  url: https:///api\n",
     "6:8: `url`: the value is not an address; right is https://HOST/PATH\n"},
    {PROVIDER "  key: ${env:ALPHA_KEY}\n  url: https://a:99999/\n",
     "6:8: `url`: the value is not an address; right is https://HOST/PATH\n"},
    {PROVIDER "  key: ${env:ALPHA_KEY}\n  url: https://a/b c\n",
     "6:8: `url`: the value holds a blank; write %20 for one in a path\n"},
    {PROVIDER URL_AND_KEY "  currency: EUR\n",
     "7:13: there is no rate for EUR; add `rates: {EUR: …}`, what one EUR is worth in USD\n"},
    {PROVIDER URL_AND_KEY "  currency: usd\n", ""},
    {PROVIDER "  url: https://a.example/\n  key: ${env:ONE_LETTER}\n",
     "6:8: `key`: the value has 1 of at least 4 characters; copy all of it from the panel's "
     "page\n"},
    {PROVIDER URL_AND_KEY "  currency: eur\nrates: {EUR: 1.08}\n", ""},
    {PROVIDER URL_AND_KEY "  dialect: klingon\n",
     "7:12: `dialect`: `klingon` is no dialect; there is standard\n"},
    {PROVIDER URL_AND_KEY "  timeout: 1s\n  connect_timeout: 2s\n",
     "8:20: `connect_timeout` is longer than `timeout`; a shorter one is right\n"},
    {PROVIDER URL_AND_KEY "  timeout: 1s\n", ""},
    {PROVIDER URL_AND_KEY "  timeout: 1h\n", "7:12: `timeout`: `1h` is too long; at most 600s\n"},
    {PROVIDER URL_AND_KEY "  ca_file: /nonexistent\n",
     "7:12: `ca_file`: `/nonexistent` cannot be read: No such file or directory; check its path "
     "and rights\n"},
    {PROVIDER URL_AND_KEY "  unknown_errors: accepted\n  state: opne\n  max_connections: 0\n",
     "7:19: `unknown_errors`: `accepted` is none of the choices; there is: doubt, refused\n"
     "8:10: `state`: `opne` is none of the choices; did you mean `open`?\n"
     "9:20: `max_connections`: `0` is out of range; 1 to 1000 is right\n"},
    {PROVIDER URL_AND_KEY "  rate_limit: {add: 1/s, otter: 2/s}\n",
     "7:26: unknown key `otter`; did you mean `other`?\n"},
    {PROVIDER URL_AND_KEY "  rate_limit: 10\n",
     "7:15: `rate_limit`: `10` is not a rate limit; right is such as 10/s, 300/m or 5000/h, or "
     "none\n"},
    {PROVIDER URL_AND_KEY
     "  answers:\n    \"Paused *\": {class: provider, cool_down: offer}\n"
     "    \"paused  *.\": {class: busy}\n    x: {class: client, cool_down: key}\n"
     "    y: {clas: busy}\n    \"\": {class: doubt}\n    z: busy\n",
     "9:5: the same pattern once folded as at 8:5; keep one of them\n"
     "10:35: `cool_down` with class `client`: the fault is the client's, nothing cools down; leave "
     "it out\n"
     "11:8: `class` is missing; an answer needs it\n"
     "11:9: unknown key `clas`; did you mean `class`?\n"
     "12:5: `answers`: the value is no pattern; 1 to 500 bytes of the panel's text are\n"
     "13:8: an answer is a single value; right is a map of keys and values\n"},
};

static const struct fault_case services[] = {
    {SERVICE "- id: 1\n" OFFERS "  rate: \"1.20\"\n  markup: 25% + 0.05\n  on_cancel: refund\n"
             "  on_partial: refund\n  same_link: allow\n",
     ""},
    {SERVICE "- offers: []\n", "5:3: `id` is missing; a service needs it\n"
                               "5:11: `offers` is empty; at least one {provider: NAME, service: "
                               "ID} is right\n"},
    {SERVICE "- id: 1\n", "5:3: `offers` is missing; a service needs it\n"},
    {SERVICE "- id: 0\n" OFFERS "- id: 2147483648\n" OFFERS,
     "5:7: `id`: `0` is out of range; 1 to 2147483647 is right\n"
     "7:7: `id`: `2147483648` is out of range; 1 to 2147483647 is right\n"},
    {SERVICE "- id: 7\n" OFFERS "- id: 07\n" OFFERS,
     "7:7: service `07` is there twice, first at p.yaml:5:7; give each its own\n"},
    {SERVICE "- id: 1\n" OFFERS "  on_cancel: next_offer\n  on_partial: next_offer\n"
             "  same_link: queue\n",
     ""},
    {SERVICE "- id: 1\n" OFFERS "  on_cancel: next_ofer\n  on_partial: keep\n",
     "7:14: `on_cancel`: `next_ofer` is none of the choices; did you mean `next_offer`?\n"
     "8:15: `on_partial`: `keep` is none of the choices; there is: refund, next_offer\n"},
    {SERVICE "- id: 1\n" OFFERS "  same_link: queu\n  routing: chepest\n  margin: loss\n"
             "  type: Defalt\n",
     "7:14: `same_link`: `queu` is none of the choices; did you mean `queue`?\n"
     "8:12: `routing`: `chepest` is none of the choices; did you mean `cheapest`?\n"
     "9:11: `margin`: `loss` is none of the choices; there is: never_below_cost, allow_loss\n"
     "10:9: `type`: `Defalt` is no order type; did you mean `Default`?\n"},
    {SERVICE "- id: 1\n" OFFERS "  min: 10\n  max: 9\n",
     "8:8: `max` 9 is below `min` 10; a larger one is right\n"},
    {SERVICE "- id: 1\n" OFFERS "  rate: 1.123456789\n  markup: 25\n",
     "7:9: `rate`: `1.123456789` is not an amount; right is such as 1.20, with 8 decimals at "
     "most\n"},
    {SERVICE "- id: 1\n  offers: [{provider: alfa, service: 1}, {provider: nobody}, "
             "{service: 2}]\n",
     "6:23: no provider is named `alfa`; did you mean `alpha`?\n"
     "6:42: `service` is missing; an offer needs it\n"
     "6:53: no provider is named `nobody`; there is: alpha, beta\n"
     "6:62: `provider` is missing; an offer needs it\n"},
    {SERVICE "- id: 1\n  offers: [{provider: beta, service: 7}, {provider: beta, service: \"7\"}, "
             "{provider: beta, service: 8, weight: 0}]\n",
     "6:42: the same offer twice, `beta` 7; each stands once\n"
     "6:111: `weight`: `0` is out of range; 1 to 1000000 is right\n"},
    {SERVICE "- id: 1\n  offers: {provider: beta, service: 7}\n",
     "6:11: `offers` is a map; right is a list, an entry a line with `-`\n"},
    {SERVICE "- id: 1\n  markup: ${env:SHOP_KEY}\n" OFFERS,
     "6:11: `markup`: `${env:SHOP_KEY}` is not a markup; right is such as 25%, -3%, 0.05 or 25% + "
     "0.05\n"},
    {SERVICE "- id: 1\n" OFFERS "imports:\n- provider: bta\n- {first_id: 1, provider: beta, "
             "types: Defualt, margin: allow_loss}\n- categories: [\"Views*\", *x]\n",
     "8:3: `first_id` is missing; an import needs it\n"
     "8:13: no provider is named `bta`; did you mean `beta`?\n"
     "9:40: `types`: `Defualt` is no order type; did you mean `Default`?\n"
     "10:3: `provider` is missing; an import needs it\n"
     "10:3: `first_id` is missing; an import needs it\n"
     "10:26: `*x` is a YAML alias, which is not supported; quote a text that begins with `*`, or "
     "write the value out\n"},
    {SERVICE "- id: 1\n" OFFERS "imports:\n- {provider: alpha, first_id: 1000, categories: [A]}\n"
             "- {provider: alpha, first_id: 1000, categories: [B]}\n"
             "- {provider: beta, first_id: 2000}\n",
     ""},
    {SERVICE "- id: 1\n" OFFERS "imports:\n- {provider: alpha, first_id: 1000}\n"
             "- {provider: beta, first_id: 100500}\n- {provider: beta, first_id: 1000}\n",
     "10:30: `first_id` 1000 is that of the import of `alpha` as well; right is one beyond that "
     "panel's largest id, such as 200000\n"},
};

/* Each line of the expected text gets its "p.yaml" in front. */
static char *expand_expected(const char *faults)
{
    struct buf out;
    struct str rest = str_of(faults), line;
    buf_init(&out, 1 << 16);
    while (rest.len && str_next(&rest, '\n', &line))
        buf_printf(&out, "p.yaml%s" STR_FMT "\n", line.ptr[0] == ':' ? "" : ":", STR_ARG(line));
    return buf_take(&out);
}

static size_t check_table(const struct fault_case *cases, size_t count)
{
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        char *expected = expand_expected(cases[i].faults);
        char *found = load_text(cases[i].yaml, NULL);
        if (strcmp(found, expected) != 0)
            print_error("\n%s\nis told as\n%sand should be\n%s", cases[i].yaml, found, expected);
        wrong += strcmp(found, expected) != 0;
        free(found);
        free(expected);
    }
    return wrong;
}

static void check_faults(void **state)
{
    (void)state;
    size_t wrong = 0;
    wrong += check_table(first_level, COUNT_OF(first_level));
    wrong += check_table(listening, COUNT_OF(listening));
    wrong += check_table(clients, COUNT_OF(clients));
    wrong += check_table(providers, COUNT_OF(providers));
    wrong += check_table(services, COUNT_OF(services));
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_faults),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
