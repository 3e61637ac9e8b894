/* See resilience.h. */
#include "admin/resilience.h"

#include "base/memory.h"

enum verdict {
    WORKS,      /* as ever */
    LAST_KNOWN, /* what was last heard is given */
    REFUSED,    /* an error at once; nothing is lost, nothing is done twice */
};
static const char *const verdict_words[] = {
    [WORKS] = "works",
    [LAST_KNOWN] = "last known",
    [REFUSED] = "refused",
};

enum action { SERVICES, BALANCE, ADD, STATUS, REFILL, CANCEL, RELOAD, ACTION_COUNT };
static const char *const action_names[ACTION_COUNT] = {
    [SERVICES] = "services", [BALANCE] = "balance", [ADD] = "add",       [STATUS] = "status",
    [REFILL] = "refill",     [CANCEL] = "cancel",   [RELOAD] = "reload",
};

struct resilience_cell {
    enum verdict verdict;
    const char *how;
};

static const struct resilience_row {
    const char *name, *title, *test;
    struct resilience_cell cells[ACTION_COUNT];
} parts[RESILIENCE_PART_COUNT] = {
    [RESILIENCE_REDIS] = {"redis",
                          "Redis is away",
                          "test_redis_is_away",
                          {[SERVICES] = {WORKS, "prepared in memory"},
                           [BALANCE] = {WORKS, "held in memory"},
                           [ADD] = {WORKS, "never asks Redis"},
                           [STATUS] = {WORKS, "never asks Redis"},
                           [REFILL] = {WORKS, "never asks Redis"},
                           [CANCEL] = {WORKS, "never asks Redis"},
                           [RELOAD] = {WORKS, "lists are asked of the panels"}}},
    [RESILIENCE_DISK] = {"disk",
                         "The disk is full or cannot be written",
                         "test_the_disk_takes_nothing",
                         {[SERVICES] = {WORKS, "prepared in memory"},
                          [BALANCE] = {WORKS, "held in memory"},
                          [ADD] = {REFUSED,
                                   "within 100 ms, unsent: what is not on disk is not sent"},
                          [STATUS] = {WORKS, "no reader waits for the ledger"},
                          [REFILL] = {REFUSED, "unsent"},
                          [CANCEL] = {REFUSED, "unsent"},
                          [RELOAD] = {WORKS, "reads, writes nothing"}}},
    [RESILIENCE_PROVIDER] = {"provider",
                             "One provider is down",
                             "test_a_provider_is_down",
                             {[SERVICES] = {LAST_KNOWN, "its last good list stays"},
                              [BALANCE] = {LAST_KNOWN, "its last balance counts on"},
                              [ADD] = {WORKS, "the next offer takes it"},
                              [STATUS] = {LAST_KNOWN,
                                          "of its orders; the others' are asked as ever"},
                              [REFILL] = {REFUSED, "of its orders; only it can do that"},
                              [CANCEL] = {REFUSED, "of its orders; only it can do that"},
                              [RELOAD] = {WORKS, "its last good list stays"}}},
    [RESILIENCE_PROVIDERS] =
        {"providers",
         "All providers are down",
         "test_all_providers_are_down",
         {[SERVICES] = {LAST_KNOWN, "after a restart as well: lists are kept in the ledger"},
          [BALANCE] = {LAST_KNOWN, "the last balances count on"},
          [ADD] = {REFUSED, "no offer is left; nothing was sent"},
          [STATUS] = {LAST_KNOWN, ""},
          [REFILL] = {REFUSED, ""},
          [CANCEL] = {REFUSED, ""},
          [RELOAD] = {WORKS, "the last good lists stay"}}},
    [RESILIENCE_CLOCK] =
        {"clock",
         "The clock jumps, forward or back",
         "test_the_clock_jumps",
         {[SERVICES] = {WORKS, ""},
          [BALANCE] = {WORKS, ""},
          [ADD] = {WORKS, "deadlines go by the steady clock; the books show the wrong time"},
          [STATUS] = {WORKS, ""},
          [REFILL] = {WORKS, ""},
          [CANCEL] = {WORKS, ""},
          [RELOAD] = {WORKS, ""}}},
};

static void resilience_add_test(struct buf *out, const struct resilience_row *part,
                                enum action action)
{
    buf_printf(out, "tests/stories/test_parts.py::%s[%s]", part->test, action_names[action]);
}

static void resilience_print_cell(const struct resilience_row *part, enum action action,
                                  struct jsonwriter *w)
{
    struct buf test;
    buf_init(&test, 256);
    resilience_add_test(&test, part, action);
    jsonwriter_object(w, NULL);
    jsonwriter_text(w, "action", str_of(action_names[action]));
    jsonwriter_text(w, "then", str_of(verdict_words[part->cells[action].verdict]));
    jsonwriter_text(w, "how", str_of(part->cells[action].how));
    jsonwriter_text(w, "test", buf_str(&test));
    jsonwriter_object_end(w);
    buf_fini(&test);
}

void resilience_print_json(const enum resilience_now now[RESILIENCE_PART_COUNT],
                           struct jsonwriter *w)
{
    jsonwriter_array(w, "parts");
    for (unsigned i = 0; i < RESILIENCE_PART_COUNT; i++) {
        jsonwriter_object(w, NULL);
        jsonwriter_text(w, "part", str_of(parts[i].name));
        if (now[i] == RESILIENCE_UNKNOWN)
            jsonwriter_null(w, "failing");
        else
            jsonwriter_bool(w, "failing", now[i] == RESILIENCE_FAILING);
        jsonwriter_text(w, "when", str_of(parts[i].title));
        jsonwriter_array(w, "actions");
        for (unsigned action = 0; action < ACTION_COUNT; action++)
            resilience_print_cell(&parts[i], (enum action)action, w);
        jsonwriter_array_end(w);
        jsonwriter_object_end(w);
    }
    jsonwriter_array_end(w);
}

static void resilience_print_head(struct buf *out)
{
    buf_add_text(out, "| when |");
    for (unsigned action = 0; action < ACTION_COUNT; action++)
        buf_printf(out, " `%s` |", action_names[action]);
    buf_add_text(out, "\n|---|");
    for (unsigned action = 0; action < ACTION_COUNT; action++)
        buf_add_text(out, "---|");
    buf_add_byte(out, '\n');
}

void resilience_print_markdown(struct buf *out)
{
    resilience_print_head(out);
    for (unsigned i = 0; i < RESILIENCE_PART_COUNT; i++) {
        buf_printf(out, "| %s |", parts[i].title);
        for (unsigned action = 0; action < ACTION_COUNT; action++) {
            const struct resilience_cell *cell = &parts[i].cells[action];
            buf_printf(out, " **%s**%s%s |", verdict_words[cell->verdict], cell->how[0] ? ": " : "",
                       cell->how);
        }
        buf_add_byte(out, '\n');
    }
    buf_add_text(out, "\nEach cell is held by a story, which breaks the part and looks:\n\n"
                      "| when | test, with the action in brackets |\n|---|---|\n");
    for (unsigned i = 0; i < RESILIENCE_PART_COUNT; i++)
        buf_printf(out, "| %s | `tests/stories/test_parts.py::%s[…]` |\n", parts[i].title,
                   parts[i].test);
}
