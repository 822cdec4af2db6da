// English, Arabic (not reviewed by a native speaker).
"use strict";
const WORDS = {
  title: ["What if this mast stood there?", "ماذا لو وقف هذا البرج هناك؟"],
  back: ["Back to the desk", "العودة إلى المكتب"],
  how: [
    "Drag a mast, or write its place. Bars: chance that the best informed crosser is detected, kilometre by kilometre; the line below: the weakest way. Nothing is kept.",
    "اسحب برجًا أو اكتب مكانه. الأعمدة: احتمال كشف أعلم العابرين في كل كيلومتر، والخط أسفلها: أضعف طريق. لا يُحفظ شيء.",
  ],
  post: ["Post", "النقطة"], km: ["Kilometre", "الكيلومتر"], offset: ["Metres behind the line", "أمتار خلف الخط"],
  ask: ["Ask", "اسأل"], today: ["today", "اليوم"], then: ["with it there", "لو كان هناك"],
  weakest: ["Weakest kilometre", "أضعف كيلومتر"], chance: ["Chance of detection there", "احتمال الكشف هناك"],
  mean: ["Mean over the line", "متوسط الخط"], half: ["Kilometres under a half", "كيلومترات دون النصف"],
  asking: ["asking", "جارٍ السؤال"], took: ["seconds", "ثوانٍ"],
};
