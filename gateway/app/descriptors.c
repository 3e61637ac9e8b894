/* See descriptors.h. */
#include "app/descriptors.h"

#include <sys/resource.h>

#include "base/log.h"

enum {
    CLIENTS_MIN = 16, /* with a limit too small for anything else as well */
    ADMIN_MIN = 16,
    FILES_OF_PROCESS = 64, /* log, ledger and its readers, cache, sockets that listen */
    FILES_OF_LOOP = 24,    /* epoll, eventfd, pipes, resolver */
    NEWCOMERS = 32,        /* that a worker accepts in one turn, before others make room */
    FEED_CONNECTIONS = 2,  /* a provider's list and balance */
};

static uint64_t descriptors_min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Each loop may keep as many connections as a provider allows, though no more are in use at once.
 */
static uint64_t descriptors_upstream(const struct configuration *configuration)
{
    const struct provider_set *providers = configuration->providers;
    uint64_t loops = configuration->workers + 1, all = 0;
    for (size_t i = 0; i < providers->count; i++)
        all += providers->list[i].settings.max_connections * loops + FEED_CONNECTIONS;
    return all;
}

struct descriptors descriptors_plan(uint64_t limit, const struct configuration *configuration)
{
    uint64_t workers = configuration->workers;
    limit = descriptors_min(limit, INT32_MAX);
    uint64_t upstream = descriptors_min(descriptors_upstream(configuration), limit / 2);
    uint64_t admin =
        descriptors_min(configuration->admin.listener.max_connections, limit / 16 + ADMIN_MIN);
    uint64_t files = FILES_OF_PROCESS + FILES_OF_LOOP * (workers + 2);
    uint64_t reserve = limit / 64 + NEWCOMERS * workers;
    uint64_t others = upstream + admin + files + reserve;
    uint64_t clients = limit > others + CLIENTS_MIN ? limit - others : CLIENTS_MIN;
    return (struct descriptors){
        .limit = (unsigned)limit,
        .clients = (unsigned)descriptors_min(clients, configuration->front.max_connections),
        .upstream = (unsigned)upstream,
        .admin = (unsigned)admin,
        .files = (unsigned)files,
        .reserve = (unsigned)reserve};
}

struct descriptors descriptors_now(const struct configuration *configuration)
{
    struct rlimit limit = {.rlim_cur = 1024};
    (void)!getrlimit(RLIMIT_NOFILE, &limit);
    return descriptors_plan(limit.rlim_cur, configuration);
}

void descriptors_raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void descriptors_log(const struct descriptors *plan)
{
    bool is_tight = plan->clients + plan->upstream + plan->admin + plan->files > plan->limit;
    log_event(is_tight ? LOG_WARN : LOG_INFO, "descriptors",
              "limit=%u clients=%u upstream=%u admin=%u files=%u reserve=%u%s", plan->limit,
              plan->clients, plan->upstream, plan->admin, plan->files, plan->reserve,
              is_tight ? " why=\"the limit for open files is too small; raise it\"" : "");
}
