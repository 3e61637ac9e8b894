/* Bad keys per address (keyguard_note_bad in client.h): the first few in a minute cost nothing,
 * each further one is delayed twice as long, up to a maximum; one is forgiven every twenty seconds.
 * The table has a fixed size: an attacker with many addresses evicts the oldest of a bucket, which
 * only forgets how slow that one was. One mutex, held for a few loads and stores. */
#include <pthread.h>
#include <string.h>

#include "base/digest.h"
#include "clients/client.h"

enum {
    KEYGUARD_BUCKETS = 4096,
    KEYGUARD_WAYS = 4,
    KEYGUARD_FREE = 3,           /* bad keys without a delay */
    KEYGUARD_MAX = 12,           /* counted at most, so that a long attack is forgiven in minutes */
    KEYGUARD_FORGIVE_MS = 20000, /* one bad key less */
    KEYGUARD_FIRST_MS = 100,
    KEYGUARD_LONGEST_MS = 3000,
};

struct suspect {
    uint64_t network; /* folded address; see network_of */
    uint64_t rest;
    int64_t forgiven_at_ms; /* up to when time was turned into forgiveness */
    unsigned bad_keys;      /* 0: the cell is free */
};

static struct {
    pthread_mutex_t mutex;
    bool is_seeded;
    uint64_t seed; /* nobody can aim at a bucket */
    struct suspect buckets[KEYGUARD_BUCKETS][KEYGUARD_WAYS];
} guard = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* IPv6 by /64, which one host may own; IPv4 by address. */
static void keyguard_network_of(const struct in6_addr *address, uint64_t *network, uint64_t *rest)
{
    memcpy(network, address->s6_addr, sizeof *network);
    *rest = 0;
    if (IN6_IS_ADDR_V4MAPPED(address))
        memcpy(rest, address->s6_addr + 8, sizeof *rest);
}

static uint64_t keyguard_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void keyguard_forgive(struct suspect *suspect, int64_t now_ms)
{
    int64_t forgiven = (now_ms - suspect->forgiven_at_ms) / KEYGUARD_FORGIVE_MS;
    if (forgiven <= 0)
        return;
    if (forgiven >= (int64_t)suspect->bad_keys) {
        suspect->bad_keys = 0;
        return;
    }
    suspect->bad_keys -= (unsigned)forgiven;
    suspect->forgiven_at_ms += forgiven * KEYGUARD_FORGIVE_MS;
}

/* The address's cell, or the free or least recently forgiven one of its bucket. */
static struct suspect *keyguard_find(uint64_t network, uint64_t rest)
{
    struct suspect *bucket, *chosen;
    if (!guard.is_seeded) {
        digest_random(&guard.seed, sizeof guard.seed);
        guard.is_seeded = true;
    }
    bucket =
        guard.buckets[keyguard_mix(keyguard_mix(network ^ guard.seed) ^ rest) % KEYGUARD_BUCKETS];
    chosen = &bucket[0];
    for (size_t i = 0; i < KEYGUARD_WAYS; i++) {
        struct suspect *suspect = &bucket[i];
        if (suspect->bad_keys && suspect->network == network && suspect->rest == rest)
            return suspect;
        if (chosen->bad_keys &&
            (!suspect->bad_keys || suspect->forgiven_at_ms < chosen->forgiven_at_ms))
            chosen = suspect;
    }
    *chosen = (struct suspect){.network = network, .rest = rest};
    return chosen;
}

static int64_t keyguard_delay_of(unsigned bad_keys)
{
    int64_t delay_ms = KEYGUARD_FIRST_MS;
    if (bad_keys <= KEYGUARD_FREE)
        return 0;
    for (unsigned i = KEYGUARD_FREE + 1; i < bad_keys && delay_ms < KEYGUARD_LONGEST_MS; i++)
        delay_ms *= 2;
    return delay_ms < KEYGUARD_LONGEST_MS ? delay_ms : KEYGUARD_LONGEST_MS;
}

int64_t keyguard_note_bad(const struct in6_addr *address, int64_t monotonic_now_ms)
{
    uint64_t network, rest;
    struct suspect *suspect;
    unsigned bad_keys;
    keyguard_network_of(address, &network, &rest);
    pthread_mutex_lock(&guard.mutex);
    suspect = keyguard_find(network, rest);
    keyguard_forgive(suspect, monotonic_now_ms);
    if (suspect->bad_keys == 0)
        suspect->forgiven_at_ms = monotonic_now_ms;
    if (suspect->bad_keys < KEYGUARD_MAX)
        suspect->bad_keys++;
    bad_keys = suspect->bad_keys;
    pthread_mutex_unlock(&guard.mutex);
    return keyguard_delay_of(bad_keys);
}
