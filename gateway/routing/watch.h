/* struct watch: a breaker with the explicit rests of who is watched, a provider in one kind of
 * question or one offer. A value; the moment is an argument (steady clock). */
#ifndef ROUTING_WATCH_H
#define ROUTING_WATCH_H
#include "routing/breaker.h"
#include "routing/ranking.h"

struct watch {
    struct breaker breaker;
    int64_t rest_until_ms; /* an answer said so; 0: none */
    uint16_t rests;        /* in a row, without a success between */
    bool is_announced;     /* its trouble was logged */
};

enum skip watch_look(const struct watch *watch, int64_t now_ms);
/* Rests it for BREAKER_STEP_MS x n, at least least_ms, at most BREAKER_MOST_MS; what arrives while
 * it rests lengthens nothing. */
void watch_rest(struct watch *watch, int64_t least_ms, int64_t now_ms);
/* It works again; a rest that is not over yet ends only by a success. */
void watch_recover(struct watch *watch, bool is_success, int64_t now_ms);
bool watch_is_clear(const struct watch *watch); /* nothing to remember */
/* The latest moment at which a rest or an open breaker ends; 0: none. */
int64_t watch_until_ms(const struct watch *watch);

#endif
