/** HTML or SVG that only the functions of this file can create: text from files is escaped in it. */
class EscapedMarkup {
  readonly #text: string;

  constructor(text: string) {
    if (text.length > MAX_CHARACTERS)
      throw new Error(`report: a page has ${text.length} characters, expected at most ${MAX_CHARACTERS}`);
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** The class is private to this file, so nothing else can create one. */
export type Markup = EscapedMarkup;

/** Maximum number of characters, half of V8's longest string. */
const MAX_CHARACTERS = 2 ** 28;

/** Templates that have been checked; each is one object, however often it is evaluated. */
const checkedTemplates = new WeakMap<TemplateStringsArray, readonly Position[]>();

/**
 * Markup from a template. The text of the template is trusted, values are escaped, and other markup is inserted
 * unchanged.
 * @throws Error if a value is in a position where escaping is not enough.
 */
export function markup(
  template: TemplateStringsArray,
  ...values: readonly (string | number | Markup | readonly Markup[])[]
): Markup {
  const positions = checkedTemplates.get(template) ?? positionsOf(template);
  checkedTemplates.set(template, positions);
  let text = template[0];
  for (const [k, value] of values.entries()) {
    text += typeof value === 'object' ? insertMarkup(value, positions[k]) : escapeValue(String(value), positions[k]);
    text += template[k + 1];
  }
  return new EscapedMarkup(text);
}

/** Joins parts, each on its own line. */
export const inLines = (parts: readonly Markup[]): Markup => new EscapedMarkup(parts.join('\n'));

/** Plot numbers its clip paths per process; numbering them by position makes a file the same whenever it is written. */
export function numberClips(page: Markup): Markup {
  const numbers = new Map<string, number>();
  // The quotes only match attributes: those in text are escaped.
  const text = String(page).replaceAll(/(="(?:url\(#)?plot-clip-)(\d+)/g, (_, before: string, id: string) => {
    if (!numbers.has(id)) numbers.set(id, numbers.size + 1);
    return `${before}${numbers.get(id)}`;
  });
  return new EscapedMarkup(text);
}

/** The part of a DOM that is read, from any library. */
export interface DrawnNode {
  readonly nodeType: number;
  readonly localName?: string | null;
  readonly data?: string;
  readonly attributes?: ArrayLike<{ readonly name: string; readonly value: string }>;
  readonly childNodes: ArrayLike<DrawnNode>;
}

/**
 * Markup of the children of an element that a library drew; `shorten` receives the value of each attribute. @throws
 * Error for an element or attribute that no drawing needs, such as a script, a link or an event handler.
 */
export function markupOf(root: DrawnNode, shorten: (name: string, value: string) => string): Markup {
  return new EscapedMarkup(Array.from(root.childNodes, (node) => markupOfNode(node, shorten)).join(''));
}

function insertMarkup(value: Markup | readonly Markup[], position: Position): string {
  const parts = Array.isArray(value) ? value : [value];
  if (position.kind === 'attribute' || !parts.every((part) => part instanceof EscapedMarkup)) {
    throw new Error('markup: a value is not markup or is in an attribute, expected markup between elements');
  }
  return parts.join('');
}

function escapeValue(value: string, position: Position): string {
  if (position.kind === 'style') throw new Error('markup: a style has a value, expected only the text of the template');
  if (position.kind === 'attribute' && loads(value)) {
    throw new Error(`markup: ${position.name} has ${JSON.stringify(value)}, expected a value that loads nothing`);
  }
  return escapeText(value);
}

const TEXT_NODE = 3;
const ELEMENTS = new Set(['circle', 'clipPath', 'defs', 'g', 'line', 'path', 'rect', 'text', 'title', 'tspan']);

function markupOfNode(node: DrawnNode, shorten: (name: string, value: string) => string): string {
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
  const children = Array.from(node.childNodes, (child) => markupOfNode(child, shorten));
  return `<${element}${attributes.join('')}>${children.join('')}</${element}>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text escaped for HTML and XML, inside an element or the quotes of an attribute. */
const escapeText = (text: string): string => printable(text).replaceAll(/[&<>"']/g, (sign) => entities[sign]);

/** XML does not allow control characters, not even escaped, so each becomes a replacement character. */
const printable = (text: string): string => text.replaceAll(CONTROLS, '\ufffd');

// biome-ignore lint/suspicious/noControlCharactersInRegex: it matches control characters
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/** The position of a value in a template. */
type Position =
  | { readonly kind: 'text' }
  | { readonly kind: 'attribute'; readonly name: string } // between its double quotes
  | { readonly kind: 'style' };

/** The positions of the values in a template. @throws Error if a value is elsewhere, or the template ends in a tag. */
function positionsOf(template: readonly string[]): Position[] {
  let position: Position | null = { kind: 'text' };
  let before = '';
  const positions = template.slice(0, -1).map((text) => {
    before += text;
    position = positionAfter(before);
    if (position !== null) return position;
    throw new Error(
      `markup: a value follows ${JSON.stringify(before.slice(-40))}, expected it in text or in quotes of an attribute`,
    );
  });
  if (positionAfter(template.join(''))?.kind === 'text') return positions;
  throw new Error(
    `markup: a template ends in ${JSON.stringify(template.join('').slice(-40))}, expected whole elements`,
  );
}

/** The position after some markup; null within a tag (except quotes of a harmless attribute) and within a script. */
function positionAfter(before: string): Position | null {
  let tag = ''; // name of the open tag
  let isQuoted = false;
  let raw: string | null = null; // name of the open element in which nothing is escaped
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
  // A link that begins with # leads to a part of the same page, and that of a PNG is the image, whatever follows.
  if (name === 'href' && /^#|^data:image\/png;base64,/.test(value)) return { kind: 'attribute', name };
  return name === undefined || isActive(name) ? null : { kind: 'attribute', name };
}

/** Whether an attribute can run, style or load something. */
const isActive = (name: string): boolean =>
  !/^[a-z][a-z\d-]*$/i.test(name) || /^(?:on.*|style|src.*|href|.*action|http-equiv|content)$/i.test(name);

/** Whether the value of an attribute points outside its drawing. */
const loads = (value: string): boolean => /url\s*\((?!#[\w-]+\)$)/i.test(value);
