/* Certificate and key of a listening side: TLS 1.2 and up, no renegotiation, no compression,
 * HTTP/1.1 by ALPN. Counted by pins from any thread; sessions hold OpenSSL's own reference. */
#include "http/listener_private.h"

#include <openssl/err.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/regularfile.h"

struct tls_context {
    SSL_CTX *openssl;
    atomic_uint pins;
};

static int tls_context_choose_protocol(SSL *session, const unsigned char **out,
                                       unsigned char *out_len, const unsigned char *offered,
                                       unsigned offered_len, void *arg)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen;
    (void)session;
    (void)arg;
    if (SSL_select_next_proto(&chosen, out_len, ours, sizeof ours - 1, offered, offered_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* A key that asks for a pass phrase must fail at once, not wait at a terminal. */
static int tls_context_no_pass_phrase(char *buffer, int size, int is_writing, void *arg)
{
    (void)is_writing;
    (void)arg;
    if (size > 0)
        buffer[0] = '\0';
    return 0;
}

static bool tls_context_refuse(const char *what, const char *path, const char *right,
                               struct fault *why)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    fault_set(why, FAULT_INVALID, "%s %s: %s; right is %s", what, path,
              reason ? reason : "cannot be used", right);
    ERR_clear_error();
    return false;
}

static bool tls_context_load(SSL_CTX *openssl, const char *certificate, const char *key,
                             struct fault *why)
{
    const char *reason;
    if (!regularfile_is(certificate, &reason))
        return fault_set(why, FAULT_INVALID, "certificate %s: %s", certificate, reason);
    if (!regularfile_is(key, &reason))
        return fault_set(why, FAULT_INVALID, "key %s: %s", key, reason);
    if (SSL_CTX_use_certificate_chain_file(openssl, certificate) != 1)
        return tls_context_refuse("certificate", certificate,
                                  "a file with the certificate and its chain, in PEM", why);
    if (SSL_CTX_use_PrivateKey_file(openssl, key, SSL_FILETYPE_PEM) != 1)
        return tls_context_refuse(
            "key", key, "a file with its private key, in PEM, without a pass phrase", why);
    if (SSL_CTX_check_private_key(openssl) != 1)
        return tls_context_refuse("key does not belong to the certificate:", key,
                                  "the one that the certificate was made for", why);
    return true;
}

static SSL_CTX *tls_context_openssl_new(void)
{
    SSL_CTX *openssl = SSL_CTX_new(TLS_server_method());
    ASSERT(openssl != NULL);
    SSL_CTX_set_min_proto_version(openssl, TLS1_2_VERSION);
    SSL_CTX_set_options(openssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(openssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_id_context(openssl, (const unsigned char *)"panelmux", 8);
    SSL_CTX_set_default_passwd_cb(openssl, tls_context_no_pass_phrase);
    SSL_CTX_set_alpn_select_cb(openssl, tls_context_choose_protocol, NULL);
    return openssl;
}

struct tls_context *tls_context_new(const char *certificate, const char *key, struct fault *why)
{
    ERR_clear_error();
    SSL_CTX *openssl = tls_context_openssl_new();
    if (!tls_context_load(openssl, certificate, key, why)) {
        SSL_CTX_free(openssl);
        return NULL;
    }
    struct tls_context *context = memory_new(sizeof *context);
    context->openssl = openssl;
    atomic_init(&context->pins, 1);
    return context;
}

struct tls_context *tls_context_pin(struct tls_context *context)
{
    if (context)
        atomic_fetch_add_explicit(&context->pins, 1, memory_order_relaxed);
    return context;
}

void tls_context_unpin(struct tls_context **context)
{
    struct tls_context *unpinned = *context;
    *context = NULL;
    if (unpinned == NULL || atomic_fetch_sub_explicit(&unpinned->pins, 1, memory_order_acq_rel) > 1)
        return;
    SSL_CTX_free(unpinned->openssl);
    free(unpinned);
}

SSL *tls_context_session(const struct tls_context *context)
{
    return SSL_new(context->openssl);
}
