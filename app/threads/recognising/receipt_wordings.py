"""How programs word a receipt for having read a mail where they send no report part (Outlook, Notes, GroupWise, web mailers)."""

# ruff: noqa: E501 - tables of wordings, a line for each family of languages

READ = r"""
  ^\W{0,3}(
  read | gelesen | lu | leído | letto | gelezen | lida | lido | läst | lest | læst | przeczytan[oae] | přečten[oa] | luettu | elolvasva | okundu | citit | διαβάστηκε | прочитано | прочтено | 已读 | 已閱讀 | 已阅读 | 既読 | 開封済み | 開封通知 | 읽음
  | (read|return|reading)[-\ ]receipt | receipt\ notification | disposition\ notification | lesebestätigung | empfangsbestätigung | gelesen-bestätigung | accusé\ de\ (lecture|réception) | confirmation\ de\ lecture | confirmaci[oó]n\ de\ lectura | acuse\ de\ (lectura|recibo)
  | conferma\ di\ lettura | ricevuta\ di\ (lettura|ritorno) | leesbevestiging | ontvangstbevestiging | confirmação\ de\ leitura | recibo\ de\ (leitura|retorno) | läskvitto | læsekvittering | kvittering\ for\ lesing | lukukuittaus | potwierdzenie\ (odczytu|przeczytania) | potvrzení\ o\ přečtení | уведомление\ о\ прочтении
  )\s?(\([^)]{1,30}\)\s?)?[:：\-–]
| ^message\ (status\ -\ (opened|read)|opened)\b
"""

NOT_READ = r"""
  ^\W{0,3}(
  not\ read | unread | deleted | ungelesen | gelöscht | nicht\ gelesen | non\ lu | supprimé | no\ leído | eliminado | non\ letto | eliminato | niet\ gelezen | verwijderd | não\ lid[ao] | ej\ läst | inte\ läst | oläst | ulest | ikke\ (læst|lest) | nie\ przeczytan[oae] | nepřečten[oa] | ei\ luettu | lukematta | не\ прочитано | 未读 | 未讀 | 未開封 | 읽지\ 않음
  | (return|read)[-\ ]receipt\ \((deleted|denied)\) | (empfangs|lese)bestätigung\ \((gelöscht|abgelehnt)\)
  )\s?[:：\-–]
| ^message\ status\ -\ deleted\b
"""

SAYS_READ = r"""
  \bwas\ (read|opened|displayed|viewed)\ (on|at|by|:) | has\ been\ (read|displayed|opened)\b | wurde\ (gelesen|geöffnet)\ von\b | (a\ été|ha\ sido|è\ stato|is)\ (reçu|recib|ricevut|ontvangen)\w*\ (par|por|da|door)\s?: | (message|e-?mail|mail|document)\ (was\ |has\ been\ )?(displayed|read|opened)\b | return\ receipt\ (for|acknowledges) | \bwas\ (received|opened|read)\ by\s?:
| wurde\ am\ .{4,60}(gelesen|geöffnet|angezeigt) | (wurde|ist)\ .{0,40}(gelesen|angezeigt|geöffnet)\ (am|worden|um) | (nachricht|e-?mail|mail)\ wurde\ (gelesen|geöffnet|angezeigt) | wurde\ .{0,60}angezeigt | a\ [ée]t[ée]\ (lu|affich|ouvert)
| (ha\ sido|fue|se\ ha)\ (leíd|abiert|mostrad|visualizad|ley) | se\ leyó | (è|e')\ stat[oa]\ (lett|visualizzat|apert) | (is|werd)\ (gelezen|geopend) | foi\ (lid|exibid|abert|visualizad) | zosta[łl]a?\ (przeczytan|wyświetlon|otwart)
| lästes | har\ (lästs|blivit\ läst|öppnats) | (blev|er|ble|har\ blitt)\ (læst|lest|åbnet|åpnet) | (luettiin|on\ luettu|on\ avattu) | byl[ao]?\ (přečten|otevřen|zobrazen) | (было|была|был)\ (прочитан|открыт|показан) | прочитан[оа]?\b | (開封|既読|表示|お読み)(され|に) | (已|被|已被)(阅读|閱讀|读取|讀取|打开|開啟) | 읽었습니다 | okundu | elolvas
"""

SURELY = r"""
  \bthe\ (message|mail|e-?mail)\ (you\ )?sent\ .{0,300}(has\ been|was)\ (displayed|deleted|dispatched\ somehow) | \bmessage\ you\ sent\ was\ displayed | disposition\ notification\ for\ the\ message\b.{0,300}was\ denied |
  \b(this|it)\ is\ an?\ (automatic\ )?(return|read(ing)?)[-\ ]receipt\ (for|of|to)\b | receipt\ (only|merely)\ (acknowledges|confirms)\ that\ the\ (message|mail) | no\ guarantee\ that\ the\ (message|mail|recipient|content)\w*\ .{0,40}(read|understood|seen)
| dies\ ist\ eine\ (empfangs|lese)bestätigung\ (für|zu) | (empfangs|lese)bestätigung\ (bestätigt|sagt)\ (nur|lediglich) | (keine\ (garantie|gewähr)|nicht\ garantiert)\b.{0,60}(gelesen|verstanden)
| (ceci|il)\ .{0,10}(est|s'agit\ d')\ ?un\ accusé\ de\ (lecture|réception)\ (pour|du) | (accusé|confirmation)\ .{0,30}(atteste|indique|confirme)\ (seulement|uniquement) | (aucune\ garantie|ne\ garantit\ pas|rien\ ne\ garantit)\b.{0,60}(lu|compris)
| (esto\ es|este\ es)\ un\ (acuse|recibo|confirmante)\b.{0,40}(mensaje|correo) | (no\ (hay|existe)\ (ninguna\ )?garantía|no\ garantiza)\b.{0,60}(leíd|comprend|entend) | (questa|quest')\ ?è\ una\ (ricevuta|conferma)\ di\ (ritorno|lettura) | non\ (c'è|vi\ è|è)\ (alcuna\ )?(garan|garantit).{0,60}(lett|compres)
| dit\ is\ een\ (ontvangst|lees)bevestiging | (geen\ garantie|niet\ gegarandeerd)\b.{0,60}(gelezen|begrepen) | (este|esta)\ é\ um[a]?\ (recibo|confirmação)\ de\ (leitura|retorno) | não\ (há|existe)\ garantia\b.{0,60}(lid|compreend)
"""

SAYS_DELETED = r"""
  message\ sent\ .{0,300}has\ been\ deleted | deleted\ (without\ (being|having\ been)\ (read|displayed|opened)|unread|unseen) | wurde\ .{0,60}ungelesen\ gelöscht | ungelesen\ gelöscht | gelöscht,?\ ohne | sans\ (avoir\ été|être)\ lu | elimin\w{1,4}\ sin\ (haber\ sido\ |ser\ |que\ se\ )?le | eliminat[oa]\ senza | verwijderd\ zonder | (excluíd|eliminad|apagad)[ao]\ sem\ (ser|ter)
| (togs\ bort|raderades|borttagen)\ utan | slettet\ (uden|uten) | poistettu\ lukematta | usunięt\w{1,3}\ bez\ | (smazán|odstraněn)\w?\ bez | удален\w*\ (без\ прочтения|непрочит) | (未読|開封されず|読まれず).{0,6}削除 | 未(经)?(阅读|閱讀|读|讀).{0,4}(删除|刪除)
"""

SAYS_DENIED = r"""
  disposition\ notification\ for\ .{0,300}was\ denied | (does\ not\ wish|declined|refused)\ to\ (disclose|send\ (you\ )?(a|the)\ (return|read|reading)) | (return|read)[-\ ]receipt\ (was|has\ been)\ (denied|declined) | lesebestätigung\ (wurde\ )?(abgelehnt|verweigert) | accusé\ de\ lecture\ (a\ été\ )?refusé
"""

LAYOUT = r"""
  ^[\s>*]{0,6}(to|an|à|para|a|aan|till|til|do|komu|vastaanottaja|кому|宛先|收件人|受信者|받는\ 사람|címzett|kime)\s?[:：].{0,200}\n(.{0,200}\n){0,3}?[\s>*]{0,6}(subject|betreff|objet|asunto|oggetto|onderwerp|assunto|ämne|emne|temat|předmět|aihe|тема|件名|主题|主旨|제목|tárgy|konu)\s?[:：]
"""
"""What every language of Outlook repeats of the mail that was read."""
