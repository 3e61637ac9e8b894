/* See statusword.h. */
#include "providers/statusword.h"

#include "providers/textfold.h"

/* Folded as textfold does: lower case, no accents; separated by '|'. Whole words only: a wrong
 * final state cannot be taken back. */
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
    {ORDERSTATUS_PENDING, "pendente|aguardando|em espera|na fila|em fila|novo"},
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
    {ORDERSTATUS_PENDING, "लंबित|รอดำเนินการ"},
    {ORDERSTATUS_IN_PROGRESS, "प्रगति में|กำลังดำเนินการ"},
    {ORDERSTATUS_COMPLETED, "पूर्ण|เสร็จสิ้น|สำเร็จ"},
    {ORDERSTATUS_CANCELED, "रद्द|ยกเลิก"},
    /* English beyond the protocol's */
    {ORDERSTATUS_PENDING, "in the queue|not started|received|accepted|submitted|waiting for start"},
    {ORDERSTATUS_IN_PROGRESS, "in process|in work|ongoing|delivering|sending"},
    {ORDERSTATUS_COMPLETED, "delivered|successful|order completed"},
    {ORDERSTATUS_PARTIAL, "partly completed|partial complete|partially done"},
};

static bool statusword_find_own(const struct provider_settings *settings, struct str folded,
                                enum orderstatus *out)
{
    for (size_t i = 0; i < settings->status_count; i++)
        if (str_is(folded, settings->statuses[i].word)) {
            *out = settings->statuses[i].status;
            return true;
        }
    return false;
}

static enum orderstatus statusword_find_language(struct str folded)
{
    for (size_t i = 0; i < COUNT_OF(languages); i++) {
        struct str rest = str_of(languages[i].words), word;
        while (str_next(&rest, '|', &word))
            if (str_equal(word, folded))
                return languages[i].status;
    }
    return ORDERSTATUS_UNKNOWN;
}

enum orderstatus statusword_find(const struct provider_settings *settings, struct str word)
{
    enum orderstatus found;
    struct arena arena;
    if (settings->status_count == 0 && orderstatus_find(word, &found)) /* nearly always */
        return found;
    arena_init(&arena);
    struct str folded = textfold(word, &arena);
    if (!statusword_find_own(settings, folded, &found))
        found = orderstatus_fold(word);
    if (found == ORDERSTATUS_UNKNOWN && folded.len > 0)
        found = statusword_find_language(folded);
    arena_fini(&arena);
    return found;
}

static enum refillstatus statusword_as_refill(enum orderstatus status)
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

enum refillstatus statusword_find_refill(const struct provider_settings *settings, struct str word)
{
    struct arena arena;
    enum orderstatus own;
    enum refillstatus found = orderstatus_fold_refill(word);
    if (found != REFILLSTATUS_UNKNOWN && settings->status_count == 0)
        return found;
    arena_init(&arena);
    struct str folded = textfold(word, &arena);
    if (statusword_find_own(settings, folded, &own))
        found = statusword_as_refill(own);
    else if (found == REFILLSTATUS_UNKNOWN)
        found = statusword_as_refill(statusword_find_language(folded));
    arena_fini(&arena);
    return found;
}
