// English, Arabic, Kurdish (Sorani); the last two not reviewed by native speakers.  Addresses, ids and reasons come as
// they are.
"use strict";
const WORDS = {
  title: ["Links: reporters, missions, looks, tasks", "الروابط: المبلّغون والمهام والمراقبة", "پەیوەندییەکان: ڕاپۆرتدەران، ئەرکەکان، چاودێری، داواکارییەکان"], back: ["Console", "الشاشة الرئيسية", "شاشەی سەرەکی"],
  reporters: ["A phone page for a post or patrol", "صفحة هاتف لنقطة أو دورية", "پەڕەیەکی تەلەفۆن بۆ پێگەیەک یان گەشتییەک"], reporter: ["Reporter", "المبلّغ", "ڕاپۆرتدەر"], makeLink: ["Make an address", "إنشاء عنوان", "دروستکردنی ناونیشان"],
  linkOnce: ["Opens once, for", "يفتح مرة واحدة، لـ", "تەنیا یەکجار دەکرێتەوە، بۆ"], copy: ["Copy", "نسخ", "لەبەرگرتنەوە"], copied: ["Copied", "نُسخ", "لەبەرگیرایەوە"],
  missions: ["Missions and fences of drones", "مهام الطائرات المسيّرة وحدودها", "ئەرک و سنووری درۆنەکان"], drone: ["Drone", "الطائرة", "درۆن"], what: ["What", "النوع", "جۆر"], mission: ["way", "مسار", "ڕێگا"], fence: ["fence", "حدّ", "سنوور"],
  height: ["Metres above home", "متر فوق نقطة الإقلاع", "مەتر لە سەرووی خاڵی هەڵفڕین"], file: ["Map file", "ملف خريطة", "فایلی نەخشە"], keepPlan: ["Keep as a plan", "حفظ كخطة", "وەک پلان هەڵبگرە"],
  kept: ["Kept, nothing is sent", "حُفظت، ولم يُرسل شيء", "هەڵگیرا، هیچ نەنێردرا"], against: ["Would be refused", "ستُرفض", "ڕەت دەکرێتەوە"], items: ["items", "عنصر", "دانە"],
  upload: ["Approve upload", "الموافقة على الرفع", "پەسەندکردنی ناردن"], start: ["Approve start", "الموافقة على البدء", "پەسەندکردنی دەستپێکردن"], sure: ["Press again to approve", "اضغط مرة أخرى للموافقة", "دووبارە دایبگرە بۆ پەسەندکردن"],
  waiting: ["approved, under way", "تمت الموافقة، جارٍ التنفيذ", "پەسەند کرا، لە ئەنجامداندایە"], look: ["Ask somebody to look at a place", "طلب مراقبة موقع", "داوا لە کەسێک بکە سەیری شوێنێک بکات"], who: ["Camera or aircraft", "كاميرا أو طائرة", "کامێرا یان فڕۆکە"],
  lon: ["Longitude", "خط الطول", "هێڵی درێژی"], lat: ["Latitude", "خط العرض", "هێڵی پانی"], ask: ["Ask", "طلب", "داواکردن"], readOut: ["Read out by radio", "يُقرأ عبر اللاسلكي", "بە ڕادیۆ دەخوێنرێتەوە"], sent: ["Sent over", "أُرسل عبر", "نێردرا بە"],
  tasks: ["Tasks, ours and others'", "الطلبات، طلباتنا وطلبات غيرنا", "داواکارییەکان، هی ئێمە و هی ئەوانی تر"], ours: ["ours", "منا", "هی ئێمە"], theirs: ["asked of us", "مطلوب منا", "لە ئێمە داوا کراوە"],
  accepted: ["Accept", "قبول", "قبوڵکردن"], rejected: ["Refuse", "رفض", "ڕەتکردنەوە"], completed: ["Done", "تم", "تەواو"], sky: ["Aircraft and air cover", "الطائرات والغطاء الجوي", "فڕۆکەکان و پشتیوانی ئاسمانی"],
  until: ["until", "حتى", "تا"], partner: ["What the partner tells", "ما يبلّغ به الشريك", "ئەوەی هاوبەش دەیڵێت"], none: ["none", "لا شيء", "هیچ"], lost: ["no connection", "لا اتصال", "پەیوەندی نییە"],
  advance: ["advance", "تقدّم", "پێشڕەوی"], displaced_people: ["displaced people", "نازحون", "ئاوارەکان"], pursuit: ["pursuit", "مطاردة", "ڕاوەدوونان"], withdrawal: ["withdrawal", "انسحاب", "کشانەوە"], other: ["other", "أخرى", "ئەوانی تر"],
};
