/* The built-in table of error texts: what speaks of us, of the provider, or of a service. Patterns
 * as textfold leaves texts: lower case, no accents, '_' as a blank, no final dot; several
 * languages, since panels localise. Separated by '|'; '*' matches anything. Last, those that need
 * whole words. */
#include "providers/classify.h"

const struct classify_row classify_table_provider_rows[] = {
    {MEANING_FUNDS, "not enough funds*|*not enough funds*|*not enough balance*|"
                    "*not enough credit*|*not enough money*|*not enough fund*"},
    {MEANING_FUNDS, "*insufficient balance*|*insufficient fund*|*insufficient credit*|"
                    "*insufficient user balance*|*balance is not enough*|"
                    "*balance is insufficient*"},
    {MEANING_FUNDS, "*balance is too low*|*balance too low*|*low balance*|*wallet balance is low|"
                    "*balance insufficient*|"
                    "*balance not enough*|*don't have enough*balance*|"
                    "*don't have enough*fund*|*don't have enough*credit*"},
    {MEANING_FUNDS, "*do not have enough*balance*|*do not have enough*fund*|"
                    "*do not have enough*credit*|*out of funds*|*out of balance*|*add funds*|"
                    "*top up your*|payment required|*recharge your*"},
    {MEANING_FUNDS, "#113"},
    /* Turkish */
    {MEANING_FUNDS, "*bakiye*yetersiz*|*yetersiz bakiye*|*bakiye*yeterli degil*|"
                    "*yeterli bakiye*|*bakiyeniz yok*|*yetersiz kredi*"},
    /* Vietnamese */
    {MEANING_FUNDS, "*so du*khong du*|*khong du so du*|*khong du tien*|*so du khong*|"
                    "*het tien*|*nap them tien*|*vui long nap*"},
    /* Spanish */
    {MEANING_FUNDS, "*no tiene*fondos*|*no tienes*fondos*|*fondos insuficientes*|"
                    "*saldo insuficiente*|*sin fondos*|*no tienes*saldo*|*no tiene*saldo*|"
                    "*sin saldo*|*credito insuficiente*"},
    /* Portuguese */
    {MEANING_FUNDS, "*fundos insuficientes*|*sem saldo*|*nao tem saldo*|*nao possui saldo*|"
                    "*saldo*nao e suficiente*|*saldos insuficientes*|*nao ha saldo*|"
                    "*saldo nao suficiente*"},
    /* Russian */
    {MEANING_FUNDS, "*недостаточно средств*|*недостаточный баланс*|*недостаточно денег*|"
                    "*не хватает средств*|*нехватка средств*|*недостаточно*балансе*|"
                    "*недостаточно баланса*|*пополните баланс*"},
    /* Arabic */
    {MEANING_FUNDS, "*الرصيد غير كاف*|*رصيدك غير كاف*|*رصيد غير كاف*|*ليس لديك رصيد*|"
                    "*لا يوجد رصيد*|*رصيد*غير كافي*|*رصيد*لا يكفي*|*لا يكفي*رصيد*"},
    /* Indonesian */
    {MEANING_FUNDS, "*saldo tidak cukup*|*saldo*tidak mencukupi*|*saldo*kurang*|"
                    "*saldo*tidak cukup*|*saldo habis*"},
    /* French */
    {MEANING_FUNDS, "*solde insuffisant*|*fonds insuffisants*|*credit insuffisant*"},
    /* German */
    {MEANING_FUNDS, "*guthaben*nicht aus*|*nicht genugend guthaben*|*nicht genug guthaben*"},
    /* Italian */
    {MEANING_FUNDS, "*saldo insufficiente*|*credito insufficiente*|*fondi insufficienti*"},
    /* Polish */
    {MEANING_FUNDS, "*niewystarczajac*|*za malo srodkow*|*brak srodkow*"},
    /* Uzbek */
    {MEANING_FUNDS, "*mablag*yetarli emas*|*yetarli mablag*|*hisobingizda*yetarli*"},
    /* Chinese */
    {MEANING_FUNDS, "*余额不足*"},
    /* Persian */
    {MEANING_FUNDS, "*موجودی*کافی*"},
    {MEANING_KEY, "invalid api key*|incorrect api key*|wrong api key*|*invalid api key*|"
                  "*incorrect api key*|*wrong api key*|*bad api key*|"
                  "*api key is incorrect*|*api key is invalid*|*api key is wrong*|"
                  "*api key is not valid*|*api key invalid*|*api key incorrect*"},
    {MEANING_KEY, "*invalid key*|"
                  "*api key not valid*|*api key*doesn't exist*|*key is invalid*|"
                  "*key is incorrect*|*api key not found*|*key not found*|*invalid token*|"
                  "*invalid api token*|*invalid access token*|*missing api key*|"
                  "*api key missing*|*api key is missing*|*api key*required*|"
                  "*key field is required*|key is required|*api key*does not exist*|"
                  "*api key*expired*"},
    {MEANING_KEY, "unauthenticated*|unauthorized|*unauthorized*|unauthorised*|"
                  "authentication failed*|*authentication required*|invalid credentials*|"
                  "*invalid apikey*|*user not found*|api is disable for this user*|"
                  "*api key*disabled*|*invalid api*|*incorrect api*"},
    {MEANING_KEY, "#102"},
    /* Turkish */
    {MEANING_KEY, "*gecersiz api*|*gecersiz anahtar*|*api anahtar*gecersiz*|"
                  "*api key*hatali*|*hatali api*|*yanlis api*|*api anahtar*hatali*|"
                  "*api anahtar*yanlis*|*api key*gecersiz*|*api key*yanlis*"},
    /* Vietnamese */
    {MEANING_KEY, "*api key khong*|*key khong hop le*|*key khong ton tai*|*key khong dung*|"
                  "*api key*sai*|*sai api*|*token khong hop le*|*token khong dung*|"
                  "*khoa api khong*|*api key*bi khoa*|*token khong ton tai*|*thieu api*|"
                  "*thieu token*|*sai token*|*thieu key*|*token het han*"},
    /* Spanish */
    {MEANING_KEY, "*clave*api*invalida*|*clave*api*incorrecta*|*api key invalida*|"
                  "*api key incorrecta*|*clave*invalida*|*clave*incorrecta*|"
                  "*llave*invalida*|*api*no valida*|*clave*no es valida*|*clave*no valida*"},
    /* Portuguese */
    {MEANING_KEY, "*chave*invalida*|*chave*incorreta*|*chave*errada*|*chave*nao e valida*|"
                  "*api invalida*|*chave*nao encontrada*|*token invalido*"},
    /* Russian */
    {MEANING_KEY, "*неверный*ключ*|*неправильный*ключ*|*недействительный*ключ*|"
                  "*ключ*неверный*|*ключ*неверен*|*ключ*недействител*|*ключ*не найден*|"
                  "*неверный*api*|*некорректный*ключ*|*неверный токен*"},
    /* Arabic */
    {MEANING_KEY, "*مفتاح*غير صحيح*|*مفتاح*غير صالح*|*مفتاح*خاطئ*|*مفتاح*خطا*"},
    /* Indonesian */
    {MEANING_KEY, "*api key salah*|*api key tidak*|*kunci api*salah*|*kunci api*tidak*|"
                  "*apikey salah*|*api*tidak valid*|*api key*tidak ditemukan*"},
    /* French */
    {MEANING_KEY, "*cle api invalide*|*cle api incorrecte*|*cle*invalide*"},
    /* German */
    {MEANING_KEY, "*ungultiger api*|*api-schlussel*ungultig*|*falscher api*"},
    /* Italian */
    {MEANING_KEY, "*chiave*non valida*|*chiave*errata*"},
    /* Polish */
    {MEANING_KEY, "*nieprawidlowy klucz*|*bledny klucz*"},
    /* Chinese */
    {MEANING_KEY, "*密钥*"},
    {MEANING_ACCOUNT, "neworder.error.account banned|*account is inactive*|*account is not "
                      "active*|*account is suspended*|"
                      "*account*suspended*|*account*banned*|*account is blocked*|"
                      "*account*blocked*|*account is disabled*|*account*disabled*|"
                      "*account*deactivated*|*account*inactive*|*account is locked*|"
                      "*account banned*"},
    {MEANING_ACCOUNT, "*api access*disabled*|*api access*denied*|*api is not enabled*|"
                      "*ip address*not*"},
    {MEANING_ACCOUNT, "*user is inactive*|*disabled for your account*|*disabled for your user*|"
                      "*closed for your account*"},
    {MEANING_ACCOUNT, "forbidden|access denied*|access forbidden*|*permission denied*|"
                      "*you are banned*|*not allowed to use*api*|*does not have*permission*|"
                      "not permitted|*you are not permitted|*not permitted to use*|"
                      "*api*not permitted*"},
    {MEANING_ACCOUNT, "#103"},
    /* Turkish */
    {MEANING_ACCOUNT, "*hesab*askiya*|*hesab*pasif*|*hesab*aktif degil*|*hesab*engellen*|"
                      "*hesab*kapali*"},
    /* Vietnamese */
    {MEANING_ACCOUNT, "*tai khoan*bi khoa*|*tai khoan*chua kich hoat*|"
                      "*tai khoan*khong hoat dong*|*tai khoan*da khoa*|*tai khoan*bi cam*|"
                      "*tai khoan*bi dinh chi*"},
    /* Spanish */
    {MEANING_ACCOUNT, "*cuenta*suspendida*|*cuenta*inactiva*|*cuenta*bloqueada*|"
                      "*cuenta*desactivada*|*cuenta no esta activa*|*acceso denegado*"},
    /* Portuguese */
    {MEANING_ACCOUNT, "*conta*suspensa*|*conta*inativa*|*conta*bloqueada*|*conta*desativada*|"
                      "*conta nao esta ativa*|*acesso negado*"},
    /* Russian */
    {MEANING_ACCOUNT, "*аккаунт*заблокирован*|*аккаунт*неактивен*|*аккаунт*не активен*|"
                      "*аккаунт*приостановлен*|*пользователь*заблокирован*|*доступ запрещен*|"
                      "*учетная запись*"},
    /* Arabic */
    {MEANING_ACCOUNT, "*حسابك*غير نشط*|*حسابك*موقوف*|*حسابك*محظور*|*الحساب*موقوف*|"
                      "*الحساب*محظور*|*الحساب*غير نشط*|*الحساب*معطل*"},
    /* Indonesian */
    {MEANING_ACCOUNT, "*akun*ditangguhkan*|*akun*tidak aktif*|*akun*diblokir*|"
                      "*akun*dinonaktif*|*akses ditolak*"},
    /* French */
    {MEANING_ACCOUNT, "*compte*suspendu*|*compte*inactif*|*compte*bloque*|*acces refuse*"},
    /* German */
    {MEANING_ACCOUNT, "*konto*gesperrt*|*zugriff verweigert*|*konto*inaktiv*"},
    {MEANING_MAINTENANCE, "*maintenance*|*ordering is disabled*|*ordering disabled*|"
                          "*orders are disabled*|*ordering is closed*|api is disabled*|"
                          "*api is disabled|*api disabled|service unavailable*|"
                          "*system*unavailable*|*panel*unavailable*|*site*unavailable*|"
                          "*temporarily unavailable*|*temporarily down*|*system is down*|"
                          "*server is down*|*panel is down*|*site is down*|down|*currently down*|"
                          "*under construction*|*system*busy*|*server*busy*|*server is overloaded*|"
                          "*system update*|*we are updating*"},
    /* Turkish */
    {MEANING_MAINTENANCE, "*bakim*|*gecici olarak*kapali*|*siparis*kapali*|*guncelleme yapiliyor*"},
    /* Vietnamese */
    {MEANING_MAINTENANCE, "*bao tri*|*he thong*tam ngung*|*he thong*tam dung*|*dang nang cap*|"
                          "*he thong ban*"},
    /* Spanish */
    {MEANING_MAINTENANCE, "*mantenimiento*|*temporalmente no disponible*|*sistema no disponible*"},
    /* Portuguese */
    {MEANING_MAINTENANCE, "*manutencao*|*temporariamente indisponivel*|*sistema indisponivel*"},
    /* Russian */
    {MEANING_MAINTENANCE, "*обслуживани*|*технические работы*|*технических работ*|*техработы*|"
                          "*временно недоступ*|*временно не работает*"},
    /* Arabic */
    {MEANING_MAINTENANCE, "*صيانه*|*الصيانه*|*غير متاح حاليا*"},
    /* Indonesian */
    {MEANING_MAINTENANCE, "*pemeliharaan*|*sedang perbaikan*|*sedang gangguan*|*dalam perbaikan*"},
    /* French */
    {MEANING_MAINTENANCE, "*temporairement indisponible*"},
    /* German */
    {MEANING_MAINTENANCE, "*wartung*|*vorubergehend nicht*"},
    /* Italian */
    {MEANING_MAINTENANCE, "*manutenzione*"},
    /* Polish */
    {MEANING_MAINTENANCE, "*konserwacj*|*przerwa techniczna*|*prace techniczne*"},
    /* Uzbek */
    {MEANING_MAINTENANCE, "*texnik ishlar*"},
    /* Chinese */
    {MEANING_MAINTENANCE, "*维护*"},
    {MEANING_RATE, "*too many requests*|*too many request*|*too many attempts*|*rate limit*|"
                   "*ratelimit*|*request limit*|*requests limit*|*api limit*|"
                   "*limit of requests*|*too fast*|*too quickly*|*slow down*|*throttle*|"
                   "*requests per minute*|*requests per second*|*too frequent*|"
                   "*request quota*"},
    /* Turkish */
    {MEANING_RATE, "*cok fazla istek*|*cok fazla talep*|*istek limit*|*cok hizli*|*cok sik*"},
    /* Vietnamese */
    {MEANING_RATE, "*qua nhieu yeu cau*|*qua nhanh*|*thao tac nhanh*|*gioi han yeu cau*|"
                   "*qua nhieu lan*"},
    /* Spanish */
    {MEANING_RATE, "*demasiadas solicitudes*|*demasiadas peticiones*|"
                   "*limite de solicitudes*|*limite de peticiones*|*demasiado rapido*"},
    /* Portuguese */
    {MEANING_RATE, "*muitas requisicoes*|*muitas solicitacoes*|*limite de requisicoes*|"
                   "*limite de solicitacoes*|*muito rapido*|*muitas tentativas*"},
    /* Russian */
    {MEANING_RATE, "*слишком много запросов*|*слишком часто*|*слишком частые*|"
                   "*превышен лимит*запрос*|*лимит запросов*"},
    /* Arabic */
    {MEANING_RATE, "*طلبات كثيره*|*عدد كبير من الطلبات*|*الكثير من الطلبات*|"
                   "*تجاوزت الحد*طلب*"},
    /* Indonesian */
    {MEANING_RATE, "*terlalu banyak permintaan*|*batas permintaan*|*terlalu cepat*|"
                   "*terlalu sering*"},
    /* French */
    {MEANING_RATE, "*trop de requetes*|*trop de demandes*"},
    /* German */
    {MEANING_RATE, "*zu viele anfragen*"},
    /* Italian */
    {MEANING_RATE, "*troppe richieste*"},
    /* Polish */
    {MEANING_RATE, "*zbyt wiele zapytan*|*zbyt wiele zadan*|*za duzo zapytan*"},
    /* Chinese */
    {MEANING_RATE, "*请求过于频繁*|*请求太频繁*"},
    {MEANING_SERVICE,
     "error.incorrect service id|*incorrect service id*|*incorrect service|"
     "incorrect service*|*invalid service*|*disabled service*|"
     "*service id does not exist*|*service id doesn't exist*|"
     "*service*does not exist*|*service*doesn't exist*|"
     "*services does not exist*|*service is inactive*|*service inactive*|"
     "*service not found*|*service is not found*|*service*not found*|"
     "*service is disabled*|*service disabled*|*service has been disabled*|"
     "*service*is not available*|*service not available*|"
     "*service is unavailable*|*service is temporarily unavailable*|"
     "*service is currently unavailable*|*service is not active*|"
     "*service not active*|*inactive service*|*service paused*|"
     "*service is paused*|*service is closed*|*service closed*|"
     "*service is stopped*|*service has been*removed*|*service deleted*|"
     "*service has been*deleted*|*service is deleted*|*service is no longer available*|"
     "*service is invalid*|*service is not valid*|"
     "*service is out of stock*|*out of stock*|*bad service*|*wrong service*|"
     "*unknown service*|*no such service*|*package not found*|"
     "*package does not exist*|*service cannot be ordered*|"
     "*can't order this service*|*cannot order this service*|"
     "*service is overloaded*"},
    {MEANING_SERVICE, "to order this service*|*to order this service*"},
    {MEANING_SERVICE, "#105"},
    /* Turkish */
    {MEANING_SERVICE, "*servis*bulunamadi*|*servis*aktif degil*|*servis*pasif*|"
                      "*gecersiz servis*|*servis*kapali*|*hatali servis*|*servis*mevcut degil*|"
                      "*servis*devre disi*|*hizmet*bulunamadi*|*hizmet*kapali*|"
                      "*servis*gecersiz*|*hizmet*pasif*|*hizmet*gecersiz*|*servis id*hatali*"},
    /* Vietnamese */
    {MEANING_SERVICE, "*dich vu*khong ton tai*|*dich vu*khong hop le*|*dich vu*tam ngung*|"
                      "*dich vu*tam dung*|*dich vu*ngung*|*dich vu*khong kha dung*|"
                      "*dich vu*khong hoat dong*|*khong tim thay dich vu*|*may chu*tam dung*|"
                      "*may chu*tam ngung*|*may chu*khong hoat dong*|*goi*khong ton tai*|"
                      "*dich vu*da tat*|*dich vu*da dong*|*may chu*khong ton tai*"},
    /* Spanish */
    {MEANING_SERVICE, "*servicio*no existe*|*servicio*desactivado*|*servicio*no encontrado*|"
                      "*servicio*no disponible*|*servicio*invalido*|*servicio*deshabilitado*|"
                      "*servicio*incorrecto*|*servicio*inactivo*|*servicio*no esta disponible*|"
                      "*servicio*no esta activo*"},
    /* Portuguese */
    {MEANING_SERVICE, "*servico*inativo*|*servico*nao encontrado*|*servico*nao existe*|"
                      "*servico*desativado*|*servico*indisponivel*|*servico*invalido*|"
                      "*servico*incorreto*|*servico*nao esta disponivel*|"
                      "*servico*nao disponivel*|*servico*pausado*"},
    /* Russian */
    {MEANING_SERVICE, "*услуга*не найден*|*сервис*не найден*|*услуга*отключен*|"
                      "*сервис*отключен*|*услуга*недоступ*|*сервис*недоступен*|"
                      "*услуга*неактивн*|*услуга*не активн*|*неверный*сервис*|*неверный*услуг*|"
                      "*неверная услуга*|*услуга не существует*|*сервис не существует*"},
    /* Arabic */
    {MEANING_SERVICE, "*الخدمه غير*|*خدمه غير*|*الخدمه معطله*|*الخدمه متوقفه*|*الخدمه لا تعمل*|"
                      "*الخدمه*غير متوفره*|*الخدمه*غير موجوده*"},
    /* Indonesian */
    {MEANING_SERVICE, "*layanan tidak*|*layanan*tidak ditemukan*|*layanan*tidak aktif*|"
                      "*layanan*tidak tersedia*|*layanan*nonaktif*|*layanan salah*|"
                      "*servis tidak*"},
    /* French */
    {MEANING_SERVICE, "*service*introuvable*|*service*n'existe pas*|*service*desactive*|"
                      "*service*indisponible*|*service invalide*"},
    /* German */
    {MEANING_SERVICE, "*dienst*nicht gefunden*|*dienst*deaktiviert*|*dienst*nicht verfugbar*"},
    /* Italian */
    {MEANING_SERVICE, "*servizio*non trovato*|*servizio*non disponibile*|*servizio*disattivato*"},
    /* Polish */
    {MEANING_SERVICE, "*usluga*nie istnieje*|*usluga*wylaczona*|*usluga*niedostepna*|"
                      "*nieprawidlowa usluga*"},
    {MEANING_SETUP,
     "missing required parameter: request id*|*parameter: request id*|"
     "*unable to verify your domain*|*domain*not authori*|"
     "*domain is not allowed*|*unknown domain*|*verify your email*|*verify your account*|"
     "*accept the terms*|*enable api*|*upgrade your plan*"},
    {MEANING_ACTION,
     "incorrect request*|incorrect request or api key|invalid request|this action is invalid*|"
     "*action is invalid*|*selected action is invalid*|method not allowed*|"
     "*method is not allowed*|*method is not supported*|invalid action*|"
     "incorrect action*|unknown action*|wrong action*|action not found*|"
     "*action not supported*|*action is not supported*|*unsupported action*|"
     "*action does not exist*|*action field is required*|*action is required*|"
     "*missing action*|*not implemented*|*method*does not exist*|"
     "*badmethodcallexception*|*route*could not be found*|*route*not found*|"
     "not found|page not found|404 not found|*endpoint not found*|"
     "*invalid endpoint*|*unsupported media type*|*api version*not*|"
     "*use post*|*post method*"},
    /* Turkish */
    {MEANING_ACTION, "*gecersiz islem*|*gecersiz istek*|*hatali istek*|*islem bulunamadi*"},
    /* Vietnamese */
    {MEANING_ACTION, "*hanh dong khong hop le*|*yeu cau khong hop le*|*action khong hop le*"},
    /* Spanish */
    {MEANING_ACTION, "*accion invalida*|*accion no valida*|*solicitud incorrecta*|"
                     "*solicitud invalida*|*metodo no permitido*"},
    /* Portuguese */
    {MEANING_ACTION, "*acao invalida*|*requisicao invalida*|*solicitacao invalida*|"
                     "*metodo nao permitido*|*solicitacao incorreta*"},
    /* Russian */
    {MEANING_ACTION, "*неверное действие*|*неизвестное действие*|*неверный запрос*|"
                     "*некорректный запрос*|*неправильный запрос*|*метод не поддерживается*"},
    /* Arabic */
    {MEANING_ACTION, "*طلب غير صحيح*|*اجراء غير صالح*|*طلب غير صالح*"},
    /* Indonesian */
    {MEANING_ACTION, "*permintaan salah*|*aksi tidak*|*permintaan tidak valid*|*action tidak*"},
};
const size_t classify_table_provider_row_count = COUNT_OF(classify_table_provider_rows);

const struct classify_row classify_table_word_rows[] = {
    {MEANING_KEY, "* missing parameter key *|* missing required parameter key *|"
                  "* parameter key is missing *|* parameter key is required *|"
                  "* key parameter is required *|* key parameter is missing *|"
                  "* missing parameter api key *|* missing field key *|* field key is required *"},
    {MEANING_KEY, "* incorrect key *|* wrong key *|* bad key *|* api user not found *|"
                  "* error user not found *"},
    {MEANING_ACCOUNT, " user is banned *| user was banned *| user has been banned *|"
                      "* error user is banned |* this user is banned |* your user *banned *|"
                      "* api user *banned *| user * is banned "},
    {MEANING_ACCOUNT, " user is blocked | user was blocked | user has been blocked |"
                      "* error user is blocked |* your user *blocked *|* api user *blocked *|"
                      " user * is blocked | user blocked "},
    {MEANING_ACCOUNT, " user is suspended *| user was suspended *| user has been suspended *|"
                      "* error user is suspended |* this user is suspended |"
                      "* your user *suspended *|* api user *suspended *| user * is suspended |"
                      " user suspended | user banned "},
    {MEANING_ACCOUNT, "* access is not permitted *|* not permitted to access *|"
                      "* ip *not permit*|* ip *not allowed*|* ip *white list*|* ip *whitelist*|"
                      "* ip *blocked*|* ip *banned*|* ip *not authori*"},
    {MEANING_ACCOUNT, "* ip *izin*|* ip *yetki*|* ip *khong duoc phep*|* ip *no autorizad*|"
                      "* ip *no permitid*|* ip *nao autorizad*|* ip *nao permitid*|"
                      "* ip *не разрешен*|* ip *запрещен*|* ip *tidak diizinkan*|"
                      "* ip *tidak terdaftar*"},
};
const size_t classify_table_word_row_count = COUNT_OF(classify_table_word_rows);
