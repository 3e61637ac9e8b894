/* The built-in table of error texts: what speaks of us, of the provider or of a service; of a new
 * order; of an order that was placed; last, what needs whole words. Patterns as paneltext_fold
 * leaves texts: lower case, no accents, '_' as a blank, no final dot; several languages, since
 * panels localise. Separated by '|'; '*' matches anything. Any thread. */
#include "providers/classify.h"

const struct classify_row classify_table_rows[] = {
    {MEANING_FUNDS, "balance exceeded*|*your balance exceeded*|no balance|"
                    "*credit limit exceeded*|*credit limit reached*|"
                    "*credit is not enough*"},
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
    {MEANING_FUNDS, "*add balance*|*fund your account*|*fund your wallet*|*deposit funds*|*deposit "
                    "first*|*please deposit*|*make a "
                    "deposit*|you need * more to *|*need * more to place*"},
    {MEANING_FUNDS, "#113"},
    /* Turkish */
    {MEANING_FUNDS, "*bakiye*yetersiz*|*yetersiz bakiye*|*bakiye*yeterli degil*|"
                    "*yeterli bakiye*|*bakiyeniz yok*|*yetersiz kredi*"},
    /* Vietnamese */
    {MEANING_FUNDS, "*so du*khong du*|*khong du so du*|*khong du tien*|*so du khong*|"
                    "*het tien*|*khong du xu*|*khong du coin*|*nap them tien*|*vui long nap*"},
    /* Spanish */
    {MEANING_FUNDS, "*no tiene*fondos*|*no tienes*fondos*|*fondos insuficientes*|"
                    "*saldo insuficiente*|*sin fondos*|*no tienes*saldo*|*no tiene*saldo*|"
                    "*sin saldo*|*credito insuficiente*"},
    /* Portuguese */
    {MEANING_FUNDS, "*fundos insuficientes*|*sem saldo*|*nao tem saldo*|*nao possui saldo*|"
                    "*saldo*nao e suficiente*|*saldos insuficientes*|*nao ha saldo*|"
                    "*saldo nao suficiente*"},
    /* Russian */
    {MEANING_FUNDS,
     "*недостаточно средств*|*не достаточно средств*|*недостаточный баланс*|*недостаточно денег*|"
     "*не хватает средств*|*нехватка средств*|*недостаточно*балансе*|"
     "*недостаточно баланса*|*пополните баланс*|*нет средств*|*нет денег*"},
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
    /* Dutch */
    {MEANING_FUNDS, "*onvoldoende saldo*|*saldo is te laag*|*onvoldoende tegoed*"},
    /* Ukrainian */
    {MEANING_FUNDS, "*недостатньо коштів*|*недостатньо грошей*|*недостатньо*баланс*"},
    /* Hindi */
    {MEANING_FUNDS,
     "*पर्याप्त*बैलेंस*|*बैलेंस*पर्याप्त*|*बैलेंस*कम*|*बैलेंस*नहीं*|*बैलेंस जो*|*पर्याप्त*राशि*|*अपर्याप्त*शेष*|*शेष "
     "राशि*|*अपर्याप्त धन*|*पैसे नहीं*|*पर्याप्त*धन*|*बैलेंस*खत्म*|*बैलेंस*समाप्त*|*अपर्याप्त "
     "क्रेडिट*|*वॉलेट*पर्याप्त*|*रिचार्ज कर*"},
    /* Bengali */
    {MEANING_FUNDS, "*ব্যালেন্স*পর্যাপ্ত*|*পর্যাপ্ত*ব্যালেন্স*|*ব্যালেন্স নেই*"},
    /* Korean, Thai, Japanese */
    {MEANING_FUNDS, "*잔액*부족*|*ยอดเงิน*ไม่เพียงพอ*|*ยอดเงิน*ไม่พอ*|*เครดิต*ไม่พอ*|*เครดิต*ไม่เพียงพอ*|*"
                    "残高*不足*|*残高が足り*"},
    {MEANING_KEY, "auth failed*|auth error*|*authorization failed*"},
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
    {MEANING_KEY,
     "api key error*|*could not authenticate*|*cannot authenticate*|*failed to authenticate*"},
    {MEANING_KEY, "#102"},
    /* Turkish */
    {MEANING_KEY, "*gecersiz api*|*gecersiz anahtar*|*api anahtar*gecersiz*|"
                  "*api key*hatali*|*hatali api*|*yanlis api*|*api anahtar*hatali*|"
                  "*api anahtar*yanlis*|*api key*gecersiz*|*api key*yanlis*|"
                  "*api anahtar*eksik*|*api anahtar*gerekli*"},
    /* Vietnamese */
    {MEANING_KEY, "*api key khong*|*key khong hop le*|*key khong ton tai*|*key khong dung*|"
                  "*api key*sai*|*sai api*|*token khong hop le*|*token khong dung*|"
                  "*khoa api khong*|*api key*bi khoa*|*token khong ton tai*|*thieu api*|"
                  "*thieu token*|*sai token*|*thieu key*|*token het han*"},
    /* Spanish */
    {MEANING_KEY, "*clave*api*invalida*|*clave*api*incorrecta*|*api key invalida*|"
                  "*api key incorrecta*|*clave*invalida*|*clave*incorrecta*|"
                  "*llave*invalida*|*api*no valida*|*clave*no es valida*|*clave*no valida*|"
                  "*falta la clave*|*clave no encontrada*"},
    /* Portuguese */
    {MEANING_KEY, "*chave*invalida*|*chave*incorreta*|*chave*errada*|*chave*nao e valida*|"
                  "*api invalida*|*chave*nao encontrada*|*token invalido*|"
                  "*chave ausente*"},
    /* Russian */
    {MEANING_KEY, "*неверный*ключ*|*неправильный*ключ*|*недействительный*ключ*|"
                  "*ключ*неверный*|*ключ*неверен*|*ключ*недействител*|*ключ*не найден*|"
                  "*неверный*api*|*некорректный*ключ*|*неверный токен*|"
                  "*ключ не указан*|*не указан ключ*|*неизвестный ключ*"},
    /* Arabic */
    {MEANING_KEY, "*مفتاح*غير صحيح*|*مفتاح*غير صالح*|*مفتاح*خاطئ*|*مفتاح*خطا*"},
    /* Indonesian */
    {MEANING_KEY, "*api key salah*|*api key tidak*|*kunci api*salah*|*kunci api*tidak*|"
                  "*apikey salah*|*api*tidak valid*|*api key*tidak ditemukan*"},
    /* French */
    {MEANING_KEY, "*cle api invalide*|*cle api incorrecte*|*cle*invalide*|"
                  "*cle manquante*"},
    /* German */
    {MEANING_KEY, "*ungultiger api*|*api-schlussel*ungultig*|*falscher api*|"
                  "*schlussel fehlt*"},
    /* Italian */
    {MEANING_KEY, "*chiave*non valida*|*chiave*errata*"},
    /* Polish */
    {MEANING_KEY, "*nieprawidlowy klucz*|*bledny klucz*"},
    /* Chinese */
    {MEANING_KEY, "*密钥*"},
    /* Hindi */
    {MEANING_KEY,
     "*api*कुंजी*|*api key*अमान्य*|*api key*गलत*|*api key*मान्य नहीं*|*गलत api*|*अमान्य api*"},
    /* Persian, Uzbek, Korean */
    {MEANING_KEY, "*کلید*نامعتبر*|*کلید*اشتباه*|*kalit*noto'g'ri*|*api 키*"},
    {MEANING_ACCOUNT, "*api access not allowed*|*api access is not allowed*"},
    {MEANING_ACCOUNT, "not authorized|you are not authorized|invalid ip|"
                      "invalid ip address*|*account not verified*|"
                      "*account is not verified*"},
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
    {MEANING_ACCOUNT,
     "*you have been banned*|*you have been blocked*|*you have been suspended*|*do not have access "
     "to the api*|*don't have access to the api*|*no access to the api*|*do not have permission to "
     "use*|*don't have permission to use*"},
    /* Italian */
    {MEANING_ACCOUNT,
     "*account*sospeso*|*account*bloccato*|*account*disattivato*|*il tuo account non e attivo*"},
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
    /* Hindi */
    {MEANING_ACCOUNT, "*खाता*निष्क्रिय*|*खाता*ब्लॉक*|*खाता*बंद*|*खाता*निलंबित*|*अकाउंट*सस्पेंड*|*अकाउंट*ब्लॉक*"
                      "|*अकाउंट*बंद*|*अकाउंट*निष्क्रिय*"},
    {MEANING_MAINTENANCE, "*orders are temporarily disabled*|*new orders are not accepted*|"
                          "*not accepting new orders*|*not accepting orders*|"
                          "*panel is closed*|*provider is disabled*|*csrf*|page expired*"},
    {MEANING_MAINTENANCE,
     "*orders are temporarily closed*|*orders are temporarily suspended*|*orders are temporarily "
     "stopped*|*orders are temporarily paused*|*order placement is temporarily*|*order placement "
     "is disabled*|*ordering is temporarily*|*ordering is suspended*|api is temporarily*|*the api "
     "is temporarily*|api is currently unavailable*|*the api is currently unavailable*|api is "
     "unavailable*|*site is temporarily*|*panel is temporarily*|*system is temporarily*|*website "
     "is temporarily*"},
    {MEANING_MAINTENANCE,
     "*maintenance*|*ordering is disabled*|*ordering disabled*|"
     "*orders are disabled*|*ordering is closed*|api is disabled*|api disabled by*|"
     "*api is disabled|*api disabled|service unavailable*|"
     "*system*unavailable*|*panel*unavailable*|*site*unavailable*|"
     "*temporarily unavailable*|*temporarily down*|*system is down*|"
     "*server is down*|*panel is down*|*site is down*|down|*currently down*|"
     "*under construction*|*system*busy*|*server*busy*|*server is overloaded*|"
     "*system update*|*we are updating*"},
    /* Turkish */
    {MEANING_MAINTENANCE, "*bakim*|*siparis alimi*|*siparislere kapali*|*guncelleniyor*|*gecici "
                          "olarak*kapali*|*siparis*kapali*|*guncelleme yapiliyor*"},
    /* Vietnamese */
    {MEANING_MAINTENANCE, "*bao tri*|*he thong*tam ngung*|*he thong*tam dung*|*dang nang cap*|"
                          "*he thong ban*"},
    /* Spanish */
    {MEANING_MAINTENANCE,
     "*mantenimiento*|*pedidos estan desactivados*|*pedidos desactivados*|*pedidos "
     "temporalmente*|*temporalmente no disponible*|*sistema no disponible*"},
    /* Portuguese */
    {MEANING_MAINTENANCE,
     "*manutencao*|*pedidos temporariamente*|*pedidos desativados*|*pedidos estao "
     "desativados*|*temporariamente indisponivel*|*sistema indisponivel*"},
    /* Russian */
    {MEANING_MAINTENANCE,
     "*обслуживани*|*прием заказов*приостановлен*|*прием заказов*остановлен*|*прием "
     "заказов*закрыт*|*технические работы*|*технических работ*|*техработы*|"
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
    /* Hindi */
    {MEANING_MAINTENANCE, "*रखरखाव*|*मेंटेनेंस*"},
    {MEANING_RATE,
     "*order frequency*|*request frequency*|*too frequent*|"
     "*too many api calls*|*wait before placing*|*wait before sending*|*before sending the "
     "next*|*before your next order*|*before the next order*|*wait a moment before*|"
     "*seconds between orders*|*retry later, limit*"},
    {MEANING_RATE, "*maximum number of requests*|*maximum number of calls*"},
    {MEANING_RATE, "*too many requests*|*too many request*|*too many attempts*|*rate limit*|"
                   "*ratelimit*|*request limit*|*requests limit*|*api limit*|"
                   "*limit of requests*|*too fast*|*too quickly*|*slow down*|*throttle*|"
                   "*requests per minute*|*requests per second*|*too frequent*|"
                   "*request quota*"},
    /* Turkish */
    {MEANING_RATE, "*istek siniri*|*saniye bekle*|*dakika bekle*|*cok fazla istek*|*cok fazla "
                   "talep*|*istek limit*|*cok hizli*|*cok sik*|"
                   "*dakikada*siparis*|*dakikada*istek*"},
    /* Vietnamese */
    {MEANING_RATE, "*doi * giay*|*cho * giay*|*qua nhieu yeu cau*|*qua nhanh*|*thao tac "
                   "nhanh*|*gioi han yeu cau*|"
                   "*qua nhieu lan*|"
                   "*moi phut*"},
    /* Spanish */
    {MEANING_RATE, "*espere * segundos*|*espere * minutos*|*espera * segundos*|*por "
                   "minuto*|*demasiadas solicitudes*|*demasiadas peticiones*|"
                   "*limite de solicitudes*|*limite de peticiones*|*demasiado rapido*|"
                   "*pedidos por minuto*|*ordenes por minuto*"},
    /* Portuguese */
    {MEANING_RATE, "*aguarde*segundos antes*|*aguarde*minutos antes*|*aguarde * segundos*|*aguarde "
                   "* minutos*|*muitas requisicoes*|*muitas solicitacoes*|*limite de requisicoes*|"
                   "*limite de solicitacoes*|*muito rapido*|*muitas tentativas*|"
                   "*pedidos por minuto*|*pedidos por hora*"},
    /* Russian */
    {MEANING_RATE, "*подождите * секунд*|*подождите * минут*|*слишком много запросов*|*слишком "
                   "часто*|*слишком частые*|"
                   "*превышен лимит*запрос*|*лимит запросов*|"
                   "*в минуту*|*слишком много заказов*"},
    /* Arabic */
    {MEANING_RATE, "*طلبات كثيره*|*عدد كبير من الطلبات*|*الكثير من الطلبات*|"
                   "*تجاوزت الحد*طلب*"},
    /* Indonesian */
    {MEANING_RATE, "*tunggu * detik*|*tunggu * menit*|*terlalu banyak permintaan*|*batas "
                   "permintaan*|*terlalu cepat*|"
                   "*terlalu sering*|"
                   "*per menit*"},
    /* French */
    {MEANING_RATE, "*trop de requetes*|*trop de demandes*|"
                   "*par minute*"},
    /* German */
    {MEANING_RATE, "*zu viele anfragen*|"
                   "*pro minute*"},
    /* Italian */
    {MEANING_RATE, "*troppe richieste*"},
    /* Polish */
    {MEANING_RATE, "*zbyt wiele zapytan*|*zbyt wiele zadan*|*za duzo zapytan*"},
    /* Chinese */
    {MEANING_RATE, "*请求过于频繁*|*请求太频繁*"},
    /* Hindi */
    {MEANING_RATE, "*बहुत*अनुरोध*|*अनुरोध*बहुत*|*अनुरोध*सीमा*|*प्रति मिनट*"},
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
    {MEANING_SERVICE, "*selected service id is invalid*|*product not found*|"
                      "*package not found*|*invalid package*|*invalid product*"},
    {MEANING_SERVICE, "to order this service*|*to order this service*"},
    {MEANING_SERVICE,
     "*service id is invalid*|*service id invalid*|*service id is incorrect*|*service id is "
     "wrong*|*service id not *|*service is under maintenance*|*service under maintenance*|*service "
     "is in maintenance*|*no service found*|*cannot find service*|*cannot find the service*|*could "
     "not find service*|*could not find the service*|*service could not be found*|*service "
     "temporarily disabled*|*service is temporarily*|*service temporarily*|*service is "
     "currently*|*service has been discontinued*|*service is discontinued*|*service discontinued*"},
    {MEANING_SERVICE, "#105"},
    /* Turkish */
    {MEANING_SERVICE, "*servis*gecici olarak*kapali*|*servis "
                      "gecici*|*servis*bulunamadi*|*servis*aktif degil*|*servis*pasif*|"
                      "*gecersiz servis*|*servis*kapali*|*hatali servis*|*servis*mevcut degil*|"
                      "*servis*devre disi*|*hizmet*bulunamadi*|*hizmet*kapali*|"
                      "*servis*gecersiz*|*hizmet*pasif*|*hizmet*gecersiz*|*servis id*hatali*"},
    /* Vietnamese */
    {MEANING_SERVICE, "*dich vu*bi tat*|*dich vu*bi khoa*|*dich vu*dang tat*|*dich vu*khong ton "
                      "tai*|*dich vu*khong hop le*|*dich vu*tam ngung*|"
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
    {MEANING_SERVICE, "*сервис временно недоступ*|*услуга временно недоступ*|*услуга*не "
                      "найден*|*сервис*не найден*|*услуга*отключен*|"
                      "*сервис*отключен*|*услуга*недоступ*|*сервис*недоступен*|"
                      "*услуга*неактивн*|*услуга*не активн*|*неверный*сервис*|*неверный*услуг*|"
                      "*неверная услуга*|*услуга не существует*|*сервис не существует*"},
    /* Arabic */
    {MEANING_SERVICE, "*الخدمه غير*|*خدمه غير*|*الخدمه معطله*|*الخدمه متوقفه*|*الخدمه لا تعمل*|"
                      "*الخدمه*غير متوفره*|*الخدمه*غير موجوده*"},
    /* Indonesian */
    {MEANING_SERVICE, "*layanan*sedang gangguan*|*layanan*dalam perbaikan*|*layanan "
                      "tidak*|*layanan*tidak ditemukan*|*layanan*tidak aktif*|"
                      "*layanan*tidak tersedia*|*layanan*nonaktif*|*layanan salah*|"
                      "*servis tidak*"},
    /* French */
    {MEANING_SERVICE,
     "*service n'est pas disponible*|*service*pas "
     "disponible*|*service*introuvable*|*service*n'existe pas*|*service*desactive*|"
     "*service*indisponible*|*service invalide*"},
    /* German */
    {MEANING_SERVICE, "*dienst*nicht gefunden*|*dienst*deaktiviert*|*dienst*nicht verfugbar*"},
    /* Italian */
    {MEANING_SERVICE, "*servizio*non trovato*|*servizio*non disponibile*|*servizio*disattivato*"},
    /* Polish */
    {MEANING_SERVICE, "*usluga*nie istnieje*|*usluga*wylaczona*|*usluga*niedostepna*|"
                      "*nieprawidlowa usluga*"},
    /* Chinese */
    {MEANING_SERVICE, "*服务不存在*|*服务不可用*|*服务已下架*|*服务已关闭*"},
    /* Hindi */
    {MEANING_SERVICE, "*सेवा*नहीं मिली*|*सेवा*उपलब्ध नहीं*|*सेवा*अक्षम*|*सेवा*बंद*|*सेवा*निष्क्रिय*|*अमान्य "
                      "सेवा*|*गलत सेवा*|*सर्विस*उपलब्ध नहीं*|*सर्विस*बंद*"},
    /* Persian, Uzbek, Korean, Thai */
    {MEANING_SERVICE,
     "*سرویس*یافت نشد*|*سرویس*غیرفعال*|*سرویس*موجود نیست*|*xizmat*topilmadi*|*xizmat*mavjud "
     "emas*|*서비스*찾을 수 없*|*ไม่พบบริการ*"},
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
     "not found|page not found|404 not found|*resource not found*|*resource was not found*|*no "
     "route found*|*route*not defined*|*url was not found*|*endpoint not found*|"
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

    /* ---- a new order ---- */

    {MEANING_QUANTITY, "quantity min|quantity max|minimum: *|maximum: *|min: *|max: *"},
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
    {MEANING_QUANTITY, "*miktar*arasinda*|*adet*arasinda*|*minimum*miktar*|*maksimum*miktar*|*"
                       "miktar*minimum*|*miktar*maksimum*|"
                       "*minimum*adet*|*maksimum*adet*|*minimum siparis*|*maksimum siparis*|"
                       "*gecersiz miktar*|*miktar*gecersiz*|*hatali miktar*|*miktar*az*|"
                       "*miktar*fazla*|*en az*adet*|*en fazla*adet*|*siparis miktar*"},
    /* Vietnamese */
    {MEANING_QUANTITY, "*so luong*toi thieu*|*so luong*toi da*|*so luong*khong hop le*|"
                       "*so luong*nho hon*|*so luong*lon hon*|*so luong*vuot*|*toi thieu la*|"
                       "*toi da la*|*mua toi thieu*|*mua toi da*|*so luong*tu*den*|"
                       "*so luong khong*"},
    /* Spanish */
    {MEANING_QUANTITY, "*cantidad*rango*|*cantidad*permitida*|*cantidad*entre*|*cantidad*minim*|*"
                       "cantidad*maxim*|*minim*cantidad*|*cantidad*invalida*|"
                       "*cantidad*incorrecta*|*cantidad*menor*|*cantidad*mayor*|"
                       "*cantidad*no valida*"},
    /* Portuguese */
    {MEANING_QUANTITY, "*quantidade*intervalo*|*quantidade*permitida*|*quantidade*entre*|*"
                       "quantidade*minim*|*quantidade*maxim*|*minim*quantidade*|"
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
    {MEANING_QUANTITY, "*minimal pembelian*|*maksimal "
                       "pembelian*|*jumlah*minim*|*jumlah*maks*|*minim*jumlah*|*maks*jumlah*|"
                       "*minimal pemesanan*|*maksimal pemesanan*|*jumlah*kurang*|"
                       "*jumlah*melebihi*|*jumlah tidak*|*minimal order*|*maksimal order*|"
                       "*jumlah*tidak sesuai*"},
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
    /* Chinese */
    {MEANING_QUANTITY,
     "*最小数量*|*最大数量*|*数量必须*|*数量不能*|*数量无效*|*数量错误*|*数量不正确*"},
    /* Hindi */
    {MEANING_QUANTITY, "*मात्रा*|*न्यूनतम ऑर्डर*|*अधिकतम ऑर्डर*"},
    {MEANING_FIELD, "user not found|* user not found*|user does not exist|user doesn't exist|no "
                    "such user|neworder.error.*|*comments field is required*|"
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
    {MEANING_FIELD, "*yorum*bos*|*yorum*giriniz*|*yorum*girin*|*yorum*gerekli*|*yorum*zorunlu*|*"
                    "zorunlu alan*|*alanlari doldur*|"
                    "*eksik parametre*|*gerekli alan*|*drip*desteklem*|*gecersiz yorum*"},
    /* Vietnamese */
    {MEANING_FIELD, "*vui long nhap*|*khong duoc de trong*|*thieu tham so*|*thieu thong tin*|"
                    "*noi dung*khong hop le*|*binh luan*khong*|*nhap day du*|*dien day du*"},
    /* Spanish */
    {MEANING_FIELD, "*palabra* clave*inval*|*palabra* clave*incorrect*|*palabra* "
                    "clave*requerid*|*comentarios*obligatori*|*campo*obligatorio*|*campos "
                    "obligatorios*|*campo*requerido*|"
                    "*campos requeridos*|*comentarios*requerid*|*faltan parametros*|"
                    "*falta el parametro*|*comentario*invalid*"},
    /* Portuguese */
    {MEANING_FIELD,
     "*palavra* "
     "chave*inval*|*palavra*-chave*inval*|*palavra*chave*incorret*|*palavra*chave*errada*|*palavra*"
     "chave*obrigator*|*campo*obrigatorio*|*campos obrigatorios*|*comentarios*obrigatori*|"
     "*faltam parametros*|*parametro*ausente*|*preencha todos*|"
     "*comentario*invalid*"},
    /* Russian */
    {MEANING_FIELD, "*обязательн*пол*|*обязательный параметр*|*заполните*|*не указан*|"
                    "*отсутствует параметр*|*комментари*обязател*|*неверный параметр*|"
                    "*введите комментари*"},
    /* Arabic */
    {MEANING_FIELD, "*ملء جميع*|*جميع الحقول*|*مطلوب*|*يجب ملء*|*الحقول المطلوبه*"},
    /* Indonesian */
    {MEANING_FIELD, "*isi semua*|*lengkapi semua*|*semua kolom*|*wajib diisi*|*harus "
                    "diisi*|*parameter tidak lengkap*|"
                    "*kolom*diperlukan*|*lengkapi data*|*data tidak lengkap*"},
    /* French */
    {MEANING_FIELD, "*tous les champs*|*champ*obligatoire*|*champs obligatoires*|*champ*requis*"},
    /* German */
    {MEANING_FIELD, "*pflichtfeld*|*erforderlich*"},
    /* Hindi */
    {MEANING_FIELD, "*आवश्यक है*|*आवश्यक हैं*|*टिप्पणी*दर्ज करें*"},
    /* a user, see docs/decisions/0008 */
    {MEANING_FIELD,
     "*kullanici bulunamadi*|*usuario nao encontrado*|*usuario no encontrado*|*пользователь не "
     "найден*|*المستخدم غير موجود*|*उपयोगकर्ता नहीं मिला*|*pengguna tidak ditemukan*|*khong tim thay "
     "nguoi dung*|*utilisateur introuvable*|*benutzer nicht gefunden*|*utente non trovato*|*nie "
     "znaleziono uzytkownika*"},
    {MEANING_LINK, "*user does not exist on *|*user doesn't exist on *|"
                   "*account does not exist on *|*cannot order for this *|"
                   "*can't order for this *|*can not order for this *|"
                   "*link too long*|*link is too long*|*url is too long*|"
                   "*link may not be greater*"},
    {MEANING_LINK,
     "error.link|*invalid media link*|*invalid post link*|*media not found*|*link domain is not "
     "allowed*|*comments are disabled on*|*comments are turned "
     "off*|*comments*disabled on this*|*comments*disabled for this post*|*comments*disabled for "
     "this video*|*likes are hidden*|*likes are disabled on*|neworder.error.link|*.error.link|bad "
     "link*|*bad link*|incorrect link*|"
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
    {MEANING_LINK,
     "*gizli olmamali*|*gecersiz link*|*gecersiz baglanti*|*hatali link*|*link hatali*|"
     "*link gecersiz*|*linkiniz*hatali*|*gecersiz url*|*gizli hesap*|"
     "*hesap gizli*|*hesabiniz gizli*|*baglanti gecersiz*|*hatali baglanti*|"
     "*yanlis link*|*link*gizli*|*link*gerekli*|*link*zorunlu*|"
     "*gecerli bir link*|*gonderi bulunamadi*|*profil gizli*"},
    /* Vietnamese */
    {MEANING_LINK, "*nhap dung link*|*vui long nhap dung*|*link khong hop le*|*lien ket khong hop "
                   "le*|*duong dan khong hop le*|"
                   "*link sai*|*link bi sai*|*link khong dung*|*sai link*|"
                   "*link khong ton tai*|*link*khong cong khai*|*url khong hop le*|"
                   "*nhap*link*|*uid khong hop le*|*link*rieng tu*|*link*khong hop le*|"
                   "*tai khoan rieng tu*|*rieng tu*"},
    /* Spanish */
    {MEANING_LINK,
     "*enlace*invalido*|*enlace*incorrecto*|*enlace*no valido*|"
     "*enlace no es valido*|*link invalido*|*link incorrecto*|"
     "*cuenta privada*|*debe ser public*|*cuenta es privada*|*perfil privado*|*url invalida*|"
     "*url no valida*|*enlace*no existe*|*enlace*obligatorio*|"
     "*perfil es privado*"},
    /* Portuguese */
    {MEANING_LINK,
     "*link incorreto*|*link*invalido*|*link nao e valido*|*link errado*|"
     "*conta privada*|*deve ser public*|*perfil e privado*|*conta e privada*|*url nao e valida*|"
     "*link*obrigatorio*|*link nao encontrado*"},
    /* Russian */
    {MEANING_LINK, "*неверная ссылка*|*некорректная ссылка*|*неправильная ссылка*|"
                   "*неверную ссылку*|*недействительная ссылка*|*ссылка*недействительн*|"
                   "*ссылка*неверн*|*ссылка*некорректн*|*неверный url*|"
                   "*неверный формат ссылки*|*закрытый аккаунт*|*аккаунт закрыт*|"
                   "*приватный аккаунт*|*аккаунт приватный*|*закрытый профиль*|"
                   "*профиль закрыт*|"
                   "*ссылка не найдена*|*ссылка не существует*|*пользователь не найден в*|"
                   "*правильную ссылку*|*корректную ссылку*|*пост не найден*"},
    /* Arabic */
    {MEANING_LINK, "*حسابك خاص*|*الرابط غير*|*رابط غير*|*رابط خاطئ*|*الرابط خاطئ*|*الحساب خاص*|"
                   "*حساب خاص*"},
    /* Indonesian */
    {MEANING_LINK, "*akun*di private*|*akun*di privat*|*akun*private*|*link tidak*|*tautan "
                   "tidak*|*link salah*|*tautan salah*|"
                   "*url tidak valid*|*akun privat*|*bersifat privat*|*link rusak*|*akun di "
                   "private*|*akun*terkunci*|"
                   "*target tidak*|*target salah*|*link*private*|"
                   "*username tidak ditemukan*|*akun tidak ditemukan*"},
    /* French */
    {MEANING_LINK, "*compte est prive*|*profil est prive*|*lien invalide*|*lien incorrect*|*lien "
                   "non valide*|*compte prive*|"
                   "*lien*n'est pas valide*"},
    /* German */
    {MEANING_LINK, "*ungultiger link*|*falscher link*|*link*ungultig*|*konto*privat*|"
                   "*profil ist privat*|*konto ist privat*"},
    /* Italian */
    {MEANING_LINK, "*link non valido*|*link errato*|*account privato*|*profilo privato*"},
    /* Polish */
    {MEANING_LINK, "*nieprawidlowy link*|*bledny link*|*niepoprawny link*|*prywatne konto*|"
                   "*konto prywatne*"},
    /* Chinese */
    {MEANING_LINK, "*链接无效*|*链接错误*"},
    /* Hindi */
    {MEANING_LINK, "*अमान्य लिंक*|*गलत लिंक*|*लिंक*अमान्य*|*लिंक*गलत*|*लिंक*सही नहीं*|*लिंक*मान्य नहीं*|*सही "
                   "लिंक*|*मान्य लिंक*|*खाता निजी*|*प्रोफाइल*निजी*|*अकाउंट*प्राइवेट*|*खाता*प्राइवेट*"},
    /* Persian, Uzbek, Korean, Thai */
    {MEANING_LINK, "*لینک*نامعتبر*|*لینک*اشتباه*|*havola*noto'g'ri*|*링크*잘못*|*잘못된 "
                   "링크*|*링크*유효하지*|*ลิงก์*ไม่ถูกต้อง*"},
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
    {MEANING_ACTIVE_ORDER, "same link"},
    {MEANING_ACTIVE_ORDER, "*zaten bir siparis*|*zaten*siparis mevcut*|*bu "
                           "link*aktif*siparis*|*aktif*siparis*|*devam eden*siparis*|"
                           "*ayni link*|*bu link*siparis*|*siparis*tamamlanmasini*|"
                           "*linke ait*siparis*|*onceki siparis*"},
    /* Vietnamese */
    {MEANING_ACTIVE_ORDER, "*don hang truoc*|*don truoc*chua*|*link*dang chay*|*link nay "
                           "dang*|*link*dang co don*|*link*da ton tai*|"
                           "*da co don*|*don hang*dang chay*|*don cu*chua*|*trung link*|"
                           "*link*trung*|*don*dang xu ly*link*|*link dang duoc*|*don hang*trung*|"
                           "*link*dang xu ly*|*link*dang hoat dong*|*don hang*dang hoat dong*|"
                           "*dang co don*link*|*don truoc chua hoan thanh*"},
    /* Spanish */
    {MEANING_ACTIVE_ORDER,
     "*termine el pedido*|*pedido anterior*|*orden anterior*|*pedido activo*|*orden activa*|*ya "
     "tiene*pedido*|*ya tienes*pedido*|"
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
    {MEANING_ACTIVE_ORDER,
     "*link*sedang dalam proses*|*link*sedang diproses*|*link ini sedang *|*pesanan "
     "aktif*|*masih ada pesanan*|*pesanan lain*sedang*proses*|*ada "
     "pesanan*sedang*proses*|*pesanan*link*sedang*proses*|*pesanan*target*sedang*proses*|"
     "*link yang sama*|*pesanan*link ini*|*pesanan sebelumnya*|"
     "*order*link yang sama*|*target yang sama*|*tunggu*pesanan*selesai*"},
    /* French */
    {MEANING_ACTIVE_ORDER, "*commande active*|*meme lien*|*commande en cours*|"
                           "*commande*deja en cours*"},
    /* German */
    {MEANING_ACTIVE_ORDER, "*aktive bestellung*|*gleichen link*"},
    /* Italian */
    {MEANING_ACTIVE_ORDER, "*ordine attivo*|*stesso link*"},
    /* Polish */
    {MEANING_ACTIVE_ORDER, "*aktywne zamowienie*|*tym samym link*"},
    /* Uzbek */
    {MEANING_ACTIVE_ORDER, "*faol buyurtma*"},
    /* Hindi */
    {MEANING_ACTIVE_ORDER,
     "*लिंक*पहले से*ऑर्डर*|*लिंक*ऑर्डर*चल रहा*|*सक्रिय ऑर्डर*|*ऑर्डर*पहले से सक्रिय*|*पिछला ऑर्डर*"},
    {MEANING_DOUBT,
     "*error processing your request*|*error occurred while placing*|"
     "*error while placing*|*error placing*order*|*unknown error*|"
     "*failed to place order*|*failed to place*order*|"
     "*failed to create*order*|*failed to submit*order*|"
     "*could not place*order*|*could not create*order*|"
     "*unable to place*order*|*unable to create*order*|"
     "*order was not created*|*order not created*|*order could not be*|"
     "*order failed*|*order*has failed*|*internal server error*|"
     "server error*|"
     "*internal error*|*unexpected error*|*gateway time*|"
     "bad gateway*|*system error*|*connection error*|"
     "*connection failed*|"
     "*curl error*|*could not connect*|*database error*|*sql*error*|"
     "*sqlstate*|*access denied for user*|*call to undefined*|"
     "*undefined index*|*undefined array key*|*undefined variable*|"
     "*undefined property*|*undefined offset*|*unknown column*|"
     "*column not found*|*no space left on*|*duplicate entry*|"
     "*constraint violation*|*constraint fails*|*base table or view*|"
     "*table '*' doesn't exist*|*illuminate*|*method illuminate*does not exist*|*non-object*|"
     "*call to a member function*|*argument #*must be of type*|"
     "*traceback*|*keyerror*|*typeerror*|*invalid response*|"
     "*service response*|"
     "*bad response*|*empty response*|*no response*|#114|#500"},
    /* Somebody was asked and gave no answer, or none that can be read. */
    {MEANING_DOUBT,
     "*respuesta*no valida*|*respuesta*invalida*|*respuesta vacia*|*sin respuesta*|"
     "*no respond*|*resposta*invalida*|*resposta vazia*|*sem resposta*|*nao respond*|"
     "*gecersiz yanit*|*gecersiz cevap*|*yanit vermi*|*yanit verme*|*yanit alinamadi*|"
     "*cevap vermi*|*cevap alinamadi*|*неверный ответ*|*некорректный ответ*|"
     "*пустой ответ*|*не отвечает*|*нет ответа*|*не ответил*|*respon*tidak valid*|"
     "*tidak merespon*|*tidak ada respon*|*phan hoi*khong hop le*|*khong phan hoi*|"
     "*khong co phan hoi*|*رد غير*|*استجابه غير*|*لم يستجب*|*لا يستجيب*|"
     "*अमान्य प्रतिक्रिया*|*जवाब नहीं*|*प्रतिक्रिया नहीं*|*ne repond pas*|"
     "*reponse invalide*|*antwortet nicht*|*keine antwort*|*ungultige antwort*"},
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

    /* ---- an order that was placed ---- */

    {MEANING_ORDER_ID, "*selected order is invalid*|*selected order id is invalid*"},
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
    /* Hindi */
    {MEANING_ORDER_ID, "*ऑर्डर*नहीं मिला*|*अमान्य ऑर्डर*|*गलत ऑर्डर*"},
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
    /* Hindi */
    {MEANING_REFILL, "*रिफिल*"},
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
    /* Hindi */
    {MEANING_CANCEL, "*रद्द*"},
    {MEANING_TOO_MANY, "maximum 100 orders*|*maximum*orders*|*too many orders*|"
                       "*too many ids*|"
                       "*max*orders*|*up to 100*|*limit*100*|*more than 100*|*exceed*100*"},
};
const size_t classify_table_row_count = COUNT_OF(classify_table_rows);

const char classify_table_placed[] =
    "ordered. *|ordered, *|ordered! *|order submitted*|order sent*|order confirmed*|order "
    "registered*|order added*|*order was "
    "added*|"
    "*order has been added*|order started*|order is in queue*|*your order is in the queue*|"
    "*the order is in queue*|*order number is*|*order was sent*|*order has been sent*|"
    "*order created*|*order placed*|order accepted*|*your order accepted*|order received*|"
    "order saved*|order queued*|order is queued*|order pending*|order is pending*|"
    "order is waiting*|order is on hold*|order is scheduled*|*your order is being processed*|"
    "*order has been received*|*order was received*|*order has been saved*|"
    "*order has been queued*|*order was submitted*|*order has been submitted*|"
    "*order was created*|*order has been created*|*order was placed*|*order has been placed*|"
    "*order was accepted*|*order has been accepted*|*order may have been*|*order may be*|*order "
    "might be*|"
    "*order might have been*|*order status*unknown*|*status of*order*unknown*"
    "|*pedido creado*|*pedido fue creado*|*pedido recibido*|*pedido aceptado*|*pedido enviado*|"
    "*pedido registrado*|*orden creada*|*orden fue creada*|*orden recibida*|*pedido criado*|"
    "*pedido foi criado*|*pedido recebido*|*pedido foi recebido*|*pedido aceito*|"
    "*pedido realizado*|*pedido efetuado*|"
    "*siparis alindi*|*siparisiniz alindi*|*siparis olusturuldu*|*siparisiniz olusturuldu*|"
    "*siparis verildi*|*siparis kaydedildi*|*заказ создан*|*заказ был создан*|*заказ принят*|"
    "*заказ оформлен*|*заказ размещен*|*заказ отправлен*|تم انشاء الطلب*|* تم انشاء الطلب*|"
    "تم استلام الطلب*|* تم استلام الطلب*|تم قبول الطلب*|* تم قبول الطلب*|*pesanan berhasil*|"
    "*pesanan diterima*|*pesanan telah dibuat*|*pesanan dibuat*|*order berhasil*|"
    "*don hang da duoc*|*don da duoc tao*|*dat hang thanh cong*|*tao don thanh cong*|"
    "*ऑर्डर बनाया गया*|*ऑर्डर प्राप्त*|*ऑर्डर स्वीकार*|*ऑर्डर सफल*|*bestellung erstellt*|"
    "*bestellung wurde erstellt*|*bestellung angenommen*|*bestellung aufgegeben*|"
    "*commande creee*|*commande a ete creee*|*commande recue*|*commande acceptee*|"
    "*commande enregistree*|*ordine creato*|*ordine ricevuto*|*ordine accettato*|"
    "*订单已创建*|*订单已提交*|*下单成功*";

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
