"""What the registry is made of: counts, places, words and shares."""
import calendar

# ---------------------------------------------------------------- defaults
COUNTS = {  # rows with status "ok" at --scale 1
    "org": 33000, "net": 34500, "fac": 5900, "ix": 1300, "ixpfx": 2900,
    "netixlan": 66000, "netfac": 62000, "ixfac": 3400, "poc": 48000,
    "carrier": 280, "carrierfac": 4500, "campus": 75,
}
ORDER = ["org", "campus", "fac", "net", "ix", "ixlan", "ixpfx", "ixfac",
         "carrier", "carrierfac", "netfac", "netixlan", "poc"]


def ts(*a):
    return calendar.timegm(a + (0,) * (6 - len(a)))


NOW = ts(2026, 6, 1)                       # the registry's "today"; never the wall clock
FOUNDED = ts(2004, 7, 28)
# share of today's rows that existed at a date: how the registry grew
GROWTH = [(0.0, FOUNDED), (0.05, ts(2010, 7, 29)), (0.17, ts(2016, 1, 1)),
          (0.235, ts(2017, 1, 1)), (0.33, ts(2018, 1, 1)), (0.42, ts(2019, 1, 1)),
          (0.51, ts(2020, 1, 1)), (0.845, ts(2024, 1, 1)), (0.915, ts(2025, 1, 1)),
          (1.0, NOW - 600)]
# mass edits: resource -> (hour, share of the rows older than it that carry it)
BULK = {"org": (ts(2016, 3, 14, 21), .45), "net": (ts(2022, 7, 27, 5), .35),
        "fac": (ts(2025, 9, 26, 22), .80), "ix": (ts(2020, 1, 22, 4), .15),
        "ixlan": (ts(2023, 1, 25, 4), .35), "ixpfx": (ts(2016, 3, 14, 20), .30),
        "ixfac": (ts(2016, 3, 14, 21), .70), "netfac": (ts(2016, 3, 14, 21), .60),
        "netixlan": (ts(2022, 4, 27, 20), .12), "poc": (ts(2020, 1, 22, 4), .20),
        "carrier": (ts(2023, 1, 25, 18), .05), "carrierfac": (ts(2023, 1, 30, 15), .05),
        "campus": (ts(2026, 3, 24, 8), .05)}

# country: share of organizations, region, phone prefix, postcode pattern ("" = none),
# name style, then cities as name|state|lat|lon|weight (weight 1 when left out)
GEO = """
US 150 North_America 1 ##### en;Ashburn|VA|39.0438|-77.4874|9;New York|NY|40.7128|-74.0060|9;Los Angeles|CA|34.0522|-118.2437|7;Chicago|IL|41.8781|-87.6298|7;Dallas|TX|32.7767|-96.7970|7;San Jose|CA|37.3382|-121.8863|7;Seattle|WA|47.6062|-122.3321|5;Miami|FL|25.7617|-80.1918|5;Atlanta|GA|33.7490|-84.3880|5;Denver|CO|39.7392|-104.9903|4;Phoenix|AZ|33.4484|-112.0740|4;Houston|TX|29.7604|-95.3698|3;Kansas City|MO|39.0997|-94.5786|2;Minneapolis|MN|44.9778|-93.2650|2;Portland|OR|45.5152|-122.6784|2;Boston|MA|42.3601|-71.0589|2;Newark|NJ|40.7357|-74.1724|3;Salt Lake City|UT|40.7608|-111.8910|2;Las Vegas|NV|36.1699|-115.1398|2;Columbus|OH|39.9612|-82.9988|2;Honolulu|HI|21.3069|-157.8583;St. Louis|MO|38.6270|-90.1994;Omaha|NE|41.2565|-95.9345;Winston-Salem|NC|36.0999|-80.2442
BR 165 South_America 55 #####-### pt;São Paulo|SP|-23.5505|-46.6333|12;Rio de Janeiro|RJ|-22.9068|-43.1729|6;Fortaleza|CE|-3.7319|-38.5267|5;Curitiba|PR|-25.4284|-49.2733|4;Porto Alegre|RS|-30.0346|-51.2177|4;Belo Horizonte|MG|-19.9167|-43.9345|4;Brasília|DF|-15.7939|-47.8828|3;Recife|PE|-8.0476|-34.8770|3;Salvador|BA|-12.9777|-38.5016|3;Goiânia|GO|-16.6869|-49.2648|2;Florianópolis|SC|-27.5949|-48.5482|2;Campinas|SP|-22.9099|-47.0626|3;Manaus|AM|-3.1190|-60.0217|2;Belém|PA|-1.4558|-48.4902|2;São Luís|MA|-2.5307|-44.3068;Uberlândia|MG|-18.9186|-48.2772;Maringá|PR|-23.4205|-51.9331;Caruaru|PE|-8.2842|-35.9699
DE 60 Europe 49 ##### de;Frankfurt am Main|Hessen|50.1109|8.6821|10;Berlin||52.5200|13.4050|5;Hamburg||53.5511|9.9937|4;München|Bayern|48.1351|11.5820|4;Düsseldorf|NRW|51.2277|6.7735|4;Köln|NRW|50.9375|6.9603|2;Stuttgart|BW|48.7758|9.1829|2;Nürnberg|Bayern|49.4521|11.0767|2;Leipzig|Sachsen|51.3397|12.3731;Hannover|NI|52.3759|9.7320;Dresden|Sachsen|51.0504|13.7373
GB 50 Europe 44 AA#_#AA en;London||51.5074|-0.1278|14;Manchester||53.4808|-2.2426|5;Slough||51.5105|-0.5950|3;Leeds||53.8008|-1.5491|2;Edinburgh||55.9533|-3.1883|2;Birmingham||52.4862|-1.8904;Cardiff||51.4816|-3.1791;Bristol||51.4545|-2.5879;Glasgow||55.8642|-4.2518;Reading||51.4543|-0.9781
NL 28 Europe 31 ####_AA nl;Amsterdam|NH|52.3676|4.9041|12;Rotterdam|ZH|51.9244|4.4777|2;Eindhoven|NB|51.4416|5.4697;Groningen|GR|53.2194|6.5665;Utrecht|UT|52.0907|5.1214;Delft|ZH|52.0116|4.3571;Enschede|OV|52.2215|6.8937
FR 32 Europe 33 ##### fr;Paris|IDF|48.8566|2.3522|10;Marseille|PACA|43.2965|5.3698|4;Lyon|ARA|45.7640|4.8357|3;Lille|HDF|50.6292|3.0573;Strasbourg|GES|48.5734|7.7521;Toulouse|OCC|43.6047|1.4442;Bordeaux|NAQ|44.8378|-0.5792;Nantes|PDL|47.2184|-1.5536;Rennes|BRE|48.1173|-1.6778
IT 28 Europe 39 ##### it;Milano|MI|45.4642|9.1900|8;Roma|RM|41.9028|12.4964|5;Torino|TO|45.0703|7.6869|2;Bologna|BO|44.4949|11.3426;Padova|PD|45.4064|11.8768;Palermo|PA|38.1157|13.3615;Firenze|FI|43.7696|11.2558;Bari|BA|41.1171|16.8719
ES 20 Europe 34 ##### es;Madrid||40.4168|-3.7038|8;Barcelona||41.3851|2.1734|4;Valencia||39.4699|-0.3763;Bilbao||43.2630|-2.9350;Sevilla||37.3891|-5.9845
RU 45 Europe 7 ###### ru;Moscow||55.7558|37.6173|10;Saint Petersburg||59.9343|30.3351|5;Novosibirsk||55.0084|82.9357|2;Yekaterinburg||56.8389|60.6057|2;Samara||53.1959|50.1002;Kazan||55.7887|49.1221;Rostov-on-Don||47.2357|39.7015;Vladivostok||43.1198|131.8869
UA 22 Europe 380 ##### ua;Kyiv||50.4501|30.5234|6;Lviv||49.8397|24.0297;Odesa||46.4825|30.7233;Kharkiv||49.9935|36.2304;Dnipro||48.4647|35.0462
PL 26 Europe 48 ##-### pl;Warszawa||52.2297|21.0122|8;Poznań||52.4064|16.9252|2;Kraków||50.0647|19.9450|2;Katowice||50.2649|19.0238;Gdańsk||54.3520|18.6466;Wrocław||51.1079|17.0385;Łódź||51.7592|19.4560
CZ 14 Europe 420 ###_## cs;Praha||50.0755|14.4378|6;Brno||49.1951|16.6068|2;Ostrava||49.8209|18.2625;České Budějovice||48.9745|14.4743
CH 14 Europe 41 #### de;Zürich|ZH|47.3769|8.5417|6;Genève|GE|46.2044|6.1432|2;Basel|BS|47.5596|7.5886;Bern|BE|46.9480|7.4474;Glattbrugg|ZH|47.4314|8.5626|2
AT 10 Europe 43 #### de;Wien||48.2082|16.3738|5;Linz||48.3069|14.2858;Graz||47.0707|15.4395;Innsbruck||47.2692|11.4041
SE 16 Europe 46 ###_## nordic;Stockholm||59.3293|18.0686|6;Göteborg||57.7089|11.9746|2;Malmö||55.6050|13.0038;Luleå||65.5848|22.1547
NO 10 Europe 47 #### nordic;Oslo||59.9139|10.7522|5;Stavanger||58.9700|5.7331;Tromsø||69.6492|18.9553;Bergen||60.3913|5.3221
DK 9 Europe 45 #### nordic;København||55.6761|12.5683|5;Aarhus||56.1629|10.2039;Esbjerg||55.4765|8.4594
FI 8 Europe 358 ##### nordic;Helsinki||60.1699|24.9384|4;Espoo||60.2055|24.6559;Tampere||61.4978|23.7610;Jyväskylä||62.2426|25.7473
BE 8 Europe 32 #### nl;Brussel||50.8503|4.3517|3;Antwerpen||51.2194|4.4025;Zaventem||50.8838|4.4730|2
RO 14 Europe 40 ###### ro;București||44.4268|26.1025|6;Cluj-Napoca||46.7712|23.6236;Timișoara||45.7489|21.2087;Iași||47.1585|27.6014
BG 12 Europe 359 #### ru;Sofia||42.6977|23.3219|6;Varna||43.2141|27.9147;Plovdiv||42.1354|24.7453
GR 6 Europe 30 ###_## en;Athens||37.9838|23.7275|4;Thessaloniki||40.6401|22.9444;Heraklion||35.3387|25.1442
TR 10 Middle_East 90 ##### tr;İstanbul||41.0082|28.9784|6;Ankara||39.9334|32.8597|2;İzmir||38.4237|27.1428
HU 6 Europe 36 #### en;Budapest||47.4979|19.0402|4;Debrecen||47.5316|21.6273
PT 6 Europe 351 ####-### pt;Lisboa||38.7223|-9.1393|4;Porto||41.1579|-8.6291|2;Carnaxide||38.7242|-9.2457
IE 7 Europe 353  en;Dublin||53.3498|-6.2603|6;Cork||51.8985|-8.4756;Galway||53.2707|-9.0568
RS 5 Europe 381 ##### cs;Beograd||44.7866|20.4489|3;Novi Sad||45.2671|19.8335
HR 4 Europe 385 ##### cs;Zagreb||45.8150|15.9819|3;Split||43.5081|16.4402
SK 5 Europe 421 ###_## cs;Bratislava||48.1486|17.1077|3;Košice||48.7164|21.2611
SI 3 Europe 386 #### cs;Ljubljana||46.0569|14.5058|2;Maribor||46.5547|15.6459
LT 4 Europe 370 ##### en;Vilnius||54.6872|25.2797|2;Kaunas||54.8985|23.9036
LV 4 Europe 371 LV-#### en;Riga||56.9496|24.1052
EE 3 Europe 372 ##### en;Tallinn||59.4370|24.7536
IS 2 Europe 354 ### nordic;Reykjavík||64.1466|-21.9426
LU 2 Europe 352 #### fr;Luxembourg||49.6116|6.1319
MD 2 Europe 373 #### ro;Chișinău||47.0105|28.8638
ID 62 Asia_Pacific 62 ##### id;Jakarta|DKI Jakarta|-6.2088|106.8456|10;Surabaya|Jawa Timur|-7.2575|112.7521|3;Bandung|Jawa Barat|-6.9175|107.6191|2;Medan|Sumatera Utara|3.5952|98.6722;Semarang|Jawa Tengah|-6.9667|110.4167;Yogyakarta|DIY|-7.7956|110.3695;Denpasar|Bali|-8.6705|115.2126;Batam|Kepri|1.1301|104.0529;Makassar|Sulawesi Selatan|-5.1477|119.4327
IN 48 Asia_Pacific 91 ###### in;Mumbai|MH|19.0760|72.8777|8;Chennai|TN|13.0827|80.2707|4;New Delhi|DL|28.6139|77.2090|5;Bengaluru|KA|12.9716|77.5946|3;Hyderabad|TS|17.3850|78.4867|2;Kolkata|WB|22.5726|88.3639|2;Noida|UP|28.5355|77.3910|2;Pune|MH|18.5204|73.8567;Ahmedabad|GJ|23.0225|72.5714
JP 16 Asia_Pacific 81 ###-#### jp;Tokyo||35.6762|139.6503|8;Osaka||34.6937|135.5023|4;Fukuoka||33.5904|130.4017;Nagoya||35.1815|136.9066;Sapporo||43.0618|141.3545
CN 9 Asia_Pacific 86 ###### cn;Beijing||39.9042|116.4074|3;Shanghai||31.2304|121.4737|3;Guangzhou||23.1291|113.2644|2;Shenzhen||22.5431|114.0579|2
HK 18 Asia_Pacific 852  cn;Hong Kong||22.3193|114.1694|5;Tseung Kwan O||22.3080|114.2597|2;Chai Wan||22.2650|114.2369;Tsuen Wan||22.3714|114.1133
TW 6 Asia_Pacific 886 ### cn;Taipei||25.0330|121.5654|4;Kaohsiung||22.6273|120.3014
SG 16 Asia_Pacific 65 ###### en;Singapore||1.3521|103.8198
MY 9 Asia_Pacific 60 ##### id;Kuala Lumpur||3.1390|101.6869|3;Cyberjaya||2.9213|101.6559|2;Johor Bahru||1.4927|103.7414
TH 9 Asia_Pacific 66 ##### id;Bangkok||13.7563|100.5018|4;Chiang Mai||18.7883|98.9853;Nonthaburi||13.8591|100.5217
VN 5 Asia_Pacific 84 ###### id;Hà Nội||21.0285|105.8542|2;Hồ Chí Minh||10.8231|106.6297|2
PH 14 Asia_Pacific 63 #### id;Manila||14.5995|120.9842|2;Makati||14.5547|121.0244|3;Cebu City||10.3157|123.8854
BD 26 Asia_Pacific 880 #### in;Dhaka||23.8103|90.4125|6;Chattogram||22.3569|91.7832|2;Sylhet||24.8949|91.8687
PK 8 Asia_Pacific 92 ##### in;Karachi||24.8607|67.0011|2;Lahore||31.5204|74.3587;Islamabad||33.6844|73.0479
NP 4 Asia_Pacific 977 ##### in;Kathmandu||27.7172|85.3240
KR 5 Asia_Pacific 82 ##### jp;Seoul||37.5665|126.9780|4;Busan||35.1796|129.0756
AU 30 Australia 61 #### en;Sydney|NSW|-33.8688|151.2093|8;Melbourne|VIC|-37.8136|144.9631|5;Perth|WA|-31.9523|115.8613|3;Brisbane|QLD|-27.4698|153.0251|3;Adelaide|SA|-34.9285|138.6007|2;Canberra|ACT|-35.2809|149.1300;Darwin|NT|-12.4634|130.8456
NZ 9 Asia_Pacific 64 #### en;Auckland||-36.8509|174.7645|4;Wellington||-41.2866|174.7756|2;Christchurch||-43.5320|172.6306
CA 24 North_America 1 A#A_#A# en;Toronto|ON|43.6532|-79.3832|6;Montréal|QC|45.5019|-73.5674|4;Vancouver|BC|49.2827|-123.1207|3;Calgary|AB|51.0447|-114.0719|2;Ottawa|ON|45.4215|-75.6972;Winnipeg|MB|49.8951|-97.1384;Halifax|NS|44.6488|-63.5752
MX 13 North_America 52 ##### es;Querétaro|QRO|20.5888|-100.3899|4;Ciudad de México|CDMX|19.4326|-99.1332|4;Monterrey|NL|25.6866|-100.3161|2;Guadalajara|JAL|20.6597|-103.3496
AR 26 South_America 54 A####AAA es;Buenos Aires||-34.6037|-58.3816|6;Córdoba||-31.4201|-64.1888|2;Rosario||-32.9442|-60.6505;Mendoza||-32.8895|-68.8458
CL 10 South_America 56 ####### es;Santiago||-33.4489|-70.6693|5;Valparaíso||-33.0472|-71.6127;Concepción||-36.8201|-73.0444
CO 13 South_America 57 ###### es;Bogotá||4.7110|-74.0721|5;Medellín||6.2442|-75.5812|2;Cali||3.4516|-76.5320
PE 6 South_America 51 ##### es;Lima||-12.0464|-77.0428|4;Arequipa||-16.4090|-71.5375
EC 5 South_America 593 ###### es;Quito||-0.1807|-78.4678|2;Guayaquil||-2.1709|-79.9224|2
PY 3 South_America 595 #### es;Asunción||-25.2637|-57.5759
UY 2 South_America 598 ##### es;Montevideo||-34.9011|-56.1645
ZA 16 Africa 27  en;Johannesburg|GP|-26.2041|28.0473|6;Cape Town|WC|-33.9249|18.4241|4;Durban|KZN|-29.8587|31.0218|2
NG 8 Africa 234 ###### en;Lagos||6.5244|3.3792|4;Abuja||9.0765|7.3986;Port Harcourt||4.8156|7.0498
KE 6 Africa 254  en;Nairobi||-1.2921|36.8219|4;Mombasa||-4.0435|39.6682
GH 3 Africa 233  en;Accra||5.6037|-0.1870
EG 2 Africa_ME 20 ##### ar;Cairo||30.0444|31.2357
TZ 3 Africa 255  en;Dar es Salaam||-6.7924|39.2083
UG 2 Africa 256  en;Kampala||0.3476|32.5825
AO 3 Africa 244  pt;Luanda||-8.8390|13.2894
MZ 1 Africa 258 #### pt;Maputo||-25.9692|32.5732
SN 1 Africa 221 ##### fr;Dakar||14.7167|-17.4677
CI 1 Africa 225  fr;Abidjan||5.3600|-4.0083
CD 2 Africa 243  fr;Kinshasa||-4.4419|15.2663
MA 1 Africa 212 ##### fr;Casablanca||33.5731|-7.5898
AE 5 Middle_East 971  ar;Dubai||25.2048|55.2708|3;Abu Dhabi||24.4539|54.3773|2;Fujairah||25.1288|56.3265
SA 4 Middle_East 966 ##### ar;Riyadh||24.7136|46.6753|2;Jeddah||21.4858|39.1925|2
IL 4 Middle_East 972 ####### en;Tel Aviv||32.0853|34.7818|3;Petah Tikva||32.0840|34.8878
IR 6 Middle_East 98 ########## ar;Tehran||35.6892|51.3890|3;Mashhad||36.2605|59.6168
IQ 3 Middle_East 964 ##### ar;Baghdad||33.3152|44.3661;Erbil||36.1911|44.0092
OM 1 Middle_East 968 ### ar;Muscat||23.5880|58.3829
"""
STYLES = {  # words before or after the invented root, legal forms
    "en": (["Networks", "Telecom", "Internet", "Fiber", "Communications", "Broadband", "Hosting", "Cloud", "Data Centers", "Online", "Connect", "Wireless", "Systems", "Digital", "University", "Media", "CDN"], ["", "", "", " LLC", " Inc.", " Ltd", " Limited", ", Inc.", " Pty Ltd"]),
    "pt": (["Telecomunicações", "Telecom", "Internet", "Provedor de Internet", "Fibra", "Conexão", "Redes", "Serviços de Comunicação", "Tecnologia", "Banda Larga"], ["", " Ltda", " LTDA - ME", " EIRELI", " S.A.", ""]),
    "es": (["Telecomunicaciones", "Internet", "Redes", "Fibra Óptica", "Comunicaciones", "Conexión", "Cooperativa de Servicios Públicos"], ["", " S.A.", " S.R.L.", " S.A. de C.V.", " SpA"]),
    "de": (["Netzwerk", "Telekommunikation", "Glasfaser", "Rechenzentrum", "Stadtwerke", "Datentechnik", "Universität", "Hosting", "Kabel"], [" GmbH", " GmbH & Co. KG", " AG", " e.V.", ""]),
    "fr": (["Réseaux", "Télécom", "Fibre", "Hébergement", "Connectivité", "Numérique"], [" SAS", " SARL", "", " SA"]),
    "it": (["Reti", "Telecomunicazioni", "Fibra", "Connettività", "Servizi Informatici"], [" S.r.l.", " S.p.A.", ""]),
    "nl": (["Netwerken", "Glasvezel", "Hosting", "Internetdiensten", "Datacenter"], [" B.V.", " BV", "", " N.V."]),
    "nordic": (["Nät", "Fiber", "Bredbånd", "Tele", "Datacenter", "Energi"], [" AB", " AS", " A/S", " Oy", ""]),
    "cs": (["Síť", "Telekomunikace", "Připojení", "Mreža", "Datové centrum"], [" s.r.o.", " a.s.", " d.o.o.", ""]),
    "pl": (["Sieć", "Telekomunikacja", "Światłowód", "Usługi Internetowe"], [" sp. z o.o.", " S.A.", ""]),
    "ro": (["Rețele", "Telecomunicații", "Internet", "Fibră"], [" SRL", " SA", ""]),
    "tr": (["Telekomünikasyon", "İnternet Hizmetleri", "Bilişim", "Veri Merkezi"], [" A.Ş.", " Ltd. Şti.", ""]),
    "ru": (["Телеком", "Связь", "Сети", "Телеком Сервис", "Интернет", "Telecom", "Net", "Online"], [" ООО", " LLC", " Ltd", ""]),
    "ua": (["Телеком", "Мережа", "Зв’язок", "Telecom", "Net"], [" ТОВ", " LLC", " FOP", ""]),
    "id": (["Network", "Media Data", "Telekomunikasi", "Nusantara", "Solusi", "Internet", "Viễn thông"], [" Tbk", "", "", " Sdn Bhd"]),
    "in": (["Broadband", "Communications", "Netlink", "Infotech", "Online", "Telecom"], [" Pvt Ltd", " Private Limited", " Limited", ""]),
    "jp": (["ネットワーク", "通信", "インターネット", "データセンター", "Networks", "Communications"], [" 株式会社", " Inc.", " Co., Ltd.", ""]),
    "cn": (["网络", "電訊", "数据中心", "云计算", "Networks", "Telecom", "Cloud"], ["有限公司", " Limited", " Co., Ltd.", ""]),
    "ar": (["للاتصالات", "شبكة", "Telecom", "Networks", "Data Center"], [" FZE", " LLC", " Co.", ""]),
}
HEAD = "ver tel nor lum cal ora zan mir pol tri sol neb ast kor vel quin hal bri tan fal gro pel dru mar ox ky ras thal wes yar eri lin sab dor cas".split()
MID = ["", "", "a", "i", "o", "en", "ar", "il", "on", "u", "ex", "ia", "is"]
TAIL = "net tron via link wave fib com dex nova sys tec core line path bit grid hub port star ria dia mont berg stad vik rum".split()
FIRST = "Ana Bruno Chloé Dmitri Elif Farid Greta Hiro Ingrid José Kwame Léa Mário Nadia Óscar Priya Quinn Rosa Søren Tomás Uma Viktor Wanjiru Ximena Yuki Zoë Łukasz Anders Beatriz Chen Đorđe Emre".split()
LAST = "Almeida Bakker Castellanos Dubois Eriksson Fujimoto Gupta Hoffmann Ivanova Jansen Kowalski Lindqvist Müller Nguyen Okafor Petrov Quispe Rossi Şahin Tanaka Ueda Varga Williams Xu Yılmaz Zimmermann Ólafsdóttir Brânză".split()
STREETS = "Station Road;Harbour Street;Industriestraße;Rua das Flores;Avenida Central;Main St;2nd Ave;Data Park Way;Rue du Port;Via Roma;Jalan Merdeka;Kabelweg;Technology Drive;Science Park;Ring Road;Calle Mayor;Telegraph Hill;Exchange Square;ulica Długa;Storgatan".split(";")

SENT = """Please use IPv6 wherever both sides support it.
We peer with any network that operates a 24/7 NOC and registers its routes.
All announcements must be covered by a valid route object or ROA.
We do not accept prefixes longer than /24 for IPv4 or /48 for IPv6.
Sessions that stay down for more than **30 days** are removed without notice.
Requests for private interconnection start at 10 Gbps of sustained traffic.
Maximum-prefix limits on this page are kept current; please apply them.
This network filters RPKI invalids on every session.
Route server participation: open policy, no special communities needed.
We are migrating ports to 100G during the coming quarters.
MD5 authentication is available on request, but we prefer GTSM.
Please mention your AS number in every message to the NOC.
Traffic figures are averages over the last 90 days.
Anycast services are announced from every location listed here.
Presence at further exchanges is planned; contact us for dates.
We require consistent announcements at all common locations.
Atendimento somente por e-mail; respondemos em até dois dias úteis.
Für Kunden gelten abweichende Bedingungen, siehe Webseite.
Перед изменениями просим уведомлять за сутки.
接続の申し込みはメールでお願いします。
Peering ist an allen Standorten möglich.
Static content caches are deployed inside partner networks at no cost.
Blackhole community: `65535:666` is honoured for /32 and /128 routes.
No transit is provided over public exchange ports.
Ports are monitored; utilisation above 70 % triggers an upgrade.
The looking glass shows best paths from four continents.""".split("\n")

TYPES = [("Cable/DSL/ISP", 11471), ("NSP", 3877), ("Content", 2399), ("Enterprise", 1699), ("Educational/Research", 1444), ("Network Services", 750), ("Route Server", 615), ("Non-Profit", 612), ("Government", 115), ("Route Collector", 28), ("", 2100)]
TRAFFIC = [("", 60), ("0-20Mbps", 5), ("20-100Mbps", 4), ("100-1000Mbps", 9), ("1-5Gbps", 11), ("5-10Gbps", 6), ("10-20Gbps", 5), ("20-50Gbps", 5), ("50-100Gbps", 3.2), ("100-200Gbps", 2.2), ("200-300Gbps", 1), ("300-500Gbps", .8), ("500-1000Gbps", .6), ("1-5Tbps", .7), ("5-10Tbps", .2), ("10-20Tbps", .1), ("20-50Tbps", .06), ("50-100Tbps", .03), ("100+Tbps", .02)]
RATIO = [("", 24), ("Not Disclosed", 16), ("Balanced", 24), ("Mostly Inbound", 22), ("Heavy Inbound", 5), ("Mostly Outbound", 6), ("Heavy Outbound", 3)]
OWN_SCOPE = {"North_America": "North America", "South_America": "South America", "Asia_Pacific": "Asia Pacific", "Middle_East": "Middle East", "Africa_ME": "Middle East"}
SPEED = [(100000, 30), (10000, 36), (1000, 17), (20000, 5.5), (200000, 4.5), (400000, 2.5), (40000, 1.3), (30000, .8), (300000, .7), (100, .9), (2000, .9), (50000, .3), (800000, .15), (0, .6), (500, .2), (3000, .2), (1200000, .1)]
V4P = [(0, 8), (1, 8), (2, 6), (3, 6), (5, 9), (10, 12), (20, 9), (50, 9), (100, 11), (200, 5), (500, 6), (1000, 6), (5000, 2), (10000, 2), (50000, .3), (None, 6)]
V6P = [(0, 22), (1, 16), (2, 8), (3, 5), (5, 7), (10, 10), (20, 7), (50, 6), (100, 7), (500, 3), (1000, 3), (5000, .6), (None, 6)]
IRR = ["RIPE", "RADB", "ARIN", "APNIC", "LACNIC", "AFRINIC", "ALTDB", "NTTCOM", "LEVEL3", "TC", "JPIRR", "IDNIC"]
ROLES = ["NOC", "Policy", "Technical", "Abuse", "Maintenance", "Sales", "Public Relations"]
# degree by rank share (rank / number of rows that have any), as seen in real listings
CURVE = {
    "ix": [(0, 2650), (.0008, 2300), (.0015, 1750), (.003, 1350), (.006, 800), (.0125, 520), (.025, 380), (.05, 235), (.1, 135), (.2, 62), (.3, 32), (.5, 13), (.7, 5), (.9, 1.2), (1, 1)],
    "net_ix": [(0, 420), (.0002, 330), (.0005, 270), (.001, 165), (.003, 70), (.01, 24), (.05, 9), (.1, 6), (.2, 4), (.3, 3), (.5, 2), (.7, 1), (1, 1)],
    "fac": [(0, 850), (.001, 620), (.003, 480), (.01, 190), (.05, 58), (.1, 29), (.2, 13), (.5, 3.2), (.8, 1), (1, 1)],
    "net_fac": [(0, 420), (.0003, 290), (.001, 160), (.01, 36), (.05, 13), (.1, 8), (.2, 5), (.5, 2), (.8, 1), (1, 1)],
    "ix_fac": [(0, 160), (.002, 80), (.005, 34), (.02, 18), (.05, 10), (.1, 7), (.25, 4), (.5, 2), (.7, 1), (1, 1)],
    "carrier": [(0, 357), (.01, 264), (.02, 150), (.04, 99), (.1, 45), (.25, 16), (.5, 6), (.8, 2), (1, 1)],
}
LANNAMES = [("", 60), ("Peering LAN", 5), ("Main", 5), ("ATM/MPLA", 4), ("PeeringLAN", 3), ("MTU1500", 3), ("Primary", 3), ("VLAN 100", 2), ("LAN", 3), ("IPv4+IPv6 MTU 1500", 1)]
