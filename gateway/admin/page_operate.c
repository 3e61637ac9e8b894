/* POST /reload and POST /ledger/backup {path}. */
#include "admin/admin_private.h"

/* ---- reload ---- */

static void page_operate_on_reloaded(const char *faults, void *arg)
{
    struct admin_call *call = arg;
    struct str rest = str_of(faults), line;
    struct buf out;
    buf_init(&out, ADMIN_ANSWER_BYTES);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    if (rest.len > 0) {
        jsonwriter_text(&w, "error", STR("the configuration has faults; the old one stays"));
        jsonwriter_array(&w, "faults");
        while (str_next(&rest, '\n', &line))
            if (line.len > 0)
                jsonwriter_text(&w, NULL, line);
        jsonwriter_array_end(&w);
    } else {
        jsonwriter_bool(&w, "reloaded", true);
    }
    jsonwriter_object_end(&w);
    admin_reply(call, faults[0] ? 400 : 200, &out);
}

void page_reload_run(struct admin_call *call)
{
    const struct admin_parts *parts = &call->admin->parts;
    parts->reload(page_operate_on_reloaded, call, parts->arg);
}

/* ---- backup ---- */

static void page_operate_on_backup(bool is_ok, const char *message, void *arg)
{
    struct admin_call *call = arg;
    struct str path = params_get(&call->params, "path");
    struct buf out;
    if (!is_ok) {
        admin_fail(call, 409, message);
        return;
    }
    buf_init(&out, ADMIN_ANSWER_BYTES);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    jsonwriter_text(&w, "backup", path);
    jsonwriter_object_end(&w);
    admin_reply(call, 200, &out);
}

void page_backup_run(struct admin_call *call)
{
    struct str path = params_get(&call->params, "path");
    if (path.len < 2 || path.len > 1000 || path.ptr[0] != '/') {
        admin_fail(call, 400, "path must be absolute: the file to make, which must not exist yet");
        return;
    }
    ledger_backup(call->context->ledger, call->context->loop,
                  arena_text(exchange_arena(call->exchange), path), page_operate_on_backup, call);
}
