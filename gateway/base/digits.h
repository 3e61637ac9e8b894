/* digits: numbers in decimal, two digits at a time. Pure, any thread. */
#ifndef BASE_DIGITS_H
#define BASE_DIGITS_H
#include <stdint.h>

enum { DIGITS_MAX = 20 };

/* Writes value at `at`, at most DIGITS_MAX bytes without a 0 behind; returns their end. */
char *digits_put(char *at, uint64_t value);
/* The two digits of a number below 100. */
char *digits_put_pair(char *at, uint32_t pair);

#endif
