const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text escaped for HTML and XML, inside an element or the quotes of an attribute. */
export const escapeText = (text: string): string => printable(text).replaceAll(/[&<>"']/g, (sign) => entities[sign]);

/** XML does not allow control characters, not even escaped, so each becomes a replacement character. */
export const printable = (text: string): string => text.replaceAll(CONTROLS, '\ufffd');

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
