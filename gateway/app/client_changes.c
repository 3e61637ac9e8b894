/* Changes of clients in the ledger, while the gateway runs: one at a time is checked and booked,
 * then a set of clients with all that was booked is published as a reload's is (reload.c), and who
 * waits for it is answered when every worker has it. The main thread. See gateway_private.h. */
#include <stdlib.h>

#include "app/gateway_private.h"
#include "base/clock.h"
#include "base/log.h"
#include "clients/client.h"

enum { KEY_DIGITS = 40, KEY_LEAST = 16, KEY_MOST = 256, LABEL_MOST = 64, USES_MS = 30000 };

struct pending_change {
    STAILQ_ENTRY(pending_change) link;
    struct gateway *gateway;
    struct client_change change; /* its texts are owned */
    char *json;                  /* its settings afterwards; owned */
    bool is_frozen;              /* likewise */
    bool is_added;               /* ADD: the client is booked, its key is being */
    int64_t created_at_ms;
    char key[KEY_MOST + 1]; /* the new key; wiped */
    struct digest sha256;
    client_changed_fn *done;
    void *arg;
};

static void client_changes_free(struct pending_change *p)
{
    free((char *)(uintptr_t)p->change.client.ptr);
    free((char *)(uintptr_t)p->change.settings.ptr);
    free((char *)(uintptr_t)p->change.label.ptr);
    free(p->json);
    explicit_bzero(p->key, sizeof p->key);
    free(p);
}

static void client_changes_end(struct pending_change *p, const struct fault *why)
{
    p->done(why, p->key[0] ? p->key : NULL, p->arg);
    client_changes_free(p);
}

void client_changes_answer(struct change_queue *queue)
{
    while (!STAILQ_EMPTY(queue)) {
        struct pending_change *p = STAILQ_FIRST(queue);
        STAILQ_REMOVE_HEAD(queue, link);
        client_changes_end(p, NULL);
    }
}

/* ---- what is allowed ---- */

static const struct client *client_changes_find_in_file(const struct gateway *g, struct str name)
{
    const struct client *now = client_set_find(g->configuration->clients, name);
    return now || g->coming == NULL ? now : client_set_find(g->coming->clients, name);
}

static const struct roster_client *client_changes_find(const struct gateway *g, struct str name,
                                                       struct fault *why)
{
    const struct roster_client *client = roster_find(g->roster, name);
    const struct client *of_file = client ? NULL : client_changes_find_in_file(g, name);
    if (of_file)
        fault_set(why, FAULT_CONFLICT,
                  "client \"" STR_FMT
                  "\" is in the configuration, %.200s:%u; change it there, then "
                  "panelmux reload",
                  STR_ARG(name), of_file->settings.file ? of_file->settings.file : "",
                  of_file->settings.line);
    else if (client == NULL)
        fault_set(why, FAULT_NOT_FOUND, "there is no client of that name; see client list");
    return client;
}

static bool client_changes_check_new(const struct gateway *g, struct str name, struct fault *why)
{
    struct fault in_file = {0};
    if (!client_rows_check_name(name, why))
        return false;
    if (client_changes_find(g, name, &in_file))
        return fault_set(why, FAULT_CONFLICT,
                         "there is a client of that name; client set changes it");
    if (in_file.code == FAULT_CONFLICT) {
        *why = in_file;
        return false;
    }
    if (roster_count(g->roster) + g->configuration->clients->count + 2 > CLIENT_MAX)
        return fault_set(why, FAULT_LIMIT, "there is no room for more than %d clients", CLIENT_MAX);
    return true;
}

static bool client_changes_check_label(struct str label, struct fault *why)
{
    bool is_good = label.len > 0 && label.len <= LABEL_MOST && str_is_utf8(label);
    uint32_t point;
    for (size_t at = 0; is_good && at < label.len;) {
        at += str_code_point(label, at, &point);
        is_good = str_is_printable(point);
    }
    return is_good || fault_set(why, FAULT_INVALID,
                                "a label is needed: 1 to %d bytes of printable text", LABEL_MOST);
}

/* NULL: no client of the file in force, of the one that is coming, or of the ledger has the key. */
static const char *client_changes_key_owner(const struct pending_change *p)
{
    const struct gateway *g = p->gateway;
    const struct configuration *files[] = {g->configuration, g->coming};
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        const struct client *client =
            files[i] ? client_set_find_key(files[i]->clients, str_of(p->key)) : NULL;
        if (client)
            return client->settings.name;
    }
    for (size_t i = 0; i < roster_count(g->roster); i++) {
        const struct roster_client *client = roster_at(g->roster, i);
        for (size_t k = 0; k < client->key_count; k++)
            if (digest_equal(&client->keys[k].sha256, &p->sha256))
                return client->name;
    }
    return NULL;
}

/* The key's text, the client's own or a fresh one; only its SHA-256 is kept. */
static bool client_changes_make_key(struct pending_change *p, struct fault *why)
{
    struct str own = str_trim(p->change.key);
    if (own.len == 0) {
        digest_random_hex(p->key, KEY_DIGITS);
    } else if (own.len < KEY_LEAST || own.len > KEY_MOST || memchr(own.ptr, '\0', own.len)) {
        return fault_set(why, FAULT_INVALID,
                         "a key of %d to %d characters is right; leave it out for a random one",
                         KEY_LEAST, KEY_MOST);
    } else {
        memcpy(p->key, own.ptr, own.len);
        p->key[own.len] = '\0';
    }
    p->sha256 = digest_sha256(str_of(p->key));
    const char *owner = client_changes_key_owner(p);
    return owner == NULL ||
           fault_set(why, FAULT_CONFLICT,
                     "client \"%.60s\" has this key; each key belongs to one client", owner);
}

/* ---- one after the other ---- */

static void client_changes_next(struct gateway *g);
static void client_changes_on_written(struct ledger_outcome outcome, void *arg);

static struct ledger_client client_changes_row(const struct pending_change *p)
{
    return (struct ledger_client){
        .name = p->change.client, .settings = str_of(p->json), .is_frozen = p->is_frozen};
}

static struct ledger_client_key client_changes_key_row(const struct pending_change *p)
{
    struct ledger_client_key row = {.client = p->change.client, .label = p->change.label};
    _Static_assert(sizeof row.sha256 == sizeof p->sha256.bytes, "a SHA-256 is one");
    memcpy(row.sha256, p->sha256.bytes, sizeof row.sha256);
    return row;
}

static void client_changes_write_key(struct pending_change *p)
{
    struct gateway *g = p->gateway;
    struct ledger_client_key row = client_changes_key_row(p);
    if (p->created_at_ms == 0)
        p->created_at_ms = clock_wall_ms();
    row.created_at_ms = p->created_at_ms;
    ledger_add_client_key(g->ledger, g->loop, &row, client_changes_on_written, p);
}

static bool client_changes_begin_add(struct pending_change *p, struct fault *why)
{
    struct gateway *g = p->gateway;
    if (!client_changes_check_new(g, p->change.client, why) ||
        !client_changes_check_label(p->change.label, why) ||
        !roster_change_settings(STR("{}"), p->change.settings, &p->json, why) ||
        !client_changes_make_key(p, why))
        return false;
    struct ledger_client row = client_changes_row(p);
    row.created_at_ms = p->created_at_ms = clock_wall_ms();
    row.has_key = true;
    memcpy(row.sha256, p->sha256.bytes, sizeof row.sha256);
    ledger_add_client(g->ledger, g->loop, &row, client_changes_on_written, p);
    return true;
}

static bool client_changes_begin_set(struct pending_change *p, const struct roster_client *client,
                                     struct fault *why)
{
    struct gateway *g = p->gateway;
    if (p->change.kind != CLIENT_CHANGE_SET)
        p->json = memory_text(client->json);
    else if (!roster_change_settings(str_of(client->json), p->change.settings, &p->json, why))
        return false;
    p->is_frozen = p->change.kind == CLIENT_CHANGE_FREEZE ||
                   (p->change.kind == CLIENT_CHANGE_SET && client->is_frozen);
    p->created_at_ms = client->created_at_ms;
    struct ledger_client row = client_changes_row(p);
    ledger_change_client(g->ledger, g->loop, &row, client_changes_on_written, p);
    return true;
}

static bool client_changes_begin_key_add(struct pending_change *p,
                                         const struct roster_client *client, struct fault *why)
{
    if (!client_changes_check_label(p->change.label, why) || !client_changes_make_key(p, why))
        return false;
    if (roster_find_key(client, p->change.label))
        return fault_set(why, FAULT_CONFLICT,
                         "client \"%s\" has a key of that label; choose another label",
                         client->name);
    client_changes_write_key(p);
    return true;
}

static bool client_changes_begin_key_revoke(struct pending_change *p,
                                            const struct roster_client *client, struct fault *why)
{
    if (roster_find_key(client, p->change.label) == NULL)
        return fault_set(why, FAULT_NOT_FOUND,
                         "client \"%s\" has no key of that label; see client list", client->name);
    struct ledger_client_key row = client_changes_key_row(p);
    ledger_revoke_client_key(p->gateway->ledger, p->gateway->loop, &row, client_changes_on_written,
                             p);
    return true;
}

/* False: nothing is under way for it. */
static bool client_changes_begin(struct pending_change *p, struct fault *why)
{
    if (p->change.kind == CLIENT_CHANGE_ADD)
        return client_changes_begin_add(p, why);
    const struct roster_client *client = client_changes_find(p->gateway, p->change.client, why);
    if (client == NULL)
        return false;
    if (p->change.kind == CLIENT_CHANGE_KEY_ADD)
        return client_changes_begin_key_add(p, client, why);
    if (p->change.kind == CLIENT_CHANGE_KEY_REVOKE)
        return client_changes_begin_key_revoke(p, client, why);
    return client_changes_begin_set(p, client, why);
}

static void client_changes_next(struct gateway *g)
{
    struct fault why;
    while (g->changing == NULL && !STAILQ_EMPTY(&g->changes)) {
        struct pending_change *p = STAILQ_FIRST(&g->changes);
        STAILQ_REMOVE_HEAD(&g->changes, link);
        why = (struct fault){.code = FAULT_INVALID};
        g->changing = p;
        if (client_changes_begin(p, &why))
            return;
        g->changing = NULL;
        p->key[0] = '\0';
        client_changes_end(p, &why);
    }
}

void client_changes_start(struct gateway *g, const struct client_change *change,
                          client_changed_fn *done, void *arg)
{
    struct fault ending;
    if (g->is_draining) {
        fault_set(&ending, FAULT_UNAVAILABLE, "the gateway is ending; nothing is changed any more");
        done(&ending, NULL, arg);
        return;
    }
    struct pending_change *p = memory_new(sizeof *p);
    p->gateway = g;
    p->change.kind = change->kind;
    p->change.client = str_of(str_copy(change->client));
    p->change.settings = str_of(str_copy(change->settings));
    p->change.label = str_of(str_copy(change->kind == CLIENT_CHANGE_ADD && change->label.len == 0
                                          ? STR("first")
                                          : change->label));
    p->change.key = change->key;
    p->done = done;
    p->arg = arg;
    STAILQ_INSERT_TAIL(&g->changes, p, link);
    client_changes_next(g);
}

/* ---- booked ---- */

static void client_changes_describe(const struct pending_change *p, struct ledger_outcome outcome,
                                    struct fault *why)
{
    if (p->is_added)
        fault_set(
            why, FAULT_UNAVAILABLE,
            "the client was added, but its key could not be written (%s); give it one: client "
            "key add NAME --label TEXT",
            ledger_result_name(outcome.result));
    else if (outcome.result == LEDGER_REFUSED && p->change.kind == CLIENT_CHANGE_KEY_ADD)
        fault_set(why, FAULT_CONFLICT,
                  "a key of that label was revoked, or a client has this key; choose another");
    else if (ledger_is_decided(outcome.result))
        fault_set(why, FAULT_CONFLICT, "the ledger refuses it: %s",
                  outcome.reason ? outcome.reason : ledger_result_name(outcome.result));
    else
        fault_set(why, FAULT_UNAVAILABLE, "the ledger cannot be written (%s); nothing was changed",
                  ledger_result_name(outcome.result));
}

static void client_changes_apply(struct pending_change *p)
{
    struct gateway *g = p->gateway;
    struct fault why;
    if (p->change.kind == CLIENT_CHANGE_KEY_ADD || p->change.kind == CLIENT_CHANGE_ADD)
        roster_add_key(g->roster, p->change.client, p->change.label, &p->sha256, p->created_at_ms);
    else if (p->change.kind == CLIENT_CHANGE_KEY_REVOKE)
        roster_drop_key(g->roster, p->change.client, p->change.label);
    else /* its settings were read before they were booked */
        ASSERT(roster_put(g->roster, p->change.client, str_of(p->json), p->is_frozen,
                          p->created_at_ms, &why));
}

static const char *client_changes_word(enum client_change_kind kind)
{
    static const char *const names[] = {
        [CLIENT_CHANGE_ADD] = "added",         [CLIENT_CHANGE_SET] = "set",
        [CLIENT_CHANGE_FREEZE] = "frozen",     [CLIENT_CHANGE_UNFREEZE] = "unfrozen",
        [CLIENT_CHANGE_KEY_ADD] = "key_added", [CLIENT_CHANGE_KEY_REVOKE] = "key_revoked"};
    return names[kind];
}

/* ADD is two entries, so that the key is never given to a client of that name that was there. */
static void client_changes_on_written(struct ledger_outcome outcome, void *arg)
{
    struct pending_change *p = arg;
    struct gateway *g = p->gateway;
    struct fault why;
    bool is_done = outcome.result == LEDGER_DONE;
    if (is_done && p->change.kind == CLIENT_CHANGE_ADD && !p->is_added) {
        p->is_added = true;
        ASSERT(roster_put(g->roster, p->change.client, str_of(p->json), false, p->created_at_ms,
                          &why));
        client_changes_write_key(p);
        return;
    }
    g->changing = NULL;
    if (is_done) {
        client_changes_apply(p);
        log_event(LOG_INFO, "client_changed", "client=" STR_FMT " change=%s label=%s",
                  STR_ARG(p->change.client), client_changes_word(p->change.kind),
                  log_value(p->change.label).text);
        STAILQ_INSERT_TAIL(&g->written, p, link);
        client_changes_publish(g);
    } else {
        client_changes_describe(p, outcome, &why);
        p->key[0] = '\0';
        client_changes_end(p, &why);
    }
    client_changes_next(g);
}

/* ---- in force ---- */

void client_changes_install(struct gateway *g, struct client_set *clients)
{
    if (g->coming_clients)
        client_set_unpin(&g->coming_clients);
    g->coming_clients = clients;
    STAILQ_CONCAT(&g->published_changes, &g->written);
}

void client_changes_go_back(struct gateway *g)
{
    struct fault why;
    struct client_set *clients = roster_merge(g->roster, g->configuration->clients, &why);
    if (clients)
        client_changes_install(g, clients);
    else
        log_event(LOG_ERROR, "clients_not_in_force", "reason=%s",
                  log_value(str_of(why.message)).text);
}

/* While a set is on its way, what is booked waits for the next one. */
void client_changes_publish(struct gateway *g)
{
    struct fault why;
    struct configuration *configuration = g->coming ? g->coming : g->configuration;
    if (g->is_draining) {
        client_changes_answer(&g->written);
        return;
    }
    if (g->coming_clients || STAILQ_EMPTY(&g->written))
        return;
    struct client_set *clients = roster_merge(g->roster, configuration->clients, &why);
    if (clients == NULL) { /* a key that the file has too */
        log_event(LOG_ERROR, "clients_not_in_force", "reason=%s",
                  log_value(str_of(why.message)).text);
        client_changes_answer(&g->written);
        return;
    }
    client_changes_install(g, clients);
    gateway_use(g, configuration);
}

bool client_changes_is_adding(const struct gateway *g, struct str name)
{
    return g->changing && g->changing->change.kind == CLIENT_CHANGE_ADD &&
           str_equal(g->changing->change.client, name);
}

bool client_changes_check_keys(const struct gateway *g, const struct client_set *of_file,
                               struct fault *why)
{
    const struct pending_change *p = g->changing;
    const struct client *client =
        p && p->key[0] ? client_set_find_key(of_file, str_of(p->key)) : NULL;
    return client == NULL ||
           fault_set(why, FAULT_CONFLICT,
                     "client \"%.60s\" has a key that is being given to client \"" STR_FMT
                     "\"; each key belongs to one client",
                     client->settings.name, STR_ARG(p->change.client));
}

/* What is booked stays so; what is not gets no further. */
void client_changes_abandon(struct gateway *g)
{
    struct fault why;
    fault_set(&why, FAULT_UNAVAILABLE, "the gateway is ending; nothing was changed");
    while (!STAILQ_EMPTY(&g->changes)) {
        struct pending_change *p = STAILQ_FIRST(&g->changes);
        STAILQ_REMOVE_HEAD(&g->changes, link);
        client_changes_end(p, &why);
    }
    client_changes_answer(&g->written);
    client_changes_answer(&g->published_changes);
}

/* ---- when keys were last used ---- */

void client_changes_note_uses(struct gateway *g)
{
    struct ledger_client_key *rows = NULL;
    size_t count = 0;
    for (size_t i = 0; i < roster_count(g->roster); i++) {
        const struct roster_client *client = roster_at(g->roster, i);
        for (size_t k = 0; k < client->key_count; k++) {
            int64_t used_at_ms = client_key_take_use(&client->keys[k].sha256);
            if (used_at_ms == 0)
                continue;
            rows = memory_resize(rows, count + 1, sizeof *rows);
            rows[count++] = (struct ledger_client_key){.client = str_of(client->name),
                                                       .label = str_of(client->keys[k].label),
                                                       .last_used_at_ms = used_at_ms};
        }
    }
    if (count)
        ledger_touch_client_keys(g->ledger, rows, count);
    free(rows);
}

static void client_changes_on_uses(void *arg)
{
    struct gateway *g = arg;
    client_changes_note_uses(g);
    client_changes_watch_uses(g);
}

void client_changes_watch_uses(struct gateway *g)
{
    loop_timer_start(&g->uses_timer, g->loop, USES_MS, client_changes_on_uses, g);
}

/* ---- from the ledger ---- */

void client_changes_on_kept_client(const struct ledger_client *client, void *arg)
{
    struct gateway *g = arg;
    struct fault why;
    if (!roster_put(g->roster, client->name, client->settings, client->is_frozen,
                    client->created_at_ms, &why) &&
        g->roster_fault.code == FAULT_NONE)
        g->roster_fault = why;
}

void client_changes_on_kept_key(const struct ledger_client_key *key, void *arg)
{
    struct gateway *g = arg;
    struct digest sha256;
    memcpy(sha256.bytes, key->sha256, sizeof sha256.bytes);
    roster_add_key(g->roster, key->client, key->label, &sha256, key->created_at_ms);
    client_key_set_use(&sha256, key->last_used_at_ms);
}
