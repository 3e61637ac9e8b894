/* See panelline.h. */
#include "simulator/panelline.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "simulator/panel.h"
#include "simulator/panelaction.h"
#include "simulator/panelcontrol.h"
#include "simulator/panelform.h"
#include "simulator/panelhttp.h"
#include "simulator/panelreply.h"
#include "simulator/panelrule.h"

#define MOST_ANSWER_BYTES ((size_t)512 * 1024 * 1024)
#define KEPT_ROOM_BYTES ((size_t)64 * 1024)
#define POURED_HEAD "4000\r\n"
#define POURED_BYTES (0x4000 + sizeof POURED_HEAD - 1 + 2)

enum line_state {
    LINE_READING,
    LINE_HELD,    /* at a rule's hold */
    LINE_DELAYED, /* by a rule */
    LINE_WAITING, /* control: for an event */
    LINE_WRITING,
    LINE_DRIPPING,
    LINE_POURING /* an endless answer */
};

struct panelline {
    TAILQ_ENTRY(panelline) link;
    struct panel *panel; /* borrowed */
    struct bufferevent *wire;
    struct event *timer;
    uint64_t number, requests;
    enum line_state state;
    bool keeps_alive;   /* this request's wish */
    bool closes;        /* once written */
    bool has_continued; /* 100 Continue was sent for this request */
    bool is_looked_at;  /* early rules were asked for this request */
    bool is_in_flight;  /* an API request is not answered yet */
    bool is_run;        /* the action was carried out; body holds its answer */
    struct panelform form;
    struct panelrule *rule; /* pinned; NULL: none */
    struct panelwait *wait;
    uint64_t entry; /* the journal's number of this request */
    char *order;    /* id it stored */
    struct buf body, out;
    size_t sent;   /* of out, while dripping */
    size_t queued; /* of this request's answer, given to the wire */
};

static void panelline_read_requests(struct panelline *line);
static bool panelline_answer(struct panelline *line);

static void panelline_put(struct panelline *line, const void *bytes, size_t len)
{
    line->queued += len;
    bufferevent_write(line->wire, bytes, len);
}

/* How much of the answer the asker's kernel has taken. */
static void panelline_note_sent(struct panelline *line)
{
    struct paneljournal_entry *entry = paneljournal_find(&line->panel->journal, line->entry);
    if (entry)
        entry->sent = line->queued - evbuffer_get_length(bufferevent_get_output(line->wire));
}

static void panelline_end_request(struct panelline *line)
{
    panelline_note_sent(line);
    line->queued = 0;
    if (line->is_in_flight)
        line->panel->in_flight--;
    line->is_in_flight = false;
    panelform_fini(&line->form);
    panelrule_unpin(&line->rule);
    free(line->order);
    line->order = NULL;
    line->is_run = line->has_continued = line->is_looked_at = false;
    line->entry = 0;
    if (line->out.room > KEPT_ROOM_BYTES)
        buf_fini(&line->out);
    if (line->body.room > KEPT_ROOM_BYTES)
        buf_fini(&line->body);
    buf_clear(&line->out);
    buf_clear(&line->body);
}

static void panelline_free(struct panelline *line, bool is_reset)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    if (is_reset)
        setsockopt(bufferevent_getfd(line->wire), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    panelwait_cancel(&line->wait);
    panelline_end_request(line);
    TAILQ_REMOVE(&line->panel->lines, line, link);
    line->panel->line_count--;
    event_free(line->timer);
    bufferevent_free(line->wire);
    buf_fini(&line->body);
    buf_fini(&line->out);
    free(line);
}

static void panelline_arm(struct panelline *line, int64_t ms)
{
    struct timeval after = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    event_add(line->timer, &after);
}

static void panelline_write_out(struct panelline *line)
{
    line->state = LINE_WRITING;
    panelline_put(line, line->out.ptr, line->out.len);
}

/* More of an endless answer: a chunk of blanks, or the raw bytes once more. */
static void panelline_pour(struct panelline *line)
{
    char chunk[POURED_BYTES];
    if (line->rule->deed.is_raw) {
        panelline_put(line, line->out.ptr, line->out.len);
        return;
    }
    memset(chunk, ' ', sizeof chunk);
    memcpy(chunk, POURED_HEAD, sizeof POURED_HEAD - 1);
    chunk[sizeof chunk - 2] = '\r';
    chunk[sizeof chunk - 1] = '\n';
    panelline_put(line, chunk, sizeof chunk);
}

/* Everything written: the connection ends or takes its next request. */
static void panelline_finish_writing(struct panelline *line)
{
    bool is_reset = line->rule && line->rule->deed.is_reset;
    if (line->closes) {
        panelline_free(line, is_reset);
        return;
    }
    panelline_end_request(line);
    line->state = LINE_READING;
    panelline_read_requests(line);
}

static void panelline_on_written(struct bufferevent *wire, void *arg)
{
    struct panelline *line = arg;
    (void)wire;
    if (line->state == LINE_WRITING)
        panelline_finish_writing(line);
    else if (line->state == LINE_POURING)
        panelline_pour(line);
}

static void panelline_drip(struct panelline *line)
{
    if (line->sent == line->out.len) {
        panelline_finish_writing(line);
        return;
    }
    panelline_put(line, line->out.ptr + line->sent++, 1);
    panelline_arm(line, line->rule->deed.drip_ms);
}

static void panelline_on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct panelline *line = arg;
    (void)fd;
    (void)what;
    if (line->state == LINE_DRIPPING)
        panelline_drip(line);
    else if (line->state == LINE_DELAYED)
        panelline_answer(line);
}

static void panelline_note_stored(struct panelline *line, const struct panelaction_result *result)
{
    free(line->order);
    line->order = result->order ? memory_text(result->order) : NULL;
    line->is_run = true;
}

/* Sends what compose made, the way the rule spoils it. False when the line is gone. */
static bool panelline_send_spoiled(struct panelline *line, const struct panelrule_deed *deed,
                                   size_t head_len)
{
    size_t body_len = line->out.len - head_len;
    switch (deed->cut) {
    case PANELRULE_CUT_NOT:
    case PANELRULE_CUT_BEFORE_READ:
        break;
    case PANELRULE_CUT_AFTER_READ:
        panelline_free(line, deed->is_reset);
        return false;
    case PANELRULE_CUT_AFTER_HEADERS:
        line->out.len = head_len;
        line->closes = true;
        break;
    case PANELRULE_CUT_MID_ANSWER:
        line->out.len = head_len + body_len / 2;
        line->closes = true;
        break;
    }
    if (deed->drip_ms > 0) {
        line->state = LINE_DRIPPING;
        line->sent = 0;
        panelline_drip(line);
        return true;
    }
    panelline_write_out(line);
    if (deed->is_endless)
        line->state = LINE_POURING;
    return true;
}

/* Carries out what was put off and sends the answer. False when the line is gone. */
static bool panelline_answer(struct panelline *line)
{
    struct panel *panel = line->panel;
    const struct panelrule_deed *deed = line->rule ? &line->rule->deed : NULL;
    if (!line->is_run) {
        struct str action = panelform_get(&line->form, "action");
        if (!panelaction_writes(action))
            panelaction_run(panel, &line->form, line->number, &line->body);
    }
    struct panelreply reply = panelreply_print(deed, 200, buf_str(&line->body), line->order,
                                               line->keeps_alive, &line->out);
    line->closes = reply.must_close;
    struct paneljournal_entry *entry = paneljournal_find(&panel->journal, line->entry);
    if (entry)
        entry->status = deed && deed->cut == PANELRULE_CUT_AFTER_READ ? 0 : reply.status;
    if (deed)
        return panelline_send_spoiled(line, deed, reply.head_len);
    panelline_write_out(line);
    return true;
}

static void panelline_copy_text(char *to, size_t room, struct str from)
{
    struct str cut = str_first(from, room - 1);
    memset(to, 0, room);
    if (cut.len)
        memcpy(to, cut.ptr, cut.len);
}

static void panelline_note_request(struct panelline *line, const struct panelhttp_head *head,
                                   const struct panelaction_result *result)
{
    struct panel *panel = line->panel;
    struct str action = panelform_get(&line->form, "action");
    struct paneljournal_entry entry = {.at_ms = clock_wall_ms(),
                                       .line = line->number,
                                       .request = line->requests,
                                       .is_key_good = panelaction_key_good(panel, &line->form),
                                       .is_stored = result->is_stored};
    struct buf fields;
    panelline_copy_text(entry.action, sizeof entry.action, action.len ? action : STR("(none)"));
    panelline_copy_text(entry.method, sizeof entry.method, head->method);
    panelline_copy_text(entry.path, sizeof entry.path, head->path);
    panelline_copy_text(entry.rule, sizeof entry.rule, str_of(line->rule ? line->rule->name : ""));
    panelline_copy_text(entry.order, sizeof entry.order, str_of(line->order));
    buf_init(&fields, 128 * 1024);
    panelform_pack(&line->form, &fields);
    buf_add_text(&fields, "");
    entry.fields = fields.ptr ? buf_take(&fields) : memory_text("");
    entry.headers = str_copy(str_first(head->headers, 2048));
    const struct paneljournal_entry *kept = paneljournal_add(&panel->journal, &entry);
    line->entry = kept->number;
    panelwait_on_entry(panel, kept);
}

/* An API request is whole: acts on it. False when the line is gone. */
static bool panelline_begin(struct panelline *line, const struct panelhttp_head *head)
{
    struct panel *panel = line->panel;
    struct str action = panelform_get(&line->form, "action");
    struct panelaction_result result = {.is_stored = false};
    line->rule = panelrule_find(&panel->rules, action, &line->form);
    const struct panelrule_deed *deed = line->rule ? &line->rule->deed : NULL;
    bool waits = deed && (deed->hold || deed->delay_ms > 0);
    bool writes = panelaction_writes(action);
    line->is_in_flight = true;
    if (++panel->in_flight > panel->most_in_flight)
        panel->most_in_flight = panel->in_flight;
    if (writes ? !deed || panelrule_accepts(deed) : !waits) {
        result = panelaction_run(panel, &line->form, line->number, &line->body);
        panelline_note_stored(line, &result);
    }
    panelline_note_request(line, head, &result);
    if (deed && deed->hold) {
        line->state = LINE_HELD;
        panelwait_on_hold(panel);
        return true;
    }
    if (deed && deed->delay_ms > 0) {
        line->state = LINE_DELAYED;
        panelline_arm(line, deed->delay_ms);
        return true;
    }
    return panelline_answer(line);
}

static bool panelline_dispatch(struct panelline *line, const struct panelhttp_head *head,
                               struct str body)
{
    line->keeps_alive = head->keeps_alive;
    if (panelcontrol_is_for(head->path)) {
        panelform_init(&line->form, STR_NONE, STR(""), head->query);
        line->state = LINE_WAITING;
        panelcontrol_handle(line->panel, line, head->method, head->path, body, &line->form);
        return true;
    }
    line->requests++;
    panelform_init(&line->form, head->content_type, body, head->query);
    return panelline_begin(line, head);
}

static void panelline_refuse(struct panelline *line, const char *message)
{
    line->keeps_alive = false;
    panelline_reply_json(line, 400, json_pack("{ss}", "error", message));
}

/* A rule may hang up as soon as the first byte is there; control is never hit. */
static bool panelline_is_cut_early(struct panelline *line, struct str bytes)
{
    size_t blank = str_find_byte(bytes, ' ');
    if (line->is_looked_at || blank == SIZE_MAX || panelcontrol_is_for(str_from(bytes, blank + 1)))
        return false;
    line->is_looked_at = true;
    line->rule = panelrule_find_early(&line->panel->rules);
    if (line->rule == NULL)
        return false;
    struct panelhttp_head nothing = {.body_len = 0};
    struct panelaction_result none = {.is_stored = false};
    panelline_note_request(line, &nothing, &none);
    panelline_free(line, line->rule->deed.is_reset);
    return true;
}

enum taken { TAKEN_ONE, TAKEN_NOT_YET, TAKEN_GONE };

static enum taken panelline_take_body(struct panelline *line, const struct panelhttp_head *head,
                                      struct str bytes, size_t head_len)
{
    struct evbuffer *input = bufferevent_get_input(line->wire);
    struct str rest = str_from(bytes, head_len), body = str_first(rest, head->body_len);
    struct buf whole;
    size_t consumed = head->body_len;
    enum panelhttp_progress progress = rest.len < head->body_len ? PANELHTTP_MORE : PANELHTTP_DONE;
    buf_init(&whole, PANELHTTP_MOST_BODY_BYTES);
    if (head->is_chunked) {
        progress = panelhttp_read_chunked(rest, &whole, &consumed);
        body = buf_str(&whole);
    }
    if (progress == PANELHTTP_MORE && head->expects_continue && !line->has_continued) {
        static const char words[] = "HTTP/1.1 100 Continue\r\n\r\n";
        line->has_continued = true;
        bufferevent_write(line->wire, words, sizeof words - 1);
    }
    bool is_there = true;
    if (progress == PANELHTTP_DONE) {
        is_there = panelline_dispatch(line, head, body);
        if (is_there)
            evbuffer_drain(input, head_len + consumed);
    } else if (progress == PANELHTTP_BAD) {
        panelline_refuse(line, "ill-formed chunked body");
    }
    buf_fini(&whole);
    if (!is_there)
        return TAKEN_GONE;
    return progress == PANELHTTP_DONE ? TAKEN_ONE : TAKEN_NOT_YET;
}

static enum taken panelline_take_request(struct panelline *line)
{
    struct evbuffer *input = bufferevent_get_input(line->wire);
    size_t len = evbuffer_get_length(input);
    struct panelhttp_head head;
    if (len == 0)
        return TAKEN_NOT_YET;
    struct str bytes = str_make((const char *)evbuffer_pullup(input, -1), len);
    if (panelline_is_cut_early(line, bytes))
        return TAKEN_GONE;
    size_t end = str_find(str_first(bytes, PANELHTTP_MOST_HEAD_BYTES), STR("\r\n\r\n"));
    if (end == SIZE_MAX) {
        if (len > PANELHTTP_MOST_HEAD_BYTES)
            panelline_refuse(line, "the head is too large");
        return TAKEN_NOT_YET;
    }
    if (!panelhttp_parse_head(str_first(bytes, end + 4), &head)) {
        panelline_refuse(line, "not a request this panel understands");
        return TAKEN_NOT_YET;
    }
    return panelline_take_body(line, &head, bytes, end + 4);
}

static void panelline_read_requests(struct panelline *line)
{
    while (line->state == LINE_READING) {
        enum taken taken = panelline_take_request(line);
        if (taken != TAKEN_ONE)
            return;
    }
}

static void panelline_on_read(struct bufferevent *wire, void *arg)
{
    (void)wire;
    panelline_read_requests(arg);
}

static void panelline_on_event(struct bufferevent *wire, short what, void *arg)
{
    struct panelline *line = arg;
    (void)wire;
    if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) == 0)
        return;
    struct paneljournal_entry *entry = paneljournal_find(&line->panel->journal, line->entry);
    if (entry && line->is_in_flight)
        entry->is_gone = true;
    panelline_free(line, false);
}

void panelline_open(struct panel *panel, evutil_socket_t socket)
{
    struct panelline *line = memory_new(sizeof *line);
    int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    line->panel = panel;
    line->number = ++panel->lines_ever;
    panel->line_count++;
    buf_init(&line->body, MOST_ANSWER_BYTES);
    buf_init(&line->out, MOST_ANSWER_BYTES);
    line->wire = bufferevent_socket_new(panel->base, socket, BEV_OPT_CLOSE_ON_FREE);
    line->timer = evtimer_new(panel->base, panelline_on_timer, line);
    ASSERT(line->wire && line->timer);
    TAILQ_INSERT_TAIL(&panel->lines, line, link);
    bufferevent_setcb(line->wire, panelline_on_read, panelline_on_written, panelline_on_event,
                      line);
    bufferevent_setwatermark(line->wire, EV_READ, 0,
                             PANELHTTP_MOST_BODY_BYTES + 2 * PANELHTTP_MOST_HEAD_BYTES);
    bufferevent_set_max_single_write(line->wire, 1024 * 1024);
    bufferevent_enable(line->wire, EV_READ | EV_WRITE);
}

void panelline_reply_json(struct panelline *line, int status, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    struct panelreply reply = panelreply_print(NULL, status, str_of(text ? text : "null"), NULL,
                                               line->keeps_alive, &line->out);
    free(text);
    json_decref(json);
    line->closes = reply.must_close;
    panelline_write_out(line);
}

void panelline_set_wait(struct panelline *line, struct panelwait *wait)
{
    line->wait = wait;
}

void panelline_forget_wait(struct panelline *line)
{
    line->wait = NULL;
}

/* ---- all connections of a panel at once ---- */

static bool panelline_is_held_at(const struct panelline *line, struct str name)
{
    return line->state == LINE_HELD && str_is(name, line->rule->deed.hold);
}

size_t panelline_held(const struct panel *panel, struct str name)
{
    const struct panelline *line;
    size_t count = 0;
    TAILQ_FOREACH(line, &panel->lines, link)
    count += panelline_is_held_at(line, name);
    return count;
}

size_t panelline_release(struct panel *panel, struct str name, size_t most)
{
    struct panelline *line, *next;
    size_t count = 0;
    for (line = TAILQ_FIRST(&panel->lines); line && count < most; line = next) {
        next = TAILQ_NEXT(line, link);
        if (!panelline_is_held_at(line, name))
            continue;
        count++;
        line->state = LINE_DELAYED;
        panelline_arm(line, line->rule->deed.delay_ms);
    }
    return count;
}

size_t panelline_drop_idle(struct panel *panel, const struct panelline *except, bool is_reset)
{
    struct panelline *line, *next;
    size_t count = 0;
    for (line = TAILQ_FIRST(&panel->lines); line; line = next) {
        next = TAILQ_NEXT(line, link);
        if (line == except || line->state != LINE_READING || line->requests == 0)
            continue;
        panelline_free(line, is_reset);
        count++;
    }
    return count;
}

size_t panelline_say(struct panel *panel, struct str bytes)
{
    struct panelline *line;
    size_t count = 0;
    TAILQ_FOREACH(line, &panel->lines, link)
    {
        if (line->state != LINE_READING || line->requests == 0)
            continue;
        /* Past the buffer, which is empty: with the answer to control the bytes are surely out. */
        ssize_t sent =
            send(bufferevent_getfd(line->wire), bytes.ptr, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        count += sent == (ssize_t)bytes.len;
    }
    return count;
}

void panelline_close_all(struct panel *panel)
{
    while (TAILQ_FIRST(&panel->lines))
        panelline_free(TAILQ_FIRST(&panel->lines), false);
}
