/* The children a panel reports of a subscription or drip-feed: which of them become orders of ours,
 * with which share of what the parent was quoted. children_plan is pure; children_take gives the
 * new ones numbers, durable before anybody sees them. An order context's thread. */
#ifndef ORDERS_CHILDREN_H
#define ORDERS_CHILDREN_H
#include "orders/open_orders.h"
#include "providers/upstream.h"

enum { CHILDREN_MAX = 1000 }; /* of one parent whose posts are open */

/* ---- the plan ---- */

struct children_terms { /* what the parent was sold at */
    enum ordertype type;
    size_t max;          /* children at most: posts or runs */
    int64_t quantity;    /* of a run; 0: a child's quantity is not known */
    int64_t per_child;   /* subscriptions: pieces at most in one post; 0: no limit known */
    struct money rate;   /* subscriptions */
    struct money charge; /* drip-feeds: of all runs */
    unsigned decimals;
};
/* From the parent's kept fields. */
struct children_terms children_terms_of(const struct fields *fields, enum ordertype type,
                                        int64_t quantity, struct money rate, struct money charge,
                                        unsigned decimals);

/* The most that the child at this place (0…) may be charged, so that all together never exceed what
 * the parent was quoted. False where no limit is known. */
bool children_share(const struct children_terms *terms, size_t place, struct money *out);

/* The most that all of them may be charged together. */
bool children_share_of_all(const struct children_terms *terms, struct money *out);

enum children_verdict {
    CHILD_KNOWN,    /* number: ours already */
    CHILD_NEW,      /* place: among the parent's children */
    CHILD_REPEATED, /* named before in the same answer */
    CHILD_TAKEN,    /* it is the parent itself, or an order of ours that is none of its children */
    CHILD_BEYOND    /* more than the parent was sold for */
};
struct children_known { /* a child that has its number */
    struct str upstream_id;
    uint32_t number;
};
struct children_planned {
    struct str upstream_id;
    enum children_verdict verdict;
    uint32_t number;
    size_t place;
};
/* taken: upstream ids that are orders of ours at that provider, but not children of this parent.
 * planned_out has room for `count`. */
void children_plan(size_t max, struct str parent_upstream_id, const struct str *reported,
                   size_t count, const struct children_known *known, size_t known_count,
                   const struct str *taken, size_t taken_count,
                   struct children_planned *planned_out);

/* ---- the work ---- */

struct order_context;
struct children_result {
    bool is_known;            /* false: the ledger failed; the next report tries again */
    bool has_any;             /* it has children at all */
    const char *orders;       /* `"7","8"`: those of this report, in its order; NULL: none */
    struct money undelivered; /* drip-feeds: the share of what runs that have ended left undone */
    int64_t delivered;        /* drip-feeds: by all runs, so far */
    struct money delivered_paid; /* their shares for it */
    bool has_unpriced; /* subscriptions: a child has ended in what nobody can read; asked for where
                          the report ends the parent */
    size_t odd;        /* reported, but no children of ours */
};
typedef void children_done_fn(const struct children_result *result, void *arg);
/* parent and the ids are read before it returns; is_final: the report ends the parent, so its open
 * children are queried first. done once, later. */
void children_take(struct order_context *context, const struct open_order *parent,
                   const struct str *reported, size_t count, bool is_final, children_done_fn *done,
                   void *arg);

#endif
