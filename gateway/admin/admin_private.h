/* The operator's side from the inside: one request in its page's hands, for the files of this room.
 * The main thread. */
#ifndef ADMIN_ADMIN_PRIVATE_H
#define ADMIN_ADMIN_PRIVATE_H
#include <sys/queue.h>

#include "admin/admin.h"
#include "base/fault.h"
#include "base/jsonwriter.h"
#include "catalogue/catalogue.h"

enum { ADMIN_ANSWER_BYTES = 32 * 1024 * 1024 };

struct page_providers_doctor;

struct admin {
    struct admin_parts parts;
    bool has_token;
    struct digest token;
    struct client_set *clients;                 /* pinned */
    unsigned open_calls;                        /* not yet answered by their page */
    LIST_HEAD(, page_providers_doctor) doctors; /* at most one per provider */
    int64_t longest_turn_us;                    /* of the workers' loops since the last /metrics */
};

/* One request; lives in the exchange's arena until the exchange has ended. */
struct admin_call {
    struct admin *admin;
    struct exchange *exchange;
    struct order_context *context;
    struct client_set *clients;  /* pinned */
    struct catalogue *catalogue; /* pinned; NULL before the first snapshot */
    struct params params;        /* of body and query */
    struct str subject;          /* what stood for the '*' of the route: an id, a name */
};

/* Each call is answered exactly once, by one of these; the buffer is emptied. */
void admin_reply(struct admin_call *call, int status, struct buf *json);
void admin_fail(struct admin_call *call, int status, const char *message);
int admin_status_of(enum fault_code code);
void admin_state(struct admin *admin, struct admin_state *out);

/* Whether the caller may see more than whether all is well. */
bool admin_is_trusted(const struct admin_call *call);

/* Whether a Host names us by address or as localhost. Pure. */
bool admin_is_local_name(struct str whole);

/* The provider of the call's subject, pinned by the call's catalogue; NULL: answered with 404. */
const struct provider *admin_provider(struct admin_call *call);

/* The pages; one row each in admin.c. */
void page_gateway_healthz(struct admin_call *call);
void page_gateway_readyz(struct admin_call *call);
void metrics_run(struct admin_call *call);
void page_orders_list(struct admin_call *call);
void page_orders_show(struct admin_call *call);
void page_orders_resolve(struct admin_call *call);
void page_orders_resolve_text(struct admin_call *call);
/* yes or no, in the usual words; absent is no, ?name yes. False: answered. */
bool admin_read_flag(struct admin_call *call, const char *name, bool *out);

void page_providers_list(struct admin_call *call);
void page_providers_pause(struct admin_call *call);
void page_providers_resume(struct admin_call *call);
void page_providers_doctor(struct admin_call *call);
void page_accept_show(struct admin_call *call);
void page_accept_run(struct admin_call *call);
void page_clients_list(struct admin_call *call);
void page_clients_add(struct admin_call *call);
void page_clients_set(struct admin_call *call);
void page_clients_freeze(struct admin_call *call);
void page_clients_unfreeze(struct admin_call *call);
void page_clients_add_key(struct admin_call *call);
void page_clients_revoke_key(struct admin_call *call);
void page_clients_credit(struct admin_call *call);
void page_clients_statement(struct admin_call *call);
void page_gateway_reload(struct admin_call *call);
void page_gateway_show_configuration(struct admin_call *call);
void page_gateway_compare_configuration(struct admin_call *call);
void page_explain_run(struct admin_call *call);
void page_gateway_backup(struct admin_call *call);

#endif
