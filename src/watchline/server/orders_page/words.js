// Every word of the page, English and Arabic.  Addresses, ids and reasons come as they are.
"use strict";
const WORDS = {
  title: ["Links: reporters, missions, looks, tasks", "الروابط: المبلّغون والمهام والمراقبة"], back: ["Console", "الشاشة الرئيسية"],
  reporters: ["A phone page for a post or patrol", "صفحة هاتف لنقطة أو دورية"], reporter: ["Reporter", "المبلّغ"], makeLink: ["Make an address", "إنشاء عنوان"],
  linkOnce: ["Opens once, for", "يفتح مرة واحدة، لـ"], copy: ["Copy", "نسخ"], copied: ["Copied", "نُسخ"],
  missions: ["Missions and fences of drones", "مهام الطائرات المسيّرة وحدودها"], drone: ["Drone", "الطائرة"], what: ["What", "النوع"], mission: ["way", "مسار"], fence: ["fence", "حدّ"],
  height: ["Metres above home", "متر فوق نقطة الإقلاع"], file: ["Map file", "ملف خريطة"], keepPlan: ["Keep as a plan", "حفظ كخطة"],
  kept: ["Kept, nothing is sent", "حُفظت، ولم يُرسل شيء"], against: ["Would be refused", "ستُرفض"], items: ["items", "عنصر"],
  upload: ["Approve upload", "الموافقة على الرفع"], start: ["Approve start", "الموافقة على البدء"], sure: ["Press again to approve", "اضغط مرة أخرى للموافقة"],
  waiting: ["approved, under way", "تمت الموافقة، جارٍ التنفيذ"], look: ["Ask somebody to look at a place", "طلب مراقبة موقع"], who: ["Camera or aircraft", "كاميرا أو طائرة"],
  lon: ["Longitude", "خط الطول"], lat: ["Latitude", "خط العرض"], ask: ["Ask", "طلب"], readOut: ["Read out by radio", "يُقرأ عبر اللاسلكي"], sent: ["Sent over", "أُرسل عبر"],
  tasks: ["Tasks, ours and others'", "الطلبات، طلباتنا وطلبات غيرنا"], ours: ["ours", "منا"], theirs: ["asked of us", "مطلوب منا"],
  accepted: ["Accept", "قبول"], rejected: ["Refuse", "رفض"], completed: ["Done", "تم"], sky: ["Aircraft and air cover", "الطائرات والغطاء الجوي"],
  until: ["until", "حتى"], partner: ["What the partner tells", "ما يبلّغ به الشريك"], none: ["none", "لا شيء"], lost: ["no connection", "لا اتصال"],
  advance: ["advance", "تقدّم"], displaced_people: ["displaced people", "نازحون"], pursuit: ["pursuit", "مطاردة"], withdrawal: ["withdrawal", "انسحاب"], other: ["other", "أخرى"],
};
