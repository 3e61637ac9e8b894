/* struct importnumbers: which number each imported service was given, for ever. The refresh
 * thread's. */
#ifndef CATALOGUE_IMPORTNUMBERS_H
#define CATALOGUE_IMPORTNUMBERS_H
#include "ledger/ledger.h"

#define IMPORTPLAN_LAST UINT32_C(2147483647)

struct importnumbers;
struct importnumbers *importnumbers_new(void);
void importnumbers_free(struct importnumbers **numbers);
/* As the ledger kept it; the last one for a service counts. */
void importnumbers_take(struct importnumbers *numbers, struct str provider, struct str service,
                        uint32_t number);
/* A new one, not durable yet. */
void importnumbers_give(struct importnumbers *numbers, struct str provider, struct str service,
                        uint32_t number);
/* 0: none yet. */
uint32_t importnumbers_find(const struct importnumbers *numbers, struct str provider,
                            struct str service);
/* Another one for as long as the configuration has taken its own: the books keep the first number
 * for ever, so this one is known to this process only. */
void importnumbers_stand_in(struct importnumbers *numbers, struct str provider, struct str service,
                            uint32_t number);
uint32_t importnumbers_find_stand_in(const struct importnumbers *numbers, struct str provider,
                                     struct str service); /* 0: none */
/* Belongs, or once belonged, to a service. */
bool importnumbers_is_seen(const struct importnumbers *numbers, uint32_t number);
/* Below IMPORTPLAN_LAST, never seen and not taken by the configuration; 0 when there is none. */
uint32_t importnumbers_highest_free(struct importnumbers *numbers,
                                    bool (*is_taken)(uint32_t number, const void *arg),
                                    const void *arg);
/* Those given and not yet durable, to free(); the texts are borrowed from the table. */
size_t importnumbers_unkept(const struct importnumbers *numbers, struct ledger_import **list_out);
void importnumbers_all_kept(struct importnumbers *numbers);

#endif
