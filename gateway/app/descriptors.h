/* How the open files the system allows are shared out, so that clients, however many and silent,
 * take none of what upstream calls, the operator's side and the ledger need. The plan is pure. */
#ifndef APP_DESCRIPTORS_H
#define APP_DESCRIPTORS_H
#include "app/configuration.h"

struct descriptors {
    unsigned limit;    /* what the system allows */
    unsigned clients;  /* connections of clients, all workers together */
    unsigned upstream; /* connections to panels, idle ones of every loop included */
    unsigned admin;    /* connections to the operator's side */
    unsigned files;    /* ledger, cache, loops */
    unsigned reserve;
};

struct descriptors descriptors_plan(uint64_t limit, const struct configuration *configuration);
/* By this process's limit. */
struct descriptors descriptors_now(const struct configuration *configuration);
/* The system's soft limit up to its hard one. Once, at the start. */
void descriptors_raise_limit(void);
void descriptors_log(const struct descriptors *plan);

#endif
