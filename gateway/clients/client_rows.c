/* See client_rows.h. Of a key only its SHA-256 is kept. */
#include "clients/client_rows.h"

#include <stdlib.h>

#include "http/listener_settings.h"
#include "money/money_kinds.h"
#include "settings/kind.h"
#include "settings/names.h"

enum { KEYS_MAX = 64, RANGES_MAX = 10000, NETWORKS_MAX = 1024, KEY_LEN_MAX = 256 };

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

static const struct setting_kind keys_kind = {
    .name = "a key", .form = "as ${env:NAME} or ${file:/path}", .read = client_rows_read_keys};
static const struct setting_kind key_list_kind = {.name = "a list of keys",
                                                  .read = client_rows_read_keys};
static const struct setting_kind hashes_kind = {.name = "64 hex digits, or a list of them",
                                                .read = client_rows_read_hashes};

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

/* ---- rows ---- */

static const struct setting_choice funds_choices[] = {
    {.word = "unlimited"}, {.word = "prepaid", .is_due = true}, {.word = NULL}};
static const struct setting_choice refs_choices[] = {
    {.word = "false"}, {.word = "true", .is_due = true}, {.word = NULL}};

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
    {.key = "funds",
     .kind = &kind_choice_only,
     .choices = funds_choices,
     .standard = "unlimited",
     .sentence = "Whether it pays beforehand."},
    {.key = "balance",
     .kind = &money_kinds_amount,
     .offset = offsetof(struct client_settings, balance),
     .has_offset = offsetof(struct client_settings, has_balance),
     .standard_words = "the sum of the providers' balances",
     .sentence = "A constant to show as its balance."},
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
     .kind = &kind_choice_only,
     .choices = refs_choices,
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
    const struct yamlnode *node = yamlnode_find(map, key);
    if (node && (node->is_null || (node->kind == YAMLNODE_LIST && node->count == 0)))
        faultlist_add(reader->faults, node->place, "`%s` is empty; `%s` or a list is right", key,
                      word);
}

static void client_rows_check(struct setting_reader *reader, const struct yamlnode *map,
                              void *record)
{
    (void)record;
    client_rows_check_not_empty(reader, map, "services", "all");
    client_rows_check_not_empty(reader, map, "addresses", "any");
    const struct yamlnode *keys = yamlnode_find(map, "keys");
    bool has_keys = keys && (keys->kind != YAMLNODE_LIST || keys->count > 0);
    if (!has_keys && !yamlnode_find(map, "key") && !yamlnode_find(map, "key_sha256"))
        faultlist_add(reader->faults, map->place,
                      "a client without a key; add `key: ${env:NAME}`, `keys` or `key_sha256`");
}

const struct setting_table client_rows = {.name = "a client",
                                          .rows = list,
                                          .count = COUNT_OF(list),
                                          .size = sizeof(struct client_settings),
                                          .check = client_rows_check};
