/* struct availability: a breaker with the explicit rests of who is watched, a provider in one kind
 * of question or one offer. A value; the moment is an argument (steady clock). */
#ifndef ROUTING_WATCH_H
#define ROUTING_WATCH_H
#include "routing/breaker.h"
#include "routing/ranking.h"

struct availability {
    struct breaker breaker;
    int64_t cool_down_until_ms; /* an answer said so; 0: none */
    uint16_t rests;             /* in a row, without a success between */
    bool is_announced;          /* its trouble was logged */
};

enum skip availability_look(const struct availability *watch, int64_t now_ms);
/* Rests it for BREAKER_STEP_MS x n, at least min_ms, at most BREAKER_MAX_MS; what arrives while
 * it rests lengthens nothing. */
void availability_cool_down(struct availability *watch, int64_t min_ms, int64_t now_ms);
/* It works again; a rest that is not over yet ends only by a success. */
void availability_recover(struct availability *watch, bool is_success, int64_t now_ms);
bool availability_is_clear(const struct availability *watch); /* nothing to remember */
/* The latest moment at which a rest or an open breaker ends; 0: none. */
int64_t availability_until_ms(const struct availability *watch);

#endif
