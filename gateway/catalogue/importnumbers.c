/* See importnumbers.h. A service's first number is kept under the panel's id, a further one under
 * that id, a separator and its place in the row: the ledger's rows stay what they were, and the
 * separator is in no id, for ids are printable. */
#include "catalogue/importnumbers.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/table.h"

enum { SEPARATOR = 0x1F };

struct importnumbers_taken { /* a number that belongs, or once belonged, to a service */
    UT_hash_handle hh;
    uint32_t number;
};
struct importnumbers_entry { /* one number of one service */
    UT_hash_handle hh;
    uint32_t number;
    bool is_kept;
    unsigned key_len;
    struct str provider, service; /* in key */
    char key[];                   /* provider, NUL, service as the ledger has it */
};
struct importnumbers {
    struct importnumbers_entry *entries;
    struct importnumbers_taken *taken;
    uint32_t highest_free; /* nothing above it is free */
};

struct importnumbers *importnumbers_new(void)
{
    struct importnumbers *numbers = memory_new(sizeof *numbers);
    numbers->highest_free = IMPORTNUMBERS_LAST - 1;
    return numbers;
}

void importnumbers_free(struct importnumbers **numbers)
{
    if (!*numbers)
        return;
    struct importnumbers_entry *entry, *next_entry;
    HASH_ITER(hh, (*numbers)->entries, entry, next_entry)
    {
        HASH_DEL((*numbers)->entries, entry);
        free(entry);
    }
    struct importnumbers_taken *taken, *next_taken;
    HASH_ITER(hh, (*numbers)->taken, taken, next_taken)
    {
        HASH_DEL((*numbers)->taken, taken);
        free(taken);
    }
    free(*numbers);
    *numbers = NULL;
}

static struct importnumbers_entry *importnumbers_entry_new(struct str provider, struct str service)
{
    size_t len = provider.len + 1 + service.len;
    struct importnumbers_entry *entry = memory_new(sizeof *entry + len + 1);
    if (provider.len)
        memcpy(entry->key, provider.ptr, provider.len);
    if (service.len)
        memcpy(entry->key + provider.len + 1, service.ptr, service.len);
    entry->key_len = (unsigned)len;
    entry->provider = str_make(entry->key, provider.len);
    entry->service = str_make(entry->key + provider.len + 1, service.len);
    return entry;
}

static struct importnumbers_entry *importnumbers_search(const struct importnumbers *numbers,
                                                        struct str provider, struct str service)
{
    struct importnumbers_entry *wanted = importnumbers_entry_new(provider, service), *found = NULL;
    HASH_FIND(hh, numbers->entries, wanted->key, wanted->key_len, found);
    free(wanted);
    return found;
}

/* Under which the ledger has the service's number at that place, 0 the first; false for an id that
 * is too long to be one. */
static bool importnumbers_name(struct str service, unsigned place, char room[IMPORTNUMBERS_NAME],
                               struct str *out)
{
    int len =
        snprintf(room, IMPORTNUMBERS_NAME, STR_FMT "%c%u", STR_ARG(service), SEPARATOR, place);
    if (len < 0 || len >= IMPORTNUMBERS_NAME)
        return false;
    *out = place == 0 ? service : str_make(room, (size_t)len);
    return true;
}

bool importnumbers_is_taken(const struct importnumbers *numbers, uint32_t number)
{
    struct importnumbers_taken *taken = NULL;
    HASH_FIND(hh, numbers->taken, &number, sizeof number, taken);
    return taken != NULL;
}

static void importnumbers_note_taken(struct importnumbers *numbers, uint32_t number)
{
    if (importnumbers_is_taken(numbers, number))
        return;
    struct importnumbers_taken *taken = memory_new(sizeof *taken);
    taken->number = number;
    HASH_ADD(hh, numbers->taken, number, sizeof taken->number, taken);
}

static void importnumbers_set(struct importnumbers *numbers, struct str provider,
                              struct str service, uint32_t number, bool is_kept)
{
    struct importnumbers_entry *entry = importnumbers_search(numbers, provider, service);
    if (!entry) {
        entry = importnumbers_entry_new(provider, service);
        HASH_ADD_KEYPTR(hh, numbers->entries, entry->key, entry->key_len, entry);
    }
    entry->number = number;
    entry->is_kept = is_kept;
    importnumbers_note_taken(numbers, number);
}

void importnumbers_take(struct importnumbers *numbers, struct str provider, struct str service,
                        uint32_t number)
{
    importnumbers_set(numbers, provider, service, number, true);
}

bool importnumbers_give(struct importnumbers *numbers, struct str provider, struct str service,
                        uint32_t number)
{
    char room[IMPORTNUMBERS_NAME];
    struct str name;
    for (unsigned place = 0; place < IMPORTNUMBERS_PLACES; place++) {
        if (!importnumbers_name(service, place, room, &name))
            return false;
        if (importnumbers_search(numbers, provider, name))
            continue;
        importnumbers_set(numbers, provider, name, number, false);
        return true;
    }
    return false;
}

uint32_t importnumbers_find(const struct importnumbers *numbers, struct str provider,
                            struct str service, unsigned place)
{
    char room[IMPORTNUMBERS_NAME];
    struct str name;
    if (place >= IMPORTNUMBERS_PLACES || !importnumbers_name(service, place, room, &name))
        return 0;
    struct importnumbers_entry *entry = importnumbers_search(numbers, provider, name);
    return entry ? entry->number : 0;
}

uint32_t importnumbers_highest_free(struct importnumbers *numbers,
                                    bool (*is_written)(uint32_t number, const void *arg),
                                    const void *arg)
{
    uint32_t number = numbers->highest_free;
    bool is_only_taken = true; /* what the configuration has written out may become free */
    for (; number > 0; number--) {
        bool is_taken = importnumbers_is_taken(numbers, number);
        if (!is_taken && !is_written(number, arg))
            return number;
        is_only_taken = is_only_taken && is_taken;
        if (is_only_taken)
            numbers->highest_free = number - 1;
    }
    return 0;
}

size_t importnumbers_unkept(const struct importnumbers *numbers, struct ledger_import **list_out)
{
    size_t count = 0;
    *list_out = NULL;
    for (struct importnumbers_entry *entry = numbers->entries; entry; entry = entry->hh.next)
        count += !entry->is_kept;
    if (count == 0)
        return 0;
    *list_out = memory_array(count, sizeof **list_out);
    size_t at = 0;
    for (struct importnumbers_entry *entry = numbers->entries; entry; entry = entry->hh.next)
        if (!entry->is_kept)
            (*list_out)[at++] = (struct ledger_import){.provider = entry->provider,
                                                       .upstream_service = entry->service,
                                                       .service = entry->number};
    return count;
}

void importnumbers_all_kept(struct importnumbers *numbers)
{
    for (struct importnumbers_entry *entry = numbers->entries; entry; entry = entry->hh.next)
        entry->is_kept = true;
}
