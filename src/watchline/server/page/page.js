// What the pages beside the Watch screen share: words, elements, questions to the core.  Loaded after a page's words.js.
"use strict";
const LANGUAGES = ["en", "ar", "ckb"].slice(0, Object.values(WORDS)[0].length); // those that the page speaks
const language = Math.max(LANGUAGES.indexOf(new URLSearchParams(location.search).get("lang")), 0);
const ltr = (text) => `\u2066${text}\u2069`; // figures, times and codes keep their order in a line read from the right
/** Figures that stand in a text of the catalogue with a sign of their own (95 %, 2-3) keep their order as well. */
const FIGURES = /\d[\d.,:]*(?:[–-]\d[\d.,:]*|\s?%)+/g;
const inOrder = (text) => (language === 0 ? text : text.replace(FIGURES, (figures) => ltr(figures)));
const w = (name, values = {}) => inOrder(WORDS[name]?.[language] ?? name).replace(/\{(\w+)\}/g, (_, key) => ltr(values[key]));
const kms = (text) => `${["km", "كم", "کم"][language]} ${ltr(text)}`;
const $ = (id) => document.getElementById(id);
document.documentElement.lang = LANGUAGES[language];
document.documentElement.dir = language ? "rtl" : "ltr";
for (const node of document.querySelectorAll("[data-w]")) node.textContent = w(node.dataset.w);

// What is copied is what is read: the marks that keep figures in order stay behind.
document.addEventListener("copy", (event) => {
  if (event.target.closest?.("input, textarea")) return;
  event.clipboardData.setData("text/plain", String(getSelection()).replace(/[\u200e\u200f\u061c\u2066-\u2069]/g, ""));
  event.preventDefault();
});

function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "press") node.addEventListener("click", value);
    else if (value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== ""));
  return node;
}
const code = (text) => make("code", {}, text);
const moment = (s) => new Date(s * 1000).toISOString().slice(0, 16).replace("T", " ") + "Z";
/** Seconds since 1970 of what stands in a datetime-local field, read as UTC. */
const seconds = (text) => (text === "" ? null : Date.parse(text + (text.length === 16 ? ":00Z" : "Z")) / 1000);

async function ask(path, options) {
  const answer = await fetch(path, options);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error ?? answer.statusText);
  return told;
}
/** A press has a key of its own: what arrives twice counts once. */
const press = (path, body) => ask(path, { method: "POST", body: JSON.stringify({ key: crypto.randomUUID(), ...body }) });

function note(id, text, bad = false) {
  $(id).classList.toggle("bad", bad);
  $(id).replaceChildren(text);
}

function shape(tag, attributes, words = "") {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (words !== "") node.textContent = words;
  return node;
}
/** An empty picture, with the hatch of what is not known. */
function picture(wide, high, label) {
  const svg = shape("svg", { viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": label });
  const hatch = shape("pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  hatch.append(shape("rect", { width: 6, height: 6, fill: "#1a232d" }), shape("rect", { width: 2, height: 6, fill: "#8796a8" }));
  const defs = shape("defs", {});
  defs.append(hatch);
  svg.append(defs);
  return svg;
}
