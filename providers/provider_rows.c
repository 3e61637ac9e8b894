/* See provider_rows.h. */
#include "providers/provider.h"

#include "settings/rows.h"

#include <stdlib.h>

#include "loop/transfer.h"
#include "money/currency.h"
#include "providers/dialect.h"
#include "providers/paneltext.h"
#include "settings/names.h"

enum { KEY_LEN_MIN = 4 };
enum { ANSWERS_MAX = 1000, STATUSES_MAX = 200, CONNECTIONS_MAX = 1000, TIMEOUT_MAX_MS = 600000 };

/* ---- url ---- */

static bool provider_rows_is_loopback_host(struct str host)
{
    return str_is(host, "localhost") || str_is(host, "[::1]") || str_starts(host, STR("127."));
}

/* Of "http://host:1/path": the part between the slashes, and what comes after. */
static bool provider_rows_split_url(struct str url, struct str *authority_out, bool *is_plain_out)
{
    struct str rest;
    static const struct str plain = {"http://", 7}, secure = {"https://", 8};
    *is_plain_out = str_equal_folded(str_first(url, plain.len), plain);
    if (!*is_plain_out && !str_equal_folded(str_first(url, secure.len), secure))
        return false;
    rest = str_from(url, *is_plain_out ? plain.len : secure.len);
    size_t end = 0;
    while (end < rest.len && str_find_byte(STR("/?#"), rest.ptr[end]) == SIZE_MAX)
        end++;
    *authority_out = str_first(rest, end);
    return end > 0;
}

static struct str provider_rows_host_of(struct str authority)
{
    if (str_starts(authority, STR("[")))
        return str_first(authority, str_find_byte(authority, ']') + 1);
    return str_first(authority, str_find_byte(authority, ':'));
}

static bool provider_rows_is_port_right(struct str authority, struct str host)
{
    struct str rest = str_from(authority, host.len);
    uint64_t port;
    if (rest.len == 0)
        return true;
    return rest.ptr[0] == ':' && str_to_u64(str_from(rest, 1), &port) && port > 0 && port < 65536;
}

static bool provider_rows_parse_url(struct str text, const struct setting_row *row, void *field,
                                    struct fault *why)
{
    struct str authority;
    bool is_plain;
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7f)
            return fault_set(why, FAULT_INVALID, "holds a blank; write %%20 for one in a path");
    if (!provider_rows_split_url(text, &authority, &is_plain))
        return false;
    if (str_find_byte(authority, '@') != SIZE_MAX)
        return fault_set(why, FAULT_INVALID,
                         "holds a user name or password; only the host and path are right");
    struct str host = provider_rows_host_of(authority);
    if (host.len == 0 || !provider_rows_is_port_right(authority, host) ||
        str_find_byte(text, '#') != SIZE_MAX)
        return false;
    return kind_text.parse(text, row, field, why);
}

static const struct setting_kind url_kind = {
    .name = "an address",
    .form = "https://HOST/PATH",
    .size = sizeof(char *),
    .is_text = true,
    .is_hidden = true, /* it may hold a password where none belongs */
    .parse = provider_rows_parse_url,
};

/* ---- key ---- */

/* A key this short is a slip of the pen, and panels slow down who calls with a wrong one. */
static bool provider_rows_parse_key(struct str text, const struct setting_row *row, void *field,
                                    struct fault *why)
{
    if (str_trim(text).len > 0 && str_trim(text).len < KEY_LEN_MIN)
        return fault_set(why, FAULT_INVALID,
                         "has %zu of at least %d characters; copy all of it from the panel's page",
                         str_trim(text).len, KEY_LEN_MIN);
    return kind_secret.parse(text, row, field, why);
}

static const struct setting_kind panel_key_kind = {
    .name = "a secret",
    .form = "as ${env:NAME} or ${file:/path}",
    .size = sizeof(char *),
    .is_text = true,
    .is_secret = true,
    .parse = provider_rows_parse_key,
};

/* ---- currency ---- */

static bool provider_rows_parse_currency(struct str text, const struct setting_row *row,
                                         void *field, struct fault *why)
{
    (void)row;
    char code[13];
    if (text.len < 2 || text.len >= sizeof code)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9' && i > 0)))
            return false;
        code[i] = c;
    }
    text = str_make(code, text.len);
    const char *meant = currency_suggest(text);
    if (!currency_is_known(text))
        return fault_set(why, FAULT_INVALID,
                         "is not a currency; right is a code of ISO 4217 such as USD, or of a "
                         "cryptocurrency such as USDT%s%s%s",
                         meant ? "; did you mean " : "", meant ? meant : "", meant ? "?" : "");
    *(char **)field = str_copy(text);
    return true;
}

const struct setting_kind provider_rows_currency = {
    .name = "a currency",
    .form = "a code such as USD",
    .size = sizeof(char *),
    .is_text = true,
    .parse = provider_rows_parse_currency,
};

/* ---- dialect ---- */

static bool provider_rows_parse_ca_file(struct str text, const struct setting_row *row, void *field,
                                        struct fault *why)
{
    char *path;
    if (!kind_file.parse(text, row, &path, why))
        return false;
    if (!transfer_check_ca_file(path, why)) {
        free(path);
        return false;
    }
    *(char **)field = path;
    return true;
}

static const struct setting_kind ca_file_kind = {
    .name = "a file of certificates",
    .form = "in PEM",
    .size = sizeof(char *),
    .is_text = true,
    .parse = provider_rows_parse_ca_file,
};

static bool provider_rows_parse_dialect(struct str text, const struct setting_row *row, void *field,
                                        struct fault *why)
{
    (void)row;
    const struct dialect *dialect = dialect_find(text);
    if (dialect == NULL)
        return fault_set(why, FAULT_INVALID, "is no dialect; there is %s", dialect_names());
    *(const struct dialect **)field = dialect;
    return true;
}

static const struct setting_kind dialect_kind = {
    .name = "a dialect",
    .form = "standard",
    .size = sizeof(const struct dialect *),
    .parse = provider_rows_parse_dialect,
};

/* ---- limits ---- */

static const struct setting_row limit_list[] = {
    {.key = "add",
     .kind = &kind_rate,
     .offset = offsetof(struct provider_limits, add_per_s),
     .standard = "5/s",
     .sentence = "Orders."},
    {.key = "other",
     .kind = &kind_rate,
     .offset = offsetof(struct provider_limits, other_per_s),
     .standard = "2/s",
     .sentence = "All other calls."},
};
static const struct setting_table limit_rows = {.name = "`rate_limit`",
                                                .rows = limit_list,
                                                .count = COUNT_OF(limit_list),
                                                .size = sizeof(struct provider_limits)};

static bool provider_rows_read_limits(struct setting_reader *reader, const struct setting_row *row,
                                      const struct yamlnode *node, void *record)
{
    struct provider_limits *limits = (void *)((char *)record + row->offset);
    rows_defaults(reader, &limit_rows, limits);
    if (node->kind != YAMLNODE_SCALAR || node->is_null) {
        rows_read_table(reader, &limit_rows, node, limits);
        return true;
    }
    if (!rows_read_scalar(reader, row, &kind_rate, node, &limits->add_per_s))
        return false;
    limits->other_per_s = limits->add_per_s;
    return true;
}

static const struct setting_kind limits_kind = {
    .name = "a rate limit for all calls, or a map of `add` and `other`",
    .form = "such as 10/s, 300/m or 5000/h, or none",
    .read = provider_rows_read_limits,
};

/* ---- answers ---- */

static bool provider_rows_parse_pattern(struct str text, const struct setting_row *row, void *field,
                                        struct fault *why)
{
    (void)row;
    struct arena arena;
    arena_init(&arena);
    struct str folded = paneltext_fold(text, &arena);
    bool is_ok = folded.len > 0 && text.len <= 500;
    if (is_ok)
        *(char **)field = str_copy(folded);
    else
        fault_set(why, FAULT_INVALID, "is no pattern; 1 to 500 bytes of the panel's text are");
    arena_fini(&arena);
    return is_ok;
}

static const struct setting_kind pattern_kind = {.name = "a pattern",
                                                 .size = sizeof(char *),
                                                 .is_text = true,
                                                 .parse = provider_rows_parse_pattern};

static const struct setting_choice class_choices[] = {
    {.word = "client", .value = VERDICT_CLIENT},
    {.word = "provider", .value = VERDICT_PROVIDER},
    {.word = "busy", .value = VERDICT_BUSY},
    {.word = "doubt", .value = VERDICT_DOUBT},
    {.word = NULL}};
static const struct setting_choice cool_down_choices[] = {
    {.word = "offer", .value = COOL_DOWN_OFFER},
    {.word = "provider", .value = COOL_DOWN_PROVIDER},
    {.word = "funds", .value = COOL_DOWN_FUNDS},
    {.word = "key", .value = COOL_DOWN_KEY},
    {.word = NULL}};

static const struct setting_row answer_list[] = {
    {.key = "class",
     .kind = &kind_choice,
     .offset = offsetof(struct provider_answer, class),
     .choices = class_choices,
     .is_needed = true,
     .sentence = "By whose fault it is refused; `busy`: try again later; `doubt`: nobody knows."},
    {.key = "cool_down",
     .kind = &kind_choice,
     .offset = offsetof(struct provider_answer, cool_down),
     .choices = cool_down_choices,
     .standard_text = "no cool-down",
     .sentence = "What is not asked for a while."},
};

static void provider_rows_check_answer(struct setting_reader *reader, const struct yamlnode *map,
                                       void *record)
{
    const struct provider_answer *answer = record;
    const struct yamlnode *class = yamltree_find(map, "class"),
                          *cool_down = yamltree_find(map, "cool_down");
    if (class && cool_down && answer->class == VERDICT_CLIENT &&
        answer->cool_down != COOL_DOWN_NONE)
        faultlist_add(reader->faults, cool_down->place,
                      "`cool_down` with class `client`: the fault is the client's, nothing cools "
                      "down; leave it out");
}

static const struct setting_table answer_rows = {.name = "an answer",
                                                 .rows = answer_list,
                                                 .count = COUNT_OF(answer_list),
                                                 .size = sizeof(struct provider_answer),
                                                 .check = provider_rows_check_answer};
static const struct setting_map answer_map = {
    .size = sizeof(struct provider_answer),
    .key = {.key = "answers",
            .kind = &pattern_kind,
            .offset = offsetof(struct provider_answer, pattern)},
    .value = {.key = "answers", .kind = &kind_table, .table = &answer_rows},
};

/* ---- statuses ---- */

static const struct setting_choice status_choices[] = {
    {.word = "pending", .value = ORDERSTATUS_PENDING},
    {.word = "processing", .value = ORDERSTATUS_PROCESSING},
    {.word = "in_progress", .value = ORDERSTATUS_IN_PROGRESS},
    {.word = "completed", .value = ORDERSTATUS_COMPLETED},
    {.word = "partial", .value = ORDERSTATUS_PARTIAL},
    {.word = "canceled", .value = ORDERSTATUS_CANCELED},
    {.word = "refunded", .value = ORDERSTATUS_REFUNDED},
    {.word = NULL}};

static const struct setting_map status_map = {
    .size = sizeof(struct provider_status),
    .key = {.key = "statuses",
            .kind = &pattern_kind,
            .offset = offsetof(struct provider_status, word)},
    .value = {.key = "statuses",
              .kind = &kind_choice,
              .choices = status_choices,
              .offset = offsetof(struct provider_status, status)},
};

/* ---- rows ---- */

static const struct setting_choice unknown_choices[] = {
    {.word = "doubt", .value = false}, {.word = "refused", .value = true}, {.word = NULL}};
static const struct setting_choice state_choices[] = {
    {.word = "open", .value = false}, {.word = "closed", .value = true}, {.word = NULL}};

static const struct setting_row list[] = {
    {.key = "name",
     .kind = &kind_name,
     .offset = offsetof(struct provider_settings, name),
     .names = "provider",
     .is_needed = true,
     .sentence = "What offers and the books call it; the same name is the same provider."},
    {.key = "url",
     .kind = &url_kind,
     .offset = offsetof(struct provider_settings, url),
     .is_needed = true,
     .sentence = "The address of its API."},
    {.key = "key",
     .kind = &panel_key_kind,
     .offset = offsetof(struct provider_settings, key),
     .is_needed = true,
     .sentence = "Our key there."},
    {.key = "currency",
     .kind = &provider_rows_currency,
     .offset = offsetof(struct provider_settings, currency),
     .standard_text = "the gateway's",
     .sentence = "Of its rates and balance; needs its line in `rates`."},
    {.key = "dialect",
     .kind = &dialect_kind,
     .offset = offsetof(struct provider_settings, dialect),
     .standard = "standard",
     .sentence = "How it speaks."},
    {.key = "timeout",
     .kind = &kind_duration,
     .offset = offsetof(struct provider_settings, timeout_ms),
     .max = TIMEOUT_MAX_MS,
     .standard = "15s",
     .sentence = "For a whole call."},
    {.key = "connect_timeout",
     .kind = &kind_duration,
     .offset = offsetof(struct provider_settings, connect_timeout_ms),
     .max = TIMEOUT_MAX_MS,
     .standard = "5s",
     .sentence = "For connecting, within the whole call."},
    {.key = "ca_file",
     .kind = &ca_file_kind,
     .offset = offsetof(struct provider_settings, ca_file),
     .standard_text = "the system's",
     .sentence = "To be trusted instead of the system's, for a private authority."},
    {.key = "unknown_errors",
     .kind = &kind_choice_bool,
     .offset = offsetof(struct provider_settings, unknown_errors_refused),
     .choices = unknown_choices,
     .standard = "doubt",
     .sentence = "What an error text means that no table knows."},
    {.key = "max_connections",
     .kind = &kind_unsigned,
     .offset = offsetof(struct provider_settings, max_connections),
     .min = 1,
     .max = CONNECTIONS_MAX,
     .standard = "32",
     .sentence = "At once, for the whole gateway."},
    {.key = "rate_limit",
     .kind = &limits_kind,
     .offset = offsetof(struct provider_settings, limits),
     .standard_text = "add `5/s`, other `2/s`",
     .table = &limit_rows,
     .sentence = "Calls, for the whole gateway."},
    {.key = "state",
     .kind = &kind_choice_bool,
     .offset = offsetof(struct provider_settings, is_closed),
     .choices = state_choices,
     .standard = "open",
     .sentence = "`closed`: no new orders; those under way go on."},
    {.key = "low_balance",
     .kind = &money_kinds_amount,
     .offset = offsetof(struct provider_settings, low_balance),
     .has_offset = offsetof(struct provider_settings, has_low_balance),
     .standard_text = "none",
     .sentence =
         "An amount in its currency: below it its health is `low balance`, and a metric and "
         "the log say so. It still gets orders."},
    {.key = "answers",
     .kind = &kind_map,
     .map = &answer_map,
     .offset = offsetof(struct provider_settings, answers),
     .count_offset = offsetof(struct provider_settings, answer_count),
     .max = ANSWERS_MAX,
     .sentence = "Its error texts, on top of the built-in table. Case, blanks and the final dot "
                 "are folded, `*` matches anything, the most specific pattern wins."},
    {.key = "statuses",
     .kind = &kind_map,
     .map = &status_map,
     .offset = offsetof(struct provider_settings, statuses),
     .count_offset = offsetof(struct provider_settings, status_count),
     .max = STATUSES_MAX,
     .sentence = "Its words for an order's state, such as `tamamlandı: completed`, on top of the "
                 "built-in table. Case and accents are folded. An unknown word keeps the state."},
};

/* "?key=…" or "&api_key=…": a panel's own page may show its address so. */
static bool provider_rows_has_key(struct str url)
{
    static const char *const names[] = {"key", "api_key", "apikey", "token", "api_token"};
    size_t query = str_find_byte(url, '?');
    struct str rest = query == SIZE_MAX ? STR_NONE : str_from(url, query + 1), pair;
    while (rest.ptr && str_next(&rest, '&', &pair))
        for (size_t i = 0; i < COUNT_OF(names); i++)
            if (str_equal_folded(str_first(pair, str_find_byte(pair, '=')), str_of(names[i])))
                return true;
    return false;
}

static void provider_rows_check_url(struct setting_reader *reader, const struct yamlnode *map,
                                    const struct provider_settings *provider)
{
    struct str authority;
    bool is_plain;
    if (provider->url == NULL ||
        !provider_rows_split_url(str_of(provider->url), &authority, &is_plain))
        return;
    if (provider_rows_has_key(str_of(provider->url)))
        faultlist_warn(reader->faults, yamltree_find(map, "url")->place,
                       "`url` holds a key, which then reaches proxies' and panels' logs; put it "
                       "under `key` and leave it out here");
    if (is_plain && !provider_rows_is_loopback_host(provider_rows_host_of(authority)))
        faultlist_warn(reader->faults, yamltree_find(map, "url")->place,
                       "`url` with http:// sends our key in clear text; use https://");
}

static void provider_rows_check_answers(struct setting_reader *reader, const struct yamlnode *map,
                                        const struct provider_settings *provider)
{
    const struct yamlnode *answers = yamltree_find(map, "answers"), *at;
    struct buf name;
    if (answers == NULL || provider->answer_count == 0)
        return;
    buf_init(&name, 4096);
    at = answers->first;
    for (size_t i = 0; i < provider->answer_count; i++, at = at->next) {
        struct source_location first;
        if (provider->answers[i].pattern == NULL)
            continue;
        buf_clear(&name);
        /* The map's own place keeps the patterns of two providers apart. */
        buf_printf(&name, "%p %s", (const void *)answers, provider->answers[i].pattern);
        if (!names_add(reader->names, "pattern", buf_str(&name), at->key_place, &first))
            faultlist_add(reader->faults, at->key_place,
                          "the same pattern once folded as at %u:%u; keep one of them", first.line,
                          first.column);
    }
    buf_fini(&name);
}

static void provider_rows_check(struct setting_reader *reader, const struct yamlnode *map,
                                void *record)
{
    struct provider_settings *provider = record;
    const struct yamlnode *connect = yamltree_find(map, "connect_timeout");
    if (connect && provider->connect_timeout_ms > provider->timeout_ms)
        faultlist_add(reader->faults, connect->place,
                      "`connect_timeout` is longer than `timeout`; a shorter one is right");
    if (provider->connect_timeout_ms > provider->timeout_ms)
        provider->connect_timeout_ms = provider->timeout_ms;
    provider_rows_check_url(reader, map, provider);
    provider_rows_check_answers(reader, map, provider);
}

const struct setting_table provider_rows = {.name = "a provider",
                                            .rows = list,
                                            .count = COUNT_OF(list),
                                            .size = sizeof(struct provider_settings),
                                            .check = provider_rows_check};
