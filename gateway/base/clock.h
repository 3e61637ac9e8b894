/* The two clocks. Moments end in _at_ms; which clock is in the name of the function that made
 * them: monotonic for waiting and age, wall for what is kept and shown. Any thread. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
#include <stdint.h>

int64_t clock_monotonic_ms(void); /* monotonic; not comparable between restarts */
int64_t clock_monotonic_us(void);
int64_t clock_wall_ms(void); /* Unix time */
/* The same as of the last tick, some 4 ms ago at most, for a tenth of the price: for ages. */
int64_t clock_wall_coarse_ms(void);
/* "2026-01-31T12:00:00.123Z" into out[25]. */
void clock_print(int64_t wall_ms, char out[25]);

#endif
