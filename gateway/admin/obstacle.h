/* struct obstacle: why a provider, or one offer of it, takes no order now, told to people and to
 * programs: a message that says why, since when, until when and how that ends. Pure but for
 * obstacle_look. */
#ifndef ADMIN_OBSTACLE_H
#define ADMIN_OBSTACLE_H
#include "base/jsonwriter.h"
#include "catalogue/pricebook.h"
#include "orders/order_context.h"
#include "protocol/ordertype.h"
#include "providers/provider.h"
#include "routing/trouble.h"

struct obstacle_facts {
    enum skip skip;         /* SKIP_NONE: trouble alone tells */
    struct trouble trouble; /* behind skip where health says it, or of a probe that is due */
    int64_t monotonic_now_ms, wall_now_ms;
    const struct provider *provider;               /* NULL: it was removed */
    char panel_currency[CATALOGUE_CURRENCY_BYTES]; /* that the panel reported last; "" */
    /* its list */
    bool has_list;
    int64_t list_at_ms; /* wall */
    size_t list_services;
    char list_error[120]; /* a message of ours; "" when the last attempt went well */
    /* the offer, where one is meant */
    struct str service; /* the panel's id */
    enum price_held held;
    const struct price_state *price; /* of a quarantined one; may be NULL */
    enum ordertype type, wanted_type;
    int64_t quantity, min, max;
    struct money cost, charge;
    struct str currency; /* of these two */
};

enum { OBSTACLE_WHY_BYTES = 512, OBSTACLE_HOW_BYTES = 512 };
struct obstacle {
    const char *reason; /* a snake_case word; "" : nothing stands in the way */
    char why[OBSTACLE_WHY_BYTES];
    int64_t since_ms, until_ms;   /* wall; 0: not known */
    int64_t next_try_ms;          /* wall; a question that may end it; 0: none */
    const char *ends;             /* a snake_case word */
    char how[OBSTACLE_HOW_BYTES]; /* how it ends */
};

/* The facts about a provider as a whole, now: all but skip, trouble and the offer's. */
void obstacle_look(const struct order_context *context, const struct provider *provider,
                   struct obstacle_facts *out);
void obstacle_make(const struct obstacle_facts *facts, struct obstacle *out);
/* "WHY, since T, until T; HOW"; "" for none. */
void obstacle_print(const struct obstacle *obstacle, struct buf *out);
/* Its members within an object: reason, message, since, until, next_try, ends, how. All are there
 * and null (message: "") where nothing stands in the way. */
void obstacle_write(const struct obstacle *obstacle, struct jsonwriter *w);

#endif
