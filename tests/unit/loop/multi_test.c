/* The glue between libcurl and the loop where a transfer cannot be steered to: a first address
 * that refuses, whose descriptor the attempt at the second address gets again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "loop/multi.h"
#include "unit/loop/upstream.h"

static struct loop *loop;
static CURLcode finished_code;
static int opened_fds[4];
static size_t opened;

static void on_finished(CURL *easy, CURLcode code)
{
    (void)easy;
    finished_code = code;
    loop_stop(loop);
}

static curl_socket_t open_and_note(void *multi, curlsocktype purpose, struct curl_sockaddr *address)
{
    int fd = multi_open_socket(multi, purpose, address);
    ASSERT(opened < COUNT_OF(opened_fds));
    opened_fds[opened++] = fd;
    return fd;
}

static size_t drop_body(char *bytes, size_t size, size_t count, void *arg)
{
    (void)bytes;
    (void)arg;
    return size * count;
}

static CURL *easy_new(struct multi *multi, struct curl_slist *addresses, int port)
{
    char url[64];
    CURL *easy = curl_easy_init();
    snprintf(url, sizeof url, "http://both.test:%d/", port);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_RESOLVE, addresses);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 5000L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "key=x");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop_body);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_and_note);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, multi);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, multi_close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, multi);
    return easy;
}

static void a_second_address_may_get_the_same_descriptor(void **state)
{
    struct upstream *upstream = upstream_begin(upstream_answer_all, NULL);
    struct multi multi;
    char entry[96];
    (void)state;
    loop = loop_new("multi");
    multi_init(&multi, loop, on_finished);
    snprintf(entry, sizeof entry, "both.test:%d:127.0.0.2,127.0.0.3,127.0.0.1", upstream->port);
    struct curl_slist *addresses = curl_slist_append(NULL, entry);
    CURL *easy = easy_new(&multi, addresses, upstream->port);
    assert_int_equal(curl_multi_add_handle(multi.curl, easy), CURLM_OK);
    loop_run(loop);
    assert_int_equal(finished_code, CURLE_OK);
    assert_int_equal(opened, 3);
    assert_int_equal(atomic_load(&upstream->deliveries), 1);
    curl_multi_remove_handle(multi.curl, easy);
    curl_easy_cleanup(easy);
    multi_fini(&multi);
    loop_free(loop);
    curl_slist_free_all(addresses);
    upstream_end(upstream);
    upstream_free(upstream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_address_may_get_the_same_descriptor),
    };
    alarm(30);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
