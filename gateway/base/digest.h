/* Hashes, random bytes and the comparison that takes the same time whatever it finds, by
 * libcrypto. Any thread; each keeps a context of its own. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H
#include "base/str.h"

struct digest {
    unsigned char bytes[32]; /* SHA-256 */
};

struct digest digest_sha256(struct str s);
bool digest_equal(const struct digest *a, const struct digest *b); /* constant time */
bool digest_parse(struct str hex, struct digest *out) MUST_USE;    /* 64 hex digits */
void digest_print(const struct digest *d, char out[65]);
void digest_random(void *bytes, size_t len);      /* aborts when the system has none */
void digest_random_hex(char *out, size_t digits); /* digits hex digits and a NUL */

#endif
