/* Clients as JSON for the operator: also what `client list` and `client statement` print when they
 * read the ledger themselves. No key is ever in it. Pure. */
#ifndef ADMIN_CLIENTJSON_H
#define ADMIN_CLIENTJSON_H
#include "base/jsonwriter.h"
#include "clients/roster.h"
#include "ledger/ledger.h"

/* When the UTC day of that moment began. */
int64_t clientjson_day_start(int64_t wall_ms);
/* {"clients":[ … ]}, in the set's order. accounts: the answer of LEDGER_QUERY_ACCOUNTS since
 * today's start, or NULL where it could not be read; wall_now_ms says which day is today. */
void clientjson_list(struct buf *out, const struct client_set *clients, const struct roster *roster,
                     const struct ledger_rows *accounts, struct str currency, int64_t wall_now_ms);
/* The lines add up: opening and all amounts make closing. */
struct clientjson_statement {
    struct str client, currency;
    int64_t since_ms, until_ms;       /* wall; 0: from the first, until now */
    const struct ledger_rows *rows;   /* LEDGER_QUERY_STATEMENT of that time */
    const struct ledger_rows *before; /* where that has no line: of all before; or NULL */
};
void clientjson_statement(struct buf *out, const struct clientjson_statement *statement);
/* "2026-11-30", "2026-11-30T12:00:00Z", with or without seconds: UTC. */
bool clientjson_parse_time(struct str text, int64_t *wall_ms_out) MUST_USE;
/* Either may be empty: 0. */
bool clientjson_parse_span(struct str since, struct str until, int64_t *since_ms_out,
                           int64_t *until_ms_out, struct fault *why) MUST_USE;

#endif
