"""The words of an operation's orders and of postures: Sorani."""

from __future__ import annotations

OPERATION_SORANI: dict[str, str] = {
    "operation.title": "فەرمانەکان · {name} · {kind} · {site}",
    "operation.window": "لە {start} تا {end}",
    "operation.commander": "فەرماندە: {name}",
    "operation.objectives": "ئامانجەکان",
    "operation.objective": "{text}",
    "operation.measured": "{text}: {reached} لە {aim}",
    "operation.end_state": "کاتێک تەواو دەبێت: {text}",
    "operation.area": "ناوچە: {km2} کم²",
    "operation.so_far": "ئەوەی ڕێڕەوەکان تا ئێستا گرتیانەوە {pod}ی ئەوانەی دەدۆزییەوە کە لە هەر شوێنێکیدا دەمێننەوە.",
    "operation.next": "کەرتەکانی خوارەوە {p}ی تر دەدۆزنەوە؛ هیچ پلانێکی ئەم شەفتانە لە {bound} زیاتر ناتوانێت.",
    "operation.honest": (
        "تەنها ئەوەی ڕێڕەوەکان بەڕاستی گرتیانەوە دەژمێردرێت، نەک ئەوەی فەرمانی پێ درا. ئەوەی دەجووڵێت یان لە "
        "ژێر زەوی خۆی دەشارێتەوە کەمتر دەدۆزرێتەوە."
    ),
    "operation.phases": "قۆناغەکان",
    "operation.forces": "هێزەکان و کێ دەتوانێت بیاننێرێت",
    "operation.force": "{organisation}، بە فەرماندەیی {commander}، لە {zone}",
    "operation.whole_area": "هەموو ناوچەکە",
    "operation.hazards": "مەترسییەکان",
    "operation.no_hazard": "هیچ ڕێڕەوێکی خوارەوە ناچێتە ناو مین یان لافاوی زانراوی شوێنەکە.",
    "operation.coordination": "هاوئاهەنگی",
    "operation.never": "هەرگیز",
    "operation.signed": "ئەم فەرمانانە واژۆ دەکات",
    "operation.footer": (
        "لە {time} لە پەڕگەی ئۆپەراسیۆن و شوێن و ڕێڕەوەکان دروست کرا؛ کەرتەکان پێشنیارن تا فەرماندە واژۆ دەکات"
    ),
    "operation.column.phase": "قۆناغ",
    "operation.column.from": "لە",
    "operation.column.to": "تا",
    "operation.column.what": "چی",
    "operation.column.unit": "یەکە",
    "operation.column.right": "بە مافی",
    "operation.column.shift": "شەفت",
    "operation.column.kind": "جۆر",
    "operation.column.name": "ناو",
    "operation.column.place": "شوێن",
    "operation.column.last": "دوا سەیرکردن",
    "operation.kind.search": "گەڕان",
    "operation.kind.protect": "پاراستن",
    "operation.kind.rescue": "ڕزگارکردن",
    "operation.place.well": "بیر",
    "operation.place.cave": "ئەشکەوت",
    "operation.place.ruin": "کەلاوە",
    "operation.place.tunnel": "دەمی تونێل",
    "operation.place.ford": "بوار",
    "operation.place.camp": "کەمپ",
}
