/* Transfers over TLS: who is trusted, and that a connection and its session are used again. The
 * certificate is made here, for 127.0.0.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "loop/transfer.h"
#include "unit/loop/upstream.h"

static SSL_CTX *server_context;
static char ca_file[] = "/tmp/panelmux-ca-XXXXXX";
static atomic_int resumed;

static X509 *certificate_new(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"upstream", -1, -1,
                               0);
    X509_set_issuer_name(certificate, name);
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
    ASSERT(names);
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    ASSERT(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

static int make_certificate(void **state)
{
    (void)state;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    ASSERT(key);
    X509 *certificate = certificate_new(key);
    server_context = SSL_CTX_new(TLS_server_method());
    ASSERT(SSL_CTX_use_certificate(server_context, certificate) == 1);
    ASSERT(SSL_CTX_use_PrivateKey(server_context, key) == 1);
    int fd = mkstemp(ca_file);
    FILE *file = fdopen(fd, "w");
    ASSERT(file);
    ASSERT(PEM_write_X509(file, certificate) == 1);
    fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return 0;
}

static int drop_certificate(void **state)
{
    (void)state;
    SSL_CTX_free(server_context);
    unlink(ca_file);
    return 0;
}

/* One read is one request: they are short. An answer of the upstream's is its last. */
static void answer_all_by_tls(struct upstream *upstream, int fd)
{
    char request[4096];
    SSL *ssl = SSL_new(server_context);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        atomic_fetch_add(&resumed, SSL_session_reused(ssl));
        while (SSL_read(ssl, request, sizeof request) > 0) {
            bool is_last = upstream->answer != NULL;
            const char *answer =
                is_last ? upstream->answer : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
            atomic_fetch_add(&upstream->deliveries, 1);
            SSL_write(ssl, answer, (int)strlen(answer));
            if (is_last)
                break;
        }
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
}

struct outcome {
    struct loop *loop;
    struct transfer_result result;
    int calls;
};

static void keep_outcome(const struct transfer_result *result, void *arg)
{
    struct outcome *outcome = arg;
    outcome->calls++;
    outcome->result = *result;
    loop_stop(outcome->loop);
}

static struct transfer_result call(struct loop *loop, const char *host, int port, const char *ca)
{
    char url[64];
    struct outcome outcome = {.loop = loop};
    snprintf(url, sizeof url, "https://%s:%d/", host, port);
    struct transfer_request request = {.url = url,
                                       .body = STR("key=x"),
                                       .ca_file = ca,
                                       .timeout_ms = 10000,
                                       .connect_timeout_ms = 5000,
                                       .max_body = 1024};
    transfer_start(loop, &request, keep_outcome, &outcome);
    loop_run(loop);
    assert_int_equal(outcome.calls, 1);
    return outcome.result;
}

static void only_the_named_authority_is_trusted(void **state)
{
    struct upstream *upstream = upstream_begin(answer_all_by_tls, NULL);
    struct loop *loop = loop_new("trust");
    (void)state;
    for (int i = 0; i < 2; i++) { /* the handle goes back and forth between the two */
        struct transfer_result refused = call(loop, "127.0.0.1", upstream->port, NULL);
        assert_int_equal(refused.curl_code, CURLE_PEER_FAILED_VERIFICATION);
        assert_false(refused.was_sent);
        struct transfer_result trusted = call(loop, "127.0.0.1", upstream->port, ca_file);
        assert_int_equal(trusted.curl_code, 0);
        assert_true(trusted.was_sent);
    }
    struct transfer_result missing = call(loop, "127.0.0.1", upstream->port, "/nonexistent/ca.pem");
    assert_int_equal(missing.curl_code, CURLE_SSL_CACERT_BADFILE);
    assert_false(missing.was_sent);
    loop_free(loop);
    upstream_end(upstream);
    assert_int_equal(atomic_load(&upstream->deliveries), 2);
    upstream_free(upstream);
}

static void the_name_must_be_in_the_certificate(void **state)
{
    struct upstream *upstream = upstream_begin(answer_all_by_tls, NULL);
    struct loop *loop = loop_new("name");
    (void)state;
    struct transfer_result result = call(loop, "localhost", upstream->port, ca_file);
    assert_int_equal(result.curl_code, CURLE_PEER_FAILED_VERIFICATION);
    assert_false(result.was_sent);
    loop_free(loop);
    upstream_end(upstream);
    assert_int_equal(atomic_load(&upstream->deliveries), 0);
    upstream_free(upstream);
}

static void a_connection_is_used_again(void **state)
{
    struct upstream *upstream = upstream_begin(answer_all_by_tls, NULL);
    struct loop *loop = loop_new("again");
    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(call(loop, "127.0.0.1", upstream->port, ca_file).curl_code, 0);
    loop_free(loop);
    upstream_end(upstream);
    assert_int_equal(atomic_load(&upstream->connections), 1);
    assert_int_equal(atomic_load(&upstream->deliveries), 4);
    upstream_free(upstream);
}

static void a_new_connection_resumes_the_session(void **state)
{
    struct upstream *upstream = upstream_begin(
        answer_all_by_tls, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}");
    struct loop *loop = loop_new("resume");
    (void)state;
    atomic_store(&resumed, 0);
    assert_int_equal(call(loop, "127.0.0.1", upstream->port, ca_file).curl_code, 0);
    assert_int_equal(call(loop, "127.0.0.1", upstream->port, ca_file).curl_code, 0);
    loop_free(loop);
    upstream_end(upstream);
    assert_int_equal(atomic_load(&upstream->connections), 2);
    assert_int_equal(atomic_load(&resumed), 1);
    upstream_free(upstream);
}

/* A plain-text answer to the handshake. */
static void greet(struct upstream *upstream, int fd)
{
    (void)upstream;
    upstream_say(fd, "220 mail.example ready\r\n");
    upstream_read(upstream, fd);
}

static void a_failed_handshake_sent_nothing(void **state)
{
    struct upstream *upstream = upstream_begin(greet, NULL);
    struct loop *loop = loop_new("greeting");
    (void)state;
    struct transfer_result result = call(loop, "127.0.0.1", upstream->port, ca_file);
    assert_int_equal(result.curl_code, CURLE_SSL_CONNECT_ERROR);
    assert_false(result.was_sent);
    loop_free(loop);
    upstream_end(upstream);
    upstream_free(upstream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_named_authority_is_trusted),
        cmocka_unit_test(the_name_must_be_in_the_certificate),
        cmocka_unit_test(a_connection_is_used_again),
        cmocka_unit_test(a_new_connection_resumes_the_session),
        cmocka_unit_test(a_failed_handshake_sent_nothing),
    };
    alarm(60);
    transfer_global_init();
    return cmocka_run_group_tests(tests, make_certificate, drop_certificate);
}
