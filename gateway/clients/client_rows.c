/* See client.h. Of a key only its SHA-256 is kept. */
#include "clients/client.h"

#include <stdlib.h>

#include "http/listener_settings.h"
#include "money/money.h"
#include "settings/names.h"
#include "settings/rows.h"

enum { KEYS_MAX = 64, RANGES_MAX = 10000, NETWORKS_MAX = 1024 };
enum { KEY_LEN_MIN = 8, KEY_LEN_MAX = 256 };

/* ---- keys ---- */

static bool client_rows_parse_key(struct str text, const struct setting_row *row, void *field,
                                  struct fault *why)
{
    (void)row;
    text = str_trim(text);
    if (text.len == 0)
        return fault_set(why, FAULT_INVALID, "must not be empty; write at least one character");
    if (text.len > KEY_LEN_MAX)
        return fault_set(why, FAULT_INVALID, "is too long; %d bytes are the most", KEY_LEN_MAX);
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
            return fault_set(why, FAULT_INVALID,
                             "holds a line break or another control character; a key is one line, "
                             "and several keys are a list under `keys`");
    if (text.len < KEY_LEN_MIN)
        return fault_set(why, FAULT_INVALID,
                         "has %zu of at least %d characters, so it can be guessed; use a random "
                         "one, such as from `panelmux client key`",
                         text.len, KEY_LEN_MIN);
    *(struct digest *)field = digest_sha256(text);
    return true;
}

static const struct setting_kind key_kind = {.name = "a key",
                                             .form = "as ${env:NAME} or ${file:/path}",
                                             .size = sizeof(struct digest),
                                             .is_secret = true,
                                             .parse = client_rows_parse_key};

static bool client_rows_parse_hash(struct str text, const struct setting_row *row, void *field,
                                   struct fault *why)
{
    (void)row;
    (void)why;
    return digest_parse(str_trim(text), field);
}

static const struct setting_kind hash_kind = {.name = "a SHA-256",
                                              .form = "64 hex digits",
                                              .size = sizeof(struct digest),
                                              .parse = client_rows_parse_hash};

static void client_rows_add_key(struct setting_reader *reader, const struct setting_row *row,
                                const struct setting_kind *kind, const struct yamlnode *node,
                                struct client_settings *client)
{
    struct digest digest;
    struct source_location first;
    if (!rows_read_scalar(reader, row, kind, node, &digest))
        return;
    struct str bytes = str_make((const char *)digest.bytes, sizeof digest.bytes);
    if (!names_add(reader->names, "key", bytes, node->place, &first)) {
        faultlist_add(reader->faults, node->place,
                      "this key is there twice, first at %s:%u:%u; give each client its own",
                      first.file, first.line, first.column);
        return;
    }
    client->keys = memory_resize(client->keys, client->key_count + 1, sizeof *client->keys);
    client->keys[client->key_count++] = digest;
}

static void client_rows_add_keys(struct setting_reader *reader, const struct setting_row *row,
                                 const struct setting_kind *kind, const struct yamlnode *node,
                                 struct client_settings *client)
{
    bool is_list = node->kind == YAMLNODE_LIST;
    if (is_list && node->count > KEYS_MAX)
        faultlist_add(reader->faults, node->place, "`%s` has %zu keys; %d are the most", row->key,
                      node->count, KEYS_MAX);
    else if (!is_list)
        client_rows_add_key(reader, row, kind, node, client);
    else
        for (const struct yamlnode *at = node->first; at; at = at->next)
            client_rows_add_key(reader, row, kind, at, client);
}

static bool client_rows_read_keys(struct setting_reader *reader, const struct setting_row *row,
                                  const struct yamlnode *node, void *record)
{
    client_rows_add_keys(reader, row, &key_kind, node, record);
    return true;
}

static bool client_rows_read_hashes(struct setting_reader *reader, const struct setting_row *row,
                                    const struct yamlnode *node, void *record)
{
    client_rows_add_keys(reader, row, &hash_kind, node, record);
    return true;
}

static const struct setting_kind keys_kind = {.name = "a key",
                                              .form = "as ${env:NAME} or ${file:/path}",
                                              .is_secret = true,
                                              .read = client_rows_read_keys};
static const struct setting_kind key_list_kind = {
    .name = "a list of keys", .is_secret = true, .read = client_rows_read_keys};
static const struct setting_kind hashes_kind = {
    .name = "64 hex digits, or a list of them", .is_secret = true, .read = client_rows_read_hashes};

/* ---- services ---- */

static bool client_rows_parse_id(struct str text, uint32_t *out)
{
    uint64_t value;
    if (!str_to_u64(str_trim(text), &value) || value < 1 || value > INT32_MAX)
        return false;
    *out = (uint32_t)value;
    return true;
}

static bool client_rows_parse_range(struct str text, const struct setting_row *row, void *field,
                                    struct fault *why)
{
    (void)row;
    (void)why;
    struct client_range range;
    size_t dash = str_find_byte(text, '-');
    if (!client_rows_parse_id(str_first(text, dash), &range.first))
        return false;
    range.last = range.first;
    if (dash != SIZE_MAX && !client_rows_parse_id(str_from(text, dash + 1), &range.last))
        return false;
    if (range.last < range.first)
        return false;
    *(struct client_range *)field = range;
    return true;
}

static const struct setting_kind range_kind = {
    .name = "a service id or range",
    .form = "such as 7 or 1-99, from 1 to 2147483647, the lower one first",
    .size = sizeof(struct client_range),
    .parse = client_rows_parse_range};

/* ---- money ---- */

static bool client_rows_parse_balance(struct str text, const struct setting_row *row, void *field,
                                      struct fault *why)
{
    struct client_balance *balance = field;
    *balance = (struct client_balance){.is_provider_sum = str_is(text, "provider_sum")};
    return balance->is_provider_sum || money_kinds_amount.parse(text, row, &balance->amount, why);
}

static const struct setting_kind balance_kind = {.name = "a balance to show",
                                                 .form =
                                                     "an amount such as 1000.00, or provider_sum",
                                                 .size = sizeof(struct client_balance),
                                                 .parse = client_rows_parse_balance};

static bool client_rows_parse_limit(struct str text, const struct setting_row *row, void *field,
                                    struct fault *why)
{
    struct money amount = MONEY_ZERO;
    bool is_none = str_is(text, "none");
    if (!is_none && !money_kinds_amount.parse(text, row, &amount, why))
        return false;
    if (!is_none && amount.units == 0)
        return fault_set(why, FAULT_INVALID, "must be above 0; `none` is no limit");
    *(struct money *)field = amount;
    return true;
}

static const struct setting_kind limit_kind = {.name = "a limit",
                                               .form = "an amount such as 50.00, or none",
                                               .size = sizeof(struct money),
                                               .parse = client_rows_parse_limit};

static bool client_rows_parse_service(struct str text, const struct setting_row *row, void *field,
                                      struct fault *why)
{
    (void)row;
    (void)why;
    return client_rows_parse_id(text, field);
}

static const struct setting_kind service_kind = {.name = "a service id",
                                                 .form = "a number from 1 to 2147483647",
                                                 .size = sizeof(uint32_t),
                                                 .parse = client_rows_parse_service};

static const struct setting_map price_map = {
    .size = sizeof(struct client_price),
    .key = {.key = "prices",
            .kind = &service_kind,
            .offset = offsetof(struct client_price, service)},
    .value = {.key = "prices",
              .kind = &money_kinds_amount,
              .offset = offsetof(struct client_price, rate)},
};

/* ---- rows ---- */

static const struct setting_choice funds_choices[] = {
    {.word = "unlimited", .value = false}, {.word = "prepaid", .value = true}, {.word = NULL}};

/* Of the file alone; what follows them is read for clients in the ledger too. */
enum { FILE_ROWS = 5 };

static const struct setting_row list[] = {
    {.key = "name",
     .kind = &kind_name,
     .offset = offsetof(struct client_settings, name),
     .names = "client",
     .is_needed = true,
     .sentence = "Who it is, in the books and the log; the same name is the same client."},
    {.key = "key", .kind = &keys_kind, .sentence = "The key it calls with."},
    {.key = "keys",
     .kind = &key_list_kind,
     .sentence = "Several keys, for a change without a gap."},
    {.key = "key_sha256",
     .kind = &hashes_kind,
     .sentence = "The SHA-256 of the key instead of the key, in hex."},
    {.key = "frozen",
     .kind = &kind_bool,
     .offset = offsetof(struct client_settings, is_frozen),
     .standard = "false",
     .sentence = "Refuses its add, refill and cancel; it may still read."},
    {.key = "funds",
     .kind = &kind_choice_bool,
     .offset = offsetof(struct client_settings, is_prepaid),
     .choices = funds_choices,
     .standard = "unlimited",
     .sentence = "Whether it pays beforehand (`client credit`)."},
    {.key = "balance",
     .kind = &balance_kind,
     .offset = offsetof(struct client_settings, balance),
     .has_offset = offsetof(struct client_settings, has_balance),
     .standard_text = "none: `funds: unlimited` needs it",
     .sentence = "What an unlimited client sees as its balance: an amount, or `provider_sum`, what "
                 "the providers hold for us. A prepaid one sees its own."},
    {.key = "credit_limit",
     .kind = &money_kinds_amount,
     .offset = offsetof(struct client_settings, credit_limit),
     .standard = "0",
     .sentence = "How far below zero a prepaid client may go."},
    {.key = "daily_limit",
     .kind = &limit_kind,
     .offset = offsetof(struct client_settings, daily_limit),
     .standard = "none",
     .sentence = "The most it may be charged in a UTC day."},
    {.key = "prices",
     .kind = &kind_map,
     .map = &price_map,
     .offset = offsetof(struct client_settings, prices),
     .count_offset = offsetof(struct client_settings, price_count),
     .max = RANGES_MAX,
     .sentence = "Its own rates for 1000, instead of a service's price and all markups: "
                 "`{1: \"0.80\"}`."},
    {.key = "markup",
     .kind = &money_kinds_markup,
     .offset = offsetof(struct client_settings, markup),
     .standard = "0%",
     .sentence = "On top of each service's price."},
    {.key = "rate_limit",
     .kind = &kind_rate_window,
     .offset = offsetof(struct client_settings, rate_limit),
     .standard = "none",
     .sentence = "Requests; beyond it the answer is 429. `300/m` may come all at once, then five "
                 "a second."},
    {.key = "get_orders",
     .kind = &kind_bool,
     .offset = offsetof(struct client_settings, get_orders),
     .standard = "false",
     .sentence = "Lets add, refill and cancel come by GET."},
    {.key = "refs",
     .kind = &kind_bool,
     .offset = offsetof(struct client_settings, refs),
     .standard = "false",
     .sentence = "Reads the parameter `ref`."},
    {.key = "services",
     .kind = &kind_list,
     .of = &range_kind,
     .offset = offsetof(struct client_settings, services),
     .count_offset = offsetof(struct client_settings, service_count),
     .max = RANGES_MAX,
     .empty_word = "all",
     .sentence = "What it sees and may order."},
    {.key = "addresses",
     .kind = &kind_list,
     .of = &listener_settings_network,
     .offset = offsetof(struct client_settings, addresses),
     .count_offset = offsetof(struct client_settings, address_count),
     .max = NETWORKS_MAX,
     .empty_word = "any",
     .sentence = "Where it may call from."},
};

/* An empty list would mean "all" to the room; say it, rather than open everything. */
static void client_rows_check_not_empty(struct setting_reader *reader, const struct yamlnode *map,
                                        const char *key, const char *word)
{
    const struct yamlnode *node = yamltree_find(map, key);
    if (node && (node->is_null || (node->kind == YAMLNODE_LIST && node->count == 0)))
        faultlist_add(reader->faults, node->place, "`%s` is empty; `%s` or a list is right", key,
                      word);
}

static void client_rows_check_no(struct setting_reader *reader, const struct yamlnode *map,
                                 const char *key, const char *why)
{
    const struct yamlnode *node = yamltree_find(map, key);
    if (node)
        faultlist_add(reader->faults, node->key_place, "`%s` is for %s; leave it out", key, why);
}

/* `funds` itself may be at fault: then nothing is known of what belongs to it. */
static void client_rows_check_funds(struct setting_reader *reader, const struct yamlnode *map,
                                    const struct client_settings *client)
{
    const struct yamlnode *funds = yamltree_find(map, "funds");
    if (client->is_prepaid) {
        client_rows_check_no(reader, map, "balance",
                             "`funds: unlimited`, a prepaid client sees its own funds");
        return;
    }
    if (funds && !str_equal_folded(funds->text, STR("unlimited")))
        return;
    client_rows_check_no(reader, map, "credit_limit", "`funds: prepaid`");
    if (yamltree_find(map, "balance") == NULL)
        faultlist_add(reader->faults, map->place,
                      "`balance` is missing; `funds: unlimited` needs it: what this client sees as "
                      "its balance, an amount or provider_sum");
}

static void client_rows_check_any(struct setting_reader *reader, const struct yamlnode *map,
                                  void *record)
{
    client_rows_check_not_empty(reader, map, "services", "all");
    client_rows_check_not_empty(reader, map, "addresses", "any");
    client_rows_check_funds(reader, map, record);
}

static void client_rows_note_place(const struct yamlnode *map, struct client_settings *client)
{
    client->file = memory_text(map->place.file ? map->place.file : "");
    client->line = map->place.line;
    client->column = map->place.column;
}

static void client_rows_check(struct setting_reader *reader, const struct yamlnode *map,
                              void *record)
{
    client_rows_check_any(reader, map, record);
    client_rows_note_place(map, record);
    const struct yamlnode *keys = yamltree_find(map, "keys");
    bool has_keys = keys && (keys->kind != YAMLNODE_LIST || keys->count > 0);
    if (!has_keys && !yamltree_find(map, "key") && !yamltree_find(map, "key_sha256"))
        faultlist_add(reader->faults, map->place,
                      "a client without a key; add `key: ${env:NAME}`, `keys` or `key_sha256`");
}

const struct setting_table client_rows = {.name = "a client",
                                          .rows = list,
                                          .count = COUNT_OF(list),
                                          .size = sizeof(struct client_settings),
                                          .check = client_rows_check};

/* ---- clients in the ledger ---- */

static const struct setting_table run_time_rows = {.name = "a client",
                                                   .rows = list + FILE_ROWS,
                                                   .count = COUNT_OF(list) - FILE_ROWS,
                                                   .size = sizeof(struct client_settings),
                                                   .check = client_rows_check_any};

static bool client_rows_first_fault(const struct faultlist *faults, struct fault *why)
{
    for (size_t i = 0; i < faults->count; i++)
        if (!faults->list[i].is_warning)
            return fault_set(why, FAULT_INVALID, "%s", faults->list[i].message);
    return faults->faults == 0 ||
           fault_set(why, FAULT_INVALID, "settings that cannot be read; a JSON object is right");
}

bool client_rows_parse_json(struct str json, struct client_settings *out, struct fault *why)
{
    struct yamltree tree;
    struct setting_reader reader;
    struct faultlist faults;
    *out = (struct client_settings){0};
    if (str_find(json, STR("${")) != SIZE_MAX)
        return fault_set(why, FAULT_INVALID,
                         "${…} belongs in the configuration file; write the value itself");
    faultlist_init(&faults);
    yamltree_init(&tree);
    rows_init(&reader, &faults, &tree);
    const struct yamlnode *map =
        yamltree_parse(&tree, json, faultlist_file(&faults, "settings"), &faults);
    if (map)
        rows_read_table(&reader, &run_time_rows, map, out);
    bool is_good = client_rows_first_fault(&faults, why);
    rows_fini(&reader);
    yamltree_fini(&tree);
    faultlist_fini(&faults);
    if (!is_good)
        client_settings_fini(out);
    return is_good;
}

bool client_rows_check_name(struct str name, struct fault *why)
{
    char *copy = NULL;
    bool is_good = kind_name.parse(name, list, &copy, why);
    free(copy);
    return is_good ||
           fault_set(why, FAULT_INVALID, "that is no client's name; right is %s", kind_name.form);
}
