'use strict';
const WORDS = {
  en: { name: 'Name', password: 'Password', sign_in: 'Sign in', sign_on: 'Sign in with my organisation', wrong: 'Name or password is wrong.', wait: 'Too many tries. Wait {s} s.', away: 'The core does not answer. Try again.' },
  ar: { name: 'الاسم', password: 'كلمة المرور', sign_in: 'دخول', sign_on: 'الدخول بحساب مؤسستي', wrong: 'الاسم أو كلمة المرور غير صحيحة.', wait: 'محاولات كثيرة. انتظر {s} ثانية.', away: 'النظام لا يجيب. حاول مرة أخرى.' },
  ckb: { name: 'ناو', password: 'وشەی نهێنی', sign_in: 'چوونەژوورەوە', sign_on: 'چوونەژوورەوە بە هەژماری دامەزراوەکەم', wrong: 'ناو یان وشەی نهێنی هەڵەیە.', wait: 'هەوڵی زۆر. {s} چرکە چاوەڕێ بکە.', away: 'سیستەم وەڵام ناداتەوە. دووبارە هەوڵ بدە.' },
};
const asked = new URLSearchParams(location.search).get('lang');
let language = WORDS[asked] ? asked : 'en';

function show() {
  document.documentElement.lang = language;
  document.documentElement.dir = language === 'en' ? 'ltr' : 'rtl';
  for (const item of document.querySelectorAll('[data-word]')) item.textContent = WORDS[language][item.dataset.word];
}
for (const button of document.querySelectorAll('[data-language]')) {
  button.addEventListener('click', () => { language = button.dataset.language; show(); });
}
document.getElementById('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const said = document.getElementById('said');
  said.textContent = '';
  const body = { name: document.getElementById('name').value, password: document.getElementById('password').value };
  let answer;
  try {
    answer = await fetch('/api/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  } catch {
    said.textContent = WORDS[language].away;
    return;
  }
  if (answer.ok) {
    location.assign(`/?lang=${language}`);
  } else if (answer.status === 429) {
    said.textContent = WORDS[language].wait.replace('{s}', answer.headers.get('retry-after') || '60');
  } else {
    said.textContent = answer.status === 403 ? WORDS[language].wrong : WORDS[language].away;
  }
});
show();
