/* A rate limit and what it was told by: at most so many within the window. */
#ifndef SETTINGS_RATE_H
#define SETTINGS_RATE_H
#include <stdint.h>

struct setting_rate {
    double per_s;      /* 0: none */
    int64_t window_ms; /* "300/m": a minute */
};

#endif
