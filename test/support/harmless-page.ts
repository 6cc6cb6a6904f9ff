/** Elements of pages and pictures. */
const ELEMENTS = new Set(
  `html head meta title link style body main nav ul li a dl dt dd h1 h2 h3 p section figure figcaption table caption thead tbody
  tr th td pre code details summary div svg desc g path rect circle line text tspan defs clipPath
  image use`.split(/\s+/),
);

const PNG = /^data:image\/png;base64,[A-Za-z\d+/]+={0,2}$/;

/**
 * The first part of HTML or SVG that is not one of our elements, or that can run, load or style something. Null if
 * there is none.
 */
export function harmIn(text: string): string | null {
  const plain = text.replace(/^<!doctype html>\n/, '').replaceAll(/<style>[^<]*<\/style>/g, '');
  for (const [tag] of plain.matchAll(/<[^>]*>?/g)) {
    const [, name, attributes] = /^<\/?([a-zA-Z\d]+)((?:\s[a-z][\w-]*="[^"<>]*")*)\/?>$/i.exec(tag) ?? [];
    if (name === undefined || !ELEMENTS.has(name)) return tag;
    for (const [, attribute, value] of attributes.matchAll(/\s([\w-]+)="([^"]*)"/g)) {
      if (/^(?:on.*|style|src.*|.*action)$/i.test(attribute)) return tag;
      // A link may point to a part of the same page, and an image holds its pixels.
      if (attribute === 'href' && !(name === 'image' ? PNG : /^(?:data:,|#[\w-]+)$/).test(value)) return tag;
      if (/url\((?!#)|https?:/i.test(value) && !(attribute === 'xmlns' && name === 'svg')) return tag;
    }
  }
  return null;
}
