/* The table of numbers of importplan.h: by service, and which numbers were ever seen. */
#include <stdlib.h>

#include "base/table.h"
#include "catalogue/importnumbers.h"

struct seen { /* a number that belongs, or once belonged, to a service */
    UT_hash_handle hh;
    uint32_t number;
};
struct importnumbers_entry {
    UT_hash_handle hh;
    uint32_t number;
    uint32_t stand_in; /* while the configuration has taken its number; 0: none */
    bool is_kept;
    unsigned key_len;
    struct str provider, service; /* in key */
    char key[];                   /* provider, NUL, service */
};
struct importnumbers {
    struct importnumbers_entry *entries;
    struct seen *seen;
    uint32_t highest_free; /* nothing above it is free */
};

struct importnumbers *importnumbers_new(void)
{
    struct importnumbers *numbers = memory_new(sizeof *numbers);
    numbers->highest_free = IMPORTPLAN_LAST - 1;
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
    struct seen *seen, *next_seen;
    HASH_ITER(hh, (*numbers)->seen, seen, next_seen)
    {
        HASH_DEL((*numbers)->seen, seen);
        free(seen);
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

bool importnumbers_is_seen(const struct importnumbers *numbers, uint32_t number)
{
    struct seen *seen = NULL;
    HASH_FIND(hh, numbers->seen, &number, sizeof number, seen);
    return seen != NULL;
}

static void importnumbers_note_seen(struct importnumbers *numbers, uint32_t number)
{
    if (importnumbers_is_seen(numbers, number))
        return;
    struct seen *seen = memory_new(sizeof *seen);
    seen->number = number;
    HASH_ADD(hh, numbers->seen, number, sizeof seen->number, seen);
}

static struct importnumbers_entry *importnumbers_set(struct importnumbers *numbers,
                                                     struct str provider, struct str service,
                                                     uint32_t number)
{
    struct importnumbers_entry *entry = importnumbers_search(numbers, provider, service);
    if (!entry) {
        entry = importnumbers_entry_new(provider, service);
        HASH_ADD_KEYPTR(hh, numbers->entries, entry->key, entry->key_len, entry);
    }
    entry->number = number;
    importnumbers_note_seen(numbers, number);
    return entry;
}

void importnumbers_take(struct importnumbers *numbers, struct str provider, struct str service,
                        uint32_t number)
{
    importnumbers_set(numbers, provider, service, number)->is_kept = true;
}

void importnumbers_give(struct importnumbers *numbers, struct str provider, struct str service,
                        uint32_t number)
{
    importnumbers_set(numbers, provider, service, number)->is_kept = false;
}

uint32_t importnumbers_find(const struct importnumbers *numbers, struct str provider,
                            struct str service)
{
    struct importnumbers_entry *entry = importnumbers_search(numbers, provider, service);
    return entry ? entry->number : 0;
}

void importnumbers_stand_in(struct importnumbers *numbers, struct str provider, struct str service,
                            uint32_t number)
{
    struct importnumbers_entry *entry = importnumbers_search(numbers, provider, service);
    ASSERT(entry);
    entry->stand_in = number;
    importnumbers_note_seen(numbers, number);
}

uint32_t importnumbers_find_stand_in(const struct importnumbers *numbers, struct str provider,
                                     struct str service)
{
    struct importnumbers_entry *entry = importnumbers_search(numbers, provider, service);
    return entry ? entry->stand_in : 0;
}

uint32_t importnumbers_highest_free(struct importnumbers *numbers,
                                    bool (*is_taken)(uint32_t number, const void *arg),
                                    const void *arg)
{
    uint32_t number = numbers->highest_free;
    bool is_only_seen = true; /* what is taken by the configuration may become free */
    for (; number > 0; number--) {
        bool is_seen = importnumbers_is_seen(numbers, number);
        if (!is_seen && !is_taken(number, arg))
            return number;
        is_only_seen = is_only_seen && is_seen;
        if (is_only_seen)
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
