// Every word of the page: Arabic (or Sorani, at the end) first, English below it.  The letters are those of the short text (report_text.py).
"use strict";
const KINDS = [
  ["P", "عبور", "passage", "M4 12h16M13 5l7 7-7 7"],
  ["F", "آثار أقدام", "footprints", "M8 4c3 0 3 7 0 7s-3-7 0-7zM8 14v1M16 9c3 0 3 7 0 7s-3-7 0-7zM16 19v1"],
  ["S", "أثر آخر", "other sign", "M12 3l9 16H3zM12 9v5M12 17v.5"],
  ["V", "مشاهدة", "sighting", "M2 12c5-8 15-8 20 0-5 8-15 8-20 0zM12 9a3 3 0 100 6 3 3 0 000-6z"],
  ["G", "عُثر عليه", "found", "M4 13l5 5L20 6"],
  ["N", "لم يُعثر", "not found", "M5 5l14 14M19 5L5 19"],
];
const DISTRESS = ["D", "استغاثة", "distress: we need help", "M12 3v10M12 18v1M3 12a9 9 0 1018 0 9 9 0 10-18 0"];
// An order's answers: the word in the line, then as it is read; which may follow which (task_text.py has the words).
const TASK = ["T", "أمر", "order", "M5 3v18M5 4h13l-3 4 3 4H5"];
const ANSWERS = {
  accepted: ["قبول", "we go"], declined: ["لا نستطيع", "we cannot"], en_route: ["في الطريق", "on our way"],
  on_scene: ["وصلنا", "there"], found: ["عُثر عليهم", "found"], not_found: ["لم يُعثر", "not found"],
  helped: ["قُدّم العون", "helped"], failed: ["تعذّر", "could not be done"],
};
const NEXT = {
  sent: ["accepted", "declined"], accepted: ["en_route", "failed"], en_route: ["on_scene", "failed"],
  on_scene: ["found", "not_found", "helped", "failed"],
};
const SUBJECTS = [
  ["person", "شخص", "one person"], ["people", "أشخاص", "people"], ["vehicle", "مركبة", "vehicle"],
  ["animal", "حيوان", "animal"], ["", "غير معروف", "unknown"],
];
const COUNTS = ["", "1", "2", "3", "5", "10", "20", "50"];
const AGES = [["", "؟", "unknown"], ["0.5", "الآن", "now"], ["3", "ساعات", "hours"], ["12", "الليلة", "tonight"], ["30", "أقدم", "older"]];
// As on a map: north above, west on the left, in every language.
const HEADINGS = [["315", "↖"], ["0", "↑ ش", "north"], ["45", "↗"], ["270", "← غ", "west"], ["", "؟"], ["90", "ق →", "east"],
  ["225", "↙"], ["180", "↓ ج", "south"], ["135", "↘"]];
const WORDS = {
  back: ["رجوع", "back"], send: ["إرسال", "send"], who: ["من؟", "who or what"], count: ["كم؟", "how many"],
  age: ["متى؟", "how old"], heading: ["إلى أين؟", "going where"], text: ["ملاحظة (اختياري)", "note (optional)"],
  waiting: ["بانتظار الإرسال", "waiting: kept on this phone"], accepted: ["استُلم وحُفظ", "received and kept"], refused: ["رُفض", "refused"],
  sms: ["أرسل كرسالة قصيرة", "send as text message"], gpsNo: ["لا موقع", "no place"], gpsOk: ["الموقع", "place"],
  netOk: ["متصل", "connected"], netNo: ["غير متصل", "no connection"], netWho: ["الرابط منتهٍ: اطلب رابطاً جديداً", "ask the desk for a new link"],
  answered: ["أُجيب", "answered"], order: ["أمر", "order"],
  tooLong: ["النص طويل", "the note is too long"], sure: ["سيُطلب العون فوراً", "help is asked for at once"],
};
// The same in Sorani, for whoever chooses it: it stands in the place of the Arabic.  No native reader has seen it yet.
const SORANI = {
  "عبور": "پەڕینەوە", "آثار أقدام": "شوێن پێ", "أثر آخر": "شوێنەواری تر", "مشاهدة": "بینین", "عُثر عليه": "دۆزرایەوە",
  "لم يُعثر": "نەدۆزرایەوە", "استغاثة": "هاوار", "أمر": "فەرمان",
  "قبول": "دەڕۆین", "لا نستطيع": "ناتوانین", "في الطريق": "لە ڕێگەین", "وصلنا": "گەیشتین", "عُثر عليهم": "دۆزرانەوە",
  "قُدّم العون": "یارمەتی درا", "تعذّر": "نەکرا",
  "شخص": "کەسێک", "أشخاص": "کەسان", "مركبة": "ئۆتۆمبێل", "حيوان": "ئاژەڵ", "غير معروف": "نەزانراو",
  "؟": "؟", "الآن": "ئێستا", "ساعات": "چەند کاتژمێر", "الليلة": "ئەمشەو", "أقدم": "کۆنتر",
  "↑ ش": "↑ باکوور", "← غ": "← ڕۆژئاوا", "ق →": "ڕۆژهەڵات →", "↓ ج": "↓ باشوور",
  "رجوع": "گەڕانەوە", "إرسال": "ناردن", "من؟": "کێ؟", "كم؟": "چەند؟", "متى؟": "کەی؟", "إلى أين؟": "بەرەو کوێ؟",
  "ملاحظة (اختياري)": "تێبینی (ئارەزوومەندانە)", "بانتظار الإرسال": "چاوەڕێی ناردنە", "استُلم وحُفظ": "گەیشت و پارێزرا",
  "رُفض": "ڕەتکرایەوە", "أرسل كرسالة قصيرة": "وەک نامەی کورت بینێرە", "لا موقع": "شوێن نییە", "الموقع": "شوێن",
  "متصل": "پەیوەستە", "غير متصل": "پەیوەست نییە", "الرابط منتهٍ: اطلب رابطاً جديداً": "بەستەر بەسەرچووە: بەستەرێکی نوێ داوا بکە",
  "أُجيب": "وەڵام درایەوە", "النص طويل": "تێبینییەکە درێژە", "سيُطلب العون فوراً": "دەستبەجێ داوای یارمەتی دەکرێت",
  "تقرير ميداني": "ڕاپۆرتی مەیدانی",
};
const TONGUES = { ar: "العربية", ckb: "کوردی" };

/** Put Sorani where the page says Arabic. */
function inSorani() {
  const say = (words, k) => { words[k] = SORANI[words[k]] ?? words[k]; };
  for (const row of [...KINDS, DISTRESS, TASK, ...SUBJECTS, ...AGES, ...HEADINGS]) say(row, 1);
  for (const words of [...Object.values(ANSWERS), ...Object.values(WORDS)]) say(words, 0);
}
