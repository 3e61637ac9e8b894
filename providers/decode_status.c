/* Statuses of one or many orders, and what a panel's word for an order's state means. An entry is
 * only ever given to the order it names. */
#include "providers/decode.h"

#include <ctype.h>
#include <string.h>

#include "providers/paneltext.h"

/* ---- words for an order's state, in panels' languages ---- */

/* Folded as paneltext_fold does: lower case, no accents; separated by '|'. Whole words only: a
 * wrong final state cannot be taken back. */
static const struct {
    enum orderstatus status;
    const char *words;
} languages[] = {
    /* Turkish */
    {ORDERSTATUS_PENDING, "beklemede|bekliyor|bekleyen|sirada|siraya alindi|onay bekliyor|yeni"},
    {ORDERSTATUS_PROCESSING, "isleniyor|isleme alindi|hazirlaniyor"},
    {ORDERSTATUS_IN_PROGRESS, "devam "
                              "ediyor|yukleniyor|islemde|yapiliyor|"
                              "gonderiliyor|basladi|aktif|calisiyor|suruyor"},
    {ORDERSTATUS_COMPLETED, "tamamlandi|tamamlanmis|bitti|basarili|teslim edildi"},
    {ORDERSTATUS_PARTIAL, "kismen|kismi|kismi tamamlandi|kismen tamamlandi|kismi olarak "
                          "tamamlandi|eksik tamamlandi"},
    {ORDERSTATUS_CANCELED, "iptal|iptal edildi|iptal edilmis"},
    {ORDERSTATUS_REFUNDED, "iade|iade edildi"},
    /* Spanish */
    {ORDERSTATUS_PENDING, "pendiente|en espera|en cola|esperando|nuevo"},
    {ORDERSTATUS_PROCESSING, "procesando|procesandose|en proceso"},
    {ORDERSTATUS_IN_PROGRESS, "en progreso|en curso|en marcha|activo|iniciado"},
    {ORDERSTATUS_COMPLETED,
     "completado|completada|completo|terminado|finalizado|entregado|realizado"},
    {ORDERSTATUS_PARTIAL, "parcial|parcialmente|parcialmente completado|completado parcialmente"},
    {ORDERSTATUS_CANCELED, "cancelado|cancelada|anulado|anulada"},
    {ORDERSTATUS_REFUNDED, "reembolsado|reembolsada|devuelto"},
    /* Portuguese */
    {ORDERSTATUS_PENDING, "pendente|aguardando|aguardando inicio|aguardando processamento|em "
                          "espera|na fila|em fila|novo"},
    {ORDERSTATUS_PROCESSING, "processando|em processamento|em processo"},
    {ORDERSTATUS_IN_PROGRESS, "em andamento|em progresso|em execucao|ativo|iniciado"},
    {ORDERSTATUS_COMPLETED, "concluido|concluida|completa|finalizado|finalizada|entregue"},
    {ORDERSTATUS_PARTIAL, "parcialmente concluido|parcialmente completo|concluido parcialmente"},
    {ORDERSTATUS_REFUNDED, "reembolsado|estornado"},
    /* Indonesian and Malay */
    {ORDERSTATUS_PENDING, "menunggu|tertunda|antri|antrian|dalam antrian|baru"},
    {ORDERSTATUS_PROCESSING, "diproses|sedang diproses|proses|dalam proses|memproses"},
    {ORDERSTATUS_IN_PROGRESS, "berjalan|sedang berjalan|sedang dikerjakan|dikerjakan|berlangsung"},
    {ORDERSTATUS_COMPLETED, "selesai|sukses|berhasil|lengkap|siap"},
    {ORDERSTATUS_PARTIAL, "sebagian|selesai sebagian|parsial"},
    {ORDERSTATUS_CANCELED, "dibatalkan|batal|pembatalan"},
    {ORDERSTATUS_REFUNDED, "dikembalikan|refund saldo"},
    /* Vietnamese */
    {ORDERSTATUS_PENDING, "cho xu ly|dang cho|cho duyet|dang cho xu ly|cho|trong hang doi"},
    {ORDERSTATUS_PROCESSING, "dang xu ly"},
    {ORDERSTATUS_IN_PROGRESS, "dang chay|dang thuc hien|dang hoat dong|dang tien hanh|dang tang"},
    {ORDERSTATUS_COMPLETED, "hoan thanh|da hoan thanh|thanh cong|hoan tat|da hoan tat|da xong"},
    {ORDERSTATUS_PARTIAL, "hoan thanh mot phan|mot phan|chay mot phan"},
    {ORDERSTATUS_CANCELED, "da huy|huy|bi huy|huy bo|don da huy"},
    {ORDERSTATUS_REFUNDED, "hoan tien|da hoan tien"},
    /* Russian and Ukrainian */
    {ORDERSTATUS_PENDING, "в ожидании|ожидание|ожидает|в очереди|новый|ожидает "
                          "обработки|очікує|новий"},
    {ORDERSTATUS_PROCESSING, "обработка|в обработке|обрабатывается|в обробці|обробляється"},
    {ORDERSTATUS_IN_PROGRESS, "в процессе|выполняется|в работе|в процессе "
                              "выполнения|запущен|активен|активный|виконується|"
                              "в процесі|в роботі"},
    {ORDERSTATUS_COMPLETED,
     "выполнен|выполнено|завершен|завершено|готово|готов|виконано|завершено"},
    {ORDERSTATUS_PARTIAL, "частично|частично выполнен|частично "
                          "выполнено|частичный|выполнен частично|частково|"
                          "частково виконано"},
    {ORDERSTATUS_CANCELED, "отменен|отменено|отмена|отклонен|скасовано|скасований"},
    {ORDERSTATUS_REFUNDED, "возврат|возвращен|возвращено|повернено"},
    /* Arabic */
    {ORDERSTATUS_PENDING, "قيد الانتظار|في الانتظار|معلق|انتظار|بالانتظار"},
    {ORDERSTATUS_PROCESSING, "قيد المعالجه|جاري المعالجه|تحت المعالجه|معالجه"},
    {ORDERSTATUS_IN_PROGRESS, "قيد التنفيذ|جاري التنفيذ|جاري العمل|قيد التقدم|تحت التنفيذ"},
    {ORDERSTATUS_COMPLETED, "مكتمل|مكتمله|اكتمل|تم|منتهي|تم التنفيذ"},
    {ORDERSTATUS_PARTIAL, "جزئي|مكتمل جزئيا|مكتمل جزئي|اكتمل جزئيا"},
    {ORDERSTATUS_CANCELED, "ملغي|ملغيه|ملغاه|تم الالغاء|الغيت"},
    {ORDERSTATUS_REFUNDED, "مسترد|تم الاسترداد|مرتجع"},
    /* Persian */
    {ORDERSTATUS_PENDING, "در انتظار|در صف"},
    {ORDERSTATUS_IN_PROGRESS, "در حال انجام|در حال پردازش"},
    {ORDERSTATUS_COMPLETED, "تکمیل شده|انجام شده|تکمیل شد"},
    {ORDERSTATUS_CANCELED, "لغو شده|لغو شد|کنسل شده"},
    /* French */
    {ORDERSTATUS_PENDING, "en attente|nouveau"},
    {ORDERSTATUS_PROCESSING, "en traitement|en cours de traitement|traitement"},
    {ORDERSTATUS_IN_PROGRESS, "en cours|en cours d'execution|demarre"},
    {ORDERSTATUS_COMPLETED, "termine|terminee|complete|acheve|livre|fini"},
    {ORDERSTATUS_PARTIAL, "partiel|partielle|partiellement termine|partiellement complete"},
    {ORDERSTATUS_CANCELED, "annule|annulee"},
    {ORDERSTATUS_REFUNDED, "rembourse|remboursee"},
    /* German */
    {ORDERSTATUS_PENDING, "ausstehend|wartend|in warteschlange|offen|neu"},
    {ORDERSTATUS_PROCESSING, "in bearbeitung|wird bearbeitet|verarbeitung"},
    {ORDERSTATUS_IN_PROGRESS, "in arbeit|lauft|aktiv|gestartet|wird ausgefuhrt"},
    {ORDERSTATUS_COMPLETED, "abgeschlossen|fertig|erledigt|vollstandig|beendet"},
    {ORDERSTATUS_PARTIAL, "teilweise|teilweise abgeschlossen|teilweise erledigt"},
    {ORDERSTATUS_CANCELED, "storniert|abgebrochen"},
    {ORDERSTATUS_REFUNDED, "erstattet|zuruckerstattet"},
    /* Italian */
    {ORDERSTATUS_PENDING, "in attesa|in coda|nuovo"},
    {ORDERSTATUS_PROCESSING, "in elaborazione|elaborazione"},
    {ORDERSTATUS_IN_PROGRESS, "in corso|attivo|avviato"},
    {ORDERSTATUS_COMPLETED, "completato|terminato|finito|consegnato"},
    {ORDERSTATUS_PARTIAL, "parziale|parzialmente completato"},
    {ORDERSTATUS_CANCELED, "annullato|cancellato"},
    {ORDERSTATUS_REFUNDED, "rimborsato"},
    /* Polish: "ł" is no accent */
    {ORDERSTATUS_PENDING, "oczekujace|oczekuje|w kolejce|nowe"},
    {ORDERSTATUS_PROCESSING, "przetwarzanie|przetwarzane"},
    {ORDERSTATUS_IN_PROGRESS, "w trakcie|w toku|w trakcie realizacji|realizowane"},
    {ORDERSTATUS_COMPLETED, "zakonczone|zrealizowane|ukonczone|gotowe"},
    {ORDERSTATUS_PARTIAL, "czesciowe|czesciowo|czesciowo zrealizowane|czesciowo ukonczone"},
    {ORDERSTATUS_CANCELED, "anulowane|anulowano"},
    {ORDERSTATUS_REFUNDED, "zwrocone|zwrot"},
    /* Uzbek */
    {ORDERSTATUS_PENDING, "kutilmoqda|navbatda"},
    {ORDERSTATUS_IN_PROGRESS, "bajarilmoqda|jarayonda"},
    {ORDERSTATUS_COMPLETED, "bajarildi|tugatildi|yakunlandi"},
    {ORDERSTATUS_PARTIAL, "qisman|qisman bajarildi"},
    {ORDERSTATUS_CANCELED, "bekor qilindi|bekor qilingan"},
    /* Chinese */
    {ORDERSTATUS_PENDING, "待处理|等待中|排队中"},
    {ORDERSTATUS_PROCESSING, "处理中"},
    {ORDERSTATUS_IN_PROGRESS, "进行中|执行中"},
    {ORDERSTATUS_COMPLETED, "已完成|完成"},
    {ORDERSTATUS_PARTIAL, "部分完成"},
    {ORDERSTATUS_CANCELED, "已取消|取消"},
    {ORDERSTATUS_REFUNDED, "已退款"},
    /* Hindi, Thai */
    {ORDERSTATUS_PROCESSING, "प्रोसेसिंग|प्रोसेस हो रहा है"},
    {ORDERSTATUS_IN_PROGRESS, "जारी|जारी है|प्रगति पर|चल रहा है"},
    {ORDERSTATUS_COMPLETED, "पूरा हुआ|पूर्ण हुआ|पूरा|सफल"},
    {ORDERSTATUS_PARTIAL, "आंशिक|आंशिक रूप से पूर्ण"},
    {ORDERSTATUS_CANCELED, "रद्द किया गया|रद्द हो गया|रद्द कर दिया गया"},
    {ORDERSTATUS_PENDING, "लंबित|प्रतीक्षा में|รอดำเนินการ"},
    {ORDERSTATUS_IN_PROGRESS, "प्रगति में|กำลังดำเนินการ"},
    {ORDERSTATUS_COMPLETED, "पूर्ण|เสร็จสิ้น|สำเร็จ"},
    {ORDERSTATUS_CANCELED, "रद्द|ยกเลิก"},
    /* English beyond the protocol's */
    {ORDERSTATUS_PENDING,
     "in the queue|awaiting start|not started|received|accepted|submitted|waiting for start"},
    {ORDERSTATUS_IN_PROGRESS, "in process|in work|ongoing|delivering|sending"},
    {ORDERSTATUS_COMPLETED, "delivered|successful|order completed"},
    {ORDERSTATUS_PARTIAL, "partly completed|partial complete|partially complete|partially done"},
};

static bool decode_status_find_own(const struct provider_settings *settings, struct str folded,
                                   enum orderstatus *out)
{
    for (size_t i = 0; i < settings->status_count; i++)
        if (str_is(folded, settings->statuses[i].word)) {
            *out = settings->statuses[i].status;
            return true;
        }
    return false;
}

static enum orderstatus decode_status_find_language(struct str folded)
{
    for (size_t i = 0; i < COUNT_OF(languages); i++) {
        struct str rest = str_of(languages[i].words), word;
        while (str_next(&rest, '|', &word))
            if (str_equal(word, folded))
                return languages[i].status;
    }
    return ORDERSTATUS_UNKNOWN;
}

enum orderstatus decode_status_word(const struct provider_settings *settings, struct str word)
{
    enum orderstatus found;
    struct arena arena;
    if (settings->status_count == 0 && orderstatus_find(word, &found)) /* nearly always */
        return found;
    arena_init(&arena);
    struct str folded = paneltext_fold(word, &arena);
    if (!decode_status_find_own(settings, folded, &found))
        found = orderstatus_fold(word);
    if (found == ORDERSTATUS_UNKNOWN && folded.len > 0)
        found = decode_status_find_language(folded);
    arena_fini(&arena);
    return found;
}

static enum refillstatus decode_status_as_refill(enum orderstatus status)
{
    switch (status) {
    case ORDERSTATUS_PENDING:
        return REFILLSTATUS_PENDING;
    case ORDERSTATUS_PROCESSING:
    case ORDERSTATUS_IN_PROGRESS:
        return REFILLSTATUS_IN_PROGRESS;
    case ORDERSTATUS_COMPLETED:
        return REFILLSTATUS_COMPLETED;
    case ORDERSTATUS_CANCELED:
        return REFILLSTATUS_CANCELED;
    case ORDERSTATUS_PARTIAL:
    case ORDERSTATUS_COUNT: /* refunded */
    case ORDERSTATUS_REVIEW:
    case ORDERSTATUS_UNKNOWN:
    case ORDERSTATUS_PAUSED:
        return REFILLSTATUS_UNKNOWN;
    }
    UNREACHABLE();
}

enum refillstatus decode_status_refill_word(const struct provider_settings *settings,
                                            struct str word)
{
    struct arena arena;
    enum orderstatus own;
    enum refillstatus found = orderstatus_fold_refill(word);
    if (found != REFILLSTATUS_UNKNOWN && settings->status_count == 0)
        return found;
    arena_init(&arena);
    struct str folded = paneltext_fold(word, &arena);
    if (decode_status_find_own(settings, folded, &own))
        found = decode_status_as_refill(own);
    else if (found == REFILLSTATUS_UNKNOWN)
        found = decode_status_as_refill(decode_status_find_language(folded));
    arena_fini(&arena);
    return found;
}

enum { CHILDREN_MAX = 10000 };

/* Below 0, or with a plus, it is over-delivery. */
static void decode_status_take_remains(struct upstream_status *status, struct scalar value)
{
    struct count said;
    status->has_remains = scalar_count(value, &said);
    if (!status->has_remains)
        return;
    if (said.value < 0 || said.has_plus)
        said = count_exactly(0);
    status->remains_as_said = said;
    status->remains = said.value;
}

void decode_status_fit(struct upstream_status *status, int64_t quantity)
{
    if (!status->has_remains || !status->remains_as_said.is_ambiguous ||
        count_within(status->remains_as_said, quantity, &status->remains))
        return;
    status->has_remains = false;
    status->remains = 0;
}

/* The usual words need no copy. */
static void decode_status_take_word(struct status_reading *reading, struct str word)
{
    struct upstream_status *status = reading->status;
    if (reading->d->settings->status_count == 0 && orderstatus_find(word, &status->status)) {
        status->word = str_of(orderstatus_name(status->status));
    } else {
        status->status = decode_status_word(reading->d->settings, word);
        status->word = status->status == ORDERSTATUS_UNKNOWN ? decode_text(reading->d, word)
                                                             : arena_str(reading->d->arena, word);
    }
    reading->has_status = word.len > 0;
}

static bool decode_status_is_date_word(struct str word)
{
    static const char *const words[] = {
        "t",      "z",         "am",      "pm",       "utc",     "gmt",   "jan",  "feb",
        "mar",    "apr",       "may",     "jun",      "jul",     "aug",   "sep",  "oct",
        "nov",    "dec",       "january", "february", "march",   "april", "june", "july",
        "august", "september", "october", "november", "december"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_equal_folded(word, str_of(words[i])))
            return true;
    return false;
}

/* Digits with what stands between those of a date or a time: "2026-12-31T08:00:00Z", "31/12/2026
 * 8:00 PM", "5 Jan 2026". Any other text of a panel is not for clients. */
static bool decode_status_is_date(struct str text)
{
    enum { DATE_BYTES = 40 };
    bool has_digit = false;
    for (size_t i = 0; i < text.len; i++) {
        size_t from = i;
        while (i < text.len && isalpha((unsigned char)text.ptr[i]))
            i++;
        if (i > from && !decode_status_is_date_word(str_make(text.ptr + from, i - from)))
            return false;
        if (i < text.len && str_find_byte(STR("0123456789-/.,: +"), text.ptr[i]) == SIZE_MAX)
            return false;
        has_digit |= i < text.len && isdigit((unsigned char)text.ptr[i]);
    }
    return has_digit && text.len <= DATE_BYTES;
}

void decode_status_member(struct status_reading *reading, enum status_member member,
                          const struct scalar *said)
{
    struct upstream_status *status = reading->status;
    struct arena *arena = reading->d->arena;
    struct str id;
    int64_t number;
    reading->has_facts |= member != STATUS_MEMBER_STATUS && member != STATUS_MEMBER_ORDER;
    switch (member) {
    case STATUS_MEMBER_STATUS:
        if (said->kind == SCALAR_TEXT || said->kind == SCALAR_INTEGER)
            decode_status_take_word(reading, scalar_print(*said, arena));
        break;
    case STATUS_MEMBER_CHARGE:
        status->has_charge = scalar_charge(*said, reading->currency, reading->d->settings->currency,
                                           &status->charge) &&
                             status->charge.units >= 0;
        break;
    case STATUS_MEMBER_START_COUNT:
    case STATUS_MEMBER_START_COUNTER:
        if (scalar_integer(*said, &number) && number >= 0) {
            status->has_start_count = true;
            status->start_count = number;
        }
        break;
    case STATUS_MEMBER_REMAINS:
        decode_status_take_remains(status, *said);
        break;
    case STATUS_MEMBER_POSTS:
        status->has_posts = scalar_integer(*said, &number) && number >= 0;
        status->posts = status->has_posts ? number : 0;
        break;
    case STATUS_MEMBER_RUNS:
        status->has_runs = scalar_integer(*said, &number) && number >= 0;
        status->runs = status->has_runs ? number : 0;
        break;
    case STATUS_MEMBER_EXPIRY:
        if (said->kind == SCALAR_TEXT && decode_status_is_date(str_trim(said->text)))
            status->expiry = decode_text(reading->d, said->text);
        break;
    case STATUS_MEMBER_ORDER:
        id = scalar_print(*said, arena);
        reading->is_other = id.len > 0 && !str_equal_folded(id, reading->asked_id);
        break;
    case STATUS_MEMBER_COUNT:
        break;
    }
}

bool decode_status_finish(struct status_reading *reading)
{
    struct upstream_status *status = reading->status;
    struct str id = reading->asked_id;
    /* A lone {"status":"success"} speaks of the call, not of the order; so it does, or may, beside
     * nothing but pieces that remain. */
    bool is_left = status->remains > 0 && !status->has_charge && !status->has_start_count;
    bool is_of_call = (!reading->has_facts || is_left) &&
                      str_equal_folded(str_trim(status->word), STR("success"));
    if (!reading->has_status || reading->is_other || is_of_call) {
        *status =
            (struct upstream_status){.id = id, .is_absent = true, .status = ORDERSTATUS_UNKNOWN};
        return false;
    }
    /* A panel's column before it has looked at the order. */
    if (status->status == ORDERSTATUS_PENDING && status->has_remains && status->remains == 0 &&
        status->start_count == 0)
        status->has_remains = false;
    /* Of a subscription, whose parent ends by it; of a plain order nobody knows what it means. */
    if (status->has_posts && status->status == ORDERSTATUS_REVIEW &&
        str_equal_folded(status->word, STR("expired")))
        status->status = ORDERSTATUS_COMPLETED;
    status->is_absent = false;
    return true;
}

void decode_status_error(const struct decoding *d, struct upstream_status *status, struct str text)
{
    if (d->memo->text.ptr == NULL || !str_equal(d->memo->text, text)) {
        d->memo->text = text;
        d->memo->verdict = classify_text(d->settings, UPSTREAM_STATUS, text);
    }
    struct verdict verdict = d->memo->verdict;
    *status = (struct upstream_status){.id = status->id, .status = ORDERSTATUS_UNKNOWN};
    status->word = decode_text(d, text);
    /* Funds, keys, limits say nothing about the order; everything else said of one entry does. */
    status->is_unknown_id = !verdict.is_known || verdict.refusal == REFUSAL_ORDER_ID;
    status->is_absent = !status->is_unknown_id;
}

static void decode_status_read_children(const struct decoding *d, struct upstream_status *status,
                                        const json_t *list)
{
    size_t count = json_array_size(list);
    if (!json_is_array(list))
        return;
    if (count > CHILDREN_MAX)
        count = CHILDREN_MAX;
    status->orders = arena_new(d->arena, (count + 1) * sizeof *status->orders);
    for (size_t i = 0; i < count; i++) {
        const json_t *child = json_array_get(list, i);
        if (json_is_object(child))
            child = scalar_member(child, "order");
        if (scalar_id(scalar_of(child), d->arena, &status->orders[status->order_count]))
            status->order_count++;
    }
}

static bool decode_status_is_plain(const json_t *status)
{
    return json_is_string(status) || json_is_integer(status);
}

/* Where an order's state has a name of its own, `status` is the call's: {"status":"success",
 * "order_status":"In progress"}. The vaguer names count only beside a call's success. */
static const json_t *decode_status_find(const json_t *object)
{
    static const char *const names[] = {"order_status", "orderStatus", "status_order",
                                        "order_state",  "state",       "status_text"};
    enum { SURE_NAMES = 4 };
    const json_t *status = scalar_member(object, "status");
    bool is_own = decode_status_is_plain(status) && !errortext_is_success(status);
    if (json_is_string(status) && orderstatus_fold(scalar_of(status).text) == ORDERSTATUS_REVIEW)
        return status;
    for (size_t i = 0; i < (is_own ? SURE_NAMES : COUNT_OF(names)); i++) {
        const json_t *own = scalar_member(object, names[i]);
        if (decode_status_is_plain(own))
            return own;
    }
    return status;
}

static bool decode_status_has_plain_status(const json_t *object)
{
    return decode_status_is_plain(decode_status_find(object));
}

/* {"status":5,"message":"Internal error"} speaks of the call, not of the order; beside a word of an
 * order's a message is its reason. */
static bool decode_status_is_of_call(const struct decoding *d, const json_t *entry,
                                     const struct errortext *error)
{
    struct scalar status = scalar_of(decode_status_find(entry));
    int64_t code;
    struct str text;
    if (d->facts->http_status >= 400)
        return true;
    if (!scalar_integer(status, &code) && !str_equal_folded(str_trim(status.text), STR("rejected")))
        return false;
    struct verdict verdict = classify_texts(d->settings, UPSTREAM_STATUS, error, &text);
    return verdict.is_known && verdict.clarity == CLARITY_CLEAR;
}

static bool decode_status_has_any(const json_t *object, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (scalar_member(object, names[i]) != NULL)
            return true;
    return false;
}

/* The entry's own complaint, whatever its shape; STR_NONE when it is a status. */
static struct str decode_status_entry_error(const struct decoding *d, const json_t *entry)
{
    static const char *const facts[] = {"charge", "remains",       "start_count",
                                        "posts",  "start_counter", "runs"};
    enum { SURE_FACTS = 3 }; /* those an answer with an error of its own has nothing to do with */
    struct errortext error = errortext_of(entry, d->arena);
    bool is_plain = decode_status_has_plain_status(entry);
    struct verdict verdict = {0};
    struct str text;
    if (error.count > 0 && error.is_error && is_plain)
        verdict = classify_texts(d->settings, UPSTREAM_STATUS, &error, &text);
    /* Whatever stands beside it: an order that the panel does not know has no state. */
    if (verdict.is_known && verdict.refusal == REFUSAL_ORDER_ID)
        return text;
    if (error.count == 0 || !(error.is_error || error.is_hint) ||
        (is_plain &&
         decode_status_has_any(entry, facts, error.is_error ? SURE_FACTS : COUNT_OF(facts))))
        return STR_NONE;
    bool is_error = error.is_error || !is_plain || decode_status_is_of_call(d, entry, &error);
    return is_error ? error.texts[0] : STR_NONE;
}

/* Says another number than the requested one, in place of `order`. */
static bool decode_status_is_of_another(const struct decoding *d, const json_t *object,
                                        struct str asked)
{
    static const char *const names[] = {"order_id", "orderId"};
    struct str id;
    if (scalar_member(object, "order") != NULL)
        return false; /* the reading compares it */
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (scalar_id(scalar_of(scalar_member(object, names[i])), d->arena, &id))
            return !str_equal_folded(id, asked);
    return false;
}

/* One order's object into its status; false when nothing usable was there. */
static bool decode_status_read_object(const struct decoding *d, struct upstream_status *status,
                                      const json_t *object)
{
    static const struct {
        const char *name;
        enum status_member member;
    } members[] = {{"status", STATUS_MEMBER_STATUS},
                   {"charge", STATUS_MEMBER_CHARGE},
                   {"start_counter", STATUS_MEMBER_START_COUNTER},
                   {"start_count", STATUS_MEMBER_START_COUNT},
                   {"remains", STATUS_MEMBER_REMAINS},
                   {"posts", STATUS_MEMBER_POSTS},
                   {"runs", STATUS_MEMBER_RUNS},
                   {"expiry", STATUS_MEMBER_EXPIRY},
                   {"order", STATUS_MEMBER_ORDER}};
    struct status_reading reading = {
        .d = d, .status = status, .asked_id = status->id, .currency = scalar_currency(object)};
    struct str error = decode_status_entry_error(d, object);
    if (error.ptr != NULL) {
        decode_status_error(d, status, error);
        return status->is_unknown_id;
    }
    *status = (struct upstream_status){.id = status->id, .status = ORDERSTATUS_UNKNOWN};
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        const json_t *value = members[i].member == STATUS_MEMBER_STATUS
                                  ? decode_status_find(object)
                                  : scalar_member(object, members[i].name);
        if (value == NULL)
            continue;
        struct scalar said = scalar_of(value);
        decode_status_member(&reading, members[i].member, &said);
    }
    decode_status_read_children(d, status, scalar_member(object, "orders"));
    return decode_status_finish(&reading);
}

/* The value an id is keyed to: an object, or a bare text for an unknown id. */
static bool decode_status_read_entry(const struct decoding *d, struct upstream_status *status,
                                     const json_t *entry)
{
    struct scalar plain = scalar_of(entry);
    if (json_is_array(entry) && json_array_size(entry) == 1)
        entry = json_array_get(entry, 0);
    if (json_is_object(entry))
        return decode_status_read_object(d, status, entry);
    if (plain.kind != SCALAR_TEXT || str_trim(plain.text).len == 0)
        return false;
    enum orderstatus folded = decode_status_word(d->settings, plain.text);
    if (folded == ORDERSTATUS_UNKNOWN) {
        decode_status_error(d, status, plain.text);
        return status->is_unknown_id;
    }
    *status = (struct upstream_status){
        .id = status->id, .status = folded, .word = arena_str(d->arena, plain.text)};
    return true;
}

static void decode_status_learn(struct decoding *d)
{
    d->answer->outcome = OUTCOME_ACCEPTED;
    d->answer->class = VERDICT_DOUBT;
}

void decode_status(struct decoding *d)
{
    struct upstream_status *status = d->answer->statuses;
    const json_t *object = d->root;
    ASSERT(d->request->id_count == 1);
    if (json_is_array(object) && json_array_size(object) == 1)
        object = json_array_get(object, 0);
    const json_t *data = decode_unwrap(object);
    if (data != object && json_is_array(data) && json_array_size(data) == 1)
        data = json_array_get(data, 0);
    if (data != object &&
        (decode_status_has_plain_status(data) || !decode_status_has_plain_status(object)))
        object = data;
    const json_t *keyed = json_object_get(object, arena_text(d->arena, status->id));
    if (json_is_object(keyed))
        object = keyed;
    bool is_other = object != keyed && decode_status_is_of_another(d, object, status->id);
    if (!is_other && decode_status_entry_error(d, object).ptr == NULL &&
        decode_status_read_object(d, status, object)) {
        decode_status_learn(d);
    } else if (d->verdict.is_known && d->verdict.refusal == REFUSAL_ORDER_ID) {
        decode_status_error(d, status, d->error.texts[0]);
        status->is_absent = false;
        status->is_unknown_id = true;
        decode_status_learn(d);
        d->answer->refusal = REFUSAL_ORDER_ID;
    } else {
        decode_fail(d);
    }
}

static struct upstream_status *decode_status_find_requested(struct decoding *d, struct str id)
{
    for (size_t i = 0; i < d->answer->status_count; i++)
        if (str_equal(d->answer->statuses[i].id, id))
            return &d->answer->statuses[i];
    return NULL;
}

static bool decode_status_is_same(const struct upstream_status *a, const struct upstream_status *b)
{
    return a->status == b->status && a->is_unknown_id == b->is_unknown_id &&
           a->has_remains == b->has_remains && a->remains == b->remains &&
           a->has_start_count == b->has_start_count && a->start_count == b->start_count &&
           a->has_charge == b->has_charge && a->charge.units == b->charge.units;
}

/* One row of a list into the status it names. Said twice with different facts, an order is not
 * named at all. */
static void decode_status_read_row(struct decoding *d, struct upstream_status *status,
                                   bool *is_contradicted, const json_t *row)
{
    struct upstream_status before = *status;
    if (*is_contradicted || !decode_status_read_object(d, status, row))
        return;
    *is_contradicted = !before.is_absent && !decode_status_is_same(&before, status);
    if (*is_contradicted)
        *status = (struct upstream_status){
            .id = status->id, .is_absent = true, .status = ORDERSTATUS_UNKNOWN};
}

/* Into the status that the row names, where it was requested; false when it names none. */
static bool decode_status_read_named(struct decoding *d, bool *is_contradicted, const json_t *row)
{
    static const char *const names[] = {"order", "order_id", "orderId", "id"};
    const json_t *id = NULL;
    for (size_t n = 0; n < COUNT_OF(names) && id == NULL; n++)
        id = scalar_member(row, names[n]);
    struct str text = scalar_print(scalar_of(id), d->arena);
    struct upstream_status *status = text.len > 0 ? decode_status_find_requested(d, text) : NULL;
    if (status != NULL)
        decode_status_read_row(d, status, &is_contradicted[status - d->answer->statuses], row);
    return text.len > 0;
}

/* {"0":{"order":1,…},"1":…}: PHP's way to print such a list with gaps. */
static bool decode_status_read_values(struct decoding *d, const json_t *object)
{
    const char *key;
    json_t *value;
    size_t named = 0;
    bool *is_contradicted = arena_new(d->arena, d->answer->status_count + 1);
    json_object_foreach((json_t *)(uintptr_t)object, key, value) named +=
        decode_status_read_named(d, is_contradicted, value);
    return named > 0;
}

/* [{"order":1,…},…]; without ids nothing is given to anybody. */
static void decode_status_read_list(struct decoding *d, const json_t *list)
{
    size_t count = json_array_size(list), named = 0;
    bool *is_contradicted = arena_new(d->arena, d->answer->status_count + 1);
    for (size_t i = 0; i < count; i++)
        named += decode_status_read_named(d, is_contradicted, json_array_get(list, i));
    if (count == 1 && named == 0 && d->request->id_count == 1)
        named = decode_status_read_entry(d, d->answer->statuses, json_array_get(list, 0)) ? 1 : 0;
    if (named == 0 && count > 0)
        decode_refuse_unsupported(d);
    else
        decode_status_learn(d);
}

/* "Invalid Order Id(s)": all of them; the singular is what a panel without this form says. */
static bool decode_status_is_about_all(const struct decoding *d)
{
    struct str text = d->error.count > 0 ? d->error.texts[0] : STR("");
    return str_find_folded(text, STR("id(s)")) != SIZE_MAX ||
           str_find_folded(text, STR("ids")) != SIZE_MAX ||
           str_find_folded(text, STR("orders")) != SIZE_MAX;
}

static void decode_status_fail_many(struct decoding *d)
{
    bool is_about_ids = d->verdict.is_known && d->verdict.refusal == REFUSAL_ORDER_ID;
    if (!is_about_ids) {
        decode_fail(d);
        return;
    }
    if (d->request->id_count > 1 && !decode_status_is_about_all(d)) {
        decode_refuse_unsupported(d);
        return;
    }
    for (size_t i = 0; i < d->answer->status_count; i++) {
        decode_status_error(d, &d->answer->statuses[i], d->error.texts[0]);
        d->answer->statuses[i].is_absent = false;
        d->answer->statuses[i].is_unknown_id = true;
    }
    decode_status_learn(d);
    d->answer->refusal = REFUSAL_ORDER_ID;
}

/* Does the list or object hold objects, as one of statuses does? */
static bool decode_status_holds_objects(const json_t *value)
{
    void *first = json_object_iter((json_t *)(uintptr_t)value);
    return json_is_array(value) ? json_is_object(json_array_get(value, 0))
                                : json_is_object(json_object_iter_value(first));
}

/* What stands around the statuses of many taken off. */
static const json_t *decode_status_unwrap_many(const json_t *root)
{
    static const char *const names[] = {"orders",  "statuses", "result",
                                        "results", "response", "payload"};
    const json_t *data = decode_unwrap(root);
    const json_t *status = scalar_member(root, "status");
    if (data != root || (decode_status_is_plain(status) && !errortext_is_success(status)))
        return data;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const json_t *inner = scalar_member(root, names[i]);
        if (decode_status_holds_objects(inner))
            return inner;
    }
    return root;
}

static size_t decode_status_read_keyed(struct decoding *d, const json_t *object)
{
    size_t seen = 0;
    for (size_t i = 0; i < d->answer->status_count; i++) {
        struct upstream_status *status = &d->answer->statuses[i];
        const json_t *entry = json_object_get(object, arena_text(d->arena, status->id));
        if (entry == NULL)
            continue;
        seen++;
        (void)!decode_status_read_entry(d, status, entry);
    }
    return seen;
}

/* {"status":…} of one order where many were requested. */
static void decode_status_read_flat(struct decoding *d, const json_t *object)
{
    struct str id = scalar_print(scalar_of(scalar_member(object, "order")), d->arena);
    struct upstream_status *status = id.len > 0 ? decode_status_find_requested(d, id) : NULL;
    if (status == NULL && d->request->id_count == 1)
        status = d->answer->statuses;
    if (status != NULL && decode_status_read_object(d, status, object))
        decode_status_learn(d);
    else
        decode_refuse_unsupported(d);
}

/* Are there entries of orders nobody requested? Then the others are just left out. */
static bool decode_status_holds_entries(const json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (json_is_object(value) &&
            (decode_status_has_plain_status(value) || scalar_member(value, "error") != NULL))
            return true;
    }
    return false;
}

void decode_status_many(struct decoding *d)
{
    const json_t *root = d->root;
    if (json_is_array(root)) {
        decode_status_read_list(d, root);
        return;
    }
    if (decode_status_read_keyed(d, root) > 0) {
        decode_status_learn(d);
        return;
    }
    const json_t *inner = decode_status_unwrap_many(root);
    if (decode_is_error(d))
        decode_status_fail_many(d);
    else if (json_is_array(inner))
        decode_status_read_list(d, inner);
    else if (inner != root && decode_status_read_keyed(d, inner) > 0)
        decode_status_learn(d);
    else if (decode_status_has_plain_status(inner) &&
             (inner != root || !errortext_is_success(scalar_member(root, "status"))))
        decode_status_read_flat(d, inner);
    else if (json_is_object(inner) && decode_status_read_values(d, inner))
        decode_status_learn(d);
    else if (json_is_object(inner) &&
             (json_object_size(inner) == 0 || decode_status_holds_entries(inner)))
        decode_status_learn(d);
    else
        decode_fail(d);
}
