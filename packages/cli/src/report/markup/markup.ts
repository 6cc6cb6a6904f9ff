import { escapeText } from './escape-text.ts';
import { isActive, loads } from './harmless.ts';
import { type Place, placesOf } from './template-places.ts';

/** HTML or SVG that only the functions of this file can make: text from files is escaped in it. */
class EscapedMarkup {
  readonly #text: string;

  constructor(text: string) {
    if (text.length > MOST) throw new Error(`report: a page has ${text.length} characters, expected at most ${MOST}`);
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** The class is private to this file, so nothing else can create one. */
export type Markup = EscapedMarkup;

/** Half of the longest string of V8. */
const MOST = 2 ** 28;

/** Templates that were checked; each is one object, however often it is evaluated. */
const known = new WeakMap<TemplateStringsArray, readonly Place[]>();

/**
 * Markup from a template. The text of the template is trusted, values are escaped, and other markup is inserted
 * unchanged.
 * @throws Error if a value is in a position where escaping is not enough.
 */
export function markup(
  template: TemplateStringsArray,
  ...values: readonly (string | number | Markup | readonly Markup[])[]
): Markup {
  const places = known.get(template) ?? placesOf(template);
  known.set(template, places);
  let text = template[0];
  for (const [k, value] of values.entries()) {
    text += typeof value === 'object' ? inserted(value, places[k]) : escaped(String(value), places[k]);
    text += template[k + 1];
  }
  return new EscapedMarkup(text);
}

/** Each on a line of its own. */
export const inLines = (parts: readonly Markup[]): Markup => new EscapedMarkup(parts.join('\n'));

/** Plot numbers its clip paths per process; numbering them by position makes a file the same whenever it is written. */
export function numberClips(whole: Markup): Markup {
  const numbers = new Map<string, number>();
  // Only attributes contain quotes: those of text are escaped.
  const text = String(whole).replaceAll(/(="(?:url\(#)?plot-clip-)(\d+)/g, (_, before: string, id: string) => {
    if (!numbers.has(id)) numbers.set(id, numbers.size + 1);
    return `${before}${numbers.get(id)}`;
  });
  return new EscapedMarkup(text);
}

/** The part of a DOM that is read, of whichever library. */
export interface DrawnNode {
  readonly nodeType: number;
  readonly localName?: string | null;
  readonly data?: string;
  readonly attributes?: ArrayLike<{ readonly name: string; readonly value: string }>;
  readonly childNodes: ArrayLike<DrawnNode>;
}

/**
 * Markup of the children of an element that a library drew; `shorten` gets the value of each attribute.
 * @throws Error for an element or attribute that no drawing needs, such as a script, a link or an event handler.
 */
export function markupOf(root: DrawnNode, shorten: (name: string, value: string) => string): Markup {
  return new EscapedMarkup(Array.from(root.childNodes, (node) => drawn(node, shorten)).join(''));
}

function inserted(value: Markup | readonly Markup[], place: Place): string {
  const parts = Array.isArray(value) ? value : [value];
  if (place.kind === 'attribute' || !parts.every((part) => part instanceof EscapedMarkup)) {
    throw new Error('markup: a value is not markup or is in an attribute, expected markup between elements');
  }
  return parts.join('');
}

function escaped(value: string, place: Place): string {
  if (place.kind === 'style') throw new Error('markup: a style has a value, expected only the text of the template');
  if (place.kind === 'attribute' && loads(value)) {
    throw new Error(`markup: ${place.name} has ${JSON.stringify(value)}, expected a value that loads nothing`);
  }
  return escapeText(value);
}

const TEXT_NODE = 3;
const ELEMENTS = new Set(['circle', 'clipPath', 'defs', 'g', 'line', 'path', 'rect', 'text', 'title', 'tspan']);

function drawn(node: DrawnNode, shorten: (name: string, value: string) => string): string {
  if (node.nodeType === TEXT_NODE) return escapeText(node.data ?? '');
  const element = node.localName ?? '';
  // Plot's own style, which the page replaces.
  if (element === 'style') return '';
  if (!ELEMENTS.has(element)) throw new Error(`markup: a drawing has <${element}>, expected shapes and text`);
  const attributes = Array.from(node.attributes ?? [], ({ name, value }) => {
    if (isActive(name) || loads(value))
      throw new Error(
        `markup: a drawing has ${name}=${JSON.stringify(value)}, expected attributes that load and run nothing`,
      );
    return ` ${name}="${escapeText(shorten(name, value))}"`;
  });
  const inside = Array.from(node.childNodes, (child) => drawn(child, shorten));
  return `<${element}${attributes.join('')}>${inside.join('')}</${element}>`;
}
