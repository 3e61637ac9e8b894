/* See digest.h. */
#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>

/* Fetching the algorithm costs more than hashing a key, hence kept: the algorithm for the life of
 * the process, a context for that of its thread. */
static EVP_MD *algorithm;
static _Thread_local EVP_MD_CTX *context;
static pthread_key_t context_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void digest_free_context(void *ended)
{
    EVP_MD_CTX_free(ended);
}

static void digest_fetch(void)
{
    algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    ASSERT(algorithm && pthread_key_create(&context_end, digest_free_context) == 0);
}

static void digest_make_context(void)
{
    ASSERT(pthread_once(&once, digest_fetch) == 0);
    context = EVP_MD_CTX_new();
    if (context == NULL)
        memory_ran_out();
    ASSERT(pthread_setspecific(context_end, context) == 0);
}

struct digest digest_sha256(struct str s)
{
    struct digest out;
    if (context == NULL)
        digest_make_context();
    /* With this algorithm they fail for want of memory only. */
    if (EVP_DigestInit_ex2(context, algorithm, NULL) != 1 ||
        EVP_DigestUpdate(context, s.ptr ? s.ptr : "", s.len) != 1 ||
        EVP_DigestFinal_ex(context, out.bytes, NULL) != 1)
        memory_ran_out();
    return out;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return CRYPTO_memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool digest_parse(struct str hex, struct digest *out)
{
    if (hex.len != 2 * sizeof out->bytes)
        return false;
    for (size_t i = 0; i < sizeof out->bytes; i++) {
        int high = str_hex_digit(hex.ptr[2 * i]), low = str_hex_digit(hex.ptr[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out->bytes[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

static void digest_print_hex(const unsigned char *bytes, size_t digits, char *out)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < digits; i++)
        out[i] = hex[i % 2 ? bytes[i / 2] & 15 : bytes[i / 2] >> 4];
    out[digits] = '\0';
}

void digest_print(const struct digest *d, char out[65])
{
    digest_print_hex(d->bytes, 64, out);
}

void digest_random(void *bytes, size_t len)
{
    ASSERT(RAND_bytes(bytes, (int)len) == 1);
}

void digest_random_hex(char *out, size_t digits)
{
    unsigned char bytes[64];
    ASSERT(digits <= 2 * sizeof bytes);
    digest_random(bytes, (digits + 1) / 2);
    digest_print_hex(bytes, digits, out);
}
