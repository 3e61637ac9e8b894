/* What can be wrong with a ledger at start, and what the operator is told. */
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "contract/ledger_harness.h"

static struct fault open_fault(const char *url)
{
    struct fault why = {0};
    struct ledger_settings settings = {.url = (char *)(uintptr_t)url, .first_order = 1};
    assert_null(ledger_open(&settings, &why));
    return why;
}

static void expect(const struct bench *bench, enum fault_code code, const char *message)
{
    struct fault why = open_fault(bench->url);
    if (why.code != code || strstr(why.message, message) == NULL)
        fail_msg("expected fault %d with \"%s\", got %d \"%s\"", code, message, why.code,
                 why.message);
}

/* What ledger_check foresees of what ledger_open says; both say it of the same path. */
static void expect_foreseen(const struct bench *bench, enum fault_code code, const char *message)
{
    struct fault why = {0};
    struct ledger_settings settings = {.url = (char *)(uintptr_t)bench->url, .first_order = 1};
    bool is_good = ledger_check(&settings, &why);
    if (is_good != (code == FAULT_NONE) || why.code != code || strstr(why.message, message) == NULL)
        fail_msg("expected fault %d with \"%s\", foreseen %d \"%s\"", code, message, why.code,
                 why.message);
}

static void by_sql(const char *file, const char *script)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, script, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void write_file(const char *path, const char *bytes, size_t len, off_t at)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, at), len);
    close(fd);
}

static void urls_are_checked(void **state)
{
    static const char *const wrong[] = {"panelmux.db", "mysql:x", "sqlite:", "sqlite::memory:", ""};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct fault why = open_fault(wrong[i]);
        assert_int_equal(why.code, FAULT_INVALID);
        assert_non_null(strstr(why.message, "sqlite:panelmux.db"));
    }
}

static void folders_are_not_made(void **state)
{
    struct bench *bench = *state;
    snprintf(bench->url, sizeof bench->url, "sqlite:%s/none/books.db", bench->folder);
    expect(bench, FAULT_NOT_FOUND, "no such folder");
    expect_foreseen(bench, FAULT_NOT_FOUND, "there is no folder");
    snprintf(bench->url, sizeof bench->url, "sqlite:%s", bench->folder);
    assert_int_not_equal(open_fault(bench->url).code, FAULT_NONE);
    expect_foreseen(bench, FAULT_INVALID, "not a file");
}

/* It makes no file, and a lock that it finds it leaves alone. */
static void checking_changes_nothing(void **state)
{
    struct bench *bench = *state;
    char path[128], lock[136];
    struct fault why;
    struct ledger_settings settings = {.url = bench->url, .first_order = 1};
    snprintf(path, sizeof path, "%s/fresh.db", bench->folder);
    snprintf(lock, sizeof lock, "%s.lock", path);
    snprintf(bench->url, sizeof bench->url, "sqlite:%s", path);
    expect_foreseen(bench, FAULT_NONE, "");
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_not_equal(access(lock, F_OK), 0);
    struct ledger *ledger = ledger_open(&settings, &why);
    assert_non_null(ledger);
    expect_foreseen(bench, FAULT_CONFLICT, "in use by another panelmux (pid ");
    ledger_close(&ledger);
    expect_foreseen(bench, FAULT_NONE, "");
    snprintf(bench->url, sizeof bench->url, "sqlite:%s/below.db", path);
    expect_foreseen(bench, FAULT_INVALID, "is no folder");
}

static void one_gateway_a_ledger(void **state)
{
    struct bench *bench = *state;
    struct bench other = *bench;
    char message[40], path[200];
    bench_start(bench);
    snprintf(message, sizeof message, "pid %ld", (long)getpid());
    expect(bench, FAULT_CONFLICT, message);
    /* The same file by other names. */
    snprintf(path, sizeof path, "%s/link.db", bench->folder);
    assert_int_equal(symlink(bench->file, path), 0);
    snprintf(other.url, sizeof other.url, "sqlite:%s", path);
    expect(&other, FAULT_CONFLICT, message);
    snprintf(other.url, sizeof other.url, "sqlite:%s/../%s/books.db", bench->folder,
             strrchr(bench->folder, '/') + 1);
    expect(&other, FAULT_CONFLICT, message);
    snprintf(other.url, sizeof other.url, "sqlite://%s", bench->file);
    expect(&other, FAULT_CONFLICT, message);
    /* Free again when the holder is gone. */
    ledger_close(&bench->ledger);
    bench_start(bench);
}

static void a_dead_holder_holds_nothing(void **state)
{
    struct bench *bench = *state;
    pid_t pid = fork();
    if (pid == 0) {
        bench_start(bench);
        bench_place(bench, 1);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    /* A command finds what the dead one had committed, before any gateway recovers it. */
    struct fault why = {0};
    struct ledger_settings settings = {.url = bench->url, .first_order = 1};
    bench->ledger = ledger_open_reading(&settings, &why);
    assert_non_null(bench->ledger);
    assert_int_equal(bench_order(bench, 1).course.state, ORDERSTATE_PLACING);
    ledger_close(&bench->ledger);
    bench_start(bench);
    assert_int_equal(bench_order(bench, 1).course.state, ORDERSTATE_DOUBT);
}

static void newer_books_are_left_alone(void **state)
{
    struct bench *bench = *state;
    bench_start(bench);
    ledger_close(&bench->ledger);
    by_sql(bench->file, "PRAGMA user_version = 99");
    expect(bench, FAULT_INVALID, "newer panelmux (version 99");
    by_sql(bench->file, "PRAGMA user_version = 4"); /* this version's */
    bench_start(bench);
}

static void other_programs_files_are_left_alone(void **state)
{
    struct bench *bench = *state;
    by_sql(bench->file, "CREATE TABLE cats (name)");
    expect(bench, FAULT_INVALID, "another program");
    by_sql(bench->file, "SELECT name FROM cats");
}

static void damage_is_told(void **state)
{
    struct bench *bench = *state;
    char garbage[8192];
    memset(garbage, 'x', sizeof garbage);
    write_file(bench->file, garbage, sizeof garbage, 0);
    expect(bench, FAULT_BROKEN, "backup");
    /* A ledger whose first pages are gone. */
    assert_int_equal(unlink(bench->file), 0);
    bench_start(bench);
    ledger_close(&bench->ledger);
    write_file(bench->file, garbage, sizeof garbage, 100);
    expect(bench, FAULT_BROKEN, "backup");
}

/* A log of another version is not read over, nor thrown away. */
static void foreign_logs_are_told(void **state)
{
    struct bench *bench = *state;
    char log[160], copy[420];
    bench_start(bench);
    bench_place(bench, 1);
    snprintf(copy, sizeof copy, "cd '%s' && cp books.db b && cp books.db-wal w", bench->folder);
    bench_run(copy);
    ledger_close(&bench->ledger);
    snprintf(copy, sizeof copy, "cd '%s' && mv b books.db && mv w books.db-wal", bench->folder);
    bench_run(copy);
    /* Version 3007001 with the header's checksum made to fit. */
    unsigned char header[32];
    snprintf(log, sizeof log, "%s-wal", bench->file);
    int fd = open(log, O_RDWR | O_CLOEXEC);
    assert_int_equal(pread(fd, header, sizeof header, 0), sizeof header);
    header[7] = (unsigned char)(header[7] + 1);
    uint32_t s0 = 0, s1 = 0;
    bool is_big_endian = header[3] & 1;
    for (size_t i = 0; i < 24; i += 8) {
        uint32_t message[2];
        memcpy(message, header + i, 8);
        if (is_big_endian) {
            message[0] = __builtin_bswap32(message[0]);
            message[1] = __builtin_bswap32(message[1]);
        }
        s0 += message[0] + s1;
        s1 += message[1] + s0;
    }
    s0 = __builtin_bswap32(s0);
    s1 = __builtin_bswap32(s1);
    memcpy(header + 24, &s0, 4);
    memcpy(header + 28, &s1, 4);
    assert_int_equal(pwrite(fd, header, sizeof header, 0), sizeof header);
    close(fd);
    expect(bench, FAULT_BROKEN, "-wal may be of another version");
}

static void files_are_private(void **state)
{
    struct bench *bench = *state;
    struct stat facts;
    char path[160];
    static const char *const endings[] = {"", "-wal", ".lock"};
    bench_start(bench);
    bench_place(bench, 1);
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        snprintf(path, sizeof path, "%s%s", bench->file, endings[i]);
        assert_int_equal(stat(path, &facts), 0);
        assert_int_equal(facts.st_mode & 077, 0);
    }
    /* A closed ledger is one file and the lock. */
    ledger_close(&bench->ledger);
    snprintf(path, sizeof path, "%s-wal", bench->file);
    assert_true(stat(path, &facts) != 0 || facts.st_size == 0);
}

/* A read-only disk for real; only root may mount one. */
static void read_only_disks(void **state)
{
    struct bench *bench = *state;
    char disk[96];
    struct fault why = {0};
    struct ledger_settings settings = {.url = bench->url, .first_order = 1};
    snprintf(disk, sizeof disk, "%s/disk", bench->folder);
    assert_int_equal(mkdir(disk, 0700), 0);
    if (mount("tmpfs", disk, "tmpfs", 0, "size=8m") != 0) {
        print_message("skipped: no permission to mount\n");
        skip();
    }
    snprintf(bench->url, sizeof bench->url, "sqlite:%s/books.db", disk);
    bench_start(bench);
    bench_place(bench, 1);
    ledger_close(&bench->ledger);
    assert_int_equal(mount(NULL, disk, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    struct fault writing = open_fault(bench->url);
    bench->ledger = ledger_open_reading(&settings, &why);
    bool is_read = bench->ledger && bench_order(bench, 1).id == 1;
    ledger_close(&bench->ledger);
    assert_int_equal(umount2(disk, MNT_DETACH), 0);
    assert_int_equal(writing.code, FAULT_DENIED);
    assert_true(is_read);
}

/* A full disk for real. */
static void full_disks(void **state)
{
    struct bench *bench = *state;
    char disk[96], filler[128], big[60000];
    struct ledger_order order = bench_new_order(0);
    struct ledger_change change = {.insert = &order, .event = "placed"};
    enum ledger_result result = LEDGER_DONE, after = LEDGER_FAILED;
    int64_t took_ms = 0;
    snprintf(disk, sizeof disk, "%s/disk", bench->folder);
    snprintf(filler, sizeof filler, "%s/filler", disk);
    assert_int_equal(mkdir(disk, 0700), 0);
    if (mount("tmpfs", disk, "tmpfs", 0, "size=4m") != 0) {
        print_message("skipped: no permission to mount\n");
        skip();
    }
    memset(big, 'x', sizeof big);
    write_file(filler, big, sizeof big, 0);
    order.extra = str_make(big, sizeof big);
    snprintf(bench->url, sizeof bench->url, "sqlite:%s/books.db", disk);
    bench_start(bench);
    for (uint32_t id = 1; id < 500 && result == LEDGER_DONE; id++) {
        order.id = change.order = id;
        int64_t began = clock_monotonic_ms();
        result = bench_write(bench, &change);
        took_ms = clock_monotonic_ms() - began;
    }
    bool is_read = bench_order(bench, 1).id == 1;
    unlink(filler);
    after = bench_place(bench, 1000);
    size_t broken = ledger_verify(bench->ledger, &(struct ledger_verifier){.report = bench_tell});
    ledger_close(&bench->ledger);
    assert_int_equal(umount2(disk, MNT_DETACH), 0);
    assert_int_equal(result, LEDGER_FULL);
    assert_true(took_ms < 100 && is_read);
    assert_int_equal(after, LEDGER_DONE);
    assert_int_equal(broken, 0);
}

/* What is committed into a deleted file would be lost at the next start. */
static void a_moved_file_is_noticed(void **state)
{
    struct bench *bench = *state;
    char moved[160];
    enum ledger_result result = LEDGER_DONE;
    snprintf(moved, sizeof moved, "%s.away", bench->file);
    bench_start(bench);
    bench_place(bench, 1);
    assert_int_equal(rename(bench->file, moved), 0);
    int64_t began = clock_monotonic_ms();
    for (uint32_t id = 2; result == LEDGER_DONE && clock_monotonic_ms() - began < 10000; id++) {
        result = bench_place(bench, id);
        usleep(10000);
    }
    assert_int_equal(result, LEDGER_FAILED);
    struct ledger_health health;
    ledger_health(bench->ledger, &health);
    assert_non_null(strstr(health.message, "moved or deleted"));
    assert_int_equal(rename(moved, bench->file), 0);
    assert_int_equal(bench_place(bench, 5000), LEDGER_DONE);
}

static void reading_needs_a_ledger(void **state)
{
    struct bench *bench = *state;
    struct fault why = {0};
    struct ledger_settings settings = {.url = bench->url, .first_order = 1};
    assert_null(ledger_open_reading(&settings, &why));
    assert_int_equal(why.code, FAULT_NOT_FOUND);
    assert_int_not_equal(access(bench->file, F_OK), 0);
    write_file(bench->file, "", 0, 0);
    assert_null(ledger_open_reading(&settings, &why));
    assert_int_equal(why.code, FAULT_CONFLICT);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, bench_set_up_closed, bench_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(urls_are_checked),
        CASE(folders_are_not_made),
        CASE(checking_changes_nothing),
        CASE(one_gateway_a_ledger),
        CASE(a_dead_holder_holds_nothing),
        CASE(newer_books_are_left_alone),
        CASE(other_programs_files_are_left_alone),
        CASE(damage_is_told),
        CASE(foreign_logs_are_told),
        CASE(files_are_private),
        CASE(read_only_disks),
        CASE(full_disks),
        CASE(a_moved_file_is_noticed),
        CASE(reading_needs_a_ledger),
    };
    return bench_main(tests, COUNT_OF(tests));
}
