/* What a text complains about, and how: for wordings that no row of the table has. A rule fits when
 * one of its subjects and one of its complaints stand in the text. Both are looked for in the text
 * as words: folded, each sign a blank, one blank at each end, so "can't" is " can t ". The first
 * rule that fits decides; the order is from what is surest to what is vaguest. */
#include "providers/classify.h"

/* What makes a value of anything wrong. */
#define WRONG                                                                                      \
    " incorrect | invalid | wrong | bad | malformed | unknown | unrecognized | unrecognised |"     \
    " not valid | not correct | not recognized | not recognised | missing | empty | blank |"       \
    " required | not given | not provided | not specified | not supplied | not set | no such |"    \
    " mismatch | not match | doesn t match | does not match | not accepted | rejected | "          \
    "undefined |"
#define GONE                                                                                       \
    " not found | does not exist | doesn t exist | not exist | no longer exists | deleted |"       \
    " removed | expired | unavailable | not available | not accessible | inaccessible |"
#define SWITCHED_OFF                                                                               \
    " switched off | turned off | is off | off for | revoked | disabled | deactivated |"           \
    " not enabled | not active | not activated | inactive | suspended | blocked | banned | "       \
    "frozen |"                                                                                     \
    " terminated | locked |"

const struct classify_rule classify_rules[] = {
    {MEANING_FUNDS, " balance | funds | wallet | credits | credit | money | saldo ",
     " insufficient | not enough | not sufficient | t have sufficient | not have sufficient |"
     " t have enough | not have enough | have no | no balance | no funds | no money | no credits | "
     "credits left | lack of |"
     " is 0 | balance must be at least | exceed | exceeds | exceeding | too low | is low |"
     " is empty | is zero | negative | run out | ran out | top up | does not cover | doesn t "
     "cover ",
     NULL},
    {MEANING_KEY, " key | keys | apikey | token | api token ",
     WRONG GONE SWITCHED_OFF
     " provide | enter | no key | no api key | no token | cannot be | can t be |"
     " must be | needed | denied | no user with | no account for | send your | khong | sai | thieu "
     "|"
     " het han ",
     NULL},
    {MEANING_RATE,
     " order | orders | ordering | request | requests | call | calls | attempts | again ",
     " per minute | per second | per hour | per day | per min | per sec | a minute | a second |"
     " orders minute | orders hour | orders second | requests minute | requests hour |"
     " requests second | calls minute | an hour | each minute | each second | every minute | every "
     "second | minute limit ",
     NULL},
    {MEANING_RATE, " wait | every | again in | again after | retry in | retry after | try in ",
     " seconds | second | secs | sec | minutes | minute | mins | min ", NULL},
    {MEANING_RATE,
     " number of requests | number of calls | number of orders | order limit | orders limit | "
     "limit of orders | too many orders | too many calls | flood |"
     " rate | quota | daily limit | hourly limit | limit of requests | calls limit ",
     " limit | too many | flood | exceed | exceeded | reached | hit | over ", NULL},
    {MEANING_ACTIVE_ORDER, " order | orders | ordered ",
     " already ordered | already been ordered | already placed | already have | already an order |"
     " already has | duplicated | already active | running order |"
     " pending order | unfinished | not finished | not completed yet | still running | still "
     "active |"
     " is running for | already running | two orders | one order per | order per link | active "
     "order |"
     " previous order | duplicate | same link | same url ",
     NULL},
    {MEANING_ACTIVE_ORDER, " link | url | target | page | post | profile ",
     " already ordered | already been ordered | already being | already in | already active |"
     " in queue | in the queue |"
     " already running | is running | is busy | in process | in progress | in work | being "
     "processed |"
     " at a time | duplicate | in use ",
     NULL},
    {MEANING_ACCOUNT, " account | accounts | user | you ",
     " cannot place | can t place | can not place | cannot make orders | can t make orders |"
     " aren t allowed to order | permission to order | permission to place | not allowed to place "
     "| not allowed to order |"
     " not allowed to make orders | not permitted to place | not permitted to order | from "
     "ordering |"
     " from placing | no right to order | not authorized to place | not authorised to place ",
     /* a client's target rather than us */
     " link | url | for this | for a | for private | for the | with this | of this | per | until |"
     " before | while | more than | again "},
    {MEANING_ACCOUNT, " your account | your user | your profile is | your reseller account ",
     SWITCHED_OFF " restricted | closed | not verified | unverified | not approved | on hold ",
     NULL},
    {MEANING_ACCOUNT, " api ",
     SWITCHED_OFF " no access | no api access | not available for your | not allowed for your |"
                  " closed for | access denied | usage is | forbidden ",
     NULL},
    {MEANING_LINK, " link | links | url | urls | tautan | enlace | lien | ссылка | ссылку ",
     WRONG GONE
     " must | should | has to | have to | needs to | need a | needed | only | is not | are not |"
     " isn t | not a | not an | not for | not supported | unsupported | not allowed | does not | "
     "doesn t |"
     " cannot be opened | can t be opened | cannot be parsed | can t be parsed | could not be "
     "parsed |"
     " could not be opened | could not open | could not parse | unable to parse | unable to open |"
     " unreachable | not reachable | private | public | broken | another platform | other platform "
     "|"
     " dead | 404 | not working | does not work | doesn t work | another service | expected | "
     "enter | provide a | provide the | use a | use the "
     "| give a |"
     " cannot be verified | can t be verified | unable to verify | could not verify |"
     " check failed | valid link | correct link | valid url | correct url |"
     " check your | check the | check url | double check | be resolved | full link | full url |"
     " unvalid | contains | shortened | given | no link | no url | cannot be ordered | can t be "
     "ordered | "
     "belongs to ",
     NULL},
    {MEANING_LINK,
     " post | posts | profile | profiles | video | videos | reel | reels | story | stories |"
     " channel | channels | group | groups | page | pages | tweet | tweets | photo | photos | "
     "account |"
     " accounts | live | livestream | track | playlist | comment ",
     " works on | works for | only public | profile link | post link |"
     " set to private | is not public | not public | not be private | is public | to public | isn "
     "t public | age restricted | "
     "hidden on |"
     " works only | work on | works with | only works | only work | only for | must be "
     "public |"
     " be public | must be open | be open | account public | profile public | cannot be ordered |"
     " can t be ordered | can not be ordered | is private | are private | is needed | are needed |"
     " instead of | is expected | are expected ",
     NULL},
    {MEANING_LINK,
     " post | video | reel | story | channel | group | page | tweet | photo | profile | target |"
     " username | playlist | track ",
     GONE " incorrect | invalid | wrong | could not load | couldn t load | cannot load | can t "
          "load | is private | is closed | "
          "be found | is hidden | could not find | couldn t find | can t "
          "find |"
          " cannot find | can not find | no such ",
     " response | provider | upstream | result | id "},
    {MEANING_LINK, " user | users | profile | account | influencer | artist ",
     " cannot find | can t find | can not find | could not find | couldn t find | unable to find |"
     " could not be found | couldn t be found | cannot be found | can t be found | no user found |"
     " no account found | no profile found | user found for ",
     " api | key | token | your user | your account | panel | reseller | response | provider |"
     " upstream | result | order "},
    {MEANING_LINK, " domain | hostname | website ",
     GONE " be resolved | could not resolve | cannot resolve | can t resolve | be found |"
          " could not find | cannot find | not supported | unsupported | invalid | unreachable |"
          " not reachable | not valid ",
     " your domain | our domain | panel | api | provider | upstream "},
    {MEANING_LINK, " shorts | reels | stories | igtv | carousels | live videos ",
     " not supported | unsupported | not allowed | not accepted | cannot be ordered ", NULL},
    {MEANING_LINK,
     " platform | social network | instagram | tiktok | youtube | telegram | facebook | twitter |"
     " spotify | threads | linkedin | discord | twitch | snapchat | pinterest | vk ",
     " wrong | unsupported | not supported | another | different | only for | is for | not for | "
     "not a | this is a | this is an | that is a | that is an | this looks like a |"
     " this looks like an | no such | not found | does not exist | doesn t exist | account is "
     "private |"
     " not an | expected | only ",
     " api | response | provider | upstream | error from "},
    {MEANING_SETUP, " panel | panels | child panel | shop | store | reseller ",
     WRONG GONE SWITCHED_OFF " not registered | not allowed | not authorized | not authorised ",
     NULL},
    {MEANING_QUANTITY, " quantity | qty | amount | count | quantities ",
     WRONG
     " out of | outside | range | between | exceed | exceeds | exceeded | less | least | most |"
     " low | high | small | large | big | many | few | multiple | multiples | divisible | step |"
     " steps | limit | limits | allowed | greater | more | above | below | must | should | not in |"
     " minimum | maximum | increase | reduce | decrease ",
     NULL},
    {MEANING_QUANTITY, " min | minimum | minimal | order | buy ",
     " max | maximum | maximal | at least | at most | up to ", NULL},
    {MEANING_QUANTITY, " minimum | maximum | min | max | минимум | максимум ",
     " minimum | maximum | min | max | минимум | максимум ", NULL},
    {MEANING_FIELD,
     " start at | start date | date | schedule | scheduling | scheduled | delayed start | start "
     "date | start time | drip feed |"
     " dripfeed | drip | subscription | subscriptions ",
     WRONG SWITCHED_OFF " not supported | unsupported | not available | unavailable | not allowed |"
                        " not permitted | past | future | must | should ",
     NULL},
    {MEANING_SERVICE, " service | package | product ",
     " disabled | is off | is not valid | unknown | no such | paused | stopped | closed | removed "
     "| deleted "
     "| archived | sold out |"
     " no longer | suspended | not offered | retired | hidden | switched off | turned off ",
     NULL},
    /* Who names a platform and a link complains of the link: "you entered an Instagram link". */
    {MEANING_LINK,
     " instagram | tiktok | youtube | telegram | facebook | twitter | spotify | threads | linkedin "
     "|"
     " discord | twitch | snapchat | pinterest | vk |انستقرام|انستغرام|تيك "
     "توك|يوتيوب|فيسبوك|تويتر|تيليجرام",
     " link | links | url | urls | linki | linkiniz | enlace | lien | tautan | "
     "ссылк|लिंक|رابط|الحساب",
     " api | response | provider | upstream | error from | sent | queued | accepted | created |"
     " processing | received | adding | queue | pending | started | your order | order number |"
     " order id "},
    /* The same in other languages; a word's end is left open where it is inflected. */
    {MEANING_FUNDS,
     " saldo | uang | fondos | fundos | dinero | dinheiro | credito | creditos | crediti | fondi ",
     " insuficient| insufficien| suficiente | suficientes | sufficient| bajo | baixo | falta| "
     "agreg| no hay | no tien| no "
     "dispone |"
     " no cuenta con | sin | agotad| nao ha | nao tem | nao possui | adicion| recarg| deposit| "
     "esaurit|"
     " tidak | kurang | habis | isi | kosong | minus ",
     " comentario| comment"},
    {MEANING_FUNDS, " bakiye| kredi| para | paraniz ",
     " yetersiz | yeterli | yok | yetmiyor | yukle| dusuk | tukendi | kalmadi ", NULL},
    {MEANING_FUNDS, " средств | средства | денег | деньги | баланс| счет | счете | счету ",
     " недостаточ| не хватает | мал | пополните | закончил| исчерпан", NULL},
    {MEANING_FUNDS, "رصيد",
     " غير كاف| لا يكفي | لا يوجد | ليس | شحن | اشحن | كافي | نفد | منخفض | قليل ", NULL},
    {MEANING_FUNDS, " so du | tien | tai khoan ",
     " khong du | khong co du | het tien | nap them | chua du | nap tien ", NULL},
    {MEANING_FUNDS, " deposit | top up ", " terlebih dahulu | dulu ", NULL},
    {MEANING_FUNDS, " fonds | solde | credit ", " pas assez | insuffisant| recharge| epuise ",
     NULL},
    {MEANING_FUNDS, " guthaben ", " niedrig | aufgebraucht | reicht | genug | unzureichend | leer ",
     NULL},
    {MEANING_KEY,
     " api anahtar| clave | chave | token | llave | api key | apikey | clave api | chave api ",
     " inval| incorrect| no es | no existe | nao existe | nao e | no valid| nao valid| errad| "
     "expirad| caducad| vencid| kedaluwarsa | kadaluarsa |"
     " bulunamadi | gecersiz | yanlis | hatali | salah | tidak | khong | sai ",
     " palabra | palabras | palavra | palavras | link | enlace "},
    {MEANING_KEY, " ma api | api ",
     " khong hop le | khong dung | khong ton tai | non valid| ungultig ",
     " phan hoi | response | risposta | antwort | ma don | don hang "},
    {MEANING_KEY, "مفتاح", " غير | خاط| خطا | منتهي ", "الرابط"},
    {MEANING_KEY, " ключ | ключа | токен | токена ",
     " неизвестн| неверн| недейств| не найден| не существ| истек| отсутству", "ключевое"},
    {MEANING_ACCOUNT, "حساب", " حظر | ايقاف | تعليق | معطل ", NULL},
    {MEANING_ACCOUNT, " tai khoan ", " chua duoc kich hoat | bi khoa | bi cam | da bi khoa ", NULL},
    {MEANING_LINK,
     " link| linki | linkiniz | baglanti| gonderi | paylasim | video | profil | kanal | sayfa ",
     " gecersiz | hatali | yanlis | dogru | bulunamadi | mevcut degil | gizli | acik olmali| "
     "calismiyor | kirik |"
     " silinmis | linki degil | bir tiktok | bir instagram | bir youtube | bir facebook | bir "
     "twitter |"
     " bir telegram ",
     NULL},
    {MEANING_LINK,
     " enlace | link | url | publicacion | publicacao | postagem | perfil | video | canal | pagina "
     "|"
     " foto | reel ",
     " no es | nao e | no existe | nao existe | no encontrad| nao encontrad| incorrect| invalid| "
     "errad|"
     " debe ser public| deve ser public| privad| no pertenece | nao pertence | no valid| nao valid|"
     " eliminad| excluid| removid| quebrad| roto | rota | no funciona | nao funciona | no "
     "disponible | no esta disponible | nao esta disponivel |"
     " indisponivel | valido | valida | correto | correcto ",
     NULL},
    {MEANING_LINK, " ссылк| пост | публикаци| видео | канал | страниц| профил",
     " не найден| неверн| неправильн| некоррект| недейств| недоступ| удален| закрыт| это ссылка | "
     "не подход| не работает | не открыва|"
     " не существ| приват| другой | другую | корректн| правильн",
     " ответ"},
    {MEANING_LINK, "رابط|المنشور|الفيديو|القناه|الصفحه",
     " غير | خاط| خطا | صحيح | صحيحا | محذوف| خاص| غير موجود", "متوقع|معروف|الخادم|السيرفر|مزود"},
    {MEANING_LINK, " link | tautan | url | postingan | video | target | username ",
     " salah | tidak valid | tidak ditemukan | tidak benar | tidak sesuai | private | privat | "
     "benar |"
     " dikunci | terkunci | bukan | dihapus ",
     NULL},
    {MEANING_LINK, " link | lien ket | duong dan | bai viet | video | trang | url | uid ",
     " khong hop le | khong dung | khong ton tai | khong tim thay | tim thay | sai | bi xoa | da "
     "xoa | bi loi |"
     " rieng tu | dung dinh dang | nhap dung ",
     NULL},
    {MEANING_LINK, " lien | profil | publication | compte ",
     " prive | privee | invalide | incorrect | introuvable | n existe pas | pas valide | casse | "
     "mort ",
     NULL},
    {MEANING_LINK, " link | profil | beitrag ",
     " privat | ungultig | nicht gultig | nicht gefunden | falsch | defekt | kaputt ", NULL},
    {MEANING_LINK, "लिंक|पोस्ट|वीडियो|प्रोफाइल|प्रोफ़ाइल", "नहीं|अमान्य|गलत|प्राइवेट|निजी|हटा",
     "ऑर्डर|सर्वर|प्रदाता|त्रुटि"},
    {MEANING_SERVICE, " servis | servisi | hizmet | hizmeti ",
     " kapatild| kapali | verilmiyor | pasif | mevcut degil | bulunamadi | gecersiz | devre disi | "
     "durduruld",
     NULL},
    {MEANING_SERVICE, " servico | servicio | servizio ",
     " inexistent| fora do ar | cerrad| fechad| chius| suspens| suspendid| sospes| desativad| "
     "desactivad| inativ| inactiv| pausad| nao "
     "|"
     " no | non ",
     " respond| respuesta | resposta | proveedor | fornecedor | error | erro | errore | risponde |"
     " pedido | orden "},
    {MEANING_SERVICE, "خدمه", " موقوف| متوقف| معطل| مغلق| غير", "خطا|متوقع|معروف|مزود"},
    {MEANING_SERVICE, "सेवा|सर्विस", "नहीं|बंद|अक्षम", "ऑर्डर|सर्वर|प्रदाता|त्रुटि|जवाब"},
    {MEANING_SERVICE, " услуг| сервис ",
     " удален| закрыт| снят| остановлен| приостановлен| не работает ", NULL},
    {MEANING_SERVICE, " layanan | servis ",
     " ditutup | tutup | nonaktif | dinonaktifkan | dihentikan | gangguan | dihapus ", NULL},
    {MEANING_SERVICE, " dich vu ", " dong | da dong | ngung | tam ngung | tat | da tat ", NULL},
    {MEANING_QUANTITY, " adet | adedi | miktar | miktari ",
     " gecersiz | hatali | dusuk | yuksek | az | fazla | minimum | maksimum | en az | en fazla ",
     NULL},
    {MEANING_QUANTITY, " minimo | maximo | cantidad | quantidade ",
     " minimo | maximo | minima | maxima | pequen| grande | baix| alta | abaixo | acima | menor |"
     " mayor | maior | debajo ",
     NULL},
    {MEANING_QUANTITY, " количеств",
     " от | до | ниже | выше | маленьк| слишком | минимум| максимум| меньше | больше ", NULL},
    {MEANING_QUANTITY, "الكميه", " بين | اقل | اكثر | الحد | غير ", NULL},
    {MEANING_QUANTITY, " jumlah | qty ",
     " harus | antara | sedikit | banyak | kurang | di bawah | di atas | dibawah | diatas | "
     "minimal | maksimal ",
     NULL},
    {MEANING_QUANTITY, " so luong ", " nho | lon | it | nhieu | khong | toi | duoi | tren ", NULL},
    {MEANING_ACTIVE_ORDER, " предыдущ", " заказ", NULL},
    {MEANING_RATE, " pedidos | requisicoes | solicitacoes ", " muitos | muitas | pouco tempo ",
     NULL},
    {MEANING_RATE, " request | permintaan | pesanan ", " terlalu banyak | terlalu sering ", NULL},
    {MEANING_ACTION, " action | method | command | endpoint ",
     WRONG GONE " not supported | unsupported | not allowed ", NULL},
};
const size_t classify_rule_count = COUNT_OF(classify_rules);

/* A complaint about any other field of an order. */
const char classify_field_complaints[] = WRONG GONE SWITCHED_OFF
    " please enter | please provide | please specify | must | should | cannot be | can t be | can "
    "not be | not allowed | not supported | no |"
    " too long | too short | too many | too few | too big | too small | not enough | minimum | "
    "less | greater | at least | out of range ";
