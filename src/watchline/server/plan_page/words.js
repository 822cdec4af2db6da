// English, Arabic, Kurdish (Sorani); the last two not reviewed by native speakers.
"use strict";
const WORDS = {
  title: ["What if this mast stood there?", "ماذا لو وقف هذا البرج هناك؟", "ئەگەر ئەم تاوەرە لەوێ بووایە چی؟"],
  back: ["Back to the desk", "العودة إلى المكتب", "گەڕانەوە بۆ مێز"],
  how: [
    "Drag a mast, or write its place. Bars: chance that the best informed crosser is detected, kilometre by kilometre; the line below: the weakest way. Nothing is kept.",
    "اسحب برجًا أو اكتب مكانه. الأعمدة: احتمال كشف أعلم العابرين في كل كيلومتر، والخط أسفلها: أضعف طريق. لا يُحفظ شيء.",
    "تاوەرێک ڕابکێشە یان شوێنەکەی بنووسە. ستوونەکان: ئەگەری دۆزینەوەی شارەزاترین پەڕیوە لە هەر کیلۆمەترێک؛ هێڵی خوارەوە: لاوازترین ڕێگا. هیچ پاشەکەوت ناکرێت.",
  ],
  post: ["Post", "النقطة", "پێگە"], km: ["Kilometre", "الكيلومتر", "کیلۆمەتر"], offset: ["Metres behind the line", "أمتار خلف الخط", "مەتر لە پشت هێڵ"],
  ask: ["Ask", "اسأل", "بپرسە"], today: ["today", "اليوم", "ئەمڕۆ"], then: ["with it there", "لو كان هناك", "ئەگەر لەوێ بووایە"],
  mend: ["What would mend the weakest?", "ما الذي يُصلح الأضعف؟", "چی لاوازترین چاک دەکاتەوە؟"],
  weakest: ["Weakest kilometre", "أضعف كيلومتر", "لاوازترین کیلۆمەتر"], chance: ["Chance of detection there", "احتمال الكشف هناك", "ئەگەری دۆزینەوە لەوێ"],
  mean: ["Mean over the line", "متوسط الخط", "تێکڕای هێڵ"], help: ["Hours on foot from help, at the worst place of the weakest way", "ساعات سيرًا عن أقرب عون، في أسوأ موضع من أضعف طريق", "کاتژمێر بە پێ لە یارمەتی، لە خراپترین شوێنی لاوازترین ڕێگا"],
  half: ["Kilometres under a half", "كيلومترات دون النصف", "کیلۆمەتر لە ژێر نیوە"],
  asking: ["asking", "جارٍ السؤال", "پرسیار دەکرێت"], took: ["seconds", "ثوانٍ", "چرکە"],
  mendN: ["Longest open stretch: km {from} to {to}. Of {tried} high places near it, another mast like {id} at km {km} helps it most: its chance of detection rises by {gain} on the mean.",
    "أطول مقطع مفتوح: كم {from} إلى {to}. من {tried} أماكن مرتفعة قربه، يفيده أكثر برج آخر مثل {id} عند كم {km}: يرتفع احتمال الكشف فيه وسطيًا بمقدار {gain}.",
    "درێژترین پارچەی کراوە: کم {from} تا {to}. لە {tried} شوێنی بەرز لە نزیکی، تاوەرێکی تر وەک {id} لە کم {km} زۆرترین سوودی هەیە: ئەگەری دۆزینەوە بە تێکڕا {gain} بەرز دەبێتەوە."],
  noPlace: ["No high place near km {from} to {to}", "لا مكان مرتفع قرب كم {from} إلى {to}", "هیچ شوێنی بەرز لە نزیک کم {from} تا {to} نییە"],
};
