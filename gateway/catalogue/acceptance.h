/* What of one provider waits for an operator, what he accepts of it, and what came of that. Values,
 * made on the refresh thread and handed to whoever asked for the time of one call. */
#ifndef CATALOGUE_ACCEPTANCE_H
#define CATALOGUE_ACCEPTANCE_H
#include "base/arena.h"
#include "base/digest.h"
#include "base/fault.h"
#include "catalogue/catalogue.h"
#include "catalogue/pricebook.h"

struct held_price { /* of one row of the provider's list */
    struct str service, name;
    enum price_held why;
    bool has_accepted;
    struct money accepted, pending; /* the panel's currency; pending: 0 while it is unreadable */
    int64_t since_ms;               /* wall */
};

struct quarantine { /* at one moment */
    struct arena arena;
    struct held_price *prices; /* by the panel's id */
    size_t count;
    size_t gone,
        listed;     /* a list that was refused lacks `gone` of the `listed` services; 0: none */
    char state[65]; /* the same as long as all of it is the same */
    struct catalogue *now;  /* pinned: as published; NULL: nothing yet */
    struct catalogue *then; /* pinned: as it would be once every readable price is accepted; NULL */
};

struct accept_wish {
    const struct str *services; /* these, or none */
    const struct money *shown;  /* the price of each as the operator saw it; NULL: as it may be */
    size_t count;
    bool is_all;      /* every price, and the refused list */
    struct str state; /* is_all: as the operator saw it; STR_NONE: as it may be */
    bool takes_zero;  /* a price of 0 as well */
};

struct acceptance {
    struct fault why;         /* FAULT_NONE: it is in force; else nothing was accepted */
    struct held_price *taken; /* owned by who made it, with its texts */
    size_t count;
    size_t gone; /* services that left with the list that was taken */
    size_t held; /* prices in quarantine once that list was judged */
    size_t left_zero, left_unreadable;
    bool is_kept; /* a restart knows of it */
};

#endif
