/* struct call: one recognised request on its way through its action. It lives in the exchange's
 * arena, hence until the exchange ends; client and catalogue stay pinned that long. Private to this
 * room. */
#ifndef V2_CALL_H
#define V2_CALL_H
#include "base/buf.h"
#include "orders/messages.h"
#include "v2/v2.h"

enum { CALL_IDS_MAX = 100, CALL_ANSWER_BYTES = 4 * 1024 * 1024 };

struct call {
    struct exchange *exchange;
    struct order_context *context;
    struct client_set *clients;  /* pinned */
    struct catalogue *catalogue; /* pinned; NULL before the first snapshot */
    const struct client *client;
    struct params *params;
    size_t row;   /* in the action table */
    bool is_many; /* the action's name is a plural: its answer is a list or keyed by id */
    int64_t started_at_us;
    uint32_t order;   /* add: the number in its answer; 0 none */
    uint64_t claim;   /* add: see orders/claims.h; 0 none */
    uint32_t claimed; /* add: the number that it claimed; 0 none */
    bool is_lost;     /* add: its connection ended before its answer */
};

/* A parameter under any of its names: the first one present and not empty, trimmed. The list ends
 * with NULL. STR_NONE when absent. */
struct str call_param(const struct call *call, const char *const *names);

/* Order or refill ids as a client lists them. text: as sent, to be echoed; id 0: not a valid
 * number. */
struct call_ids {
    size_t count;
    uint32_t id[CALL_IDS_MAX];
    struct str text[CALL_IDS_MAX];
    bool is_many;     /* the plural form was used, of a parameter or the action */
    bool is_too_many; /* more than CALL_IDS_MAX */
};
/* From the plural's or the singular's names ("orders", "order"); a comma in the singular makes it
 * plural. Empty items are skipped, duplicates kept once. */
void call_ids_read(const struct call *call, const char *const *plural, const char *const *singular,
                   struct call_ids *out);
/* Whether there is a parameter for orders at all, be it empty. */
bool call_names_orders(const struct call *call);
/* Whether orders are named: a plural name is there, be it empty, or a singular one holds something.
 */
bool call_has_orders(const struct call *call);
/* From "orders" or "order" and their variants. False: none or too many, and the error was sent. */
bool call_orders_read(struct call *call, struct call_ids *out);
/* The client's ref of this add: the header Idempotency-Key, or the parameter `ref` where the client
 * has it; STR_NONE: none. False: the error was sent. */
bool call_ref_read(struct call *call, struct str *out);
/* The same parameter for `status`, whoever asks. */
bool call_ref_read_param(struct call *call, struct str *out);
/* A whole number as ids are sent: "12", " 12 ", "12.0"; 0 when it is not one or above 2147483647.
 */
uint32_t call_number(struct str text);
/* An id as JSON: a number where it is valid, else the text in quotes. */
void call_add_id(struct buf *out, uint32_t id, struct str text);

/* The one answer, HTTP 200. */
void call_reply(struct call *call, struct str json);
void call_error(struct call *call, const char *message);
/* Counts and times an answer that was sent another way. */
void call_note(struct call *call, bool is_error);

/* Of an add whose answer had a number: whether its client has it now. */
void action_add_end(struct call *call);

/* One row per action. */
struct action {
    const char *name;
    bool changes; /* add, refill, cancel: by POST unless the client has get_orders */
    void (*run)(struct call *call);
};
void action_add_run(struct call *call);
void action_balance_run(struct call *call);
void action_refill_run_cancel(struct call *call);
void action_orders_run(struct call *call);
void action_refill_run(struct call *call);
void action_refill_status_run(struct call *call);
void action_services_run(struct call *call);
void action_status_run(struct call *call);

#endif
