"""What only mail servers write: the sentences of their letters, by product; the subjects of such letters, by language."""

# ruff: noqa: E501 - a table of wordings, a line for each product

SERVERS: list[tuple[str, str]] = [
    ("qmail", r"this\ is\ the\ qmail-send\ program | i'm\ afraid\ i\ wasn't\ able\ to\ deliver\ your\ message | this\ is\ a\ permanent\ error;\ i've\ given\ up | i\ wasn't\ able\ to\ deliver\ your\ message\ to\ the\ following"),
    ("exim", r"this\ message\ was\ created\ automatically\ by\ (the\ )?mail\ delivery\ software | a\ message\ that\ you\ sent\ (could\ not\ be|has\ not\ yet\ been|was\ not)\ delivered"),
    ("gmx", r"(die\ folgende|the\ following)\ (e-mail-)?adress[e]?\w*\ (failed|konnte|fehlgeschlagen) | the\ following\ address(es)?\ failed | ihre\ (e-mail|nachricht|mail)\ konnte\ .{0,60}nicht\ .{0,20}zugestellt | eine\ nachricht,\ die\ sie\ gesendet\ haben,\ konnte"),
    ("postfix", r"this\ is\ the\ (mail\ system|postfix\ program|mail\ delivery\ (agent|system)|mail\ server|[\w.-]{2,40}\ program)\ at\ (host|\S) | this\ is\ a\ warning\ only\. | i'm\ sorry\ to\ have\ to\ inform\ you\ that\ (the|your)\ message"),
    ("sendmail", r"--\ ?the\ following\ addresses\ had\ | --\ ?transcript\ of\ session\ follows | --\ transcript\ of\ the\ session | the\ original\ message\ was\ received\ (at|on)\ | --\ unsent\ message\ follows | (warning|this\ is\ a\ warning)\ message\ only"),
    ("exchange", r"your\ message\ did\ not\ reach\ some\ or\ all | the\ following\ recipient\(s\)\ (could|cannot|can\ not) | delivery\ has\ failed\ to\ these\ recipients | diagnostic\ information\ for\ administrators | ihre\ nachricht\ hat\ einige\ oder\ alle | fehler\ bei\ der\ nachrichtenzustellung | diagnoseinformationen\ für\ administratoren | [ée]chec\ de\ la\ remise\ (à|pour)\ (ces|les) | informations\ de\ diagnostic\ (destinées\ aux|pour\ les)\ administrateurs | votre\ message\ n'est\ pas\ parvenu | (no\ se\ pudo\ entregar|error\ de\ entrega|error\ al\ entregar)\ .{0,30}(destinatarios|grupos) | su\ mensaje\ no\ lleg[oó] | informaci[oó]n\ de\ diagn[oó]stico\ para\ (los\ )?administradores | impossibile\ recapitare\ .{0,40}(destinatari|messaggio) | recapito\ non\ riuscito | informazioni\ (di\ )?diagnostic(a|he)\ per\ (gli\ )?amministratori | (bezorging\ is\ mislukt|het\ bericht\ kan\ niet\ worden\ bezorgd|uw\ bericht\ is\ niet\ aangekomen) | diagnostische\ gegevens\ voor\ beheerders | (a\ entrega\ falhou|falha\ na\ entrega)\ .{0,40}(destinat[aá]rios|grupos) | informa[cç][oõ]es\ de\ diagn[oó]stico\ para\ administradores | your\ message\ to\ \S{3,120}\ couldn't\ be\ delivered | your\ message\ couldn't\ be\ delivered | action\ required\ .{0,40}recipient | ihre\ nachricht\ (an|konnte)\ .{0,140}nicht\ zugestellt | votre\ message\ .{0,140}n'a\ pas\ pu\ être\ remis | your\ message\ wasn't\ delivered\ (because|to) | the\ following\ organi[sz]ation\ rejected\ your\ message | delivery\ is\ delayed\ to\ these\ recipients | nie\ można\ dostarczyć"),
    ("domino", r"delivery\ failure:\ | was\ not\ delivered\ to:? | not\ listed\ in\ (public\ name|domino\ directory) | wurde\ nicht\ zugestellt\ an | (error|failure)\ transferring\ to\ "),
    ("gmail", r"delivery\ to\ the\ following\ recipients?\ (failed|has\ been\ delayed) | technical\ details\ of\ (permanent|temporary)\ failure | this\ is\ an\ automatically\ generated\ delivery\ status\ notification | your\ message\ wasn't\ delivered\ to | there\ was\ a\ (temporary\ )?problem\ (delivering|while\ delivering)\ (your|the)\ message | address\ not\ found\s | ihre\ nachricht\ wurde\ nicht\ an\ | your\ message\ has\ been\ blocked | gmail\ will\ retry"),
    ("yahoo", r"sorry,\ we\ were\ unable\ to\ deliver\ your\ message | unable\ to\ deliver\ message\ to\ the\ following\ address | message\ from\ yahoo"),
    ("aol", r"your\ mail\ to\ the\ following\ recipients\ could\ not\ be\ delivered | the\ mail\ you\ sent\ could\ not\ be\ delivered"),
    ("kddi", r"your\ mail\ sent\ on:?\ | could\ not\ be\ delivered\ to:?\ | as\ their\ mailbox\ is\ full | it\ could\ not\ be\ delivered | the\ user\(s\)\ account\ is\ | your\ message\ could\ not\ be\ delivered\ to\ the\ following"),
    ("docomo", r"mail\ was\ not\ delivered | ご指定の宛先 | 送信できませんでした | 宛先に(は)?(届|送|配信) | 配信できま | 送信先メールアドレス | お届けできません"),
    ("amazon", r"the\ following\ message\ to\ <\S{3,200}>\ was\ undeliverable | an\ error\ occurred\ while\ trying\ to\ deliver\ the\ mail\ to\ the\ following | technical\ report:"),
    ("mailmarshal", r"your\ message:\s.{0,400}could\ not\ be\ delivered\ because | the\ following\ recipients\ were\ affected | mailmarshal"),
    ("trend-micro", r"the\ message\ you\ sent\ to\ .{0,200}(undeliver|could\ not) | interscan | the\ (mail|e-mail)\ (message\ )?.{0,60}is\ undeliverable | undeliverable\ mail"),
    ("courier", r"running\ the\ courier\ mail\ server | this\ is\ a\ delivery\ status\ notification\ from | undeliverable\ mail | your\ message\ to\ the\ following\ recipients\ cannot\ be\ delivered"),
    ("fml", r"duplicated\ message-id\ in | original\ mail\ as\ follows | you\ are\ not\ a?\ ?member\ .{0,40}(ml|list) | this\ is\ the\ fml"),
    ("x400", r"(non-?delivery|delivery)\ report\s | x\.?400 | was\ not\ delivered\ to\ the\ following\ recipient | mts\ (non-)?delivery"),
    ("barracuda", r"blocked\ by\ our\ (spam|bulk)\ | your\ message\ to:?\ .{0,200}was\ blocked | was\ (quarantined|rejected)\ by\ (our|the)\ .{0,20}(firewall|filter|gateway)"),
    ("mimecast", r"mimecast | the\ message\ you\ sent\ .{0,80}(was|has\ been)\ (rejected|not\ delivered|placed\ on\ hold)"),
    ("mdaemon", r"the\ attached\ message\ had\ (permanent|transient|temporary) | the\ following\ addresses?\ did\ not\ receive\ a\ copy | --\ ?session\ transcript | the\ following\ recipients?\ did\ not\ receive"),
    ("smail", r"failed\ addresses\ follow | message\ log\ follows | message\ text\ follows"),
    ("oracle-messaging-server", r"this\ report\ relates\ to\ a\ message\ you\ sent | your\ message\ cannot\ be\ delivered\ to\ the\ following | your\ message\ is\ being\ returned | your\ message\ has\ been\ (enqueued|delayed)"),
    ("openwave", r"this\ message\ was\ undeliverable\ (due|because)\ | your\ message\ was\ not\ delivered\ (because|for\ the|to\ the\ following|due) | please\ reply\ to\ <?\S{3,100}>?\s+if\ you\ feel\ this\ message\ to\ be\ in\ error"),
    ("james", r"this\ is\ the\ james\ mail\ server | i'm\ afraid\ i\ wasn't\ able\ to\ deliver | the\ error\ message\ below\ was\ generated\ by\ the\ server"),
    ("imail", r"undeliver(ed|able)\ (mail\ )?to\ | user\ mailbox\ exceeds\ | unknown\ user:\ | body\ of\ message\ generated\ response | delivery\ failed\ \d+\ attempts"),
    ("mercury", r"the\ attached\ (message|file)\ (has\ failed|had\ the\ following) | this\ message\ could\ not\ be\ delivered | one\ or\ more\ addresses\ in\ your\ message\ have\ failed"),
    ("groupwise", r"the\ message\ that\ you\ sent\ was\ undeliverable | the\ attached\ file\ had\ the\ following\ undeliverable"),
    ("communigate", r"failed\ to\ deliver\ to\ | delivery\ to\ \S{3,120}\ (failed|has\ been) | message\ delivery\ to\ .{3,120}failed | mail\ is\ undeliverable | (remote|local)\ delivery\ (failed|error)"),
    ("surfcontrol", r"your\ message\ could\ not\ be\ sent | transcript\ of\ the\ attempts\ to\ send | the\ number\ of\ attempts\ made | unable\ to\ (deliver|send)\ (your|the|this|an?|following)\ "),
    ("hmailserver", r"your\ message\ (did|could|was|has)\ not\ (be\ |been\ |reach\ |yet\ been\ )?(delivered|some|reach) | could\ not\ deliver\ (the\ )?(message|mail|your)"),
    ("xmail", r"xmail\ bounce | xmail\ deliver | \[<\d{1,3}>\]\ (the\ reason|error)"),
    ("mcafee", r"the\ following\ addresses\ had\ delivery\ problems | --\ ?the\ following\ address"),
    ("messagelabs", r"your\ mail\ message\ to\ the\ following | messagelabs"),
    ("activehunter", r">>>\ your\ message | message\ delivery\ failed | your\ e?-?mail\ (was|could|has|is)\ .{0,30}(not|undeliver|reject|return|block)"),
    ("biglobe", r"---\ *server\ message | ---\ *(the\ )?(failed|undelivered|error)\ "),
    ("x2", r"this\ message\ contains\ delivery\ error | we\ had\ trouble\ delivering\ your\ message | delivery\ error\ (report|notice) | notice:\ delivery"),
    ("verizon", r"no\ valid\ recipients\ for\ this\ mm | this\ message\ could\ not\ be\ delivered | undeliverable\ message | (message|mms)\ could\ not\ be\ delivered"),
    ("sendgrid", r"hello,\ this\ is\ the\ mail\ server\ on\ | i\ am\ sending\ you\ this\ message\ to\ inform"),
    ("opensmtpd", r"this\ is\ the\ mailer-daemon,\ please\ do\ not | an\ error\ (has\ )?occurred\ while\ attempting\ to\ deliver"),
    ("dragonfly", r"this\ is\ the\ dragonfly\ mail\ agent | there\ was\ an\ error\ delivering\ your\ mail"),
    ("mailfoundry", r"this\ is\ a\ delivery\ failure\ notification | unable\ to\ deliver\ message\ to"),
    ("stalwart", r"your\ message\ could\ not\ be\ delivered | your\ message\ has\ not\ been\ delivered | there\ was\ a\ problem\ delivering\ your | i\ was\ unable\ to\ deliver"),
    ("smartermail", r"could\ not\ deliver\ message\ to\ the\ following | (message|mail)\ delivery\ (has\ been\ delayed|failed)|the\ following\ recipients?\ (could|were|was|address)"),
    ("proofpoint", r"this\ message\ was\ (rejected|not\ delivered|blocked) | reason\ for\ (rejection|failure|non)"),
    ("t-online", r"(die|ihre)\ (nachricht|e-?mail|mail)\ .{0,100}(konnte|wurde|kann)\ .{0,60}(nicht|zurück) | (zustellung|auslieferung|übermittlung)\ .{0,80}(fehlgeschlagen|nicht\ möglich|gescheitert) | grund\ der\ unzustellbarkeit"),
    ("orange", r"(votre|le)\ (message|courriel|mail)\ .{0,100}n'a\ (pas\ )?(pu|été)\ | message\ .{0,60}non\ (remis|distribu|délivr)"),
    ("romance", r"(su|el|tu)\ (mensaje|correo)\ .{0,80}no\ (se\ )?(pudo|ha\ podido|fue|puede|ha\ sido)\ | (il|suo|tuo)\ (messaggio|vostro)\ .{0,80}non\ (è\ stato|ha\ potuto|può) | (sua|a)\ mensagem\ .{0,80}n[aã]o\ (p[oô]de|foi)\ | (uw|je)\ (bericht|e-?mail)\ .{0,80}(kon|kan|is)\ niet\ | (din|ditt)\ (e-post|meddelande|besked).{0,60}(kunde|kunne)\ (inte|ikke)"),
]
"""In order of how telling they are; all are looked for only in letters of machines."""

SURE: tuple[str, ...] = ("qmail", "exim", "postfix", "sendmail", "exchange", "gmail", "mdaemon", "oracle-messaging-server", "james", "dragonfly", "opensmtpd", "smail", "groupwise", "mcafee", "xmail", "sendgrid", "x2", "surfcontrol", "mercury", "aol", "courier", "fml")
"""Sentences that nobody else writes, whoever the letter claims to be from."""

SUBJECT = r"""
  ^\W{0,5}(\[[^\]]{1,30}\]\s?)?(\*{1,4}\s?)?(
  undeliver(ed|able|y) | delivery\ (status\ )?(notification|failure|failed|fail|has\ failed|error|problem|report|delayed|unsuccessful|attempt|has\ been|is\ delayed|incomplete|warning) | (mail|message|e-?mail)\ (delivery|could|not|undeliver|was|is|status|system|error|rejected|returned|bounced|blocked|you\ sent|failure|quota|has\ been)\b.{0,60}
| return(ed|ing)\ (to|mail|message|e-?mail|undeliver) | failure\ (notice|notification|delivery|to\ deliver|report) | failed\ (mail|delivery|to\ deliver|message|recipient) | non-?\ ?(delivery|remis|deliver|recapit) | could\ ?n[o']t\ (deliver|be\ delivered|send) | unable\ to\ (deliver|send) | cannot\ (deliver|send)
| (warning|notice|error|problem):?\ .{0,30}(could\ not|couldn't|not|message|delay|deliver|mail|undeliver) | reject(ed|ing)\ (mail|message|e-?mail|your) | nondeliverable | bounced?\ (mail|message|e-?mail)\b | user\ unknown | unknown\ (user|address|recipient) | (mail|address)\ (unknown|not\ found) | mail\ failed | delayed\ (mail|delivery|message) | delay\ warning | mailer-daemon | postmaster\ notify | no\ such\ (user|recipient) | recipient\ (unknown|not) | over\ ?quota | mailbox\ (full|unavailable) | message\ blocked | undelivered | out\ of\ quota | loop\ alert | not\ member\ article | [\w ]{0,20}bounce:
| unzustellbar | nicht\ (zugestellt|zustellbar|übermittelt) | zustellung.{0,40}(fehlgeschlagen|nicht|verzögert|status|gescheitert) | (nachricht|e-?mail|mail).{0,30}nicht\ (zustellbar|zugestellt) | fehler\ bei\ der\ (zustellung|übermittlung) | rückgabe | rückläufer | übermittlung.{0,30}fehl | verzögert
| onbestelbaar | niet\ (bezorgd|bestelbaar|afgeleverd) | bezorging.{0,20}mislukt | non\ (remis|distribu|délivr) | échec | echec | impossible\ de\ (remettre|distribuer|livrer) | message\ non\ | retour\ à\ l'exp | notification\ d'état\ de\ remise | avis\ de\ non | devolu | no\ se\ p[uo]\w{1,4}\ entregar | no\ entregad | notificaci[oó]n\ de\ estado | fallo\ (de|en)\ (la\ )?entrega | correo\ (devuelto|no) | mensaje\ no | mancato\ recapito | non\ recapit | impossibile\ (recapitare|consegnare) | consegna\ (fallita|non) | mancata\ consegna | (notifica|avviso)\ (sullo\ stato|di\ mancat) | não\ (entregue|foi) | falha\ (na|de)\ entrega | mensagem\ (devolvida|não) | nie\ (dostarczono|można) | niedostarczon | zwrot\ | nedoru[cč] | olevereras | kunde\ inte\ levereras | leveransfel | ikke\ leveret | kunne\ ikke\ leveres | недоставлен | не\ доставлен | 配信(不能|エラー|失敗) | 送信エラー | 退信 | 系统退信 | 无法投递 | 未送达 | teslim\ edileme
  )
"""

DELAYED = r"""
  warning\ message\ only | warning\ only | do\ not\ need\ to\ (re)?send | will\ (be\ retried|continue|retry|keep\ trying|be\ attempted|try\ (again|to\ deliver|for)) | still\ (trying|being|undelivered) | (is|been|has\ been)\ delayed | (has|have)\ not\ yet\ been\ delivered | not\ yet\ been\ deliver | no\ action\ is\ required | delivery\ attempts\ will\ (be|continue) | further\ attempts\ will | (gmail|yahoo|we|server|system)\ will\ retry | could\ not\ be\ delivered\ for\ the\ (last|past) | retries\ will\ continue | delivery\ (status\ notification\ )?\(?delay | queued\ for\ (later|retry)
| noch\ nicht\ (zugestellt|ausgeliefert) | (weiter|erneut)\ versuch\w* | zustellung\ .{0,20}verzögert | n'a\ pas\ encore\ été | (sera|seront)\ (réessay|retent|renouvel) | todavía\ no | a[uú]n\ no\ (se\ )?ha | seguir[aá]\ intentando | non\ è\ (stato\ )?ancora | riprover | nog\ niet\ (bezorgd|afgeleverd) | ainda\ n[aã]o\ foi
"""

GENERAL = r"""
  duplicated\ message-id\ in | not\ a?\ ?member |  (could\ not|couldn't|cannot|can't|can\ not|wasn't|was\ not|were\ not|not|unable\ to|isn't|hasn't|failed\ to)\ (be(en)?\ )?(deliver|reach|sent|send|relay|forward|accept) | undeliver(ed|able) | (delivery|deliver)\b.{0,60}\b(fail|failed|failure|error|unsuccessful|problem|attempt|delayed|rejected|refused|impossible) | permanent\ (fatal\ )?error | fatal\ error | non-?delivery | return(ed|ing)\ (to\ (the\ )?sender|mail|message|unopened|your|to\ you)
| (rejected|bounced|refused|blocked)\b | \b(5\d\d|4\d\d)[ -][#(]?\ ?[245]\.\d\.\d | \b55[0-4][ -] | \brcpt\ to | failed\ (recipient|address|for|permanently|delivery) | recipient.{0,40}(reject|unknown|not|invalid) | error\ (occurred|while|code|message|deliver)
| zustell\w*.{0,60}(nicht|fehl|unmöglich) | nicht\ .{0,30}zugestellt | n'a\ (pas|pu)\ .{0,40}(remis|distribu|délivr|transm) | no\ (se\ )?(pudo|puede|ha).{0,40}entreg | non\ .{0,40}(recapitat|consegnat) | n[aã]o\ .{0,40}entreg | niet\ .{0,40}(bezorg|afgelever) | nie\ .{0,30}dostarcz
"""
