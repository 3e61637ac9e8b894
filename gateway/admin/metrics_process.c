/* The families of /metrics about the process, from /proc. */
#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "admin/admin_private.h"
#include "admin/metrictext.h"

static int64_t metrics_process_cpu_us(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return 0;
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000) +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static int64_t metrics_process_resident_bytes(void)
{
    long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%*s %lld", &pages) != 1)
        pages = 0;
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

/* Without the two dots and the descriptor that reads the folder. */
static int64_t metrics_process_open_descriptors(void)
{
    int64_t count = -3;
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL)
        return 0;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

void metrics_process(struct buf *out)
{
    struct rlimit limit = {0};
    metric_family(out, METRIC_COUNTER, "panelmux_process_cpu_seconds_total",
                  "User and system time of all threads.");
    metric_seconds(out, "panelmux_process_cpu_seconds_total", NULL, metrics_process_cpu_us());
    metric_one_gauge(out, "panelmux_process_resident_memory_bytes", "Memory in use.",
                     metrics_process_resident_bytes());
    metric_one_gauge(out, "panelmux_process_open_fds", "Open file descriptors.",
                     metrics_process_open_descriptors());
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        metric_one_gauge(out, "panelmux_process_max_fds", "How many there may be.",
                         (int64_t)limit.rlim_cur);
}
