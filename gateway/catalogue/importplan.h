/* Whole lists into services with numbers of ours: filters, and who gets which number.
 *
 * A number is first_id + theirs when theirs is decimal, the sum is at most 2147483647 and free;
 * else the highest free one below that. Numbers are given at first sight and stored: a service that
 * returns gets its own again, and nobody else ever does. One whose number is written out in the
 * configuration gets a further number, stored as well. Pure but for the table it fills; the refresh
 * thread's. */
#ifndef CATALOGUE_IMPORTPLAN_H
#define CATALOGUE_IMPORTPLAN_H
#include "catalogue/catalogue_settings.h"
#include "catalogue/provider_list.h"
#include "ledger/ledger.h"
#include "providers/provider.h"

/* struct importnumbers: which numbers each imported service was given. A number, once given, is
 * that service's whatever happens: nobody else ever gets it. A service has several when the
 * configuration has written out its former ones; the first that is not written out counts, so that
 * it has its own again when the written-out service goes. The refresh thread's. */
#define IMPORTNUMBERS_LAST UINT32_C(2147483647)
enum { IMPORTNUMBERS_PLACES = 64, IMPORTNUMBERS_NAME = 160 };

struct importnumbers;
struct importnumbers *importplan_numbers_new(void);
void importplan_numbers_free(struct importnumbers **numbers);
/* A row of the ledger, as it was given out by importplan_numbers_unkept. */
void importplan_numbers_take(struct importnumbers *numbers, struct str provider, struct str service,
                             uint32_t number);
/* One more number of the service, not durable yet; false when it has IMPORTNUMBERS_PLACES. */
bool importplan_numbers_give(struct importnumbers *numbers, struct str provider, struct str service,
                             uint32_t number);
/* The service's number at that place, 0 the first; 0: it has none there. */
uint32_t importplan_numbers_find(const struct importnumbers *numbers, struct str provider,
                                 struct str service, unsigned place);
/* Belongs, or once belonged, to a service. */
bool importplan_numbers_is_taken(const struct importnumbers *numbers, uint32_t number);
/* Below IMPORTNUMBERS_LAST, never given and not written out; 0 when there is none. */
uint32_t importplan_numbers_highest_free(struct importnumbers *numbers,
                                         bool (*is_written)(uint32_t number, const void *arg),
                                         const void *arg);
/* Those given and not yet durable, to free(); the texts are borrowed from the table. */
size_t importplan_numbers_unkept(struct importnumbers *numbers, struct ledger_import **list_out);
/* Those that importplan_numbers_unkept handed over are durable by now. */
void importplan_numbers_all_kept(struct importnumbers *numbers);

struct importrow {
    uint32_t id;
    unsigned provider_id;
    const struct panelrow *row;           /* borrowed from its list */
    const struct import_settings *import; /* borrowed from the settings */
};
struct importplan {
    struct importrow *rows; /* owned; by id, each once */
    size_t count, room;
    size_t moved;     /* at first sight only: did not get first_id + theirs */
    size_t left_over; /* no number was free */
};
/* lists by provider id, NULL where none is held. */
void importplan_make(const struct catalogue_settings *settings,
                     const struct provider_set *providers,
                     const struct provider_list *const lists[PROVIDER_MAX],
                     struct importnumbers *numbers, struct importplan *out);
void importplan_fini(struct importplan *plan);
/* The row passes the import's filters, has a known type and is neither decoration nor heading. */
bool importplan_wants(const struct import_settings *import, const struct panelrow *row,
                      struct factor exchange);
/* "=== NEW ===", with a price that nobody pays or one piece only: a heading of the panel's page.
 * name is clean. */
bool importplan_is_heading(const struct panelrow *row, struct factor exchange);

#endif
