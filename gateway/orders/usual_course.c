/* See usual_course.h. Each service has a histogram with eight steps for each doubling of time. */
#include "orders/usual_course.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/table.h"

/* From 1 ms on, 2^36 ms being two years; a median of fewer than ENOUGH says nothing. */
enum { STEPS = 8, DOUBLINGS = 36, BUCKETS = STEPS * DOUBLINGS, ENOUGH = 5, HALVE_AT = 60000 };

struct usual_course_service {
    uint32_t id;
    uint32_t count;
    uint16_t buckets[BUCKETS];
    UT_hash_handle hh;
};

struct usual_course {
    pthread_mutex_t lock;
    struct usual_course_service *services;
};

struct usual_course *usual_course_new(void)
{
    struct usual_course *course = memory_new(sizeof *course);
    pthread_mutex_init(&course->lock, NULL);
    return course;
}

void usual_course_free(struct usual_course *course)
{
    struct usual_course_service *service, *next;
    if (course == NULL)
        return;
    HASH_ITER(hh, course->services, service, next)
    {
        HASH_DEL(course->services, service);
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
    struct usual_course_service *service;
    HASH_FIND(hh, course->services, &id, sizeof id, service);
    return service;
}

void usual_course_note(struct usual_course *course, uint32_t service_id, int64_t took_ms)
{
    pthread_mutex_lock(&course->lock);
    struct usual_course_service *service = usual_course_find(course, service_id);
    if (service == NULL) {
        service = memory_new(sizeof *service);
        service->id = service_id;
        HASH_ADD(hh, course->services, id, sizeof service->id, service);
    }
    service->buckets[usual_course_bucket(took_ms)]++;
    if (++service->count >= HALVE_AT)
        usual_course_halve(service);
    pthread_mutex_unlock(&course->lock);
}

int64_t usual_course_ms(struct usual_course *course, uint32_t service_id)
{
    int64_t median = 0;
    pthread_mutex_lock(&course->lock);
    const struct usual_course_service *service = usual_course_find(course, service_id);
    if (service && service->count >= ENOUGH) {
        uint32_t below = 0;
        unsigned bucket = 0;
        while (bucket + 1 < BUCKETS && (below += service->buckets[bucket]) * 2 < service->count)
            bucket++;
        median = (usual_course_from_ms(bucket) + usual_course_from_ms(bucket + 1)) / 2;
    }
    pthread_mutex_unlock(&course->lock);
    return median > 0 ? median : 0;
}
