"""The words of papers for people outside the desk, and of their codes: Sorani, not yet read by a native reader."""

from __future__ import annotations

PAPERS_SORANI: dict[str, str] = {
    "metres": "{m} م",
    "column.did": "کردی",
    "column.learned": "زانرا",
    "column.batch": "دەستە",
    "column.hash": "هاش (SHA-256)",
    "column.sector": "کەرت",
    "column.from_km": "لە کم",
    "column.to_km": "بۆ کم",
    "column.organisation": "بەرپرس",
    "column.recipient": "پێوتراو",
    "column.number": "ژمارە",
    "column.square": "چوارگۆشە",
    "column.risk": "مەترسی بۆ خەڵک",
    "column.measure": "ئەوەی دەکرێت",
    "did.acknowledge": "وەریگرت",
    "did.dispose": "وتی چی بوو",
    "did.defer": "دواتر سەیر دەکرێت",
    "did.hand": "گواستییەوە",
    "did.undo": "پاشگەز بووەوە",
    "nuisance.shepherd": "شوان",
    "nuisance.animal": "ئاژەڵ",
    "nuisance.vehicle": "ئۆتۆمبێل",
    "nuisance.works": "کار",
    "nuisance.wind": "با",
    "nuisance.rain": "باران",
    "nuisance.dust": "تۆز",
    "nuisance.heat": "گەرما",
    "nuisance.fault": "کێشە",
    "nuisance.other": "هی تر",
    "rule.budget": "باری مێز",
    "rule.flood": "لافاوی ئاگاداری",
    "rule.chatter": "هەستەوەری زۆربڵێ",
    "rule.shelved": "کەسێک لایداوە",
    "rule.threshold": "لە خوار سنوور",
    "rule.mass_event": "بەشێک لە ڕووداوی بە کۆمەڵ",
    "rule.own_unit": "یەکەی خۆمان",
    "rule.partner_unit": "یەکەی هاوبەش",
    "rule.movement": "جووڵەی تۆمارکراو",
    "rule.road": "ڕێگای هاتوچۆی ئاسایی",
    "rule.learned": "لەم شوێن و کاتەدا فێربووە",
    "viewed.trail": "شوێنەوار",
    "viewed.clip": "فیلم",
    "viewed.evidence": "نەخشە یان پەڕە",
    "viewed.export": "فایلی بردراو",
    "viewed.search": "لیست",
    "viewed.report": "ڕاپۆرت",
    "recipient.own": "هێزی خۆمان",
    "recipient.rescue": "فریاکەوتن",
    "recipient.partner": "هاوبەش",
    "recipient.armed": "چەکدار",
    "recipient.unknown": "نەناسراو",
    "purpose.coordination": "هەماهەنگی",
    "purpose.rescue": "فریاکەوتن",
    "record.cell_report": "ژمارەی چوارگۆشە",
    "record.outside_track": "شوێنەوار",
    "record.node_detection": "دۆزینەوە",
    "record.node_alert": "ئاگاداری",
    "record.unit_place": "شوێنی یەکە",
    "record.distress_call": "بانگی فریاکەوتن",
    "thing.tracks": "شوێنەوار",
    "thing.alerts": "ئاگاداری",
    "thing.units": "یەکەکانمان",
    "thing.distress": "فریاکەوتن",
    "role.tower_operator": "کارپێکەران",
    "role.shift_commander": "فەرماندەی شەفت",
    "role.maintainer": "چاککەرەوان",
    "role.auditor": "وردبینان",
    "sensor.thermal_camera": "کامێرای گەرمی",
    "sensor.radar": "ڕادار",
    "sensor.fence_sensor": "هەستەوەری پەرژین",
    "sensor.ground_sensor": "هەستەوەری زەوی",
    "sensor.drone_camera": "کامێرای درۆن",
    "unseen.beside": "لە پاڵ ئەوەی بینرا: ئەوەی لەوانەیە بێ بینین پەڕیبێتەوە",
    "sign.title": "نیشانەی دواتر دۆزراوە",
    "sign.none": (
        "هیچ نیشانەیەک کە پەڕینەوەیەک لێرە بسەلمێنێت تۆمار نەکراوە. ئایا کەس بەدوایدا گەڕاوە لە تۆماردا نییە."
    ),
    "sign.not_sure": (
        "دۆزراوە کە لەوانەیە سەرچاوەی تریان هەبێت (دەوری سەرێک، بەش یان کاتی تر) و لێرە هیچ ناسەلمێنن: {n}."
    ),
    "sign.layers": (
        "پەڕینەوەی پیادە کە هەستەوەرەکان دۆزییانەوە: {first}؛ بە نیشانە: {second}؛ بە هەردووکیان، بەپێی "
        "شوێن و کات: {both}."
    ),
    "sign.missed": "کەواتە لانیکەم {n} پەڕینەوە بێ ئەوەی هەستەوەرەکان بزانن؛ سنوورەکانی سەرەوە لەسەر ئەم بنەمایەن.",
    "sign.least": "زانراوە بێ بینین پەڕیوەتەوە، بە نیشانەی دواتر دۆزراوە: {n}.",
    "sign.no_common": (
        "هیچ دۆزراوەیەکی هاوبەش نییە، بۆیە ژمارەی لەدەستچووی هەردوو نەزانراوە. مەزەندەی چاپمان بۆ هەموو: "
        "{chapman}، سنووری خوارەوە."
    ),
    "sign.lower": (
        "هەموویان لانیکەم نزیکەی {chapman} بوون (چاپمان) ئەگەر چینەکان سەربەخۆ بن. ئەوەی بینینی ئاسانە "
        "نیشانەی ئاسان بەجێدەهێڵێت، بۆیە ڕاستی لە خوارەوەی ئەم خشتەیەیە:"
    ),
    "column.odds_ratio": "ئەگەر ئەگەرەکان بەستراون بە",
    "column.both_missed": "لەدەستچووی هەردوو",
    "column.in_all": "هەموو لانیکەم",
    "incident.blind": "لابراوە: ئەم پەڕەیە بۆ سەیرکردنی دووەمە لەلایەن کەسێک کە وشەی یەکەمی پێ نەوتراوە.",
    "column.was_said": "وشەی یەکەم",
    "column.again_by": "کەسی دووەم",
    "column.said_again": "وشەی دووەم",
    "column.found_at": "دۆزرایەوە",
    "column.told_at": "وترا",
    "disposition.stands": "دەمێنێت",
    "disposition.fell": "نامێنێت",
    "audit.title": "ژماردنی ڕاستگۆیانە · {site}",
    "audit.judged": "ئاگاداری کە خەڵک بڕیاریان لەسەر دا: {n}؛ لەوانە لە ژماردن دەرکراون چونکە کەس نەهات: {out}.",
    "audit.drawn": (
        "بە هەڕەمەکی بۆ سەیرکردنی دووەم دەرهێنرا: {n}؛ سەیرکرا: {looked}؛ وشەی دووەم جیاواز بوو: {changed}."
    ),
    "audit.most": (
        "لە {n} کە لە ژماردن دەرکرابوون و دووبارە سەیرکران، {wrong} تێیدا بوو. کەواتە لە هەموو {pool}، "
        "زۆرترین {most} بە هەڵە دەرکران (95 %)."
    ),
    "audit.unknown": "چەند بە هەڵە لە ژماردن دەرکران نەزانراوە: هیچیان دووبارە سەیرنەکراون.",
    "audit.late": "نیشانەی درەنگ وتراو ({n})",
    "audit.signs": "هەموو ڕاپۆرتی نیشانە: {n}. درەنگ: زیاتر لە شەش کاتژمێر دوای دۆزینەوە وترا.",
    "audit.withdrawn": "نیشانەی کشێنراوە ({n})",
    "audit.gaps": "ڕاپۆرت کە هەرگیز نەگەیشت ({n})",
    "audit.gaps_words": (
        "ئامێری ڕاپۆرتدەران ژمارە بە ڕاپۆرتەکانیان دەدات. لەژێر ئەم ژمارانەدا هیچ نەگەیشت: لە ڕێگا ون بوو یان ڕاگیرا."
    ),
    "incident.title": "ڕووداو {number} · {site}",
    "incident.what": "{what} لە کیلۆمەتری {km}، یەکەم جار وترا {first}.",
    "incident.place_outside": "{d} م لە دەرەوەی هێڵ؛ {lat} باکوور، {lon} ڕۆژهەڵات.",
    "incident.place_home": "{d} م لە لای ئێمە؛ {lat} باکوور، {lon} ڕۆژهەڵات.",
    "incident.people_none": "هیچ لەم پەڕەیە و تۆمارەکەیدا ناڵێت کێ کێیە، جگە لە کەسانی خۆمان.",
    "incident.first_told": "ئەوەی یەکەم جار بە مێز وترا و لەسەر چ بنەمایەک",
    "incident.p": "بە ئەگەری {p} وترا، ئاستی {level} لە 4.",
    "incident.verifier_up": "{name} دەیتوانی پشتڕاستی بکاتەوە و کاری دەکرد.",
    "incident.verifier_down": "{name} دەیتوانی پشتڕاستی بکاتەوە بەڵام کاری نەدەکرد.",
    "incident.not_working": "هەستەوەرە تاریکەکان لەو ساتەدا ({n})",
    "incident.decisions": "بڕیارەکان بە ناو ({n})",
    "incident.no_decision": "کەس هیچ بڕیارێکی نەدا.",
    "incident.course": "ڕەوت، وەک مێز زانی ({n})",
    "incident.course_words": (
        "بەو ڕیزبەندییەی زانرا. نێوان دوو ستوونی یەکەم ئەوەیە درەنگ هات. دەستە: شوێنی لە تۆماردا."
    ),
    "incident.told": "وترا: {what}، کم {km}، ئاست {level}",
    "incident.closed": "کۆتایی: {what}، کم {km}، ئاست {level}",
    "incident.decided": "کەسێک: {action}",
    "incident.held_back": "لە ڕیز دوورخرایەوە: {rule}",
    "incident.shown_again": "گەڕایەوە بۆ ڕیز: {rule}",
    "incident.escalated": "{s} چرکە کەس وەڵامی نەدایەوە: بە {to} وترا",
    "incident.clip": "فیلمی {name}ی {sensor} هەڵگیرا",
    "incident.evidence": "نەخشە و پەڕە هەڵگیران",
    "incident.cue_asked": "{camera} بۆ ئەوێ وەرچەرخێنرا",
    "incident.cue_looked": "{camera} سەیری ئەوێی کرد",
    "incident.cue_refused": "{camera} نەیتوانی سەیری ئەوێ بکات",
    "incident.logged": "تۆماری شەفت، {kind}: {text}",
    "incident.arrival": "کۆمەڵێک بە ئاشکرا هاتن، لانیکەم {n} کەس",
    "incident.released": "ڕێگەدرا بە {recipient} زیاتر ببینێت: {reason}",
    "incident.left": "بە {recipient} وترا، SHA-256 {digest}",
    "incident.track_explained": "شوێنەوارەکە بە {by} ڕوون دەکرێتەوە: {rule}",
    "incident.track_ended": "شوێنەوارەکە چیتر بە {by} ڕوون ناکرێتەوە: {rule}",
    "incident.track_promoted": "کەسێک داوای کرد لەبارەی شوێنەوارەکە پێی بوترێت: {by}، {rule}",
    "incident.viewed": "سەیرکرا: {how}",
    "incident.deleted": "داتا سڕایەوە: {reason}",
    "incident.kept": "ئەوەی هەڵگیرا ({n})",
    "incident.nothing_kept": "هیچ فیلم و نەخشە و پەڕەیەک هەڵنەگیرا.",
    "incident.kept_clip": "فیلم {name}، {sensor}، {span}",
    "incident.kept_map": "نەخشە {name}، {sensor}، {span}",
    "incident.kept_sheet": "پەڕە {name}، {sensor}، {span}",
    "incident.kept_chain": "لە زنجیرەدا وەک {payload}",
    "incident.kept_digest": "هەڵگیراوە؛ SHA-256ی داتاکەی {digest}",
    "incident.kept_deleted": "سڕایەوە {when}: {reason}",
    "incident.kept_missing": "هەڵنەگیراوە، و هیچ تۆمارێک ناڵێت سڕاوەتەوە",
    "incident.proof": "بەڵگە",
    "incident.proof_words": (
        "هەر دەستەیەکی تۆمار هاشی پێش خۆی تێدایە؛ سەرەکەی {head}. `watchline verify` هەموویان دووبارە دەژمێرێتەوە."
    ),
    "public.title": "ئەم هێڵە چۆن چاودێری کرا: ڕاپۆرت بۆ گشتی · {site}",
    "public.nobody": (
        "تۆمار هیچ ڕوخسار، ژمارە، ناو یان ڕۆیشتنێکی تێدا نییە، و هیچ حوکمێک لەسەر کەس. تەنها کەسانی "
        "خۆمان ناویان هاتووە."
    ),
    "public.use": "بەکارهێنان",
    "public.places": "لە کوێیە",
    "public.sharing": "ئەوەی هاوبەش کرا",
    "public.complaints": "سکاڵاکان",
    "public.audits": "وردبینی",
    "public.effect": "کاریگەری",
    "public.retention": "ئەوەی هەڵدەگیرێت و ئەوەی سڕایەوە",
    "public.requests": "داواکاری زانیاری",
    "public.costs": "تێچوون",
    "public.changes": "گۆڕانکاری",
    "public.by_hand": "بۆ ئەم تۆمارە نەزانراوە. بە دەست پڕ دەکرێتەوە: ________",
    "public.alerts": "ئاگاداری دراو: {n}.",
    "public.judged": "ئەوەی خەڵک لەسەر {n} لێیان وت ({not_n} هێشتا بڕیار نەدراوە):",
    "public.line": "{km} کم هێڵ، چاودێری دەکرێت بە:",
    "public.masks": "شوێنەکان کە هەرگیز سەیر ناکرێن (دەمامکی تایبەتی): {n}.",
    "public.exact": "ورد",
    "public.nothing_left": "هیچ تۆمارێک ناڵێت شتێک بۆ جگە لە خۆمان چووە.",
    "public.releases": "ڕێگەدان لەلایەن ئەفسەری ناودار زیاد لە سیاسەت: {n}.",
    "public.release": "{when}: {officer} بۆ {recipient}، {purpose}: {reason}",
    "public.exports": "فایلی شتی زیندوو کە دوو کەسی ویست: {n}.",
    "public.seats": "وردبینان {n} جار دانیشتن.",
    "public.looks": "سەیرکردنی ئەوەی لەسەر کەسێک هەڵگیراوە: {n}، لەلایەن {people} لە کەسانمان.",
    "public.sampled": "بڕیار کە بە هەڕەمەکی دەرهێنران و دووبارە سەیرکران: {n}؛ گۆڕان: {changed}.",
    "public.chain": "سەری زنجیرە: {head}. هەرکەس تۆمارەکەی هەبێت دەتوانێت دووبارە بیژمێرێتەوە.",
    "public.answered": "ئاگاداری کە کەسێک وەڵامی دایەوە: {n} لە {of}؛ نیوەیان لە {median} چرکەدا.",
    "public.tests": "ئاگاداری تاقیکاری: {n}، لەدەستچوو: {missed}.",
    "public.unseen_below": "ئەوەی لەوانەیە بێ بینین پەڕیبێتەوە لە کۆتاییدایە؛ ژمارەی بینراو هەرگیز هەموو ڕاستی نییە.",
    "public.kept_for": "فیلم و نەخشە و پەڕەی ئاگادارییەکان دوای {days} ڕۆژ دەسڕێنەوە.",
    "public.deleted": "لەم کاتەدا سڕاوەتەوە، بە بەڵگە: {n}.",
    "public.versions": "وەشانی ڕێکخستنی شوێن کە کەوتنە کار: {n}.",
    "public.responsible": "بەرپرسی ئەم ڕاپۆرتە",
    "impact.title": "هەڵسەنگاندنی کاریگەری لەسەر پاراستنی داتا · {site}",
    "impact.what_this_is": (
        "لە ڕێکخستنی کارپێکراو لە {since} پڕکراوەتەوە. ڕەشنووسێکە بۆ ئەوەی خەڵک بڕیاری لەسەر بدەن و "
        "تەواوی بکەن و واژۆی بکەن."
    ),
    "impact.processing": "چی دەکرێت و بۆچی",
    "impact.purpose": (
        "تێبینیکردنی ئەوەی لە هێڵ دەپەڕێتەوە، یارمەتیدانی ئەوەی لە تەنگانەدایە، و زانینی ئەوەی "
        "لەدەستچوو. هەر کارێک بڕیاری کەسێکە."
    ),
    "impact.line": (
        "{km} کم هێڵ، {outside} کم لە دەرەوە، {home} کم لە لای ئێمە و {ends} کم لەو دیوی سەرەکان، چاودێری دەکرێت بە:"
    ),
    "impact.organisations": "بە فەرماندەیی: {names}.",
    "impact.people": "کەسانمان لەبەر شاشەکان ({n}):",
    "impact.held": "چی هەڵدەگیرێت و بۆ چەند",
    "impact.held_tracks": (
        "دۆزینەوە و سەیرکردن و شوێنەوار (شوێن، خێرایی، کەس یان ئۆتۆمبێل یان ئاژەڵ): تا تۆمار هەبێت. "
        "هێشتا هیچ کەمیان ناکاتەوە."
    ),
    "impact.held_clips": "فیلمی کورتی ئاگادارییەکان: {days} ڕۆژ، پاشان بە بەڵگە دەسڕێتەوە.",
    "impact.held_evidence": "نەخشە و شوێنەواری ئاگادارییەکان: {days} ڕۆژ، پاشان بە بەڵگە دەسڕێتەوە.",
    "impact.held_actions": "ئەوەی کەسانی خۆمان کردیان، بە ناوەکانیانەوە: تا تۆمار هەبێت.",
    "impact.held_reports": "ئەوەی دەوریە و خاڵەکانی پشکنین دەیڵێن (ژمارە و ئاراستە): تا تۆمار هەبێت.",
    "impact.never_faces": "هەرگیز: ڕوخسار، ڕۆیشتن، ژمارە یان هەر نیشانەیەکی زیندوو. هیچ تۆمارێک خانەی بۆیان نییە.",
    "impact.never_names": "هەرگیز: کێیە، بەڵگەنامەی، تەلەفۆنی.",
    "impact.never_judgement": "هەرگیز: حوکم لەسەر کەسێک یان ناونیشانی دوژمن.",
    "impact.never_arms": "هەرگیز: هیچ شتێک کە چەک ئاراستە بکات.",
    "impact.told": "کێ چی پێدەوترێت",
    "impact.nobody_told": "سیاسەت هیچ بە کەس لە دەرەوەی ئەم ناوەندە ناڵێت.",
    "impact.sends": "بەستەری {link} ({protocol}) {what} دەنێرێت بۆ {recipient}.",
    "impact.officers": "دەتوانن ڕێگە بە کەسانی تر بدەن زیاتر ببینن، بە هۆکار و کۆتایی: {names}.",
    "impact.other_machines": "شاشەی ئامێری تر بە HTTPS دەیگەنێ، هەر کەسێک بە هەژماری خۆی.",
    "impact.this_machine": "تەنها وێبگەڕی ئەم ئامێرە دەیگاتێ.",
    "impact.necessity": "پێویستە؟ زۆرە؟",
    "impact.necessity_words": (
        "چەند باش هێڵ چاودێری دەکرێت و چی لەدەست دەدات لە کۆتاییدایە: چاودێرییەک هیچ نەدۆزێتەوە بەوە "
        "پاساو نادرێت. خەڵک وەڵامی بدەنەوە: ئایا کەمتر بەسە؟ ________"
    ),
    "impact.masks": "دەمامکی تایبەتی: {n}. گوند و کەمپ لەسەر نەخشە: {villages}.",
    "impact.risks": "مەترسی بۆ خەڵک و ئەوەی دژی دەکرێت",
    "impact.open": "ئەوەی ڕێکخستن کراوەی دەهێڵێتەوە ({n})",
    "impact.sign_controller": "بەرپرسی هێڵ",
    "impact.sign_officer": "بەرپرسی پاراستنی داتا",
    "impact.sign_affected": "لەبری کەسانی پەیوەندیدار بیسترا",
    "risk.harder_ways": "خەڵک ڕێگای سەختتر دەگرن بۆ دوورکەوتنەوە لە چاودێری و زیانیان پێدەگات.",
    "measure.harder_ways": (
        "فریاکەوتن لە سەرووی هەموو ئاگادارییەکە؛ تۆمارەکانی ناسڕێنەوە. لە کوێ خەڵک دەمرن پرسیارە بۆ خەڵک."
    ),
    "risk.danger": "شوێنی زیندووی خەڵک دەگاتە کەسێکی چەکدار.",
    "measure.danger": (
        "چەکدار و نەناسراو چوارگۆشەی کیلۆمەترێک و درەنگ وەردەگرن یان هیچ؛ زیاتر تەنها بۆ فریاکەوتن، "
        "لەلایەن ئەفسەری ناودار، تا کاتێک."
    ),
    "risk.partner": "هاوبەش شتێک بە خەڵک دەکات کە بۆ ئێمە ڕێگەپێدراو نییە.",
    "measure.partner": "هاوبەش چوارگۆشەی درەنگ بێ وێنە وەردەگرێت؛ هەرچی دەردەچێت پێشتر هەڵدەگیرێت لەگەڵ SHA-256.",
    "risk.own_staff": "کەسانی خۆمان خراپ بەکاری دەهێنن.",
    "measure.own_staff": (
        "هەر سەیرکردنێک ڕووداوێکی زنجیرەیە؛ زیاتر لە {km} کم شتی زیندوو دوو کەسی دەوێت؛ وردبینان هەموو "
        "دەبینن و هیچ ناگۆڕن."
    ),
    "risk.error": "کەسێک ڕادەگیرێت چونکە ئاگادارییەکە هەڵە بوو.",
    "measure.error": (
        "هەر ئاگادارییەک هۆکار و ئەگەرەکەی پیشان دەدات؛ ڕاستی ئەم ژمارانە ڕاپۆرتە بۆ هەمووان؛ کەسێک بڕیار دەدات."
    ),
    "risk.homes": "ماڵ و کێڵگە چاودێری دەکرێن.",
    "measure.homes": "دەمامکی تایبەتی کارپێکراو: {n}. ئەوەی تێیدایە هەڵناگیرێت و شوێنی ناکەوێت.",
    "risk.kept": "شتەکان زیاتر لە پێویست هەڵدەگیرێن.",
    "measure.kept": "یاسایەک فیلم و نەخشە و شوێنەواری ئاگادارییەکان دوای {days} ڕۆژ دەسڕێتەوە؛ زنجیرە دەیسەلمێنێت.",
    "risk.purpose": "دواتر بۆ شتی تر بەکاردێت.",
    "measure.purpose": (
        "هیچ خانەیەک بۆ ناسنامە یان چەک نییە و تاقیکردنەوەیەک دەیپارێزێت؛ هەر گۆڕانێکی ڕێکخستن لە تۆماردایە."
    ),
    "open.no_people": "کەس ناوی نەهاتووە: هەرکەس کۆنسۆڵ بکاتەوە هەموو مافێکی هەیە.",
    "open.no_auditor": "وردبین نییە.",
    "open.no_officer": "هیچ ئەفسەرێک ناوی نەهاتووە بۆ ڕێگەدان بە زیاتر لە سیاسەت.",
    "open.no_masks": "دەمامکی تایبەتی نییە. ئایا کەس لەبەرچاودا ناژی؟",
    "open.kept_long": "فیلمی خەڵک زیاتر لە 90 ڕۆژ هەڵدەگیرێت.",
    "open.no_distress_card": "کارتی کاری فریاکەوتن نییە.",
    "open.no_rescue": "هیچ دەزگایەکی فریاکەوتن بە فریاکەوتن ئاگادار ناکرێتەوە.",
    "open.no_tests": "ئاگاداری تاقیکاری دانەنراوە: نازانرێت ئایا وەڵام دەدرێنەوە.",
}
