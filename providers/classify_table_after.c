/* The built-in table of error texts: what speaks of an order that was placed. Patterns as textfold
 * leaves texts: lower case, no accents, '_' as a blank, no final dot; several languages, since
 * panels localise. Separated by '|'; '*' matches anything. */
#include "providers/classify.h"

const struct classify_row classify_table_after_rows[] = {
    {MEANING_ORDER_ID, "incorrect order id*|*incorrect order id*|invalid order id*|"
                       "*invalid order id*|*incorrect order|*invalid order*|*wrong order id*|"
                       "*wrong order*|*bad order id*|order not found*|*order not found*|"
                       "*orders not found*|*order is not found*|*order id not found*|"
                       "*order*not found*|*order id is required*|*order field is required*|"
                       "*missing order*|*order*does not exist*|*order*doesn't exist*|"
                       "*order*not exist*|*no such order*|*unknown order*|*is not a number|"
                       "*no order found*|*no orders found*|error.incorrect order id"},
    {MEANING_ORDER_ID, "#104"},
    /* Turkish */
    {MEANING_ORDER_ID, "*siparis bulunamadi*|*siparis*bulunamadi*|*gecersiz siparis*|"
                       "*hatali siparis*|*siparis id*gecersiz*|*siparis*mevcut degil*|"
                       "*siparis yok*"},
    /* Vietnamese */
    {MEANING_ORDER_ID, "*don hang khong ton tai*|*don hang*khong ton tai*|*khong tim thay don*|"
                       "*ma don*khong*|*khong ton tai don*|*don hang khong hop le*|"
                       "*ma giao dich khong*"},
    /* Spanish */
    {MEANING_ORDER_ID, "*pedido no encontrado*|*orden no encontrada*|*pedido*no existe*|"
                       "*orden*no existe*|*id*pedido*invalid*|*id*pedido*incorrect*|"
                       "*id*orden*invalid*|*id*orden*incorrect*|*no se encontro*pedido*|"
                       "*no se encontro*orden*"},
    /* Portuguese */
    {MEANING_ORDER_ID, "*pedido nao encontrado*|*pedido*nao existe*|*id*pedido*invalid*|"
                       "*id*pedido*incorret*|*ordem nao encontrada*"},
    /* Russian */
    {MEANING_ORDER_ID, "*заказ не найден*|*заказ*не найден*|*неверный*заказ*|*неверный id*|"
                       "*некорректный*заказ*|*заказ не существует*|*неверный номер заказа*"},
    /* Arabic */
    {MEANING_ORDER_ID, "*الطلب غير موجود*|*طلب غير موجود*|*رقم الطلب*|*معرف الطلب*|"
                       "*لم يتم العثور*طلب*"},
    /* Indonesian */
    {MEANING_ORDER_ID, "*pesanan tidak ditemukan*|*id pesanan*|*order tidak ditemukan*|"
                       "*pesanan*tidak ada*|*order id salah*|*id order salah*"},
    /* French */
    {MEANING_ORDER_ID, "*commande introuvable*|*commande*n'existe pas*"},
    /* German */
    {MEANING_ORDER_ID, "*bestellung nicht gefunden*"},
    /* Italian */
    {MEANING_ORDER_ID, "*ordine non trovato*"},
    /* Polish */
    {MEANING_ORDER_ID, "*nie znaleziono zamowienia*|*zamowienie nie istnieje*|"
                       "*zamowienie*nie zostalo znalezione*"},
    /* Uzbek */
    {MEANING_ORDER_ID, "*buyurtma topilmadi*"},
    /* Chinese */
    {MEANING_ORDER_ID, "*订单不存在*"},
    {MEANING_REFILL, "*refill is disabled*|*refill disabled*|*refill*disabled*|"
                     "*order is not completed*|*order is not complete*|*order not completed*|"
                     "*order must be completed*|*order was completed or refill*|"
                     "error.refill *|*less than 24 hours*|*24 hours*|*refill*not available*|"
                     "*refill*unavailable*|*refill*not allowed*|*refill*not support*|"
                     "*not support*refill*|*refill*not possible*|*not eligible*refill*|"
                     "*eligible for refill*|*refill*already*|*already*refill*|"
                     "*refill*expired*|*refill period*|*refill*in progress*|*no refill*|"
                     "*without refill*|*cannot be refilled*|*can't be refilled*|"
                     "*can not be refilled*|*cannot refill*|*can't refill*|*no drop*|"
                     "*not dropped*|*has not dropped*|*refill button*"},
    {MEANING_REFILL_TOPIC, "*refill*"},
    /* Turkish */
    {MEANING_REFILL, "*telafi*|*yenileme*|*24 saat*|*siparis*tamamlanmadi*|"
                     "*siparis*tamamlanmamis*"},
    /* Vietnamese */
    {MEANING_REFILL, "*bao hanh*|*24 gio*|*don*chua hoan thanh*|*khong ho tro*"},
    /* Spanish */
    {MEANING_REFILL, "*reposicion*|*rellenar*|*relleno*|*recarga*|*24 horas*|"
                     "*no esta completad*|*garantia*"},
    /* Portuguese */
    {MEANING_REFILL, "*reposicao*|*nao esta completo*|*nao foi concluido*|"
                     "*nao esta concluido*|*reabastec*"},
    /* Russian */
    {MEANING_REFILL, "*рефил*|*восстановлен*|*докрутк*|*гаранти*|*24 час*|*заказ не выполнен*|"
                     "*заказ не завершен*"},
    /* Arabic */
    {MEANING_REFILL, "*التعويض*|*تعويض*|*اعاده التعبئه*|*الضمان*|*24 ساعه*"},
    /* Indonesian */
    {MEANING_REFILL, "*isi ulang*|*garansi*|*24 jam*|*pesanan belum selesai*"},
    {MEANING_REFILL_ID, "incorrect refill id*|*incorrect refill*|*invalid refill*|"
                        "refill not found*|*refill not found*|*refill request not found*|"
                        "*refill*not found*|*refill*not exist*|*refill*doesn't exist*|"
                        "*wrong refill*|*refill id*|*refill field is required*|*missing refill*|"
                        "error.incorrect refill id"},
    /* Turkish */
    {MEANING_REFILL_ID, "*telafi*bulunamadi*|*refill bulunamadi*|*refill*bulunamadi*"},
    /* Vietnamese */
    {MEANING_REFILL_ID, "*bao hanh*khong ton tai*|*khong tim thay*bao hanh*|"
                        "*khong tim thay*refill*"},
    /* Spanish */
    {MEANING_REFILL_ID, "*reposicion*no encontrad*|*recarga no encontrad*|*refill no encontrad*"},
    /* Portuguese */
    {MEANING_REFILL_ID, "*reposicao*nao encontrad*|*refill nao encontrad*"},
    /* Russian */
    {MEANING_REFILL_ID, "*рефил*не найден*|*заявка*не найдена*|*запрос*не найден*"},
    /* Arabic */
    {MEANING_REFILL_ID, "*التعويض غير موجود*"},
    /* Indonesian */
    {MEANING_REFILL_ID, "*refill tidak ditemukan*"},
    {MEANING_CANCEL, "*not eligible*cancel*|*eligible to cancel*|*no longer be cancel*|"
                     "*cancel is disabled*|*cancel*disabled*|*cannot be cancel*|"
                     "*can't be cancel*|*can not be cancel*|*cannot cancel*|*can't cancel*|"
                     "*can not cancel*|*unable to cancel*|*cancel*not allowed*|"
                     "*cancel*not available*|*cancel*unavailable*|*cancel*not support*|"
                     "*not support*cancel*|*cancel*not possible*|*already cancel*|"
                     "*already completed*|*already been completed*|*already complete*|"
                     "*order is completed*|*order is already*|*order completed*|"
                     "*cancel*in progress*|*cancel*already*|*already*cancel*|*not cancel*|"
                     "error.*cancel*"},
    {MEANING_CANCEL_TOPIC, "*cancel*"},
    /* Turkish */
    {MEANING_CANCEL, "*iptal*"},
    /* Vietnamese */
    {MEANING_CANCEL, "*khong ho tro huy*|*khong the huy*|*khong huy duoc*|*huy don*|*da huy*|"
                     "*huy*"},
    /* Spanish */
    {MEANING_CANCEL, "*cancelar*|*cancelacion*|*cancelad*"},
    /* Portuguese */
    {MEANING_CANCEL, "*cancelamento*|*ser cancelad*"},
    /* Russian */
    {MEANING_CANCEL, "*отмен*"},
    /* Arabic */
    {MEANING_CANCEL, "*الغاء*"},
    /* Indonesian */
    {MEANING_CANCEL, "*dibatalkan*|*batal*|*pembatalan*"},
    /* French */
    {MEANING_CANCEL, "*annul*"},
    /* German */
    {MEANING_CANCEL, "*storn*"},
    /* Italian */
    {MEANING_CANCEL, "*annulla*"},
    /* Polish */
    {MEANING_CANCEL, "*anulowa*"},
    {MEANING_TOO_MANY, "maximum 100 orders*|*maximum*orders*|*too many orders*|*too many ids*|"
                       "*max*orders*|*up to 100*|*limit*100*|*more than 100*|*exceed*100*"},
};
const size_t classify_table_after_row_count = COUNT_OF(classify_table_after_rows);
