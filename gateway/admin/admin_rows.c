/* See admin_settings.h. */
#include "admin/admin_settings.h"

#include <stdlib.h>

#include "http/listener_settings.h"
#include "settings/kind.h"

enum { TOKEN_MIN = 6 };

static const struct setting_row list[] = {
    {.key = "listen",
     .kind = &listener_settings_listen,
     .offset = offsetof(struct admin_draft, settings.listener),
     .standard = "127.0.0.1:8081",
     .sentence = "Where health, metrics and operations answer. Beyond loopback a token is a must."},
    {.key = "token",
     .kind = &kind_secret,
     .offset = offsetof(struct admin_draft, token),
     .has_offset = offsetof(struct admin_draft, settings.has_token),
     .sentence = "Asked for by everything but /healthz, /readyz and /metrics."},
};

static void admin_rows_begin(void *record)
{
    struct admin_draft *draft = record;
    listener_settings_begin_admin(&draft->settings.listener);
}

static bool admin_rows_is_reachable(const struct listener_settings *listener)
{
    for (size_t i = 0; i < listener->listen_count; i++)
        if (!listener_settings_is_loopback(&listener->listen[i]))
            return true;
    return false;
}

/* A short token can be guessed: a fault where others can try, else a warning. */
static void admin_rows_check_token(struct setting_reader *reader, const struct yamlnode *token,
                                   const struct admin_draft *draft)
{
    static const char message[] =
        "`token` has %zu of at least %d characters, so it can be guessed; "
        "use a random one, such as from `openssl rand -hex 16`";
    size_t len = draft->token ? strlen(draft->token) : 0;
    if (len == 0 || len >= TOKEN_MIN)
        return;
    if (admin_rows_is_reachable(&draft->settings.listener))
        faultlist_add(reader->faults, token->place, message, len, TOKEN_MIN);
    else
        faultlist_warn(reader->faults, token->place, message, len, TOKEN_MIN);
}

static void admin_rows_check(struct setting_reader *reader, const struct yamlnode *map,
                             void *record)
{
    struct admin_draft *draft = record;
    const struct yamlnode *listen = yamltree_find(map, "listen");
    if (draft->settings.has_token)
        draft->settings.token = digest_sha256(str_of(draft->token));
    if (yamltree_find(map, "token")) {
        admin_rows_check_token(reader, yamltree_find(map, "token"), draft);
        return;
    }
    for (size_t i = 0; i < draft->settings.listener.listen_count; i++) {
        const struct listener_address *address = &draft->settings.listener.listen[i];
        if (listener_settings_is_loopback(address))
            continue;
        faultlist_add(reader->faults, listen ? listen->place : map->place,
                      "%s can be reached from elsewhere and there is no `token`; add `token: "
                      "${env:PANELMUX_ADMIN_TOKEN}`, or listen on 127.0.0.1",
                      address->text);
        return;
    }
}

const struct setting_table admin_rows = {.name = "`admin`",
                                         .rows = list,
                                         .count = COUNT_OF(list),
                                         .size = sizeof(struct admin_draft),
                                         .begin = admin_rows_begin,
                                         .check = admin_rows_check};

void admin_rows_fini(struct admin_draft *draft)
{
    if (draft->token)
        explicit_bzero(draft->token, strlen(draft->token));
    free(draft->token);
    listener_settings_fini(&draft->settings.listener);
    *draft = (struct admin_draft){0};
}
