/* Rules: which requests a simulated panel treats otherwise than usual, and how. Read from the
 * script's or /_control's "rules"; the first that fits a request is taken. A rule in use by a
 * request is pinned, so that replacing the rules disturbs nobody. On the panel's thread. */
#ifndef SIMULATOR_PANELRULE_H
#define SIMULATOR_PANELRULE_H
#include <jansson.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/fault.h"
#include "simulator/panelform.h"

#define PANELRULE_MOST 1000
#define PANELRULE_HANG "hang" /* the hold that "hang: true" waits at */

enum panelrule_cut {
    PANELRULE_CUT_NOT,
    PANELRULE_CUT_BEFORE_READ,
    PANELRULE_CUT_AFTER_READ,
    PANELRULE_CUT_AFTER_HEADERS,
    PANELRULE_CUT_MID_ANSWER
};

enum panelrule_accept { PANELRULE_ACCEPT_UNSAID, PANELRULE_ACCEPT_YES, PANELRULE_ACCEPT_NO };

struct panelrule_deed {
    int64_t delay_ms;
    char *hold;
    int status;      /* 0: as usual */
    struct buf body; /* instead of the answer, when has_body; {order} stands for the stored order's
                        id */
    bool has_body;
    bool is_raw; /* body is all of the answer, its head included */
    char *content_type;
    json_t *headers; /* object of texts; NULL: none */
    enum panelrule_cut cut;
    bool is_reset; /* cut by RST */
    enum panelrule_accept accept;
    int64_t drip_ms; /* a byte each; 0: not */
    bool is_endless;
    int64_t bomb_mib;     /* 0: none */
    int64_t wrong_length; /* added to Content-Length; 0: right */
    bool closes_after;
};

struct panelrule {
    TAILQ_ENTRY(panelrule) link;
    char *name;      /* "rule 3" when it has none */
    json_t *actions; /* array of texts; NULL: any */
    json_t *match;   /* field → pattern; NULL: any */
    json_t *source;  /* as it was given */
    int64_t nth;     /* only that fitting call; 0: any */
    int64_t every;   /* each so many-th; 0: any */
    int64_t after;   /* not the first so many */
    int64_t times;   /* at most so often; -1: no limit */
    int64_t seen;    /* fitting calls */
    int64_t applied; /* times taken */
    unsigned pins;
    struct panelrule_deed deed;
};

TAILQ_HEAD(panelrule_list, panelrule);
struct panelrules {
    struct panelrule_list list;
    size_t count;
};

void panelrule_init(struct panelrules *rules);
void panelrule_fini(struct panelrules *rules);
/* Adds the list's rules behind those there are (or in their place). All or nothing. */
bool panelrule_set(struct panelrules *rules, const json_t *list, bool is_replacing,
                   struct fault *why) MUST_USE;
/* The rule that takes this request, counted and pinned; NULL when none does. */
struct panelrule *panelrule_find(struct panelrules *rules, struct str action,
                                 const struct panelform *form);
/* The same for what happens before a request is known: a rule that cuts before reading. */
struct panelrule *panelrule_find_early(struct panelrules *rules);
/* Rules no longer hold at name; what is held already is not touched. */
void panelrule_end_hold(struct panelrules *rules, struct str name);
void panelrule_unpin(struct panelrule **rule);
/* Whether add, refill and cancel take effect although the answer may be another. */
bool panelrule_accepts(const struct panelrule_deed *deed);
/* [{name, seen, applied, rule}]; new reference. */
json_t *panelrule_list(const struct panelrules *rules);

#endif
