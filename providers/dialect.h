/* struct dialect: one row a way of speaking the panel protocol. Pure functions over values; the
 * arena holds what a response points to. Any thread. */
#ifndef PROVIDERS_DIALECT_H
#define PROVIDERS_DIALECT_H
#include "base/buf.h"
#include "providers/upstream.h"

/* What came back, whichever transport. */
struct reply_facts {
    bool was_sent;    /* false: certainly nothing left us */
    bool is_complete; /* a whole HTTP response arrived */
    long http_status; /* 0 when none */
    struct str content_type, body, server;
    struct str location; /* of a redirect; cut at 512 bytes */
    bool has_cf_mitigated;
    int64_t retry_after_s;       /* -1 when absent */
    const char *transport_error; /* "" when none */
};

struct dialect {
    const char *name; /* as in `dialect:` */
    /* The form body, with the key. */
    void (*encode)(const struct provider_settings *settings, const struct upstream_request *request,
                   struct buf *body_out);
    /* Never fails: what cannot be read is OUTCOME_DOUBT. */
    void (*decode)(const struct provider_settings *settings, const struct upstream_request *request,
                   const struct reply_facts *facts, struct arena *arena,
                   struct upstream_response *out);
};

const struct dialect *dialect_find(struct str name); /* NULL when there is none */
const struct dialect *dialect_default(void);         /* standard */
const char *dialect_names(void);                     /* "standard", for fault texts */

/* The built-in table of error texts, with the provider's own `answers:` on top (classify.c). */
enum clarity {
    CLARITY_CLEAR,
    CLARITY_PLACED,   /* says that the order may be there */
    CLARITY_TAIL,     /* "try again later": often beside clearer words, and beside a good id */
    CLARITY_WORDLESS, /* "error", and no more: yields to any other text */
    CLARITY_TOPIC     /* by the kind of words alone: a complaint only where an error says so */
};
struct verdict {
    bool is_known;
    enum clarity clarity;
    enum verdict_class class;
    enum verdict_cool_down cool_down;
    enum refusal refusal;
    bool is_mismatch, is_active_order, is_rate_limited, is_key, is_funds, is_unsupported;
};
struct verdict classify_text(const struct provider_settings *settings, enum upstream_action action,
                             struct str error_text);

#endif
