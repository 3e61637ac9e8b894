/* The bytes of an answer, right or wrong as a rule's deed wants them. Pure. */
#ifndef SIMULATOR_PANELREPLY_H
#define SIMULATOR_PANELREPLY_H
#include "base/buf.h"
#include "simulator/panelrule.h"

struct panelreply {
    int status;      /* what went out */
    size_t head_len; /* of the bytes, the head with its empty line */
    bool must_close; /* the answer can only end with the connection */
};

/* usual is the panel's own answer (JSON), order the id it stored or NULL; deed may be NULL. */
struct panelreply panelreply_print(const struct panelrule_deed *deed, int status, struct str usual,
                                   const char *order, bool keeps_alive, struct buf *out);

#endif
