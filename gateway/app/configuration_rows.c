/* The first level of the file: the rooms' tables beside each other. See configuration_private.h. */
#include <stdlib.h>

#include "app/configuration_private.h"
#include "cache/cache_rows.h"
#include "catalogue/catalogue_rows.h"
#include "clients/client_rows.h"
#include "http/listener_rows.h"
#include "ledger/ledger_rows.h"
#include "money/money_kinds.h"
#include "orders/order_rows.h"
#include "providers/provider_rows.h"
#include "settings/kind.h"

enum { WORKERS_MAX = 256, RATES_MAX = 300 };

/* configuration_files.c has read them before. */
static bool configuration_rows_read_include(struct setting_reader *reader,
                                            const struct setting_row *row,
                                            const struct yamlnode *node, void *record)
{
    (void)reader;
    (void)row;
    (void)node;
    (void)record;
    return true;
}
static const struct setting_kind include_kind = {.name = "a file, or a list of them",
                                                 .read = configuration_rows_read_include};

static const struct setting_map rate_map = {
    .size = sizeof(struct configuration_rate),
    .key = {.key = "rates",
            .kind = &provider_rows_currency,
            .offset = offsetof(struct configuration_rate, currency)},
    .value = {.key = "rates",
              .kind = &money_kinds_exchange,
              .offset = offsetof(struct configuration_rate, rate)},
};

static const struct setting_row list[] = {
    {.kind = &kind_inline,
     .table = &listener_rows,
     .offset = offsetof(struct configuration_draft, made.front)},
    {.key = "admin",
     .kind = &kind_table,
     .table = &admin_rows,
     .offset = offsetof(struct configuration_draft, admin),
     .sentence = "The operators' side."},
    {.kind = &kind_inline,
     .table = &ledger_rows,
     .offset = offsetof(struct configuration_draft, made.ledger)},
    {.kind = &kind_inline,
     .table = &cache_rows,
     .offset = offsetof(struct configuration_draft, made.cache)},
    {.key = "workers",
     .kind = &kind_unsigned,
     .offset = offsetof(struct configuration_draft, made.workers),
     .min = 1,
     .max = WORKERS_MAX,
     .standard_words = "one a core",
     .is_restart = true,
     .sentence = "Threads that serve clients."},
    {.kind = &kind_inline,
     .table = &order_rows,
     .offset = offsetof(struct configuration_draft, made.orders)},
    {.key = "rates",
     .kind = &kind_map,
     .map = &rate_map,
     .offset = offsetof(struct configuration_draft, rates),
     .count_offset = offsetof(struct configuration_draft, rate_count),
     .max = RATES_MAX,
     .sentence = "What one unit of each other currency is worth in `currency`: `{EUR: 1.08}`."},
    {.kind = &kind_inline,
     .table = &catalogue_rows,
     .offset = offsetof(struct configuration_draft, made.catalogue)},
    {.key = "clients",
     .kind = &kind_list,
     .table = &client_rows,
     .offset = offsetof(struct configuration_draft, clients),
     .count_offset = offsetof(struct configuration_draft, client_count),
     .max = CLIENT_MAX - 1,
     .sentence = "Who may call."},
    {.key = "providers",
     .kind = &kind_list,
     .table = &provider_rows,
     .offset = offsetof(struct configuration_draft, providers),
     .count_offset = offsetof(struct configuration_draft, provider_count),
     .max = PROVIDER_MAX,
     .sentence = "Who delivers."},
    {.key = "include",
     .kind = &include_kind,
     .sentence = "Further files, relative to this one. Their `clients`, `providers`, `services` "
                 "and `imports` are added; any other key stands in one file only."},
};

const struct setting_table configuration_rows = {.name = "the configuration",
                                                 .rows = list,
                                                 .count = COUNT_OF(list),
                                                 .size = sizeof(struct configuration_draft)};
