/* The listener behind TLS: handshake, versions, keep-alive, a large answer, a new certificate for
 * new connections, and what tls_context_new refuses. Certificates are made by the openssl tool. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/ssl.h>

#include "unit/http/listener_house.h"

static char folder[64];

static char *in_folder(const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", folder, name);
    return path;
}

static int make_certificate(const char *name)
{
    char command[512];
    snprintf(command, sizeof command,
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
             "-subj /CN=%s -keyout %s/%s.key -out %s/%s.crt 2>%s/log",
             name, folder, name, folder, name, folder);
    return system(command);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/http_tls_test_XXXXXX");
    return mkdtemp(folder) == NULL || make_certificate("one") != 0 || make_certificate("two") != 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"one.key", "one.crt", "two.key", "two.crt", "log"};
    char path[128];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        unlink(in_folder(names[i], path));
    return rmdir(folder);
}

static struct tls_context *context_of(const char *certificate, const char *key, struct fault *why)
{
    char certificate_path[128], key_path[128];
    return tls_context_new(in_folder(certificate, certificate_path), in_folder(key, key_path), why);
}

static struct house *open_house(struct tls_context *tls, int64_t timeout_ms)
{
    struct house *house = calloc(1, sizeof *house);
    house->settings.request_timeout_ms = timeout_ms;
    house->tls = tls;
    house_open(house);
    return house;
}

static void close_tls_house(struct house *house)
{
    tls_context_unpin(&house->tls);
    close_house(house);
}

static SSL_CTX *client_context(int max)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    assert_non_null(context);
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, max);
    SSL_CTX_set_alpn_protos(context, (const unsigned char *)"\x02h2\x08http/1.1", 12);
    return context;
}

static void tls_ask(SSL *session, const char *request, char *answer, size_t room)
{
    size_t len = 0;
    assert_int_equal(SSL_write(session, request, (int)strlen(request)), strlen(request));
    answer[0] = '\0';
    while (strstr(answer, "\r\n\r\n") == NULL || strstr(answer, "END") == NULL) {
        int got = SSL_read(session, answer + len, (int)(room - 1 - len));
        assert_true(got > 0);
        len += (size_t)got;
        answer[len] = '\0';
    }
}

static void test_versions(void **state)
{
    static const struct {
        int max;
        const char *version; /* NULL: refused */
    } cases[] = {{TLS1_3_VERSION, "TLSv1.3"}, {TLS1_2_VERSION, "TLSv1.2"}, {TLS1_1_VERSION, NULL}};
    struct fault why = {0};
    struct house *house = open_house(context_of("one.crt", "one.key", &why), 0);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SSL_CTX *context = client_context(cases[i].max);
        SSL *session = SSL_new(context);
        int fd = client_open(house);
        SSL_set_fd(session, fd);
        if (cases[i].version == NULL) {
            assert_true(SSL_connect(session) <= 0);
        } else {
            char answer[4096];
            const unsigned char *protocol;
            unsigned protocol_len;
            assert_int_equal(SSL_connect(session), 1);
            assert_string_equal(SSL_get_version(session), cases[i].version);
            SSL_get0_alpn_selected(session, &protocol, &protocol_len);
            assert_int_equal(protocol_len, 8);
            assert_memory_equal(protocol, "http/1.1", 8);
            for (int round = 0; round < 3; round++) {
                tls_ask(session, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nkeyEND",
                        answer, sizeof answer);
                assert_non_null(strstr(answer, "HTTP/1.1 200"));
                assert_non_null(strstr(answer, "keyEND"));
            }
        }
        SSL_free(session);
        SSL_CTX_free(context);
        close(fd);
    }
    close_tls_house(house);
}

static void test_large_answer_and_bad_bytes(void **state)
{
    struct fault why = {0};
    struct house *house = open_house(context_of("one.crt", "one.key", &why), 0);
    SSL_CTX *context = client_context(TLS1_3_VERSION);
    SSL *session = SSL_new(context);
    static char bytes[65536];
    size_t total = 0;
    int fd = client_open(house);
    (void)state;
    SSL_set_fd(session, fd);
    assert_int_equal(SSL_connect(session), 1);
    SSL_write(session, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n", 30);
    while (total < HOUSE_BIG_BYTES) {
        int got = SSL_read(session, bytes, sizeof bytes);
        assert_true(got > 0);
        total += (size_t)got;
    }
    house_wait(&house->freed);
    SSL_write(session, "GET / HTTP/1.1\r\nHost: x\r\nA: b\n\r\n", 32);
    memset(bytes, 0, sizeof bytes);
    for (total = 0; strstr(bytes, "}") == NULL;) {
        int got = SSL_read(session, bytes + total, (int)(sizeof bytes - 1 - total));
        if (got <= 0)
            break;
        total += (size_t)got;
    }
    assert_non_null(strstr(bytes, "HTTP/1.1 400"));
    SSL_free(session);
    SSL_CTX_free(context);
    close(fd);
    close_tls_house(house);
}

static void name_of_peer(const struct house *house, char *name, int room)
{
    SSL_CTX *context = client_context(TLS1_3_VERSION);
    SSL *session = SSL_new(context);
    int fd = client_open(house);
    SSL_set_fd(session, fd);
    assert_int_equal(SSL_connect(session), 1);
    X509 *certificate = SSL_get1_peer_certificate(session);
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, room);
    X509_free(certificate);
    SSL_free(session);
    SSL_CTX_free(context);
    close(fd);
}

static void use_second_certificate(struct house *house)
{
    struct fault why = {0};
    struct tls_context *second = context_of("two.crt", "two.key", &why);
    assert_non_null(second);
    listener_configure(house->listener, &house->settings, second);
    tls_context_unpin(&second);
}

static void test_new_certificate(void **state)
{
    struct fault why = {0};
    struct house *house = open_house(context_of("one.crt", "one.key", &why), 0);
    char name[64];
    (void)state;
    name_of_peer(house, name, sizeof name);
    assert_string_equal(name, "one");
    house_run(house, use_second_certificate);
    name_of_peer(house, name, sizeof name);
    assert_string_equal(name, "two");
    close_tls_house(house);
}

/* Neither garbage nor a client that breaks off in the handshake does any harm. */
static void test_no_handshake(void **state)
{
    struct fault why = {0};
    struct house *house = open_house(context_of("one.crt", "one.key", &why), 0);
    int fd = client_open(house), half = client_open(house);
    (void)state;
    client_send(half, "\x16\x03\x01");
    client_send(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    while (!client_is_closed(fd))
        continue;
    close(half);
    close(fd);
    assert_int_equal(atomic_load(&house->handled), 0);
    close_tls_house(house);
}

static void test_refused_files(void **state)
{
    static const struct {
        const char *certificate, *key, *message;
    } cases[] = {
        {"none.crt", "one.key", "none.crt: No such file"},
        {"one.crt", "none.key", "none.key: No such file"},
        {"log", "one.key", "certificate "},
        {"one.key", "one.key", "; right is a file with the certificate and its chain, in PEM"},
        {"one.crt", "one.crt", "; right is a file with its private key, in PEM"},
        {"one.crt", "two.key", "key values mismatch; right is a file with its private key"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fault why = {0};
        assert_null(context_of(cases[i].certificate, cases[i].key, &why));
        assert_int_equal(why.code, FAULT_INVALID);
        assert_non_null(strstr(why.message, cases[i].message));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),        cmocka_unit_test(test_large_answer_and_bad_bytes),
        cmocka_unit_test(test_new_certificate), cmocka_unit_test(test_no_handshake),
        cmocka_unit_test(test_refused_files),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
