/* The built-in table of error texts: what speaks of a new order. Patterns as textfold leaves
 * texts: lower case, no accents, '_' as a blank, no final dot; several languages, since panels
 * localise. Separated by '|'; '*' matches anything. */
#include "providers/classify.h"

const char classify_table_placed[] =
    "*order was created*|*order has been created*|*order was placed*|*order has been placed*|"
    "*order was accepted*|*order has been accepted*|*order may have been*|"
    "*order might have been*|*order status*unknown*|*status of*order*unknown*";

const struct classify_row classify_table_order_rows[] = {
    {MEANING_QUANTITY, "neworder.error.min quantity|neworder.error.max quantity|*min quantity*|"
                       "*max quantity*|*quantity less than*|*quantity more than*|"
                       "*quantity is less than*|*quantity is more than*|*quantity greater than*|"
                       "*quantity is greater than*|*less than minim*|*more than maxim*|"
                       "*less than the minimum*|*more than the maximum*|"
                       "*lower than the minimum*|*higher than the maximum*|"
                       "*greater than the maximum*|*below the minimum*|*below minimum*|"
                       "*above the maximum*|*above maximum*|*exceeds maximum*|"
                       "*exceeds the maximum*|*exceeded the maximum*|*minimum quantity*|"
                       "*maximum quantity*|*minimum number*|*maximum number*|*meet the minimum*|"
                       "*minimum order*|*maximum order*|*minimum amount*|*maximum amount*|"
                       "*minimum is *|*maximum is *|incorrect quantity*|*incorrect quantity*|"
                       "*invalid quantity*|*wrong quantity*|*bad quantity*|"
                       "*not enough quantity*|*quantity field is required*|"
                       "*quantity is required*|*quantity must*|*quantity should*|"
                       "*quantity*between*|*quantity*invalid*|*quantity*not valid*|"
                       "*quantity*multiple*|*quantity is too*|*quantity too*|*min/max*"},
    {MEANING_QUANTITY, "#108|#109"},
    /* Turkish */
    {MEANING_QUANTITY, "*minimum*miktar*|*maksimum*miktar*|*miktar*minimum*|*miktar*maksimum*|"
                       "*minimum*adet*|*maksimum*adet*|*minimum siparis*|*maksimum siparis*|"
                       "*gecersiz miktar*|*miktar*gecersiz*|*hatali miktar*|*miktar*az*|"
                       "*miktar*fazla*|*en az*adet*|*en fazla*adet*|*siparis miktar*"},
    /* Vietnamese */
    {MEANING_QUANTITY, "*so luong*toi thieu*|*so luong*toi da*|*so luong*khong hop le*|"
                       "*so luong*nho hon*|*so luong*lon hon*|*so luong*vuot*|*toi thieu la*|"
                       "*toi da la*|*mua toi thieu*|*mua toi da*|*so luong*tu*den*|"
                       "*so luong khong*"},
    /* Spanish */
    {MEANING_QUANTITY, "*cantidad*minim*|*cantidad*maxim*|*minim*cantidad*|*cantidad*invalida*|"
                       "*cantidad*incorrecta*|*cantidad*menor*|*cantidad*mayor*|"
                       "*cantidad*no valida*"},
    /* Portuguese */
    {MEANING_QUANTITY, "*quantidade*minim*|*quantidade*maxim*|*minim*quantidade*|"
                       "*quantidade*invalida*|*quantidade*incorreta*|*quantidade*menor*|"
                       "*quantidade*maior*"},
    /* Russian */
    {MEANING_QUANTITY, "*минимальн*количеств*|*максимальн*количеств*|*количеств*минимальн*|"
                       "*количеств*максимальн*|*количеств*меньше*|*количеств*больше*|"
                       "*неверное количество*|*некорректное количество*|*минимальный заказ*|"
                       "*максимальный заказ*"},
    /* Arabic */
    {MEANING_QUANTITY, "*الكميه*اقل*|*الكميه*اكبر*|*الكميه*الحد*|*الحد الادني*|*الحد الاقصي*|"
                       "*الكميه غير*"},
    /* Indonesian */
    {MEANING_QUANTITY, "*jumlah*minim*|*jumlah*maks*|*minim*jumlah*|*maks*jumlah*|"
                       "*minimal pemesanan*|*maksimal pemesanan*|*jumlah*kurang*|"
                       "*jumlah*melebihi*|*jumlah tidak*|*minimal order*|*maksimal order*"},
    /* French */
    {MEANING_QUANTITY, "*quantite*minim*|*quantite*maxim*|*quantite*invalide*|"
                       "*quantite*inferieure*|*quantite*superieure*"},
    /* German */
    {MEANING_QUANTITY, "*menge*minim*|*menge*maxim*|*mindestmenge*|*hochstmenge*"},
    /* Italian */
    {MEANING_QUANTITY, "*quantita*minim*|*quantita*massim*"},
    /* Polish */
    {MEANING_QUANTITY, "*ilosc*minimal*|*ilosc*maksymal*|*minimalna ilosc*|*maksymalna ilosc*|"
                       "*nieprawidlowa ilosc*"},
    {MEANING_FIELD,
     "user not found|* user not found*|neworder.error.*|*comments field is required*|"
     "*comments*required*|*invalid comment*|*incorrect comment*|*bad comment*|"
     "*comments*empty*|*comments*invalid*|*at least*comment*|"
     "*interval time is required*|*runs is required*|*interval is required*|"
     "*not support drip*|*drip*not support*|*drip*not available*|"
     "*invalid interval*|*interval*invalid*|*incorrect interval*|"
     "*invalid runs*|*incorrect runs*|*invalid username*|*incorrect username*|"
     "*usernames*required*|*username*required*|*invalid usernames*|"
     "*invalid keyword*|*keywords*required*|*invalid hashtag*|"
     "*hashtag*required*|*invalid media*|*media*required*|*invalid groups*|"
     "*groups*required*|*invalid answer*|*answer number*|*invalid delay*|"
     "*incorrect delay*|*invalid expiry*|*incorrect expiry*|*invalid posts*|"
     "*invalid country*|*invalid device*|*type of traffic*|"
     "*fill in the required field*|*fill all*field*|*fill in all*field*|"
     "*required fields*|*required field is*|*missing required*|"
     "*missing parameter*|*missing field*|*missing param*|*parameter*missing*|"
     "*parameter is required*|*parameters are required*|*field is required*|"
     "*fields are required*|*incorrect service type*|*invalid service type*|"
     "*wrong service type*|*incorrect parameter*|*invalid parameter*|"
     "*invalid param*|*invalid field*|*given data was invalid*|"
     "*validation failed*|*validation error*|*must be a number*|"
     "*must be an integer*|*must be numeric*|*must be a string*|"
     "*is not a valid number*|*invalid input*|invalid data*|*: invalid data|"
     "*incorrect keyword*|*wrong keyword*|*bad keyword*|*blocked comments*|"
     "*comments*disabled*|*drip*not allowed*|*drip*not permitted*|"
     "*subscription*not allowed*|*referring url is *|*invalid referring url*|"
     "*incorrect referring url*|*wrong referring url*"},
    {MEANING_FIELD, "#107"},
    /* Turkish */
    {MEANING_FIELD, "*yorum*gerekli*|*yorum*zorunlu*|*zorunlu alan*|*alanlari doldur*|"
                    "*eksik parametre*|*gerekli alan*|*drip*desteklem*|*gecersiz yorum*"},
    /* Vietnamese */
    {MEANING_FIELD, "*vui long nhap*|*khong duoc de trong*|*thieu tham so*|*thieu thong tin*|"
                    "*noi dung*khong hop le*|*binh luan*khong*|*nhap day du*|*dien day du*"},
    /* Spanish */
    {MEANING_FIELD, "*campo*obligatorio*|*campos obligatorios*|*campo*requerido*|"
                    "*campos requeridos*|*comentarios*requerid*|*faltan parametros*|"
                    "*falta el parametro*|*comentario*invalid*"},
    /* Portuguese */
    {MEANING_FIELD, "*campo*obrigatorio*|*campos obrigatorios*|*comentarios*obrigatori*|"
                    "*faltam parametros*|*parametro*ausente*|*preencha todos*|"
                    "*comentario*invalid*"},
    /* Russian */
    {MEANING_FIELD, "*обязательн*пол*|*обязательный параметр*|*заполните*|*не указан*|"
                    "*отсутствует параметр*|*комментари*обязател*|*неверный параметр*|"
                    "*введите комментари*"},
    /* Arabic */
    {MEANING_FIELD, "*مطلوب*|*يجب ملء*|*الحقول المطلوبه*"},
    /* Indonesian */
    {MEANING_FIELD, "*wajib diisi*|*harus diisi*|*parameter tidak lengkap*|"
                    "*kolom*diperlukan*|*lengkapi data*|*data tidak lengkap*"},
    /* French */
    {MEANING_FIELD, "*champ*obligatoire*|*champs obligatoires*|*champ*requis*"},
    /* German */
    {MEANING_FIELD, "*pflichtfeld*|*erforderlich*"},
    {MEANING_LINK, "neworder.error.link|*.error.link|bad link*|*bad link*|incorrect link*|"
                   "*incorrect link*|invalid link*|*invalid link*|link not found*|"
                   "*link not found*|wrong link*|*wrong link*|*private account*|"
                   "*account is private*|*account private*|*profile is private*|"
                   "*private profile*|*post is private*|*video is private*|"
                   "*link field is required*|*link is required*|*link is invalid*|"
                   "*link is not valid*|*link is incorrect*|*link is wrong*|*link invalid*|"
                   "*invalid url*|*incorrect url*|*bad url*|*wrong url*|*url is invalid*|"
                   "*url is not valid*|*url field is required*|*not a valid link*|"
                   "*not a valid url*|*link*private*|*link*does not exist*|"
                   "*link*doesn't exist*|*link format*|*url format*|*link must be*|"
                   "*link should be*|*url must be*|*link is not supported*|"
                   "*unsupported link*|*link not supported*|*link is broken*|"
                   "*link is too long*|*link*not available*|*profile not found*|"
                   "*post not found*|*video not found*|*channel not found*|"
                   "*page*does not exist*|*username not found*|*link*blacklist*|"
                   "*link*not allowed*|*link*banned*|"
                   "*link*not permitted*|*enter a valid link*|*provide a valid link*|"
                   "*enter a valid url*|*provide a valid url*|*invalid instagram link*|"
                   "*invalid youtube link*|*invalid tiktok link*|*invalid facebook link*|"
                   "*invalid telegram link*|*invalid twitter link*|*service cannot be ordered for*|"
                   "*service can't be ordered for*|*service can not be ordered for*|"
                   "*service*is not available for this link*|*service*not available for this link*|"
                   "*service*does not support this link*|*service*doesn't support this link*"},
    /* Turkish */
    {MEANING_LINK, "*gecersiz link*|*gecersiz baglanti*|*hatali link*|*link hatali*|"
                   "*link gecersiz*|*linkiniz*hatali*|*gecersiz url*|*gizli hesap*|"
                   "*hesap gizli*|*hesabiniz gizli*|*baglanti gecersiz*|*hatali baglanti*|"
                   "*yanlis link*|*link*gizli*|*link*gerekli*|*link*zorunlu*"},
    /* Vietnamese */
    {MEANING_LINK, "*link khong hop le*|*lien ket khong hop le*|*duong dan khong hop le*|"
                   "*link sai*|*link bi sai*|*link khong dung*|*sai link*|"
                   "*link khong ton tai*|*link*khong cong khai*|*url khong hop le*|"
                   "*nhap*link*|*uid khong hop le*|*link*rieng tu*|*link*khong hop le*"},
    /* Spanish */
    {MEANING_LINK, "*enlace*invalido*|*enlace*incorrecto*|*enlace*no valido*|"
                   "*enlace no es valido*|*link invalido*|*link incorrecto*|"
                   "*cuenta privada*|*cuenta es privada*|*perfil privado*|*url invalida*|"
                   "*url no valida*|*enlace*no existe*|*enlace*obligatorio*"},
    /* Portuguese */
    {MEANING_LINK, "*link incorreto*|*link*invalido*|*link nao e valido*|*link errado*|"
                   "*conta privada*|*perfil e privado*|*conta e privada*|*url nao e valida*|"
                   "*link*obrigatorio*|*link nao encontrado*"},
    /* Russian */
    {MEANING_LINK, "*неверная ссылка*|*некорректная ссылка*|*неправильная ссылка*|"
                   "*неверную ссылку*|*недействительная ссылка*|*ссылка*недействительн*|"
                   "*ссылка*неверн*|*ссылка*некорректн*|*неверный url*|"
                   "*неверный формат ссылки*|*закрытый аккаунт*|*аккаунт закрыт*|"
                   "*приватный аккаунт*|*аккаунт приватный*|*закрытый профиль*|"
                   "*профиль закрыт*"},
    /* Arabic */
    {MEANING_LINK, "*الرابط غير*|*رابط غير*|*رابط خاطئ*|*الرابط خاطئ*|*الحساب خاص*|"
                   "*حساب خاص*"},
    /* Indonesian */
    {MEANING_LINK, "*link tidak*|*tautan tidak*|*link salah*|*tautan salah*|"
                   "*url tidak valid*|*akun privat*|*akun di private*|*akun*terkunci*|"
                   "*target tidak*|*target salah*|*link*private*"},
    /* French */
    {MEANING_LINK, "*lien invalide*|*lien incorrect*|*lien non valide*|*compte prive*|"
                   "*lien*n'est pas valide*"},
    /* German */
    {MEANING_LINK, "*ungultiger link*|*falscher link*|*link*ungultig*|*konto*privat*"},
    /* Italian */
    {MEANING_LINK, "*link non valido*|*link errato*|*account privato*|*profilo privato*"},
    /* Polish */
    {MEANING_LINK, "*nieprawidlowy link*|*bledny link*|*niepoprawny link*|*prywatne konto*|"
                   "*konto prywatne*"},
    /* Chinese */
    {MEANING_LINK, "*链接无效*|*链接错误*"},
    {MEANING_ACTIVE_ORDER,
     "neworder.error.link duplicate|*link duplicate*|*active order with this link*|"
     "*active order for this link*|*active order on this link*|"
     "*active order with the same*|*have active order*|*have an active order*|"
     "*identical order*|*already has an order*|*already have an order*|"
     "*already has an active order*|*already an active order*|"
     "*already an order*link*|*link currently active*|"
     "*link is currently active*|*link is active*|*link*already active*|"
     "*link*already in progress*|*link*already in use*|*link*already*order*|"
     "*processing another transaction*|*another order*same link*|"
     "*another order*this link*|*order*same link*|*order*in progress*link*|"
     "*order with this link*|*wait until*order*complet*|"
     "*wait until*previous order*|*wait*previous order*|*duplicate order*|"
     "*order already exist*|*duplicate link*|*link already exist*|"
     "*previous order*not*complet*"},
    /* Turkish */
    {MEANING_ACTIVE_ORDER, "*bu link*aktif*siparis*|*aktif*siparis*|*devam eden*siparis*|"
                           "*ayni link*|*bu link*siparis*|*siparis*tamamlanmasini*|"
                           "*linke ait*siparis*|*onceki siparis*"},
    /* Vietnamese */
    {MEANING_ACTIVE_ORDER, "*link*dang chay*|*link nay dang*|*link*dang co don*|*link*da ton tai*|"
                           "*da co don*|*don hang*dang chay*|*don cu*chua*|*trung link*|"
                           "*link*trung*|*don*dang xu ly*link*|*link dang duoc*|*don hang*trung*|"
                           "*link*dang xu ly*|*link*dang hoat dong*|*don hang*dang hoat dong*"},
    /* Spanish */
    {MEANING_ACTIVE_ORDER,
     "*pedido activo*|*orden activa*|*ya tiene*pedido*|*ya tienes*pedido*|"
     "*ya existe*pedido*|*ya tiene*orden*|*ya tienes*orden*|*ya existe*orden*|"
     "*mismo enlace*|*pedido en curso*|*este enlace*pedido*|"
     "*espere*pedido*complet*|*mismo link*"},
    /* Portuguese */
    {MEANING_ACTIVE_ORDER,
     "*pedido ativo*|*ordem ativa*|*pedido em andamento*|"
     "*pedido*andamento*link*|*mesmo link*|*ja existe*pedido*|"
     "*ja possui*pedido*|*ja tem*pedido*|*aguarde*pedido*|*pedido*este link*"},
    /* Russian */
    {MEANING_ACTIVE_ORDER, "*активный заказ*|*активного заказа*|*активные заказы*|*уже есть*заказ*|"
                           "*уже существует*заказ*|*заказ*этой ссылк*|*заказ*эту ссылку*|"
                           "*дождитесь*заказ*|*заказ*уже выполняется*|*дублик*заказ*|"
                           "*ссылка*уже*заказ*"},
    /* Arabic */
    {MEANING_ACTIVE_ORDER, "*طلب نشط*|*طلب قيد*|*نفس الرابط*|*طلب سابق*|*طلب*بنفس الرابط*|"
                           "*طلب*هذا الرابط*"},
    /* Indonesian */
    {MEANING_ACTIVE_ORDER, "*pesanan aktif*|*masih ada pesanan*|*pesanan*sedang*proses*|"
                           "*link yang sama*|*pesanan*link ini*|*pesanan sebelumnya*|"
                           "*order*link yang sama*|*target yang sama*|*tunggu*pesanan*selesai*"},
    /* French */
    {MEANING_ACTIVE_ORDER, "*commande active*|*meme lien*|*commande en cours*"},
    /* German */
    {MEANING_ACTIVE_ORDER, "*aktive bestellung*|*gleichen link*"},
    /* Italian */
    {MEANING_ACTIVE_ORDER, "*ordine attivo*|*stesso link*"},
    /* Polish */
    {MEANING_ACTIVE_ORDER, "*aktywne zamowienie*|*tym samym link*"},
    /* Uzbek */
    {MEANING_ACTIVE_ORDER, "*faol buyurtma*"},
    {MEANING_DOUBT, "*error processing your request*|*error occurred while placing*|"
                    "*error while placing*|*error placing*order*|*unknown error*|"
                    "*failed to place order*|*failed to place*order*|"
                    "*failed to create*order*|*failed to submit*order*|"
                    "*could not place*order*|*could not create*order*|"
                    "*unable to place*order*|*unable to create*order*|"
                    "*order was not created*|*order not created*|*order could not be*|"
                    "*order failed*|*order*has failed*|*internal server error*|server error*|"
                    "*internal error*|*unexpected error*|*gateway time*|"
                    "bad gateway*|*system error*|*connection error*|*connection failed*|"
                    "*curl error*|*could not connect*|*database error*|*sql*error*|"
                    "*sqlstate*|*access denied for user*|*invalid response*|*service response*|"
                    "*bad response*|*empty response*|*no response*|#114|#500"},
    {MEANING_WORDLESS, "error|failed|fail|api error"},
    {MEANING_BROKEN, "*an error occurred*|*an error has occurred*|*error has been occurred*|"
                     "*timeout*|*timed out*|*time out*|*exception*|*something went wrong*|"
                     "*upstream*|*provider error*|*error processing*|*failed to create*|"
                     "*failed to submit*|*failed to process*|*failed to send*|"
                     "*request failed*|*could not be processed*"},
    /* Turkish */
    {MEANING_DOUBT, "*siparis olusturulamadi*|*siparis*verilemedi*|*bilinmeyen hata*|"
                    "*beklenmeyen*hata*|*sistem hatasi*|*sistemsel*hata*"},
    /* Vietnamese */
    {MEANING_DOUBT, "*khong duoc tao thanh cong*|*tao don*that bai*|"
                    "*tao don*khong thanh cong*|*dat hang that bai*|*dat don that bai*|"
                    "*khong tao duoc don*|*loi he thong*|*loi khong xac dinh*|"
                    "*don hang that bai*|*khong the tao don*"},
    /* Spanish */
    {MEANING_DOUBT, "*error inesperado*|*error desconocido*|*error al procesar*|"
                    "*error al crear*|*error interno*|*no se pudo crear*|"
                    "*no se pudo realizar*|*no se pudo procesar*"},
    /* Portuguese */
    {MEANING_DOUBT, "*erro desconhecido*|*erro ao processar*|*erro ao criar*|*erro interno*|"
                    "*erro inesperado*|*nao foi possivel criar*|*nao foi possivel processar*|"
                    "*nao foi possivel realizar*|*falha ao criar*|*falha ao processar*"},
    /* Russian */
    {MEANING_DOUBT, "*неизвестная ошибка*|*ошибка сервера*|*внутренняя ошибка*|"
                    "*непредвиденная ошибка*|*системная ошибка*|*заказ не создан*|"
                    "*заказ не был создан*|*не удалось создать*|*не удалось оформить*|"
                    "*не удалось разместить*|*ошибка при создании*|*ошибка при оформлении*|"
                    "*ошибка при обработке*"},
    /* Arabic */
    {MEANING_DOUBT, "*خطا غير معروف*|*خطا في النظام*|*خطا غير متوقع*|*فشل في انشاء*|"
                    "*لم يتم انشاء*"},
    /* Indonesian */
    {MEANING_DOUBT, "*kesalahan sistem*|*kesalahan server*|*gagal membuat pesanan*|"
                    "*pesanan gagal*|*pesanan tidak*dibuat*|*gagal memproses*"},
    /* French */
    {MEANING_DOUBT, "*erreur inconnue*|*erreur interne*"},
    /* German */
    {MEANING_DOUBT, "*unbekannter fehler*|*interner fehler*"},
    /* Italian */
    {MEANING_DOUBT, "*errore sconosciuto*|*errore interno*"},
    /* Polish */
    {MEANING_DOUBT, "*nieznany blad*|*blad serwera*"},
    /* Uzbek */
    {MEANING_DOUBT, "*noma'lum xatolik*"},
    /* Chinese */
    {MEANING_DOUBT, "*系统错误*|*未知错误*"},
    {MEANING_TAIL, "*try again later|*try again|please try again later*|oops*|whoops*|"
                   "*contact*admin*|*contact support*|*contact*administrator*"},
    /* Turkish */
    {MEANING_TAIL, "*bir hata olustu*|*hata olustu*|*hata meydana geldi*|"
                   "*yonetici*iletisim*|*daha sonra tekrar dene*"},
    /* Vietnamese */
    {MEANING_TAIL, "*lien he admin*|*lien he*quan tri*|*lien he*ho tro*|*co loi xay ra*|"
                   "*da xay ra loi*|*thu lai sau|*vui long thu lai*"},
    /* Spanish */
    {MEANING_TAIL, "*ocurrio un error*|*ha ocurrido un error*|*se produjo un error*|"
                   "*algo salio mal*|*contacte*admin*|*contacta*admin*|"
                   "*intentelo*mas tarde*|*intente*mas tarde*"},
    /* Portuguese */
    {MEANING_TAIL, "*ocorreu um erro*|*algo deu errado*|*contate*admin*|*entre em contato*|"
                   "*tente novamente*"},
    /* Russian */
    {MEANING_TAIL, "*произошла ошибка*|*обратитесь*администратор*|*обратитесь*поддержк*|"
                   "*свяжитесь*администратор*|*что-то пошло не так*|*попробуйте*позже*"},
    /* Arabic */
    {MEANING_TAIL, "*حدث خطا*|*اتصل بالمسؤول*|*تواصل مع*"},
    /* Indonesian */
    {MEANING_TAIL, "*terjadi kesalahan*|*hubungi admin*|*coba lagi nanti*|"
                   "*silahkan coba lagi*|*silakan coba lagi*"},
    /* French */
    {MEANING_TAIL, "*une erreur est survenue*|*une erreur s'est produite*|*contactez*admin*"},
    /* German */
    {MEANING_TAIL, "*fehler ist aufgetreten*"},
    /* Italian */
    {MEANING_TAIL, "*si e verificato un errore*"},
    /* Polish */
    {MEANING_TAIL, "*wystapil blad*|*skontaktuj sie*"},
    /* Uzbek */
    {MEANING_TAIL, "*xatolik yuz berdi*"},
};
const size_t classify_table_order_row_count = COUNT_OF(classify_table_order_rows);
