/* See orderstatus.h. */
#include "protocol/orderstatus.h"

#include "base/str.h"

static const struct str order_words[ORDERSTATUS_COUNT] = {
    [ORDERSTATUS_PENDING] = STR("Pending"),         [ORDERSTATUS_PROCESSING] = STR("Processing"),
    [ORDERSTATUS_IN_PROGRESS] = STR("In progress"), [ORDERSTATUS_COMPLETED] = STR("Completed"),
    [ORDERSTATUS_PARTIAL] = STR("Partial"),         [ORDERSTATUS_CANCELED] = STR("Canceled"),
};

/* Panels' words, folded as str_fold_word does. */
static const struct {
    const char *word;
    enum orderstatus status;
} order_spellings[] = {
    {"pending", ORDERSTATUS_PENDING},
    {"queued", ORDERSTATUS_PENDING},
    {"queue", ORDERSTATUS_PENDING},
    {"inqueue", ORDERSTATUS_PENDING},
    {"new", ORDERSTATUS_PENDING},
    {"awaiting", ORDERSTATUS_PENDING},
    {"waiting", ORDERSTATUS_PENDING},
    {"awaitingvalidation", ORDERSTATUS_PENDING},
    {"creating", ORDERSTATUS_PENDING},
    {"created", ORDERSTATUS_PENDING},
    {"hold", ORDERSTATUS_PENDING},
    {"onhold", ORDERSTATUS_PENDING},
    {"scheduled", ORDERSTATUS_PENDING},
    {"0", ORDERSTATUS_PENDING},
    {"processing", ORDERSTATUS_PROCESSING},
    {"1", ORDERSTATUS_PROCESSING},
    {"inprogress", ORDERSTATUS_IN_PROGRESS},
    {"inprogess", ORDERSTATUS_IN_PROGRESS},
    {"progress", ORDERSTATUS_IN_PROGRESS},
    {"active", ORDERSTATUS_IN_PROGRESS},
    {"running", ORDERSTATUS_IN_PROGRESS},
    {"started", ORDERSTATUS_IN_PROGRESS},
    {"refill", ORDERSTATUS_IN_PROGRESS},
    {"refilling", ORDERSTATUS_IN_PROGRESS},
    {"completed", ORDERSTATUS_COMPLETED},
    {"complete", ORDERSTATUS_COMPLETED},
    {"success", ORDERSTATUS_COMPLETED},
    {"done", ORDERSTATUS_COMPLETED},
    {"finished", ORDERSTATUS_COMPLETED},
    {"2", ORDERSTATUS_COMPLETED},
    {"partial", ORDERSTATUS_PARTIAL},
    {"partially", ORDERSTATUS_PARTIAL},
    {"partialcompleted", ORDERSTATUS_PARTIAL},
    {"partiallycompleted", ORDERSTATUS_PARTIAL},
    {"3", ORDERSTATUS_PARTIAL},
    {"canceled", ORDERSTATUS_CANCELED},
    {"cancelled", ORDERSTATUS_CANCELED},
    {"cancel", ORDERSTATUS_CANCELED},
    {"canelled", ORDERSTATUS_CANCELED},
    {"canceld", ORDERSTATUS_CANCELED},
    {"canscelled", ORDERSTATUS_CANCELED},
    {"rejected", ORDERSTATUS_CANCELED},
    {"4", ORDERSTATUS_CANCELED},
    {"refunded", ORDERSTATUS_REFUNDED},
    {"refund", ORDERSTATUS_REFUNDED},
    {"refunds", ORDERSTATUS_REFUNDED},
    {"5", ORDERSTATUS_REFUNDED},
    {"fail", ORDERSTATUS_REVIEW},
    {"failed", ORDERSTATUS_REVIEW},
    {"error", ORDERSTATUS_REVIEW},
    {"expired", ORDERSTATUS_REVIEW},
    {"paused", ORDERSTATUS_PAUSED},
    {"pause", ORDERSTATUS_PAUSED},
};

static const char *const refill_words[REFILLSTATUS_COUNT] = {
    [REFILLSTATUS_PENDING] = "Pending",     [REFILLSTATUS_IN_PROGRESS] = "In progress",
    [REFILLSTATUS_COMPLETED] = "Completed", [REFILLSTATUS_REJECTED] = "Rejected",
    [REFILLSTATUS_CANCELED] = "Canceled",   [REFILLSTATUS_ERROR] = "Error",
};

static const struct {
    const char *word;
    enum refillstatus status;
} refill_spellings[] = {
    {"pending", REFILLSTATUS_PENDING},
    {"awaiting", REFILLSTATUS_PENDING},
    {"waiting", REFILLSTATUS_PENDING},
    {"queued", REFILLSTATUS_PENDING},
    {"queue", REFILLSTATUS_PENDING},
    {"new", REFILLSTATUS_PENDING},
    {"created", REFILLSTATUS_PENDING},
    {"inprogress", REFILLSTATUS_IN_PROGRESS},
    {"inprogess", REFILLSTATUS_IN_PROGRESS},
    {"progress", REFILLSTATUS_IN_PROGRESS},
    {"processing", REFILLSTATUS_IN_PROGRESS},
    {"refilling", REFILLSTATUS_IN_PROGRESS},
    {"active", REFILLSTATUS_IN_PROGRESS},
    {"running", REFILLSTATUS_IN_PROGRESS},
    {"started", REFILLSTATUS_IN_PROGRESS},
    {"completed", REFILLSTATUS_COMPLETED},
    {"complete", REFILLSTATUS_COMPLETED},
    {"success", REFILLSTATUS_COMPLETED},
    {"done", REFILLSTATUS_COMPLETED},
    {"finished", REFILLSTATUS_COMPLETED},
    {"refilled", REFILLSTATUS_COMPLETED},
    {"rejected", REFILLSTATUS_REJECTED},
    {"reject", REFILLSTATUS_REJECTED},
    {"declined", REFILLSTATUS_REJECTED},
    {"denied", REFILLSTATUS_REJECTED},
    {"refused", REFILLSTATUS_REJECTED},
    {"canceled", REFILLSTATUS_CANCELED},
    {"cancelled", REFILLSTATUS_CANCELED},
    {"cancel", REFILLSTATUS_CANCELED},
    {"canelled", REFILLSTATUS_CANCELED},
    {"error", REFILLSTATUS_ERROR},
    {"fail", REFILLSTATUS_ERROR},
    {"failed", REFILLSTATUS_ERROR},
};

const char *orderstatus_name(enum orderstatus status)
{
    ASSERT(status < ORDERSTATUS_COUNT);
    return order_words[status].ptr;
}

bool orderstatus_is_final(enum orderstatus status)
{
    return status == ORDERSTATUS_COMPLETED || status == ORDERSTATUS_PARTIAL ||
           status == ORDERSTATUS_CANCELED || status == ORDERSTATUS_REFUNDED;
}

enum orderstatus orderstatus_fold(struct str word)
{
    char room[STR_WORD_ROOM];
    enum orderstatus found;
    if (orderstatus_find(word, &found)) /* nearly always */
        return found;
    struct str folded = str_fold_word(word, room);
    for (size_t i = 0; i < COUNT_OF(order_spellings); i++)
        if (str_is(folded, order_spellings[i].word))
            return order_spellings[i].status;
    return ORDERSTATUS_UNKNOWN;
}

bool orderstatus_find(struct str word, enum orderstatus *out)
{
    for (int status = 0; status < ORDERSTATUS_COUNT; status++)
        if (str_equal(word, order_words[status])) {
            *out = (enum orderstatus)status;
            return true;
        }
    return false;
}

const char *orderstatus_refill_name(enum refillstatus status)
{
    ASSERT(status < REFILLSTATUS_COUNT);
    return refill_words[status];
}

bool orderstatus_refill_is_final(enum refillstatus status)
{
    return status == REFILLSTATUS_COMPLETED || status == REFILLSTATUS_REJECTED ||
           status == REFILLSTATUS_CANCELED;
}

enum refillstatus orderstatus_fold_refill(struct str word)
{
    char room[STR_WORD_ROOM];
    struct str folded = str_fold_word(word, room);
    for (size_t i = 0; i < COUNT_OF(refill_spellings); i++)
        if (str_is(folded, refill_spellings[i].word))
            return refill_spellings[i].status;
    return REFILLSTATUS_UNKNOWN;
}
