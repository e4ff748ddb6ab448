"""Months, weekdays and turns of phrase about dates in English, German, French, Spanish, Italian, Dutch and Portuguese."""

# ruff: noqa: E501 - a table of wordings

MONTHS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar jänner jaenner janvier janv enero ene gennaio genn gen januari janeiro",
            "february feb februar feber février fevrier févr fevr fév febrero febbraio febbr februari fevereiro fev",
            "march mar märz maerz mär mrz mars marzo maart mrt março marco",
            "april apr avril avr abril abr aprile",
            "may mai mayo maggio magg mag mei maio",
            "june jun juni juin junio giugno giu junho",
            "july jul juli juillet juil julio luglio lug julho",
            "august aug août aout agosto ago augustus",
            "september sep sept septembre septiembre setiembre settembre sett set setembro",
            "october oct oktober okt octobre octubre ottobre ott outubro out",
            "november nov novembre noviembre novembro",
            "december dec dezember dez décembre decembre déc diciembre dic dicembre dezembro",
        ),
        start=1,
    )
    for name in names.split()
}

WEEKDAYS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "monday montag lundi lunes lunedì lunedi maandag segunda-feira segunda",
            "tuesday tue tues dienstag mardi martes martedì martedi dinsdag terça-feira terca-feira terça",
            "wednesday wed mittwoch mercredi miércoles miercoles mercoledì mercoledi woensdag quarta-feira quarta",
            "thursday thu thurs donnerstag jeudi jueves giovedì giovedi donderdag quinta-feira quinta",
            "friday fri freitag vendredi viernes venerdì venerdi vrijdag sexta-feira sexta",
            "saturday samstag sonnabend samedi sábado sabado sabato zaterdag",
            "sunday sonntag dimanche domingo domenica zondag",
        )
    )
    for name in names.split()
}

NEXT_WEEK = r"next week|(?:nächste|kommende)[rn]? woche|la semaine prochaine|semaine prochaine|la (?:próxima|proxima) semana|(?:próxima|proxima) semana|la semana que viene|la (?:prossima settimana|settimana prossima)|prossima settimana|volgende week|na semana que vem"
TOMORROW = r"tomorrow|morgen|demain|mañana|domani|amanhã"
IN_DAYS = r"in (\d{1,2}|one|two|three|four|einer|zwei|drei|vier|deux|trois|dos|tres|due|tre|twee|drie|duas|três) (days?|weeks?|tag(?:en)?|wochen?|jours?|semaines?|días|semanas?|giorni|settimane?|dagen|weken|dias)"
NUMBERS = {"one": 1, "einer": 1, "two": 2, "zwei": 2, "deux": 2, "dos": 2, "due": 2, "twee": 2, "duas": 2, "three": 3, "drei": 3, "trois": 3, "tres": 3, "tre": 3, "drie": 3, "três": 3, "four": 4, "vier": 4}

BACK = r"""
  \bback\b | \breturn(ing|s|ed)?\b | \bagain\b | \bresum\w+ | \bavailable\b(?!.{0,20}until) | \breachable\b | in\ the\ office\ (on|from|again)
| \bwieder\b | zurück\w*\b | rückkehr | \berreichbar\b
| de\ retour | \bretour\b | (serai|serons|joignable|disponible|nouveau|reviens|reviendrai|rentr\w+|reprend\w*|reprise) | de\ vuelta | \bvuelv\w+ | \bvolver\w* | regres\w+ | reincorpor\w+ | de\ nuevo | retorn\w+
| rientr\w+ | \bre-?open\w* | riapr\w+ | reabr\w+ | rouvr\w+ | heropen\w* | torn(o|erò|eremo|iamo|are)\b | ritorn\w+ | di\ nuovo | nuovamente | \bterug\w* | \bweer\b | opnieuw | de\ volta | \bvolt(o|arei|amos)\b | novamente | estarei\ disponível
"""
AWAY = r"\b(not|nicht|kein|keine|pas|non|no|niet|geen|não|ohne|without|un(available|reachable)|abwesend|absent|away|out|absence|urlaub)\b"
UNTIL = r"\b(until|till|'til|til|up\ (un)?to|tot)\b"
THROUGH = r"\b(through|thru|up\ to\ and\ including|until\ and\ including|till\ and\ including|bis|einschließlich|inklusive|incl\.?|jusqu|hasta|fino|sino|tot\ en\ met|t/m|até|ate|inclusive|compreso|inclus|incluido)\b"
INCLUDED = r"^\W{0,3}(incl(usive|uded|us|uido|uso|uída|\.)?|einschließlich|inklusive|compreso|included|inbegrepen|incluso)\b"
FROM = r"\b(from|as\ of|starting|beginning|since|ab|von|vom|seit|du|dès|à\ partir|depuis|del|desde|a\ partir|dal|dall|vanaf|van|sinds|de|da)\b"
EXCLUDES_BACK = r"\b(respond|reply|answer|contact|antwort\w*|melde\w*|répondr\w*|responder\w*|risponder\w*|beantwoord\w*)\b"
