const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it stands in HTML and XML, inside of an element or of an attribute's quotes. */
export const escapeText = (text: string): string => printable(text).replaceAll(/[&<>"']/g, (sign) => entities[sign]);

/** XML knows no control characters, not even escaped: each becomes a sign of replacement. */
export const printable = (text: string): string => text.replaceAll(CONTROLS, '\ufffd');

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
