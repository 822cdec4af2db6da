// English, Arabic, Kurdish (Sorani); the last two not reviewed by native speakers.
"use strict";
const WORDS = {
  title: ["Who is told what", "من يُبلَّغ بماذا", "کێ چی پێ دەگوترێت"],
  back: ["Back to the desk", "العودة إلى المكتب", "گەڕانەوە بۆ مێز"],
  recipients: ["Recipients and what they are told now", "المتلقون وما يُبلَّغون به الآن", "وەرگران و ئەوەی ئێستا پێیان دەگوترێت"],
  recipient: ["Recipient", "المتلقي", "وەرگر"], kind: ["Kind", "النوع", "جۆر"], told: ["Told", "يُبلَّغ", "پێی دەگوترێت"],
  own: ["our own", "منّا", "هی خۆمان"], partner: ["partner", "شريك", "هاوبەش"], armed: ["can do harm by itself", "قادر على الأذى بذاته", "دەتوانێت بۆ خۆی زیان بگەیەنێت"],
  unknown: ["unknown", "غير معروف", "نەزانراو"],
  more: ["Let somebody see more, for a time", "السماح بأكثر لوقت محدد", "ڕێگەدان بە زیاتر بۆ ماوەیەک"],
  purpose: ["Purpose", "الغرض", "مەبەست"], coordination: ["coordination", "تنسيق", "هەماهەنگی"], rescue: ["rescue", "إنقاذ", "ڕزگارکردن"],
  what: ["What", "ماذا", "چی"], tracks: ["tracks", "المسارات", "ڕێچکەکان"], alerts: ["alerts", "الإنذارات", "ئاگادارکردنەوەکان"],
  units: ["our units", "وحداتنا", "یەکەکانمان"], distress: ["distress", "الاستغاثة", "هاواری یارمەتی"],
  from: ["From kilometre", "من الكيلومتر", "لە کیلۆمەتری"], to: ["To kilometre", "إلى الكيلومتر", "تا کیلۆمەتری"],
  minutes: ["Minutes", "دقائق", "خولەک"], reason: ["Reason (at least ten letters)", "السبب (عشرة أحرف على الأقل)", "هۆکار (لانیکەم دە پیت)"],
  look: ["Show what they would see", "عرض ما سيرونه", "پیشاندانی ئەوەی دەیبینن"], let: ["Release", "إفراج", "بڵاوکردنەوە"], sure: ["Press again to release", "اضغط ثانية للإفراج", "دووبارە دابگرە"],
  seen: ["Exactly what they would be told now", "ما سيُبلَّغون به الآن بالضبط", "ڕێک ئەوەی ئێستا پێیان دەگوترێت"],
  pick: ["Choose a recipient, or fill in a release and look before letting it go.", "اختر متلقيًا، أو املأ الإفراج وانظر قبل إرساله.", "وەرگرێک هەڵبژێرە، یان بڵاوکردنەوەکە پڕ بکەوە و پێش ناردن بڕوانە."],
  nothing: ["Nothing", "لا شيء", "هیچ"], standing: ["Releases that hold", "الإفراجات السارية", "بڵاوکردنەوە کارپێکراوەکان"],
  until: ["until", "حتى", "تا"], end: ["Take back", "سحب", "کشاندنەوە"], done: ["Kept, and in force.", "حُفظ وأصبح ساريًا.", "پارێزرا و کاردەکات."], ended: ["Taken back.", "سُحب.", "کێشرایەوە."],
  exact: ["exactly, now", "بدقة، الآن", "بە وردی، ئێستا"], square: ["squares of", "مربعات بطول", "چوارگۆشەی"], after: ["after", "بعد", "دوای"], released: ["by a release", "بإفراج", "بە بڵاوکردنەوە"],
  count: ["counted", "العدد", "ژمێردراو"], away: ["The core does not answer", "النظام لا يجيب", "سیستەم وەڵام ناداتەوە"], show: ["Show", "عرض", "پیشاندان"], by: ["by", "بواسطة", "لەلایەن"],
  withit: ["with the release as filled in", "مع الإفراج كما مُلئ", "لەگەڵ بڵاوکردنەوەکە وەک پڕکراوە"], asis: ["as it stands", "كما هو الآن", "وەک ئێستا"],
};
