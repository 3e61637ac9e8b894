/* See currency.h. The money of states as ISO 4217 lists it, then what panels keep accounts in
 * besides: cryptocurrencies, and codes that stand in no list but on their pages. */
#include "money/currency.h"

#include <ctype.h>

static const char codes[] =
    /* ISO 4217 */
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN "
    "BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP "
    "ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR "
    "ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD "
    "MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR "
    "PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL "
    "THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF "
    "XCD XCG XOF XPF YER ZAR ZMW ZWG ZWL XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX "
    /* cryptocurrencies */
    "BTC ETH USDT USDC BNB LTC TRX XRP SOL DOGE TON BCH DASH XMR ADA MATIC POL DAI BUSD TUSD FDUSD "
    "PYUSD SHIB DOT AVAX XLM EOS ZEC ETC ATOM NEAR LINK UNI NOT EURC "
    /* on panels' pages */
    "IRT RUR RMB NTD CFA FCFA TL ";

static struct str currency_next(struct str *rest)
{
    struct str code = STR_NONE;
    while (rest->ptr && code.len == 0)
        if (!str_next(rest, ' ', &code))
            break;
    return code;
}

bool currency_is_known(struct str code)
{
    struct str rest = str_of(codes), known;
    while ((known = currency_next(&rest)).len > 0)
        if (str_equal_folded(known, code))
            return true;
    return false;
}

/* The same letters in another order. */
static bool currency_is_anagram(struct str a, struct str b)
{
    int counts[128] = {0};
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        counts[toupper((unsigned char)a.ptr[i]) & 127]++;
        counts[toupper((unsigned char)b.ptr[i]) & 127]--;
    }
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        if (counts[i] != 0)
            return false;
    return true;
}

static const struct {
    const char *word, *code;
} words[] = {
    {"EURO", "EUR"},    {"EUROS", "EUR"},   {"DOLLAR", "USD"}, {"DOLLARS", "USD"}, {"LIRA", "TRY"},
    {"TRL", "TRY"},     {"RUPEE", "INR"},   {"RUPIAH", "IDR"}, {"RUBLE", "RUB"},   {"REAL", "BRL"},
    {"POUND", "GBP"},   {"UKP", "GBP"},     {"YEN", "JPY"},    {"YUAN", "CNY"},    {"DONG", "VND"},
    {"TETHER", "USDT"}, {"BITCOIN", "BTC"}, {"TOMAN", "IRT"},  {"US", "USD"},      {"EU", "EUR"},
};

/* The most used first, where several are near. */
static const char *const usual[] = {"USD", "EUR",  "TRY", "INR", "BRL", "RUB", "IDR",
                                    "GBP", "USDT", "BTC", "VND", "NGN", "PKR", "UAH"};

const char *currency_suggest(struct str code)
{
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_equal_folded(code, str_of(words[i].word)))
            return words[i].code;
    for (size_t i = 0; i < COUNT_OF(usual); i++)
        if (currency_is_anagram(code, str_of(usual[i])))
            return usual[i];
    for (size_t i = 0; i < COUNT_OF(usual); i++)
        if (str_distance(code, str_of(usual[i]), 2) == 1)
            return usual[i];
    return NULL;
}
