import { isActive } from './harmless.ts';

/** The position of a value in a template. */
export type Place =
  | { readonly kind: 'text' }
  | { readonly kind: 'attribute'; readonly name: string } // between its double quotes
  | { readonly kind: 'style' };

/** @throws Error if a value is anywhere else, or the template ends within a tag. */
export function placesOf(template: readonly string[]): Place[] {
  let place: Place | null = { kind: 'text' };
  let before = '';
  const places = template.slice(0, -1).map((text) => {
    before += text;
    place = placeAfter(before);
    if (place !== null) return place;
    throw new Error(
      `markup: a value follows ${JSON.stringify(before.slice(-40))}, expected it in text or in quotes of an attribute`,
    );
  });
  if (placeAfter(template.join(''))?.kind === 'text') return places;
  throw new Error(
    `markup: a template ends in ${JSON.stringify(template.join('').slice(-40))}, expected whole elements`,
  );
}

/**
 * The position after some markup; null within a tag (except in the quotes of a harmless attribute) and within a script.
 */
function placeAfter(before: string): Place | null {
  let tag = ''; // that has been opened
  let isQuoted = false;
  let raw: string | null = null; // an element in which nothing is escaped
  for (let k = 0; k < before.length; k++) {
    const sign = before[k];
    if (raw !== null) {
      if (before.startsWith(`</${raw}>`, k)) raw = null;
    } else if (tag === '') {
      if (sign === '<') tag = sign;
    } else {
      if (sign === '"') isQuoted = !isQuoted;
      if (sign === '>' && !isQuoted) {
        raw = /^<(style|script)\b/.exec(tag)?.[1] ?? null;
        tag = '';
      } else tag += sign;
    }
  }
  if (raw !== null) return raw === 'style' ? { kind: 'style' } : null;
  if (tag === '') return { kind: 'text' };
  const [, name, value] = (isQuoted ? /\s([^\s"=]+)="([^"]*)$/.exec(tag) : null) ?? [];
  // A link that begins with # leads to a part of the same page, whatever follows.
  if (name === 'href' && value.startsWith('#')) return { kind: 'attribute', name };
  return name === undefined || isActive(name) ? null : { kind: 'attribute', name };
}
