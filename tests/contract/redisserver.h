/* A real redis-server for tests, on a unix socket in a folder of its own, keeping nothing on disk;
 * and a plain connection to do things to it with. */
#ifndef TESTS_REDISSERVER_H
#define TESTS_REDISSERVER_H
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct redisserver {
    char folder[64], socket[80], url[120];
    pid_t pid; /* 0: not running */
    redisContext *plain;
};

static inline void redisserver_connect(struct redisserver *server)
{
    for (int i = 0; i < 1000; i++) { /* until it listens and has loaded */
        redisReply *reply;
        server->plain = redisConnectUnix(server->socket);
        reply = server->plain->err == 0 ? redisCommand(server->plain, "PING") : NULL;
        if (reply && reply->type != REDIS_REPLY_ERROR) {
            freeReplyObject(reply);
            return;
        }
        if (reply)
            freeReplyObject(reply);
        redisFree(server->plain);
        server->plain = NULL;
        assert_int_equal(waitpid(server->pid, NULL, WNOHANG), 0);
        poll(NULL, 0, 10);
    }
    fail_msg("redis-server does not answer");
}

static inline void redisserver_launch(struct redisserver *server)
{
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0) {
        int null = open("/dev/null", O_RDWR);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(null, 1);
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", server->socket,
               "--save", "", "--appendonly", "no", "--dir", server->folder, (char *)NULL);
        _exit(127);
    }
    redisserver_connect(server);
}

static inline void redisserver_start(struct redisserver *server)
{
    *server = (struct redisserver){0};
    snprintf(server->folder, sizeof server->folder, "/tmp/panelmux-redis-XXXXXX");
    assert_non_null(mkdtemp(server->folder));
    snprintf(server->socket, sizeof server->socket, "%s/redis", server->folder);
    snprintf(server->url, sizeof server->url, "redis+unix://%s?db=1", server->socket);
    redisserver_launch(server);
}

static inline void redisserver_kill(struct redisserver *server)
{
    if (server->plain)
        redisFree(server->plain);
    server->plain = NULL;
    if (server->pid > 0) {
        kill(server->pid, SIGKILL);
        waitpid(server->pid, NULL, 0);
    }
    server->pid = 0;
}

static inline void redisserver_stop(struct redisserver *server)
{
    redisserver_kill(server);
    unlink(server->socket);
    rmdir(server->folder);
}

/* The reply's type; fails the test when there is none. */
static inline int redisserver_do(struct redisserver *server, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    redisReply *reply = redisvCommand(server->plain, format, args);
    va_end(args);
    assert_non_null(reply);
    int type = reply->type;
    freeReplyObject(reply);
    return type;
}

#endif
