/* struct importnumbers: which numbers each imported service was given. A number, once given, is
 * that service's whatever happens: nobody else ever gets it. A service has several when the
 * configuration has written out its former ones; the first that is not written out counts, so that
 * it has its own again when the written-out service goes. The refresh thread's. */
#ifndef CATALOGUE_IMPORTNUMBERS_H
#define CATALOGUE_IMPORTNUMBERS_H
#include "ledger/ledger.h"

#define IMPORTNUMBERS_LAST UINT32_C(2147483647)
enum { IMPORTNUMBERS_PLACES = 64, IMPORTNUMBERS_NAME = 160 };

struct importnumbers;
struct importnumbers *importnumbers_new(void);
void importnumbers_free(struct importnumbers **numbers);
/* A row of the ledger, as it was given out by importnumbers_unkept. */
void importnumbers_take(struct importnumbers *numbers, struct str provider, struct str service,
                        uint32_t number);
/* One more number of the service, not durable yet; false when it has IMPORTNUMBERS_PLACES. */
bool importnumbers_give(struct importnumbers *numbers, struct str provider, struct str service,
                        uint32_t number);
/* The service's number at that place, 0 the first; 0: it has none there. */
uint32_t importnumbers_find(const struct importnumbers *numbers, struct str provider,
                            struct str service, unsigned place);
/* Belongs, or once belonged, to a service. */
bool importnumbers_is_taken(const struct importnumbers *numbers, uint32_t number);
/* Below IMPORTNUMBERS_LAST, never given and not written out; 0 when there is none. */
uint32_t importnumbers_highest_free(struct importnumbers *numbers,
                                    bool (*is_written)(uint32_t number, const void *arg),
                                    const void *arg);
/* Those given and not yet durable, to free(); the texts are borrowed from the table. */
size_t importnumbers_unkept(const struct importnumbers *numbers, struct ledger_import **list_out);
void importnumbers_all_kept(struct importnumbers *numbers);

#endif
