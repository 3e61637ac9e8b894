/* See usual_course.h. Each service has a histogram with eight steps for each doubling of time. */
#include "orders/usual_course.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/memory.h"

/* From 1 ms on, 2^36 ms being two years; a median of fewer than ENOUGH says nothing. */
enum { STEPS = 8, DOUBLINGS = 36, BUCKETS = STEPS * DOUBLINGS, ENOUGH = 5, HALVE_AT = 60000 };
enum { SLOTS = 1024 };

struct usual_course_service {
    struct usual_course_service *next; /* in its slot */
    uint32_t id;
    uint32_t count;
    _Atomic int64_t median_ms; /* of the buckets */
    uint16_t buckets[BUCKETS];
};

/* Each report asks for a median, each end of an order changes one: who asks takes no lock, for a
 * service stays where it was put. */
struct usual_course {
    pthread_mutex_t lock; /* of who changes them */
    _Atomic(struct usual_course_service *) slots[SLOTS];
};

struct usual_course *usual_course_new(void)
{
    struct usual_course *course = memory_new(sizeof *course);
    pthread_mutex_init(&course->lock, NULL);
    return course;
}

void usual_course_free(struct usual_course *course)
{
    if (course == NULL)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        for (struct usual_course_service *service = course->slots[i], *next; service;
             service = next) {
            next = service->next;
            free(service);
        }
    pthread_mutex_destroy(&course->lock);
    free(course);
}

/* The lower end of a bucket: 2^doublings, and so many eighths of that more. */
static int64_t usual_course_from_ms(unsigned bucket)
{
    int64_t power = INT64_C(1) << (bucket / STEPS);
    return power + power * (bucket % STEPS) / STEPS;
}

static unsigned usual_course_bucket(int64_t took_ms)
{
    unsigned doublings = took_ms > 1 ? 63 - (unsigned)__builtin_clzll((uint64_t)took_ms) : 0;
    if (doublings >= DOUBLINGS)
        return BUCKETS - 1;
    int64_t power = INT64_C(1) << doublings;
    int64_t above = took_ms > power ? (took_ms - power) * STEPS / power : 0;
    return doublings * STEPS + (unsigned)above;
}

/* What is long past weighs less and less. */
static void usual_course_halve(struct usual_course_service *service)
{
    service->count = 0;
    for (size_t i = 0; i < BUCKETS; i++)
        service->count += service->buckets[i] /= 2;
}

static struct usual_course_service *usual_course_find(struct usual_course *course, uint32_t id)
{
    struct usual_course_service *service =
        atomic_load_explicit(&course->slots[id % SLOTS], memory_order_acquire);
    while (service && service->id != id)
        service = service->next;
    return service;
}

static struct usual_course_service *usual_course_add(struct usual_course *course, uint32_t id)
{
    struct usual_course_service *service = memory_new(sizeof *service);
    service->id = id;
    service->next = course->slots[id % SLOTS];
    atomic_store_explicit(&course->slots[id % SLOTS], service, memory_order_release);
    return service;
}

static int64_t usual_course_median(const struct usual_course_service *service)
{
    uint32_t below = 0;
    unsigned bucket = 0;
    if (service->count < ENOUGH)
        return 0;
    while (bucket + 1 < BUCKETS && (below += service->buckets[bucket]) * 2 < service->count)
        bucket++;
    return (usual_course_from_ms(bucket) + usual_course_from_ms(bucket + 1)) / 2;
}

void usual_course_note(struct usual_course *course, uint32_t service_id, int64_t took_ms)
{
    pthread_mutex_lock(&course->lock);
    struct usual_course_service *service = usual_course_find(course, service_id);
    if (service == NULL)
        service = usual_course_add(course, service_id);
    service->buckets[usual_course_bucket(took_ms)]++;
    if (++service->count >= HALVE_AT)
        usual_course_halve(service);
    atomic_store_explicit(&service->median_ms, usual_course_median(service), memory_order_relaxed);
    pthread_mutex_unlock(&course->lock);
}

int64_t usual_course_ms(struct usual_course *course, uint32_t service_id)
{
    const struct usual_course_service *service = usual_course_find(course, service_id);
    return service ? atomic_load_explicit(&service->median_ms, memory_order_relaxed) : 0;
}
