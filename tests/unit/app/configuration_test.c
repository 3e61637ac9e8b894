/* Whole configurations: what a good one becomes, and what each mistake is told as. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/configuration_private.h"
#include "providers/dialect.h"

static char folder[] = "/tmp/panelmux-configuration-XXXXXX";
static char start[1024]; /* where the test was started */

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int set_up(void **state)
{
    (void)state;
    static const char *const variables[] = {
        "SHOP_KEY", "RESELLER_KEY", "RESELLER_OLD_KEY",    "ALPHA_KEY",
        "BETA_KEY", "GAMMA_KEY",    "PANELMUX_ADMIN_TOKEN"};
    char value[64];
    for (size_t i = 0; i < COUNT_OF(variables); i++) {
        snprintf(value, sizeof value, "se-cret-%zu", i);
        setenv(variables[i], value, 1);
    }
    unsetenv("NOT_SET");
    unsetenv("PANELMUX_CONFIG");
    if (getcwd(start, sizeof start) == NULL || mkdtemp(folder) == NULL)
        return -1;
    return chdir(folder);
}

static int tear_down(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return chdir(start) == 0 ? system(command) : -1;
}

/* The faults, to free(); the configuration too, when configuration_out is given. */
static char *load_file(const char *path, struct configuration **configuration_out)
{
    struct faultlist faults;
    struct buf out;
    buf_init(&out, 1 << 20);
    faultlist_init(&faults);
    struct configuration *configuration = configuration_load(path, &faults);
    assert_int_equal(configuration != NULL, faults.faults == 0);
    faultlist_print(&faults, &out);
    assert_null(strstr(buf_str(&out).ptr, "se-cret"));
    faultlist_fini(&faults);
    if (configuration_out)
        *configuration_out = configuration;
    else
        configuration_unpin(&configuration);
    return buf_take(&out);
}

static char *load_text(const char *yaml, struct configuration **configuration_out)
{
    write_file("p.yaml", yaml);
    return load_file("p.yaml", configuration_out);
}

/* What every case needs so that nothing else is told; 4 lines. */
#define BASE                                                                                       \
    "clients: [{name: shop, key: \"${env:SHOP_KEY}\"}]\n"                                          \
    "providers: [{name: alpha, url: \"https://a.example/\", key: \"${env:ALPHA_KEY}\"}]\n"         \
    "services: [{id: 1, offers: [{provider: alpha, service: 1}]}]\n"                               \
    "# here:\n"
#define CLIENT                                                                                     \
    "providers: [{name: alpha, url: \"https://a.example/\", key: \"${env:ALPHA_KEY}\"}]\n"         \
    "services: [{id: 1, offers: [{provider: alpha, service: 1}]}]\n"                               \
    "clients:\n"                                                                                   \
    "- key: ${env:SHOP_KEY}\n"                                                                     \
    "  name: shop\n"
#define PROVIDER                                                                                   \
    "clients: [{name: shop, key: \"${env:SHOP_KEY}\"}]\n"                                          \
    "services: [{id: 1, offers: [{provider: alpha, service: 1}]}]\n"                               \
    "providers:\n"                                                                                 \
    "- name: alpha\n"
#define SERVICE                                                                                    \
    "clients: [{name: shop, key: \"${env:SHOP_KEY}\"}]\n"                                          \
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
    {BASE "cache: redis://:se-cret@h:6379/0\n",
     "5:8: `cache`: the value is not usable: Redis is not built yet; memory is right\n"},
    {BASE "cache: disk\n", "5:8: `cache`: the value is not a cache; right is memory\n"},
    {BASE "watch: 30d\n", "5:1: `watch` is not built yet; leave it out\n"},
    {BASE "currency: dollars!\n",
     "5:11: `currency`: `dollars!` is not a currency; right is a code such as USD\n"},
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
    {BASE "admin: {listen: 0.0.0.0:8081}\n",
     "5:17: 0.0.0.0:8081 can be reached from elsewhere and there is no `token`; add `token: "
     "${env:PANELMUX_ADMIN_TOKEN}`, or listen on 127.0.0.1\n"},
    {BASE "admin: {listen: [\"[::1]:1\", 127.3.4.5:2, \"[::ffff:127.0.0.1]:3\"]}\n", ""},
    {BASE "admin: {listen: 0.0.0.0:8081, token: \"${env:PANELMUX_ADMIN_TOKEN}\"}\n", ""},
    {BASE "admin: {listen: 0.0.0.0:8081, token: \"${env:NOT_SET}\"}\n",
     "5:38: `token`: the environment variable NOT_SET is not set; set it before the start\n"},
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
    {CLIENT "  funds: prepaid\n  refs: true\n",
     "6:10: `funds`: `prepaid` is not built yet; for now there is `unlimited`\n"
     "7:9: `refs`: `true` is not built yet; for now there is `false`\n"},
    {CLIENT "  adresses: any\n", "6:3: unknown key `adresses`; did you mean `addresses`?\n"},
    {CLIENT "- name: nobody\n",
     "6:3: a client without a key; add `key: ${env:NAME}`, `keys` or `key_sha256`\n"},
    {CLIENT "- name: nobody\n  keys: []\n",
     "6:3: a client without a key; add `key: ${env:NAME}`, `keys` or `key_sha256`\n"},
    {CLIENT "- key: ${env:BETA_KEY}\n", "6:3: `name` is missing; a client needs it\n"},
    {CLIENT "- key: ${env:BETA_KEY}\n  name: shop\n",
     "7:9: client `shop` is there twice, first at p.yaml:5:9; give each its own\n"},
    {CLIENT "- key: ${env:BETA_KEY}\n  name: a shop\n",
     "7:9: `name`: `a shop` is not a name; right is 1 to 64 letters, digits, `.`, `_` or `-`\n"},
    {CLIENT "- key: ${env:SHOP_KEY}\n  name: other\n",
     "6:8: this key is there twice, first at p.yaml:4:8; give each client its own\n"},
    /* The digest of the shop's key, in its second client. */
    {CLIENT "- name: other\n  key_sha256: "
            "9D48B875204C9B9CA2B2A3A3910454F607155FD99EBF4C4BA1231609F7001033\n",
     "7:15: this key is there twice, first at p.yaml:4:8; give each client its own\n"},
    {CLIENT "- name: other\n  key_sha256: abc\n",
     "7:15: `key_sha256`: `abc` is not a SHA-256; right is 64 hex digits\n"},
    {CLIENT "- name: other\n  keys: [\"${env:NOT_SET}\", se-cret, \"${file:/nonexistent}\"]\n",
     "7:10: `keys`: the environment variable NOT_SET is not set; set it before the start\n"
     "7:28: warning: `keys` is a literal secret; use ${env:NAME} or ${file:/path}\n"
     "7:37: `keys`: cannot read the file /nonexistent: No such file or directory; check its path "
     "and rights\n"},
    {CLIENT "  markup: much\n  rate_limit: 10/x\n  balance: -1\n  get_orders: maybe\n",
     "6:11: `markup`: `much` is not a markup; right is such as 25%, -3%, 0.05 or 25% + 0.05\n"
     "7:15: `rate_limit`: `10/x` is not a rate limit; right is such as 10/s, 300/m or 5000/h, or "
     "none\n"
     "8:12: `balance`: `-1` is below 0; an amount from 0 is right\n"
     "9:15: `get_orders`: `maybe` is not a yes or no; right is true or false\n"},
    {CLIENT "  markup: -100%\n",
     "6:11: `markup`: `-100%` gives everything away; above -100% is right\n"},
    {CLIENT "  markup: -99.999999999% - 0.5\n", ""},
    {CLIENT "  balance: 1.123456789\n",
     "6:12: `balance`: `1.123456789` is not an amount; right is such as 1.20, with 8 decimals at "
     "most\n"},
    {CLIENT "  services: [1-99, 7, 5-3, 0, x, 2147483648]\n  addresses: [10.0.0.0/8, nowhere]\n",
     "6:23: `services`: `5-3` is not a service id or range; right is such as 7 or 1-99, from 1 to "
     "2147483647, the lower one first\n"
     "6:28: `services`: `0` is not a service id or range; right is such as 7 or 1-99, from 1 to "
     "2147483647, the lower one first\n"
     "6:31: `services`: `x` is not a service id or range; right is such as 7 or 1-99, from 1 to "
     "2147483647, the lower one first\n"
     "6:34: `services`: `2147483648` is not a service id or range; right is such as 7 or 1-99, "
     "from 1 to 2147483647, the lower one first\n"
     "7:27: `addresses`: `nowhere` is not a network; right is such as 10.0.0.0/8, 192.0.2.7 or "
     "2001:db8::/32, with no bits set beyond the prefix\n"},
    {CLIENT "  services: []\n  addresses:\n",
     "6:13: `services` is empty; `all` or a list is right\n"
     "7:13: `addresses` is empty; `any` or a list is right\n"},
    {CLIENT "- just text\n",
     "6:3: a client is a single value; right is a map of keys and values\n"},
};

static const struct fault_case providers[] = {
    {PROVIDER URL_AND_KEY "  dialect: standard\n  rate_limit: 10/s\n  state: closed\n", ""},
    {PROVIDER, "4:3: `url` is missing; a provider needs it\n"
               "4:3: `key` is missing; a provider needs it\n"},
    {PROVIDER URL_AND_KEY "  adress: x\n",
     "7:3: unknown key `adress`; there is: name, url, key, currency, dialect, timeout, "
     "connect_timeout, ca_file, unknown_errors, max_connections, rate_limit, state, answers\n"},
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
    {PROVIDER "  key: ${env:ALPHA_KEY}\n  url: https:///api\n",
     "6:8: `url`: the value is not an address; right is https://HOST/PATH\n"},
    {PROVIDER "  key: ${env:ALPHA_KEY}\n  url: https://a:99999/\n",
     "6:8: `url`: the value is not an address; right is https://HOST/PATH\n"},
    {PROVIDER "  key: ${env:ALPHA_KEY}\n  url: https://a/b c\n",
     "6:8: `url`: the value holds a blank; write %20 for one in a path\n"},
    {PROVIDER URL_AND_KEY "  currency: EUR\n",
     "7:13: there is no rate for EUR; add `rates: {EUR: …}`, what one EUR is worth in USD\n"},
    {PROVIDER URL_AND_KEY "  currency: usd\n", ""},
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
    {PROVIDER URL_AND_KEY "  answers:\n    \"Paused *\": {class: provider, rest: offer}\n"
                          "    \"paused  *.\": {class: busy}\n    x: {class: client, rest: key}\n"
                          "    y: {clas: busy}\n    \"\": {class: doubt}\n    z: busy\n",
     "9:5: the same pattern once folded as at 8:5; keep one of them\n"
     "10:30: `rest` with class `client`: nothing rests by a client's fault; leave it out\n"
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
             "  same_link: reject\n",
     "7:14: `on_cancel`: `next_offer` is not built yet; for now there is `refund`\n"
     "8:15: `on_partial`: `next_offer` is not built yet; for now there is `refund`\n"
     "9:14: `same_link`: `reject` is not built yet; for now there is `allow`\n"},
    {SERVICE "- id: 1\n" OFFERS "  same_link: queue\n  routing: chepest\n  margin: loss\n"
             "  type: Defalt\n",
     "7:14: `same_link`: `queue` is not built yet; for now there is `allow`\n"
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

/* ---- includes ---- */

static void check_includes(void **state)
{
    (void)state;
    assert_int_equal(system("mkdir -p parts/more"), 0);
    write_file("main.yaml", "include: [parts/clients.yaml, parts/services.yaml]\n"
                            "workers: 3\n"
                            "clients: [{name: one, key: \"${env:SHOP_KEY}\"}]\n");
    write_file("parts/clients.yaml", "clients:\n- {name: two, key: \"${env:RESELLER_KEY}\"}\n"
                                     "providers:\n- {name: alpha, url: \"https://a.example/\", "
                                     "key: \"${env:ALPHA_KEY}\", currency: EUR}\n");
    write_file("parts/services.yaml", "include: more/rates.yaml\nservices:\n"
                                      "- {id: 1, offers: [{provider: alpha, service: 1}]}\n");
    write_file("parts/more/rates.yaml", "rates: {EUR: 1.08}\nimports:\n");
    struct configuration *configuration;
    char *faults = load_file("main.yaml", &configuration);
    assert_string_equal(faults, "");
    assert_int_equal(configuration->workers, 3);
    assert_int_equal(configuration->clients->count, 2);
    assert_non_null(client_set_find(configuration->clients, STR("two")));
    assert_int_equal(configuration->catalogue.service_count, 1);
    assert_int_equal(configuration->providers->list[0].exchange.units, 1080000000000);
    free(faults);
    configuration_unpin(&configuration);
}

static void check_include_faults(void **state)
{
    (void)state;
    assert_int_equal(system("mkdir -p faulty"), 0);
    write_file("main.yaml", "include: [faulty/a.yaml, faulty/none.yaml, faulty/a.yaml, "
                            "${env:NOT_SET}x, [1]]\n"
                            "workers: 3\nclients: [{name: one, key: \"${env:SHOP_KEY}\"}]\n");
    write_file("faulty/a.yaml", "workers: 2\ninclude: [../main.yaml, b.yaml, c.yaml]\n"
                                "clients: [{name: one, key: \"${env:SHOP_KEY}\"}]\n"
                                "providers: {}\nproviderss: []\n");
    /* Its syntax ends it, and it could have held the provider that the service names. */
    write_file("faulty/b.yaml", "providers:\n- name: alpha\n  url: [\n");
    write_file("faulty/c.yaml", "- services\n");
    char *faults = load_file("main.yaml", NULL);
    assert_string_equal(
        faults, "main.yaml:1:60: YAML syntax while parsing a flow sequence: did not find expected "
                "',' or ']'; inside { } and [ ] write \"${env:NAME}\" in quotes\n");
    free(faults);
    write_file("main.yaml", "include: [faulty/a.yaml, faulty/none.yaml, faulty/a.yaml, "
                            "\"${env:NOT_SET}x\", [1]]\n"
                            "workers: 3\nclients: [{name: one, key: \"${env:SHOP_KEY}\"}]\n"
                            "services: [{id: 1, offers: [{provider: alpha, service: 1}]}]\n");
    faults = load_file("main.yaml", NULL);
    assert_string_equal(
        faults,
        "main.yaml:1:26: cannot read `faulty/none.yaml`: No such file or directory; check the "
        "path, which is relative to this file\n"
        "main.yaml:1:44: `faulty/a.yaml` is read already, first at main.yaml:1:11; include it "
        "once\n"
        "main.yaml:1:59: `include`: the environment variable NOT_SET is not set; set it before "
        "the start\n"
        "main.yaml:1:78: `include` is a list; right is a text\n"
        "faulty/a.yaml:1:1: `workers` is given twice, first at main.yaml:2:1; keep one of them\n"
        "faulty/a.yaml:2:11: `faulty/../main.yaml` is read already, first at main.yaml:1:1; "
        "include it once\n"
        "faulty/a.yaml:3:18: client `one` is there twice, first at main.yaml:3:18; give each its "
        "own\n"
        "faulty/a.yaml:3:28: this key is there twice, first at main.yaml:3:28; give each client "
        "its own\n"
        "faulty/a.yaml:4:12: `providers` is a map; right is a list, an entry a line with `-`\n"
        "faulty/a.yaml:5:1: unknown key `providerss`; did you mean `providers`?\n"
        "faulty/b.yaml:4:1: YAML syntax while parsing a flow node: did not find expected node "
        "content; check the indentation, and quote texts that hold `: ` or ` #` or begin with a "
        "mark\n"
        "faulty/c.yaml:1:1: the file is a list; right is a map of keys and values\n");
    free(faults);
}

static void check_include_depth(void **state)
{
    (void)state;
    char name[32], text[64];
    for (unsigned i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "deep%u.yaml", i);
        snprintf(text, sizeof text, "include: deep%u.yaml\n", i + 1);
        write_file(name, text);
    }
    char *faults = load_file("deep0.yaml", NULL);
    assert_non_null(strstr(faults, "deep7.yaml:1:10: too many includes; 256 files and 8 levels are "
                                   "the most\n"));
    free(faults);
}

/* ---- what a good one becomes ---- */

static const char complete[] =
    "listen: [127.0.0.1:8080, \"[::1]:0\"]\n"
    "request_timeout: 20s\nmax_body: 2MiB\nmax_connections: 100\n"
    "trusted_proxies: [10.0.0.0/8, \"2001:db8::/32\"]\n"
    "admin: {listen: 127.0.0.1:8081, token: \"${env:PANELMUX_ADMIN_TOKEN}\"}\n"
    "currency: usd\nrates: {EUR: 1.08, try: 0.029}\ndecimals: 6\n"
    "ledger: sqlite:books.db\nfirst_order: 1000\ncache: memory\nworkers: 3\n"
    "answer_within: 7s\nstatus_fresh: 31s\nstatus_within: 4s\n"
    "catalogue: {refresh: 16m, balance: 61s, price_jump: 51%, vanish_limit: 31%}\n"
    "clients:\n"
    "- {name: plain, key: \"${env:SHOP_KEY}\"}\n"
    "- name: full\n"
    "  keys: [\"${env:RESELLER_KEY}\", \"${env:RESELLER_OLD_KEY}\"]\n"
    "  key_sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n"
    "  funds: unlimited\n  refs: false\n  balance: 1000.5\n  markup: 10% + 0.01\n"
    "  rate_limit: 300/m\n  get_orders: true\n  services: [7, 1-5]\n  addresses: 192.0.2.0/24\n"
    "providers:\n"
    "- {name: plain, url: \"https://p.example/api\", key: \"${env:BETA_KEY}\"}\n"
    "- name: full\n  url: http://127.0.0.1:1/api\n  key: x${env:ALPHA_KEY}y\n  currency: TRY\n"
    "  dialect: standard\n  timeout: 14s\n  connect_timeout: 4s\n  ca_file: /dev/null\n"
    "  unknown_errors: refused\n  max_connections: 31\n  rate_limit: 10/s\n  state: closed\n"
    "  answers:\n    \"Service  PAUSED*\": {class: provider, rest: offer}\n"
    "    kota doldu.: {class: busy}\n"
    "- {name: lanes, url: \"https://l/\", key: \"${env:GAMMA_KEY}\", rate_limit: {add: 9/s}}\n"
    "services:\n"
    "- {id: 5, offers: [{provider: full, service: 101}]}\n"
    "- id: 1\n  name: Followers\n  category: First\n  type: custom comments\n  min: 10\n"
    "  max: 1000\n  rate: 1.20\n  markup: -3% + 0.05\n  routing: weighted\n  margin: allow_loss\n"
    "  on_cancel: refund\n  on_partial: refund\n  same_link: allow\n"
    "  offers: [{provider: plain, service: abc, weight: 3}, {provider: full, service: 8}]\n"
    "imports:\n"
    "- {provider: plain, first_id: 100000}\n"
    "- {provider: full, first_id: 0, markup: 30%, margin: allow_loss, categories: [\"Views*\", "
    "B],\n"
    "   types: [Default, Package], services: [1, \"2*\"]}\n";

/* Rates are small whole numbers here. */
static int64_t lround_of(double value)
{
    return (int64_t)(value + 0.5);
}

static void check_good_clients(const struct client_set *set)
{
    const struct client_settings *plain = &set->list[0].settings, *full = &set->list[1].settings;
    assert_int_equal(set->count, 2);
    assert_int_equal(plain->key_count, 1);
    assert_false(plain->has_balance || plain->get_orders);
    assert_int_equal(plain->service_count + plain->address_count, 0);
    assert_true(plain->rate_limit_per_s <= 0);
    assert_int_equal(full->key_count, 3);
    assert_true(full->has_balance && full->get_orders);
    assert_int_equal(full->balance.units, 100050000000);
    assert_int_equal(full->markup.percent.units, FACTOR_ONE / 10);
    assert_int_equal(full->markup.amount.units, 1000000);
    assert_true(full->rate_limit_per_s > 4.999 && full->rate_limit_per_s < 5.001);
    assert_int_equal(full->service_count, 2);
    assert_int_equal(full->services[0].first, 1); /* the set keeps them in order */
    assert_int_equal(full->services[0].last, 5);
    assert_int_equal(full->addresses[0].bits, 120);
    assert_ptr_equal(client_set_find_key(set, STR("test")), &set->list[1]); /* by its SHA-256 */
    assert_ptr_equal(client_set_find_key(set, str_of(getenv("SHOP_KEY"))), &set->list[0]);
    assert_ptr_equal(client_set_find_key(set, str_of(getenv("RESELLER_OLD_KEY"))), &set->list[1]);
}

static void check_good_providers(const struct provider_set *set)
{
    const struct provider_settings *plain = &set->list[0].settings, *full = &set->list[1].settings;
    assert_int_equal(set->count, 3);
    assert_string_equal(plain->currency, "USD");
    assert_int_equal(set->list[0].exchange.units, FACTOR_ONE);
    assert_ptr_equal(plain->dialect, dialect_default());
    assert_int_equal(plain->timeout_ms, 15000);
    assert_int_equal(plain->connect_timeout_ms, 5000);
    assert_int_equal(plain->max_connections, 32);
    assert_false(plain->is_closed || plain->unknown_errors_refused);
    assert_int_equal(lround_of(plain->limits.add_per_s), 5);
    assert_int_equal(lround_of(plain->limits.other_per_s), 2);
    assert_string_equal(full->key, "xse-cret-3y");
    assert_string_equal(full->currency, "TRY");
    assert_int_equal(set->list[1].exchange.units, 29000000000);
    assert_int_equal(full->timeout_ms, 14000);
    assert_int_equal(full->connect_timeout_ms, 4000);
    assert_string_equal(full->ca_file, "/dev/null");
    assert_true(full->is_closed && full->unknown_errors_refused);
    assert_int_equal(full->max_connections, 31);
    assert_int_equal(lround_of(full->limits.add_per_s), 10);
    assert_int_equal(lround_of(full->limits.other_per_s), 10);
    assert_int_equal(full->answer_count, 2);
    assert_string_equal(full->answers[0].pattern, "service paused*");
    assert_int_equal(full->answers[0].class, VERDICT_PROVIDER);
    assert_int_equal(full->answers[0].rest, REST_OFFER);
    assert_string_equal(full->answers[1].pattern, "kota doldu");
    assert_int_equal(full->answers[1].class, VERDICT_BUSY);
    assert_int_equal(full->answers[1].rest, REST_NONE);
    assert_int_equal(lround_of(set->list[2].settings.limits.add_per_s), 9);
    assert_int_equal(lround_of(set->list[2].settings.limits.other_per_s), 2);
}

static void check_good_services(const struct catalogue_settings *catalogue)
{
    const struct service_settings *plain = &catalogue->services[0], *full = &catalogue->services[1];
    assert_int_equal(catalogue->service_count, 2);
    assert_int_equal(plain->id, 5);
    assert_null(plain->name);
    assert_null(plain->category);
    assert_int_equal(plain->type, ORDERTYPE_UNKNOWN);
    assert_false(plain->has_min || plain->has_max || plain->has_rate || plain->allow_loss);
    assert_int_equal(plain->routing, RANKING_PRIORITY);
    assert_int_equal(plain->markup.percent.units + plain->markup.amount.units, 0);
    assert_int_equal(plain->offers[0].weight, 1);
    assert_string_equal(full->name, "Followers");
    assert_string_equal(full->category, "First");
    assert_int_equal(full->type, ORDERTYPE_CUSTOM_COMMENTS);
    assert_true(full->has_min && full->has_max && full->has_rate && full->allow_loss);
    assert_int_equal(full->min, 10);
    assert_int_equal(full->max, 1000);
    assert_int_equal(full->rate.units, 120000000);
    assert_int_equal(full->markup.percent.units, -30000000000);
    assert_int_equal(full->markup.amount.units, 5000000);
    assert_int_equal(full->routing, RANKING_WEIGHTED);
    assert_int_equal(full->offer_count, 2);
    assert_string_equal(full->offers[0].provider, "plain");
    assert_string_equal(full->offers[0].service, "abc");
    assert_int_equal(full->offers[0].weight, 3);
}

static void check_good_imports(const struct catalogue_settings *catalogue)
{
    const struct import_settings *plain = &catalogue->imports[0], *full = &catalogue->imports[1];
    assert_int_equal(catalogue->import_count, 2);
    assert_string_equal(plain->provider, "plain");
    assert_int_equal(plain->first_id, 100000);
    assert_int_equal(plain->category_count + plain->type_count + plain->service_count, 0);
    assert_false(plain->allow_loss);
    assert_int_equal(full->markup.percent.units, FACTOR_ONE / 10 * 3);
    assert_true(full->allow_loss);
    assert_int_equal(full->category_count, 2);
    assert_string_equal(full->categories[0], "Views*");
    assert_int_equal(full->type_count, 2);
    assert_int_equal(full->types[1], ORDERTYPE_PACKAGE);
    assert_int_equal(full->service_count, 2);
    assert_string_equal(full->services[1], "2*");
}

static void check_good_first_level(const struct configuration *configuration)
{
    const struct listener_settings *front = &configuration->front;
    assert_int_equal(front->listen_count, 2);
    assert_string_equal(front->listen[0].text, "127.0.0.1:8080");
    assert_int_equal(((const struct sockaddr_in *)&front->listen[0].address)->sin_port,
                     htons(8080));
    assert_int_equal(front->listen[1].address.ss_family, AF_INET6);
    assert_int_equal(front->request_timeout_ms, 20000);
    assert_int_equal(front->max_body_bytes, 2 << 20);
    assert_int_equal(front->max_connections, 100);
    assert_int_equal(front->trusted_proxy_count, 2);
    assert_int_equal(front->trusted_proxies[0].bits, 104);
    assert_int_equal(front->trusted_proxies[1].bits, 32);
    assert_null(front->certificate);
    assert_int_equal(configuration->admin.listener.listen_count, 1);
    assert_int_equal(configuration->admin.listener.request_timeout_ms, 30000);
    assert_true(configuration->admin.listener.max_body_bytes >= 65536);
    assert_true(configuration->admin.listener.max_connections > 0);
    assert_string_equal(configuration->admin_token, getenv("PANELMUX_ADMIN_TOKEN"));
    struct digest token = digest_sha256(str_of(configuration->admin_token));
    assert_true(configuration->admin.has_token &&
                digest_equal(&configuration->admin.token, &token));
    assert_string_equal(configuration->ledger.url, "sqlite:books.db");
    assert_int_equal(configuration->ledger.first_order, 1000);
    assert_string_equal(configuration->cache.url, "memory");
    assert_int_equal(configuration->workers, 3);
    assert_int_equal(configuration->orders.answer_within_ms, 7000);
    assert_int_equal(configuration->orders.status_fresh_ms, 31000);
    assert_int_equal(configuration->orders.status_within_ms, 4000);
    assert_int_equal(configuration->orders.decimals, 6);
    assert_string_equal(configuration->orders.currency, "USD");
    assert_int_equal(configuration->catalogue.refresh_ms, 960000);
    assert_int_equal(configuration->catalogue.balance_ms, 61000);
    assert_int_equal(configuration->catalogue.price_jump.units, FACTOR_ONE / 100 * 51);
    assert_int_equal(configuration->catalogue.vanish_limit.units, FACTOR_ONE / 100 * 31);
    assert_int_equal(configuration->catalogue.decimals, 6);
    assert_string_equal(configuration->path, "p.yaml");
}

static void check_good(void **state)
{
    (void)state;
    struct configuration *configuration;
    char *faults = load_text(complete, &configuration);
    assert_string_equal(faults, "");
    check_good_first_level(configuration);
    check_good_clients(configuration->clients);
    check_good_providers(configuration->providers);
    check_good_services(&configuration->catalogue);
    check_good_imports(&configuration->catalogue);
    free(faults);
    struct configuration *second = configuration_pin(configuration);
    configuration_unpin(&configuration);
    assert_null(configuration);
    assert_string_equal(second->catalogue.currency, "USD");
    configuration_unpin(&second);
}

static void check_defaults(void **state)
{
    (void)state;
    struct configuration *configuration;
    char *faults = load_text(BASE, &configuration);
    assert_string_equal(faults, "");
    assert_string_equal(configuration->front.listen[0].text, "0.0.0.0:8080");
    assert_int_equal(configuration->front.request_timeout_ms, 30000);
    assert_int_equal(configuration->front.max_body_bytes, 1 << 20);
    assert_int_equal(configuration->front.max_connections, 16384);
    assert_string_equal(configuration->admin.listener.listen[0].text, "127.0.0.1:8081");
    assert_false(configuration->admin.has_token);
    assert_null(configuration->admin_token);
    assert_string_equal(configuration->ledger.url, "sqlite:panelmux.db");
    assert_int_equal(configuration->ledger.first_order, 1);
    assert_string_equal(configuration->cache.url, "memory");
    assert_true(configuration->workers >= 1);
    assert_int_equal(configuration->orders.answer_within_ms, 8000);
    assert_int_equal(configuration->orders.status_fresh_ms, 30000);
    assert_int_equal(configuration->orders.status_within_ms, 3000);
    assert_int_equal(configuration->orders.decimals, 5);
    assert_int_equal(configuration->catalogue.refresh_ms, 900000);
    assert_int_equal(configuration->catalogue.balance_ms, 60000);
    assert_int_equal(configuration->catalogue.price_jump.units, FACTOR_ONE / 2);
    assert_int_equal(configuration->catalogue.vanish_limit.units, FACTOR_ONE / 10 * 3);
    free(faults);
    configuration_unpin(&configuration);
}

/* ---- reload, finding ---- */

static void check_reload(void **state)
{
    (void)state;
    static const struct {
        const char *more, *faults;
    } cases[] = {
        {"workers: 2\ndecimals: 4\nlisten: 127.0.0.1:0\n", ""},
        {"workers: 3\n", "p.yaml: `workers` has changed, which a reload cannot do; restart, or set "
                         "it back\n"},
        {"workers: 2\nledger: sqlite:other.db\nfirst_order: 9\n",
         "p.yaml: `ledger` has changed, which a reload cannot do; restart, or set it back\n"
         "p.yaml: `first_order` has changed, which a reload cannot do; restart, or set it back\n"},
    };
    struct configuration *running, *fresh;
    free(load_text(BASE "workers: 2\n", &running));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char yaml[1024];
        struct faultlist faults;
        struct buf out;
        buf_init(&out, 4096);
        faultlist_init(&faults);
        snprintf(yaml, sizeof yaml, "%s%s", BASE, cases[i].more);
        free(load_text(yaml, &fresh));
        assert_non_null(fresh);
        assert_int_equal(configuration_check_reload(running, fresh, &faults),
                         cases[i].faults[0] == '\0');
        faultlist_print(&faults, &out);
        assert_string_equal(buf_str(&out).ptr, cases[i].faults);
        faultlist_fini(&faults);
        buf_fini(&out);
        configuration_unpin(&fresh);
    }
    configuration_unpin(&running);
}

static void check_find(void **state)
{
    (void)state;
    struct faultlist faults;
    faultlist_init(&faults);
    char *found = configuration_find("given.yaml", &faults);
    assert_string_equal(found, "given.yaml");
    free(found);
    setenv("PANELMUX_CONFIG", "named.yaml", 1);
    found = configuration_find(NULL, &faults);
    assert_string_equal(found, "named.yaml");
    free(found);
    unsetenv("PANELMUX_CONFIG");
    write_file("panelmux.yaml", BASE);
    found = configuration_find(NULL, &faults);
    assert_string_equal(found, "./panelmux.yaml");
    free(found);
    unlink("panelmux.yaml");
    assert_int_equal(faults.count, 0);
    if (access("/etc/panelmux/panelmux.yaml", F_OK) != 0) {
        assert_null(configuration_find(NULL, &faults));
        assert_int_equal(faults.faults, 1);
    }
    faultlist_fini(&faults);
    char *words = load_file("nowhere.yaml", NULL);
    assert_string_equal(words, "nowhere.yaml: cannot read `nowhere.yaml`: No such file or "
                               "directory; check the path and its rights\n");
    free(words);
}

/* ---- size ---- */

static void check_many_services(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    struct buf yaml;
    struct configuration *configuration;
    buf_init(&yaml, 1 << 22);
    buf_add_text(&yaml, "clients: [{name: shop, key: \"${env:SHOP_KEY}\"}]\nproviders:\n");
    for (unsigned i = 0; i < 100; i++)
        buf_printf(&yaml, "- {name: p%u, url: \"https://p/\", key: \"${env:ALPHA_KEY}\"}\n", i);
    buf_add_text(&yaml, "services:\n");
    for (unsigned i = 1; i <= COUNT; i++)
        buf_printf(&yaml,
                   "- id: %u\n  name: Service %u\n  markup: 25%% + 0.05\n  offers:\n"
                   "  - {provider: p%u, service: %u}\n  - {provider: p%u, service: %u}\n",
                   i, i, i % 100, i, (i + 1) % 100, i);
    char *faults = load_text(yaml.ptr, &configuration);
    assert_string_equal(faults, "");
    assert_int_equal(configuration->catalogue.service_count, COUNT);
    assert_string_equal(configuration->catalogue.services[COUNT - 1].offers[1].provider, "p1");
    free(faults);
    configuration_unpin(&configuration);
    buf_fini(&yaml);
}

/* No cut of a good file and no changed byte does harm; what is told never holds a secret. */
static void check_damaged(void **state)
{
    (void)state;
    static const char marks[] = "\"'{}[]:,-#&*!|>%@`\\\n\t $\x01\xff\xc3"
                                "0~";
    char copy[sizeof complete];
    for (size_t i = 1; i < sizeof complete - 1; i += 7) {
        memcpy(copy, complete, sizeof complete);
        copy[i] = '\0';
        free(load_text(copy, NULL));
        memcpy(copy, complete, sizeof complete);
        copy[i] = marks[i / 7 % (sizeof marks - 1)];
        free(load_text(copy, NULL));
    }
}

/* ---- what comes with the source ---- */

static char *read_whole(const char *path)
{
    struct buf out;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    buf_init(&out, 1 << 20);
    char *at = buf_reserve(&out, 1 << 19);
    buf_added(&out, fread(at, 1, 1 << 19, file));
    fclose(file);
    return buf_take(&out);
}

/* Every key that is built stands in the example, at least in a comment. */
static void check_keys_shown(const struct setting_table *table, const char *text)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct setting_row *row = &table->rows[i];
        if (row->table)
            check_keys_shown(row->table, text);
        if (row->map && row->map->value.table)
            check_keys_shown(row->map->value.table, text);
        if (row->key == NULL || row->is_due)
            continue;
        char key[64];
        snprintf(key, sizeof key, "%s:", row->key);
        if (strstr(text, key) == NULL)
            fail_msg("the example lacks %s", key);
    }
}

static void check_example(void **state)
{
    (void)state;
    static const char path[] = TESTS_DIRECTORY "/../config/panelmux.example.yaml";
    char *text = read_whole(path);
    char *faults = load_file(path, NULL);
    assert_string_equal(faults, "");
    check_keys_shown(&configuration_rows, text);
    free(faults);
    free(text);
}

/* UPDATE_DOCUMENTS=1 writes the page anew. */
static void check_document(void **state)
{
    (void)state;
    static const char path[] = TESTS_DIRECTORY "/../docs/configuration.md";
    struct buf out;
    buf_init(&out, 1 << 20);
    configuration_document(&out);
    if (getenv("UPDATE_DOCUMENTS"))
        write_file(path, out.ptr);
    char *page = read_whole(path);
    if (strcmp(page, out.ptr) != 0)
        fail_msg("docs/configuration.md is stale; run this test with UPDATE_DOCUMENTS=1");
    free(page);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_faults),         cmocka_unit_test(check_includes),
        cmocka_unit_test(check_include_faults), cmocka_unit_test(check_include_depth),
        cmocka_unit_test(check_good),           cmocka_unit_test(check_defaults),
        cmocka_unit_test(check_reload),         cmocka_unit_test(check_find),
        cmocka_unit_test(check_many_services),  cmocka_unit_test(check_damaged),
        cmocka_unit_test(check_example),        cmocka_unit_test(check_document),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
