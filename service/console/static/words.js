// The texts and documents that came with the page, in its language.
const catalogue = JSON.parse(document.getElementById("catalogue").textContent);

export const documents = catalogue.documents;

export function has(key) {
  return key in catalogue.words;
}

export function text(key, values = {}) {
  const chosen = values.count === 1 && has(`${key}.one`) ? `${key}.one` : key;
  return catalogue.words[chosen].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function day(date) {
  const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  return new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" }).format(new Date(date));
}
