/* The set: keys, names, and what a client may do (client.h). Immutable once made. */
#include "clients/client.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "clients/client_state.h"
#include "http/network.h"

/* A digest reveals nothing of its key, but how far two agree must not show in the timing either. */
#define HASH_KEYCMP(a, b, len) (!digest_equal((const void *)(a), (const void *)(b)))
#include "base/table.h"

struct client_key {
    struct digest digest;
    const struct client *client;
    struct client_key_use *use;
    UT_hash_handle hh;
};

/* What client.h shows, and the clients sorted by name. */
struct whole_set {
    struct client_set set; /* first: one is cast to the other */
    const struct client **by_name;
};

void client_settings_fini(struct client_settings *settings)
{
    free(settings->name);
    free(settings->file);
    free(settings->keys);
    free(settings->prices);
    free(settings->services);
    free(settings->addresses);
    *settings = (struct client_settings){0};
}

static void *client_copy_array(const void *list, size_t count, size_t size)
{
    void *copy = memory_array(count, size);
    if (count)
        memcpy(copy, list, count * size);
    return copy;
}

struct client_settings client_settings_copy(const struct client_settings *settings)
{
    struct client_settings copy = *settings;
    copy.name = settings->name ? memory_text(settings->name) : NULL;
    copy.file = settings->file ? memory_text(settings->file) : NULL;
    copy.keys = client_copy_array(settings->keys, settings->key_count, sizeof *copy.keys);
    copy.prices = client_copy_array(settings->prices, settings->price_count, sizeof *copy.prices);
    copy.services =
        client_copy_array(settings->services, settings->service_count, sizeof *copy.services);
    copy.addresses =
        client_copy_array(settings->addresses, settings->address_count, sizeof *copy.addresses);
    return copy;
}

static int client_compare_prices(const void *a, const void *b)
{
    const struct client_price *first = a, *second = b;
    return first->service < second->service ? -1 : first->service > second->service;
}

const struct money *client_price(const struct client_settings *settings, uint32_t service)
{
    const struct client_price key = {.service = service};
    const struct client_price *found = settings->price_count
                                           ? bsearch(&key, settings->prices, settings->price_count,
                                                     sizeof key, client_compare_prices)
                                           : NULL;
    return found ? &found->rate : NULL;
}

/* Sorted, so that they can be searched by halves; a service twice is a fault. */
static bool client_sort_prices(struct client_settings *settings, struct fault *why)
{
    struct client_price *list = settings->prices;
    if (settings->price_count < 2)
        return true;
    qsort(list, settings->price_count, sizeof *list, client_compare_prices);
    for (size_t i = 1; i < settings->price_count; i++)
        if (list[i].service == list[i - 1].service)
            return fault_set(why, FAULT_INVALID,
                             "client \"%.60s\" has two prices for service %u; keep one of them",
                             settings->name, list[i].service);
    return true;
}

static int client_compare_ranges(const void *a, const void *b)
{
    const struct client_range *first = a, *second = b;
    return first->first < second->first ? -1 : first->first > second->first;
}

/* Sorted and disjoint, for binary search. */
static void client_merge_ranges(struct client_settings *settings)
{
    struct client_range *list = settings->services;
    size_t kept = 0;
    if (settings->service_count < 2)
        return;
    qsort(list, settings->service_count, sizeof *list, client_compare_ranges);
    for (size_t i = 1; i < settings->service_count; i++) {
        if (list[i].first > list[kept].last)
            list[++kept] = list[i];
        else if (list[i].last > list[kept].last)
            list[kept].last = list[i].last;
    }
    settings->service_count = kept + 1;
}

static struct str client_name_of(const struct client *client)
{
    return str_of(client->settings.name);
}

static bool client_add_keys(struct client_set *set, const struct client *client, struct fault *why)
{
    for (size_t i = 0; i < client->settings.key_count; i++) {
        struct client_key *key;
        HASH_FIND(hh, set->keys, &client->settings.keys[i], sizeof(struct digest), key);
        if (key && key->client == client)
            return fault_set(why, FAULT_INVALID,
                             "client \"%.60s\" has the same key twice; leave one of them out",
                             client->settings.name);
        if (key)
            return fault_set(why, FAULT_INVALID,
                             "clients \"%.60s\" and \"%.60s\" have the same key; each key belongs "
                             "to one client",
                             key->client->settings.name, client->settings.name);
        key = memory_new(sizeof *key);
        key->digest = client->settings.keys[i];
        key->client = client;
        key->use = client_state_key_use(&key->digest);
        HASH_ADD(hh, set->keys, digest, sizeof(struct digest), key);
    }
    return true;
}

static bool client_add_client(struct client_set *set, struct client_settings *settings,
                              struct fault *why)
{
    struct client *client = &set->list[set->count++];
    client->settings = *settings;
    *settings = (struct client_settings){0};
    if (client->settings.name == NULL || client->settings.name[0] == '\0')
        return fault_set(why, FAULT_INVALID, "a client has no name; give it one");
    client_merge_ranges(&client->settings);
    if (!client_sort_prices(&client->settings, why))
        return false;
    client->state = client_state_of(client_name_of(client));
    client->id = client->state->id;
    return client_add_keys(set, client, why);
}

static int client_compare_names(const void *a, const void *b)
{
    const struct client *const *first = a, *const *second = b;
    return str_compare(client_name_of(*first), client_name_of(*second));
}

static bool client_sort_names(struct whole_set *whole, struct fault *why)
{
    size_t count = whole->set.count;
    whole->by_name = memory_array(count, sizeof *whole->by_name);
    for (size_t i = 0; i < count; i++)
        whole->by_name[i] = &whole->set.list[i];
    qsort(whole->by_name, count, sizeof *whole->by_name, client_compare_names);
    for (size_t i = 1; i < count; i++)
        if (client_compare_names(&whole->by_name[i - 1], &whole->by_name[i]) == 0)
            return fault_set(why, FAULT_INVALID,
                             "the client name \"%.60s\" is used twice; give each client its own",
                             whole->by_name[i]->settings.name);
    return true;
}

static void client_free_set(struct client_set *set)
{
    struct whole_set *whole = (struct whole_set *)set;
    struct client_key *key, *next;
    HASH_ITER(hh, set->keys, key, next)
    {
        HASH_DEL(set->keys, key);
        free(key);
    }
    for (size_t i = 0; i < set->count; i++)
        client_settings_fini(&set->list[i].settings);
    free(set->list);
    free(whole->by_name);
    free(whole);
}

struct client_set *client_set_new(struct client_settings *settings, size_t count, struct fault *why)
{
    struct whole_set *whole = memory_new(sizeof *whole);
    struct client_set *set = &whole->set;
    bool is_good = count < CLIENT_MAX ||
                   fault_set(why, FAULT_LIMIT, "%zu clients are too many; there is room for %d",
                             count, CLIENT_MAX - 1);
    atomic_init(&set->pins, 1);
    set->list = memory_array(count, sizeof *set->list);
    for (size_t i = 0; i < count; i++) {
        if (is_good)
            is_good = client_add_client(set, &settings[i], why);
        else
            client_settings_fini(&settings[i]);
    }
    if (is_good && client_sort_names(whole, why))
        return set;
    client_free_set(set);
    return NULL;
}

struct client_set *client_set_pin(struct client_set *set)
{
    atomic_fetch_add_explicit(&set->pins, 1, memory_order_relaxed);
    return set;
}

void client_set_unpin(struct client_set **set)
{
    struct client_set *old = *set;
    *set = NULL;
    if (old && atomic_fetch_sub_explicit(&old->pins, 1, memory_order_acq_rel) == 1)
        client_free_set(old);
}

static const struct client_key *client_find_key(const struct client_set *set, struct str key)
{
    struct client_key *found;
    struct digest digest;
    key = str_trim(key);
    if (key.len == 0)
        return NULL;
    digest = digest_sha256(key);
    HASH_FIND(hh, set->keys, &digest, sizeof digest, found);
    return found;
}

const struct client *client_set_find_key(const struct client_set *set, struct str key)
{
    const struct client_key *found = client_find_key(set, key);
    return found ? found->client : NULL;
}

const struct client *client_set_call_key(const struct client_set *set, struct str key,
                                         int64_t wall_now_ms)
{
    const struct client_key *found = client_find_key(set, key);
    if (found)
        atomic_store_explicit(&found->use->at_ms, wall_now_ms, memory_order_relaxed);
    return found ? found->client : NULL;
}

const struct client *client_set_find(const struct client_set *set, struct str name)
{
    const struct whole_set *whole = (const struct whole_set *)set;
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(client_name_of(whole->by_name[middle]), name);
        if (order == 0)
            return whole->by_name[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool client_may_order(const struct client *client, uint32_t service)
{
    const struct client_range *list = client->settings.services;
    size_t low = 0, high = client->settings.service_count;
    if (high == 0)
        return true;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (service < list[middle].first)
            high = middle;
        else if (service > list[middle].last)
            low = middle + 1;
        else
            return true;
    }
    return false;
}

bool client_may_call_from(const struct client *client, const struct in6_addr *address)
{
    const struct client_settings *settings = &client->settings;
    return settings->address_count == 0 ||
           network_any_holds(settings->addresses, settings->address_count, address);
}
