"""How mail servers word a reason, in every language they speak to us. Regular expressions over one line, without nesting."""

# ruff: noqa: E501 - a table of wordings, a line for each turn of phrase

FILTERED = r"""
  550\ :\ user\ unknown | the\ recipient\ (is\ only\ accepting|does\ not\ accept|refuses|blocks|has\ rejected)\ (mail|e-?mail|messages)\ from | refused\ by\ (the\ )?recipient'?s\ (filter|settings) | blocked\ by\ (the\ )?(recipient|user)
"""

GREYLISTED = r"""
  gr[ae]y[ -]?list | try\ again\ in\ \d+\ (second|minute) | please\ retry\ later | temporarily\ deferred.{0,40}retry
"""

GONE_OR_OFF = r"""
  (not\ found|does\ not\ exist|doesn't\ exist|unknown|invalid|no\ such\ (user|account|mailbox))\ or\ (is\ |has\ been\ |was\ )?(suspended|disabled|inactive|deactivated|locked) | (disabled|inactive|suspended|deactivated)\ or\ (does\ not\ exist|doesn't\ exist|not\ found|unknown|nonexistent)
"""

SENDER_REFUSED = r"""
  sender('s)?\ (address|domain)\ has\ (a\ )?null | sender\ (address|domain|verify|e-?mail)?.{0,12}(rejected|refused|denied|failed|invalid|unknown|does\ not\ exist|doesn't\ exist|not\ found|not\ exist)
| (invalid|unknown|unresolvable|bad|forged|blacklisted)\ sender | sender\ (is\ )?(not\ (allowed|authori[sz]ed|accepted)|denied|blocked|unknown)
| domain\ of\ (the\ )?sender | sender'?s?\ domain | (envelope|mail)\ from\b.{0,60}(not\ allowed|rejected|refused|denied|does\ not)
| sender\ (address\ )?verif(y|ication)\b | verify\ (your\ )?sender | from\ address.{0,30}(not|invalid|reject)
| can'?t\ verify\ the\ sender | (could|can)\ ?not\ verify\ sender | refused.{0,20}sender | address\ of\ the\ sender | 5\.1\.[78]\b
| your\ (address|e-?mail|domain)\ (is|was|has\ been)\ (rejected|blocked|refused|blacklisted|on\ )
| (you|your\ address)\ (are|is)\ not\ (allowed|permitted|authori[sz]ed)\ to\ (send|post) | not\ accepting\ mail\ from\ (you|this\ sender|your)
| returnpath|return\ path\ (does\ not|is\ not) | absender.{0,40}(abgelehnt|unbekannt|ungültig|nicht\ existier) | exp[ée]diteur.{0,30}(refus|inconnu|rejet)
| remitente.{0,30}(rechaz|desconoc) | mittente.{0,30}(rifiut|sconosc) | sendergenericrejected
"""

REVERSE_DNS = r"""
  reverse[ -]?dns | \brdns\b | \bptr\b | cannot\ find\ your\ (reverse\ )?host ?name | (helo|ehlo)\ (command\ |argument\ |name\ )?.{0,40}(rejected|invalid|refus|not\ found|mismatch)
| fix\ reverse | client\ host\ rejected:\ cannot\ find | unresolvable\ (relay|client)\ host | no\ reverse | hostname\ does\ not\ resolve
| domain\ does\ not\ (resolve|match).{0,20}(ip|client) | invalid\ (helo|ehlo)
"""

AUTHENTICATION = r"""
  \b(spf|dkim|dmarc|domainkeys|sender\ id)\b | unauthenticated\ (e-?mail|mail)\ (is|from) | does\ not\ pass\ authentication
| doesn't\ meet\ the\ (required\ )?authentication | sender\ policy\ framework | 5\.7\.(26|509|20|21|22|23)\b
"""

MAILBOX_FULL = r"""
  (mail ?box|inbox|mail\ ?drop|mail\ ?folder|mail\ ?dir|account|spool|mbx)\b.{0,40}\b(is\ |was\ |currently\ |almost\ )*(full|over\ (its\ )?(quota|limit)|exceed|filled|overflow)
| quota\b.{0,40}(exceed|exhaust|full|reach|violat|used\ up|over) | (over|exceed\w*|out\ of|above|beyond|past|full)\b.{0,40}\bquota | over-?quota | quota_?exceeded
| (insufficient|not\ enough|no\ more|lack\ of)\ (disk|mailbox|storage|mail|free)?\ ?(space|storage|quota)\ .{0,40}(mailbox|user|account|recipient|inbox)
| mailbox.{0,30}(insufficient|not\ enough|size\ limit|too\ (large|big)|no\ space|out\ of\ space)
| (storage|space|size|disk|allocat\w+)\ (limit|allocation|quota|usage)?\ ?.{0,20}exceeded.{0,40}(mailbox|user|account|recipient)
| (has|have|had|would)\ exceed\w*.{0,40}(storage|space|mailbox|allowed\ (size|space)|disk)
| exceed\w*\ .{0,30}(storage\ (allocation|limit)|mailbox|allowed\ space|disk\ space|allocation|maximum\ number\ of\ messages)
| out\ of\ (storage|disk)\ space | user\ (has\ )?(too\ many\ messages|is\ full|no\ space) | too\ many\ (messages|mails)\ (in|on)\b | mail\ ?box_?full | mbox_?full
| disk\ (space\ )?quota | 5\.2\.2\b.{0,40} | account\ size | recipient.{0,30}(out\ of\ storage|storage\ full|is\ full)|storage.{0,20}\bfull
| maximum\ (mailbox|storage|allowed\ (mailbox|storage)) | mail\ quota | is\ using\ all\ of\ (its|their) | not\ enough\ (storage\ )?space\ (in|on)
| postfach.{0,60}\b(voll|überfüllt|gefüllt|überschritten|überschreitet) | speicher\w*.{0,40}(voll|erschöpft|überschritten|ausgeschöpft)
| (boîte|boite|messagerie|bal)\b.{0,60}(pleine|satur|d[ée]pass) | quota.{0,30}(d[ée]pass|atteint) | (buz[oó]n|cuenta|bandeja).{0,40}llen[oa] | cuota.{0,30}(exced|super)
| (casella|mailbox).{0,40}pien[ao] | (caixa|conta).{0,40}(chei[ao]|lotad[ao]) | (postvak|mailbox|brievenbus).{0,40}\bvol\b | skrzynka.{0,40}(pe[łl]na|przepe)
| メールボックス.{0,20}(一杯|いっぱい|満杯|容量) | (邮箱|信箱|郵箱|空间|空間|容量|存储).{0,16}(已满|已滿|满了|滿|不足|超出|超过|超過) | (postfach|mailbox|posteingang).{0,60}(limit|kontingent|speicherplatz|kapazität).{0,30}(erreicht|erschöpft|überschritten|aufgebraucht) | (ящик|почтов\w*|хранилищ)\w*.{0,40}(переполнен|заполнен|превышен) | квот\w+.{0,30}(превыш|исчерп) | schránka.{0,40}(plná|přeplněn|zaplněn) | (postlåda|inkorg|brevlåda|postkasse|innboks|indbakke|postboks|postlådan)\w*.{0,30}\bfull?\w{0,3}\b | postilaatikko.{0,30}(täynnä|täysi) | (postafiók|fiók).{0,30}(megtelt|tele) | (posta\ kutusu|gelen\ kutusu|kota)\w*.{0,30}(dolu|aşıl) | γραμματοκιβώτιο.{0,30}(γεμάτο|πλήρες) | (메일함|사서함|편지함|용량).{0,20}(가득|초과|꽉) | boîte\ de\ réception.{0,40}(pleine|satur) | (casella|posta).{0,60}(esaurit|superat).{0,20}(spazio|quota|limite)?
"""

NULL_MX = r"""
  null\ ?mx | does\ ?n[o']t\ accept\ (any\ )?(e-?mail|mail|smtp)(?!\ (from|with|of)) | domain.{0,30}does\ not\ (accept|receive)\ (e-?)?mail | nullmx | no\ smtp\ service | system\ not\ accepting\ network\ messages | \b556\b\ .{0,40}(not\ accept|no\ mail|null)
| smtp\ (service|server)\ (is\ )?not\ accepting\ mail | name\ service\ error\ for\ name=\S+\ type=mx:\ malformed | no\ mail\ accepted
| this\ (host|server|domain|system)\ (does\ not|doesn't|will\ not)\ (accept|receive)\ (any\ )?(e-?)?mail
"""

MOVED = r"""
  has\ (changed|moved).{0,30}(address|to\ |away|@) | (user|recipient|mailbox|they|account)\ (has|have)\ (been\ )?moved | (is|are)\ no\ longer\ (at|with|employed|working|works|reachable|on\ this)
| no\ longer\ (works?|employed|with\ (us|the\ company)|at\ this) | new\ (e-?mail\ )?address\ (is|:) | address\ (has\ )?changed\ to | 5\.1\.6\b | (user|please)\ .{0,20}not\ local;?\ (please\ )?try
| adresse.{0,20}(hat\ sich\ ge(ä|a)ndert|wurde\ ge(ä|a)ndert|a\ chang) | nicht\ mehr\ (beschäftigt|bei\ uns|im\ unternehmen) | \bhas\ left\ (the|our)\ (company|organi[sz]ation|firm) | hat\ (das|unser)\ unternehmen\ verlassen | a\ quitté\ (la\ société|l'entreprise) | ya\ no\ trabaja | non\ lavora\ più | niet\ meer\ werkzaam | (não|já\ não)\ trabalha\ (mais|connosco)
"""

SUSPENDED = r"""
  ^this\ user\ doesn't\ have\ an?\ \S{3,80}\ account\ \(\S{3,200}\)\ \[-?\d\] |  (mail ?box|account|user|recipient|address|e-?mail)\b.{0,50}\b(has\ been\ |is\ |was\ |are\ |temporarily\ |currently\ |permanently\ )*(suspended|disabled|deactivated|inactive|locked|frozen|on\ hold|blocked\ due|not\ active|switched\ off|expired)
| (disabled|inactive|suspended|deactivated|locked|frozen|expired)\ (mail ?box|account|user|recipient|address) | 5\.2\.1\b.{0,30}(disabled|inactive)
| (konto|postfach|adresse|benutzer).{0,40}(gesperrt|deaktiviert|stillgelegt|inaktiv) | compte.{0,40}(d[ée]sactiv|suspendu|bloqu) | (cuenta|buz[oó]n).{0,40}(desactivad|deshabilitad|suspendid|inhabilitad)
| (account|casella).{0,40}(disabilitat|disattivat|sospes) | (account|mailbox).{0,40}(geblokkeerd|uitgeschakeld|opgeheven) | conta.{0,40}(desativad|suspens)
| not\ taking\ mail | is\ not\ (currently\ )?accepting\ (mail|e-?mail|messages)(?!\ from) | no\ longer\ on\ server | has\ not\ (yet\ )?(been\ )?(activated|collected)
| delivery\ to\ this\ (user|mailbox)\ is\ (disabled|stopped)
"""

NOT_ALLOWED = r"""
  resolver\.rst\. | not\ (authori[sz]ed|permitted|allowed)\ to\ (send|submit|deliver)\ .{0,40}(recipient|address|group|list|user) | restricted\ (recipient|address|sender)
| only\ (accepts|allows|takes)\ (mail|messages|e-?mail)\ from | (permission|permitted|allowed).{0,40}to\ (send|write)\ to\ this | sender\ (is\ )?not\ in\ (the\ )?(whitelist|allow)
| authentication\ required\ .{0,40}(deliver|send|recipient|group) | does\ not\ have\ permission | don't\ have\ permission | not\ a\ member\ of\ (the|this) | not\ subscribed
| closed\ (mailing\ )?list | members?[ -]only | sender\ not\ authenticated\ for\ group | 5\.7\.(124|133|134|136)\b | berechtigung.{0,60}(empfänger|senden) | nicht\ berechtigt
| you\ are\ not\ (allowed|authori[sz]ed|permitted) | challenge-response | whitelist\ only
"""

CLIENT_BLOCKED = r"""
  client\ host\ .{0,60}(blocked|rejected|denied) | blocked\ using | spamhaus | spamcop | barracudacentral | your\ ip\ .{0,40}\b(blocked|blacklist|listed|banned|reputation) | (ip|client)\ \[?[\d.]{7,15}\]?\ .{0,40}(blocked|blacklist|banned|listed) | banned\ sending\ ip
| (rejected|refused|denied|blocked)\ (due\ to|because\ of|for|by)\ .{0,20}(security|spam|content|policy|policies|virus)
"""

TOO_MANY = r"""
  too\ many\ (recipients|rcpt|to\ addresses|addresses) | maximum\ number\ of\ recipients | recipient\ (count|limit)\b
"""

TOO_FAST = r"""
  (rate|sending|message|hourly|daily)\ ?-?(limit|limits|limitation)\b(?!.{0,12}size) | too\ many\ (connections|messages|e-?mails|mails|concurrent|sessions|errors|requests|unknown|invalid)(?!\ in) | thrott?l
| receiving\ mail\ (too\ quickly|at\ a\ rate) | at\ a\ rate\ that | (max\w*|maximum)\ (number\ of\ )?(defers\ and\ failures|connections|e-?mails|emails\ per) | excessive\ (unknown|number|message)
| too\ (fast|much\ mail|quickly|frequent) | unusual\ rate | exceeded.{0,30}(per\ (hour|day|minute)|messages\ (per|allowed)|rate) | temporarily\ rate | \bslow\ down | connection\ (rate|limit)
| daily\ (user\ )?sending\ quota
"""

LOOP = r"""
  \bloops?\b.{0,40}(back|detect|mail|myself) | (mail|routing|forwarding|message)\ ?-?(is\ )?loop | too\ many\ (hops|received|hop) | hop\ count | maximum\ hop | (loop|looping)\ (detected|count)
| 5\.4\.6\b | 5\.4\.14\b | already\ (been\ )?forwarded | infinite\ loop
"""

USER_UNKNOWN = r"""
  receiver\ not\ found | (user|recipient|address|mail\ ?box|account)\ (is\ not|isn't|not)\ here\b | (user|recipient|address|mail\ ?box|account)(\ is|\ has\ been)?\ no\ longer\ (in\ use|valid|exist\w*|active|available) | kein\ postfach\ (unter|mit|für) | onbekende\ (gebruiker|ontvanger|mailbox) | onbekend\ (e-?mail-?)?adres | (utilisateur|destinataire)\ non\ (connu|valide) | nie\ ma\ takiego | (user|mailbox|one|body|account)\ (by|with|of)\ that\ (name|address) | (user|recipient|address|mailbox)_(unknown|not_found|invalid) | (ungültig|unbekannt)\w*\ (empfänger|adress|benutzer|e-?mail) | not\ known\ (here|at\ this|to\ this) |
  (recipient|address)(\ address)?\ rejected\.?(\ \(in\ reply\ to\ rcpt|\W{0,3}$) | (unknown|unrouteable|unrouted|undeliverable|invalid|unrecogni[sz]ed|non-?existent|nonexistant|illegal|bad|incorrect|wrong)\ (local\ )?(final\ delivery\ )?(user|recipient|mail ?box|account|alias|local[ -]?part|e-?mail\ address|e-?mail|recipient'?s?\ address|address|addressee|recipients|destination\ (mailbox\ )?address|user\ ?name|userid|name|id|rcpt)
| (user|recipient|mail ?box|account|alias|addressee|local\ part|address|subscriber|customer|login|rcpt|username|person|e-?mail\ id)s?(\ \S{1,100})?(\ is|\ was|\ are|:|,|-)?\ ?(name\ )?(unknown|invalid|not\ known|not\ recogni[sz]ed|not\ valid|nonexistent|non-existent|not\ registered|not\ exist)
| no\ (such|valid|local)\ (local\ )?(user|recipient|mail ?box|account|address|person|alias|addressee|e-?mail|destination|subscriber|customer|name|login|entry|virtual)
| (user|recipient|mail ?box|account|alias|address|addressee|name|they|e-?mail|destination|subscriber|mailaddress|id|username|@\S{1,100}?)["'>)\]]{0,3}(\ \S{1,100})?\ (does\ not|doesn't|do\ not|did\ not|dont|doesnt|didn't)\ (seem\ to\ |appear\ to\ )?exist
| (user|recipient|mail ?box|account|alias|address|addressee|mailaccount)["'>)\]]{0,3}(\ \S{1,100})?\ ?(was\ |were\ |is\ |could\ ?n[o']t\ be\ |can ?not\ be\ |couldn't\ be\ |can't\ be\ |has\ been\ )?(not\ found|notfound|found\b.{0,12}\bnot|deleted|removed|closed|discontinued|terminated|unavailable)(?!\ (at\ this\ time|temporar|now))
| (not|isn't)\ (a\ )?(valid|known|recogni[sz]ed|existing|our|local|current|registered)\ .{0,16}?(user|recipient|mail ?box|account|address|customer|alias|subscriber|mailing|member)
| does(n't|\ not)\ (have|host|handle)\ (an?\ )?.{0,40}(account|mailbox|user|address|mail\ for\ (this|that)) | (i|we)\ have\ no\ (mailbox|user|account) | no\ mail ?box\ (here|by|for|found|with)
| not\ listed\ in\ (the\ )?(domino|public|name|address|directory) | no\ such\ (\S+\ ){0,2}(here|in\ this|at\ this) | there\ is\ no\ (one|user|mailbox|account|such|recipient|person) | nobody\ (here|by|with)\ (by\ )?(that|this)?\ ?name
| recip(ient)?\ ?not\ ?found | recipnotfound | resolver\.adr | adr\.(ex)?recip | invalid-?recipient | rcpt\ invalid | mail\ ?box\ unavailable(?!\ temp)(?!\ due) | unavailable\ mail ?box
| (couldn't|could\ not|cannot|can't|unable\ to)\ (be\ )?(find|found|locate|located|identify|resolve|match|verify|recogni[sz]e)\ (the\ |this\ |that\ |any\ |a\ )?(user|recipient|mail ?box|account|address|alias|person|name|addressee|information\ about|forwarding\ address)
| (wasn't|was\ not|isn't|not)\ found\ (at|in|on)\ (?!dns) | address\ (couldn't\ be|could\ not\ be|was\ not|wasn't|not)\ found | address\ not\ found | address\ unknown | unknown\ to\ (us|this|address|me) | undeliverable\ address
| recipient\ address\ rejected:\ (access\ denied|undeliverable|unknown|user|no\ such|unverified|address\ unknown|invalid|mailbox) | (address|recipient)\ lookup\ failed | address\ verification\ failed.{0,20}(recipient|unknown)
| unrout(e)?able\ (mail\ )?(address|user) | not\ our\ (customer|user) | is\ not\ (known|a\ user|here|on\ this)\b | user\ not\ (local|here|exist|in\ ) | not\ a\ (local\ )?(user|mailbox)\b | 5\.1\.1\b.{0,30}(unknown|not\ exist|no\ such|invalid)
| person\ who\ .{0,20}no\ longer | delivery\ to\ (this|non-?existent)\ address | said:\ 550\ 5\.1\.1 | account\ that\ you\ tried\ to\ reach\ does\ not\ exist | (account|mailbox|user)\ (is\ )?(closed|discontinued|cancell?ed)\b
| no\ one\ (here\ )?(by|with)\ that | typo(s|graphical)?.{0,40}(address|recipient) | double-?check(ing)?\ the\ recipient | ldap.{0,20}(no\ match|not\ found)|undefined\ mail\ alias | bad\ destination\ mailbox
| (empfänger|benutzer|adresse|postfach|konto|mailadresse|e-?mail-?adresse|adressat)\w*.{0,60}(unbekannt|nicht\ gefunden|existier\w*\ nicht|nicht\ existier|nicht\ vorhanden|nicht\ bekannt|ungültig|gibt\ es\ nicht|nicht\ erreichbar\ unter) | (unbekannte[rs]?|kein(en)?\ solche[rns]*)\ (empfänger|benutzer|adresse|nutzer|postfach)
| (utilisateur|destinataire|adresse|compte|boîte|bo[iî]te\ aux\ lettres)\b.{0,60}(inconnu|introuvable|n'existe\ (pas|plus)|invalide|inexistant|n'a\ pas\ [ée]t[ée]\ trouv|non\ trouv)
| (usuario|destinatario|direcci[oó]n|buz[oó]n|cuenta|correo)\b.{0,60}(desconocid|no\ existe|no\ encontrad|inexistente|inv[aá]lid|no\ se\ (ha\ )?encontr) | (utente|destinatario|indirizzo|casella|account)\b.{0,60}(sconosciut|inesistente|non\ esiste|non\ trovat|non\ valid)
| (gebruiker|ontvanger|geadresseerde|adres|e-?mailadres|postbus|mailbox|account)\b.{0,60}(onbekend|bestaat\ niet|niet\ gevonden|ongeldig) | (usu[aá]rio|destinat[aá]rio|endere[cç]o|conta|caixa)\b.{0,60}(desconhecid|n[aã]o\ existe|inexistente|n[aã]o\ (foi\ )?encontrad|inv[aá]lid)
| (użytkownik|adres|odbiorca|skrzynka|konto)\w*.{0,40}(nieznan|nie\ istnieje|nie\ znaleziono) | mottagaren.{0,40}(okänd|finns\ inte|hittades) | modtager.{0,40}(ukendt|findes\ ikke) | 宛先.{0,30}(不明|存在し|見つか) | (ユーザ|アドレス).{0,30}(存在し|見つか)
| (benutzer|empfänger|adressat|adresse)\b.{0,80}nicht\ (im|in)\ .{0,30}(aufgeführt|verzeichnet|enthalten|gelistet) | no\ se\ (encontr|ha\ encontrado|pudo\ encontrar)\w*\ .{0,20}(direcci|usuario|destinatario|buz[oó]n) | non\ è\ stat(o|a)\ (possibile\ )?trovat?\w*\ .{0,20}(indirizzo|utente|destinatario) | impossible\ de\ trouver\ .{0,20}(adresse|destinataire|utilisateur) | n[aã]o\ (foi\ possível|p[oô]de)\ (encontrar|localizar)\ .{0,20}(endereço|destinat|usu[aá]rio) | (adress|mottagar|användar)\w*\ inte\ (finns|existerar) | (adresse|modtager|mottaker|bruger|bruker)\w*\ ikke\ (findes|finnes|eksisterer) | (konnte|kann)\ .{0,60}(empfänger|adresse|postfach)\w*\ .{0,60}nicht\ (gefunden|finden|ermittelt) | (recipient|user|address|mailbox|account)\b.{0,20}\bnot\ (in|on|part\ of|listed\ in)\ (our|the|this|any)\ (\w+\ ){0,2}(directory|database|address\ ?book|user\ list|system) | (recipient|address)\b.{0,12}(cannot|can't|could\ not)\ be\ verified | invalid\ address | unknown\ or\ (illegal|invalid)\ (alias|user|recipient|address|mailbox) | (收件人|用户|邮箱|地址|帐号|账号|帳號|郵箱|收件者).{0,30}(不存在|无效|不正确|错误|無效|找不到|未找到) | (不存在|无效|無效)的?(收件人|用户|邮箱|地址|帐号|账号) | (пользовател|адрес|ящик|получател|абонент)\w*.{0,50}(не\ (найден|существ|зарегистр|обнаруж)|неизвест) | нет\ такого\ (пользовател|ящика|адреса|получател)
| (modtager|adresse|brugeren?|bruger)\w*.{0,40}(findes\ ikke|eksisterer\ ikke|ukendt|kendes\ ikke) | (mottaker|adresse|bruker)\w*.{0,40}(finnes\ ikke|eksisterer\ ikke|ukjent) | (mottagar|adress|användar)\w*.{0,40}(finns\ inte|existerar\ inte|okänd|hittades\ inte) | (osoite|vastaanottaja|käyttäjä)\w*.{0,30}(ei\ (löyd|ole)|tuntematon) | (adresát|uživatel|příjemce|schránka|adresa)\w*.{0,40}(neexistuje|neznám|nenalezen|nebyl[ay]?\ nalezen) | (címzett|felhasználó|cím)\w*.{0,30}(nem\ (létez|található)|ismeretlen) | (alıcı|kullanıcı|adres)\w*.{0,30}(bulunamadı|mevcut\ değil|geçersiz|yok) | (παραλήπτης|χρήστης|διεύθυνση).{0,40}(δεν\ (υπάρχει|βρέθηκε)|άγνωστ) | (destinatar|utilizator|adres)\w*.{0,40}(inexistent|necunoscut|nu\ exist) | (수신자|사용자|주소|계정).{0,20}(존재하지|없|찾을\ 수) | 존재하지\ 않는\ (사용자|계정|주소|메일) | (使用者|帳戶).{0,20}不存在 | (受信者|メールアドレス|電子メール\ アドレス|あて先|宛名).{0,30}(見つか|存在し|不明|ありません)
"""

HOST_UNKNOWN = r"""
  (host|domain|hostname|mail\ ?server|system|destination\ (host|domain)|host\ name|domain\ name|server|mx)\b["'>)\]]{0,3}(\ \S{1,100})?(\ name)?(\ is|\ was|:|,)?\ ?(unknown|not\ found|invalid|could\ not\ be\ found|couldn't\ be\ found|cannot\ be\ found|not\ known|non-?existent|does\ not\ exist|doesn't\ exist|not\ exist|lookup\ failed:\ no|unresolvable|could\ not\ be\ resolved)
| (unknown|no\ such|invalid|nonexistent|illegal|bad|unresolvable|unrouteable)\ (mail\ |destination\ |remote\ )?(host|domain|system|server|mx) | nxdomain | could\ ?n[o']t\ find\ (any\ host|a\ mail\ exchanger) | all\ host\ address\ lookups\ failed\ permanently | (illegal|invalid)\ (host|domain) | name\ or\ service\ not\ known
| no\ (mx|a|mail\ exchanger?|dns|address)\b.{0,12}(record|host|entry|for)\b.{0,30}(found|exist|domain)? | mx\ records?\ point\ to\ non-?existent | address\ family\ for\ hostname\ not\ supported | no\ address\ associated
| couldn't\ be\ found\ or\ (was|is)\ (mis|not) | domain.{0,60}(couldn't|could\ not|wasn't|cannot)\ (be\ )?(found|resolve) | dns\ domain\ .{0,80}does\ not\ exist | infodomainnonexistent | domain\ (does|has)\ not\ exist
| bad\ destination\ (host|system) | domain\ is\ not\ reachable | name\ service\ error\ for\ (name=|domain)?.{0,80}host\ (or\ domain\ name\ )?not\ found | dns\ (lookup\ )?(error|failed|failure).{0,40}(domain|no\ such|nonexist|not\ exist|not\ found) | recipient\ domain\ (does|not|unknown|invalid)
| domain\ .{0,60}has\ no\ (valid\ )?(mx|mail) | the\ (e-?mail\ )?domain\ .{0,60}(isn't|is\ not|not)\ (valid|found|exist) | hostname\ could\ not\ be\ | no\ route\ to\ (the\ )?(destination\ )?domain | 5\.4\.310\b
| domain\w*.{0,60}(existiert\ nicht|nicht\ gefunden|unbekannt|konnte\ nicht\ gefunden) | domaine.{0,60}(n'existe|introuvable|inconnu) | dominio.{0,60}(no\ existe|non\ esiste|no\ se\ encontr|inesistente) | domein.{0,40}(bestaat\ niet|niet\ gevonden) | dom[ií]nio.{0,40}(n[aã]o\ existe|n[aã]o\ encontrad)
"""

VIRUS = r"""
  \bvirus | malware | infected | trojan | dangerous\ (attachment|content|file) | (attachment|file)\b.{0,40}(blocked|banned|not\ allowed|prohibited|dangerous|forbidden) | banned\ (file|content|attachment) | executable
| (message|e-?mail).{0,30}security\ issue | potentially\ (unsafe|dangerous)
"""

RELAY = r"""
  relay(ing)?\b.{0,24}(denied|not\ (permitted|allowed|authori)|prohibited|reject|refus|access|fail|block|from\ you) | (unable|not\ (allowed|permitted|authori[sz]ed)|cannot|won't|refus\w+|do\ not|don't|not)\ (to\ )?(relay|route)
| not\ (in\ )?(my\ )?(list\ of\ )?(allowed\ )?(rcpthosts|locals) | rcpthosts | not\ a\ gateway | no\ relay | open\ relay | (insecure|invalid)\ mail\ relay | isn't\ in\ my\ list | not\ local\ (host|domain) | non-?local\ (domain|recipient)
| relais.{0,20}(refus|interdit) | mail\ server\ requires\ authentication | authentication\ (is\ )?required(?!\ (for|to)\ (group|deliver))
"""

TOO_LARGE = r"""
  (message|mail|size|e-?mail|body|attachment|file)s?\b.{0,40}(too\ (large|big|long)|exceed|larger\ than|bigger\ than|over\ (the\ )?(maximum|limit)) | (exceed\w*|over|larger\ than|above).{0,50}(maximum|max|size|message|length)\b.{0,20}(size|limit|length|allowed|permitted|\d)
| (maximum|max)\.?\ (allowed\ |message\ |mail\ )+(size|length) | message\ (size|length)\b | too\ (large|big)\b | size\ limit | 5\.3\.4\b | 5\.2\.3\b | (nachricht|e-?mail|anhang).{0,40}zu\ gro(ß|ss) | message.{0,30}trop\ (gros|volumineux) | mensaje.{0,30}(demasiado|grande) | messaggio.{0,30}(troppo|grande) | bericht.{0,30}te\ groot
"""

BLOCKED = r"""
  (black|block|deny)[ -]?list | \b(dns|rb|dnsw|urib|ur|b|db)bl\b|\brbl\b | spamhaus | spamcop | barracudacentral | sorbs | spam\ ?rats | invaluement | cloudmark | proofpoint | senderbase | senderscore | (poor|bad|low|ip|domain|sender|your)\ reputation | reputation\b
| (your|client|source|sending|connecting|originating|this|the)\ (ip|host|server|network|mail\ server|system|address\ range)\b.{0,60}(blocked|rejected|denied|listed|refused|banned|not\ (allowed|permitted|welcome|accept)|prohibited|blacklist)
| (connection|connections|mail|access|e-?mail|messages?)\s.{0,16}(from\ )?(your|this|the|client|that)?\ ?(ip|host|server|network|range)\b.{0,60}(blocked|rejected|denied|refused|not\ accept|banned|dropped)
| access\ (is\ )?denied | client\ host\b.{0,60}(blocked|rejected) | \bblocked\b\ (by|using|for|because|due|at|from) | dynamic\ (ip|address) | dial-?up | (ip|host|server)\s.{0,40}\b(listed|blocked)\b | listed\ (in|at|on|by)\b | connection\ (was\ )?(dropped|closed)\ (by|due\ to)\ (policy|reputation)
| banned\ send(er|ing) | block(ed)?\ list | 5\.7\.(606|511|708|750)\b | black\ ?listed | refused\ by\ .{0,30}(rbl|list) | 5\.7\.1\b.{0,20}service\ unavailable;?\ client
"""

SPAM = r"""
  \bspam | \bube\b | \buce\b | unsolicited | junk\ ?mail | bulk\ (e-?mail|mail|message) | phish | spammy | suspicious | content\ (filter|reject|restriction|looks) | message\ (content|body|text)\b.{0,30}(reject|refus|denied|block|not\ accept) | (message|mail|e-?mail)\ (was\ |has\ been\ |is\ )?(looks|considered|identified|classified|detected|scored|filtered|categorized)
| high\ (probability|score) | url.{0,40}(blacklist|blocked|listed) | surbl | looks\ like | filtered\ (by|out) | message\ filtered | rejected\ (by|due\ to|because\ of)\ .{0,20}(filter|content) | blocked\ by\ .{0,40}filter | advertis | message\ blocked | (inhalt|nachricht).{0,30}(abgelehnt|blockiert).{0,30} | pourriel | ind[ée]sirable
"""

ENCRYPTION = r"""
  \btls\b | starttls | \bssl\b | certificate | encryption\ (required|needed) | handshake
"""

SERVER_FULL = r"""
  (insufficient|no|not\ enough|out\ of|low)\ (system\ |disk\ |free\ |storage\ )?(storage|space|resources|memory)\b | disk\ (is\ )?full | no\ space\ left | file\ ?system\ (is\ )?full | 4\.3\.1\b | insufficient\ system | system\ (storage\ )?full
"""

EXPIRED = r"""
  (message|delivery|retry|queue|time|mail|retries|it)\b.{0,40}\b(expired|timed?\ ?out|time\ limit|too\ (long|old)|lifetime|exceeded) | could\ not\ (be\ )?deliver\w*\ (\w+\ ){0,6}(for|within|in|after)\ .{0,20}(day|hour|minute)s? | has\ (been|not\ been).{0,60}(queue|days|hours) | retry\ (time|timeout|limit|count) | giving\ up | undeliverable\ for | retries\ exceeded | 4\.4\.7\b | 5\.4\.7\b | maximum\ retr | not\ yet\ been\ delivered | not\ been\ (able\ to\ )?deliver.{0,30}(hours|days) | delivery\ time | too\ long | gave\ up | frozen
"""

UNREACHABLE = r"""
  connection\ (was\ )?(refused|timed|reset|lost|failed|closed|dropped|terminated|error|broken|aborted|timeout|unexpectedly) | (no\ route|unable\ to\ connect|could\ not\ connect|couldn't\ connect|cannot\ connect|failed\ to\ connect|can't\ connect|unable\ to\ (reach|contact)|couldn't\ establish|could\ not\ (contact|reach)|not\ able\ to\ connect) | network\ (is\ )?(unreachable|error|problem|down) | host\ (is\ )?(unreachable|down|not\ responding|unavailable) | operation\ timed | timed?[ -]?out | not\ (responding|reachable) | no\ answer\ from | server\ (is\ )?(busy|down|not\ available|not\ respond|too\ busy) | (dns|name\ server|name\ service|lookup|cname|mx)\b.{0,40}(fail|error|timeout|temporar|problem|refus|loop) | host\ (name\ )?lookup | temporary\ lookup | i'm\ not\ going\ to\ try | i\ could\ ?n[o']t\ be\ able | bad\ connection | unreachable | try\ again\ later | service\ (is\ )?(currently\ |temporarily\ )?(unavailable|not\ available) | temporarily\ (unavailable|deferred|unable|suspended|not) | temporary\ (failure|error|problem|local)
| nicht\ erreichbar | injoignable | zeitüberschreitung | d[ée]lai.{0,20}(d[ée]pass|expir) | 4\.4\.\d
"""

CONTENT = r"""
  (invalid|bad|illegal|malformed|missing|duplicate|improper|multiple)\ (message\ |mail\ |mime\ |rfc ?5?\d*\ )?(header|headers|format|content|mime|line|message-?id|date|character|charset|encoding|from\ header|to\ header) | \brfc\ ?-?[25]\d{2,3}\b | 8 ?-?bit | smtputf8 | bare\ (lf|cr|newline) | non-?(compliant|ascii) | conversion | line\ too\ long | not\ (rfc|compliant) | message\ (format|header) | charset | no\ (subject|from|date)\b | (nested|too\ many)\ (mime|parts)
"""

POLICY = r"""
  polic(y|ies) | administrat\w+\ (prohibit|block|reject|den|restrict|rule)\w* | prohibited | transport\ ?rule | (rejected|denied|refused|blocked|restricted|not\ (permitted|allowed|accepted|authori[sz]ed))\b | security | compliance | \brule\b | forbidden | (abgelehnt|abgewiesen|zurückgewiesen|verweigert) | rejet[ée] | refus[ée] | rechazad | rifiutat | geweigerd | rejeitad | recusad
"""

SERVER_BROKEN = r"""
  (local|internal|system|configuration|config|unexpected|fatal|software|server|permanent\ local|mailer|processing|queue|database|ldap|i/o|read|write)\ (configuration\ |server\ |delivery\ |system\ )?(error|failure|problem|fault) | misconfig | exit\ (status|code|value) | (pipe|command|program|procmail|maildrop|child|process|script|mailer)\b.{0,40}(fail|died|exit|return|error|status|crash|signal|timed) | can'?t\ (create|open|write|exec|chdir|lock) | cannot\ (open|create|write|lock|append|update|access) | unable\ to\ (open|create|write|lock|chdir|access) | permission\ denied | out\ of\ memory | broken | not\ owner|has\ died | aliasing | service\ not\ available | local\ policy\ violation
"""

SYNTAX = r"""
  syntax\ error | (unrecogni[sz]ed|unknown|unimplemented|invalid|bad|out\ of\ order)\ (\S{1,20}\ )?(command|sequence|parameter|argument) | command\ (not|rejected|unrecogni|unknown|disallow) | (bad|invalid)\ sequence | protocol\ error | unexpected\ response | not\ implemented | nested\ mail\ command | need\ (rcpt|mail|helo)
"""
