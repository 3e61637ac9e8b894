/* struct call: one recognised request on its way through its action. It lives in the exchange's
 * arena and so until the exchange has ended; client and catalogue are pinned for as long. For the
 * files of this room. */
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
};

/* A parameter by any of its names, the first that is there and not empty, trimmed; list ends with
 * NULL. STR_NONE when absent. */
struct str call_param(const struct call *call, const char *const *names);

/* Order or refill ids as a client lists them. text: as asked, for echoing; id 0: no such number. */
struct call_ids {
    size_t count;
    uint32_t id[CALL_IDS_MAX];
    struct str text[CALL_IDS_MAX];
    bool is_many;     /* the plural form was used, of a parameter or the action */
    bool is_too_many; /* more than CALL_IDS_MAX */
};
/* From the plural's or the singular's names ("orders", "order"); a comma in the singular makes it
 * plural. Empty items are passed over, doubled ones kept once. */
void call_ids_read(const struct call *call, const char *const *plural, const char *const *singular,
                   struct call_ids *out);
/* Whether orders are named: a plural name is there, be it empty, or a singular one holds something.
 */
bool call_has_orders(const struct call *call);
/* From "orders" or "order" and their kin; false: none or too many, and the client was told so. */
bool call_orders_read(struct call *call, struct call_ids *out);
/* A whole number as ids come: "12", " 12 ", "12.0"; 0 when it is none or beyond 2147483647. */
uint32_t call_number(struct str text);
/* An id as JSON: a number where it is one, else the text quoted. */
void call_add_id(struct buf *out, uint32_t id, struct str text);

/* The one answer, HTTP 200. */
void call_reply(struct call *call, struct str json);
void call_error(struct call *call, const char *message);
/* Counts and times an answer that was written another way. */
void call_note(struct call *call, bool is_error);

/* One row an action. */
struct action {
    const char *name;
    bool changes; /* add, refill, cancel: by POST unless the client has get_orders */
    void (*run)(struct call *call);
};
void action_add_run(struct call *call);
void action_balance_run(struct call *call);
void action_cancel_run(struct call *call);
void action_orders_run(struct call *call);
void action_refill_run(struct call *call);
void action_refill_status_run(struct call *call);
void action_services_run(struct call *call);
void action_status_run(struct call *call);

#endif
