import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DrawnNode, inLines, markup, markupOf } from '../../../../packages/cli/src/report/markup/markup.ts';
import { HARM } from '../../../support/damaged-file.ts';
import { propertySeed } from '../../../support/seed.ts';

interface Parsed extends DrawnNode {
  readonly body: Parsed;
  readonly firstChild: Parsed;
  readonly textContent: string;
  readonly children: ArrayLike<Parsed>;
  innerHTML: string;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  appendChild(child: Parsed): void;
}
interface Dom {
  createDocument(html: string): Parsed & { createElement(name: string): Parsed; createTextNode(text: string): Parsed };
}
const { createDocument } = createRequire(new URL('../../../../packages/cli/src/report/theme.ts', import.meta.url))(
  '@mixmark-io/domino',
) as Dom;

test('any text comes back from an element and from an attribute as it was, and adds no element', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.string(), fc.constantFrom(HARM, '&amp;', "'")), (text) => {
      // XML has no control characters, and HTML makes one end of a line of several.
      fc.pre(!/[\p{Cc}\ufffe\uffff]/u.test(text) && !/url\s*\(/i.test(text));
      const { body } = createDocument(String(markup`<p id="${text}">${text}</p>`));
      expect(body.children.length).toBe(1);
      expect(body.children[0].textContent).toBe(text);
      expect(body.children[0].getAttribute('id')).toBe(text);
    }),
    { seed: propertySeed },
  );
});

test('markup is put in as it is, and text that looks like it is not', () => {
  const inner = markup`<b>${'<i>'}</b>`;
  expect(String(markup`<p>${inner}${[inner, inner]}${String(inner)}</p>`)).toBe(
    `<p>${'<b>&lt;i&gt;</b>'.repeat(3)}&lt;b&gt;&amp;lt;i&amp;gt;&lt;/b&gt;</p>`,
  );
  expect(String(inLines([inner, inner]))).toBe('<b>&lt;i&gt;</b>\n<b>&lt;i&gt;</b>');
  expect(String(markup`<p>${'\u0000\u001b\ufffe'}</p>`)).toBe('<p>\ufffd\ufffd\ufffd</p>');
});

test('a link may lead to a part of the same page or be a PNG image, and nowhere else', () => {
  expect(String(markup`<image href="data:image/png;base64,${'AA" onload="x'}"/>`)).toBe(
    '<image href="data:image/png;base64,AA&quot; onload=&quot;x"/>',
  );
  expect(String(markup`<a href="#${'javascript:" onclick="x'}"></a>`)).toBe(
    '<a href="#javascript:&quot; onclick=&quot;x"></a>',
  );
});

describe('a template is refused', () => {
  const value = 'x';
  test.each<[string, () => unknown]>([
    ['with a value for a name of an element', () => markup`<${value}></b>`],
    ['with a value for attributes', () => markup`<p ${value}></p>`],
    ['with a value outside of quotes', () => markup`<p id=${value}></p>`],
    ['with a value in single quotes', () => markup`<p id='${value}'></p>`],
    ['with a value in a handler', () => markup`<p onclick="${value}"></p>`],
    ['with a value in an address', () => markup`<a href="${value}"></a>`],
    ['with a value in front of a fragment', () => markup`<a href="${value}#part"></a>`],
    ['with a value in another image', () => markup`<image href="data:image/svg+xml;base64,${value}"/>`],
    ['with a value in another address', () => markup`<a href="page#${value}"></a>`],
    ['with a value in a style', () => markup`<p style="${value}"></p>`],
    ['with a value in a style’s text', () => markup`<style>${value}</style>`],
    ['with a value in a script', () => markup`<script>${value}</script>`],
    ['with an attribute that loads', () => markup`<p fill="${'url(http://127.0.0.1:9)'}"></p>`],
    ['that ends within a tag', () => markup`<p id="${value}"`],
    ['with markup in an attribute', () => markup`<p id="${markup`<b></b>`}"></p>`],
    ['with an array of text', () => markup`<p>${[value] as never}</p>`],
    ['with an object that says it is markup', () => markup`<p>${{ toString: () => '<b>' } as never}</p>`],
  ])('%s', (_, make) => {
    expect(make).toThrow(/^markup: .*, expected/);
  });
});

describe('of what a library drew', () => {
  const document = createDocument('');
  const drawing = (name: string, attribute: string, value: string, text = ''): Parsed => {
    const [root, element] = [document.createElement('g'), document.createElement(name)];
    element.setAttribute(attribute, value);
    element.appendChild(document.createTextNode(text));
    root.appendChild(element);
    return root;
  };
  const keep = (_name: string, value: string) => value;

  test('text and attributes are escaped, whatever the library does', () => {
    expect(String(markupOf(drawing('text', 'aria-label', HARM, HARM), keep))).toBe(
      String(markup`<text aria-label="${HARM}">${HARM}</text>`),
    );
    expect(String(markupOf(drawing('path', 'clip-path', 'url(#plot-clip-7)'), keep))).toContain('url(#plot-clip-7)');
  });

  test.each([
    ['script', 'id', ''],
    ['image', 'id', ''],
    ['foreignObject', 'id', ''],
    ['a', 'id', ''],
    ['path', 'onload', ''],
    ['path', 'href', '#'],
    ['path', 'xlink:href', '#'],
    ['path', 'style', 'fill:red'],
    ['path', 'fill', 'url(http://127.0.0.1:9/x)'],
  ])('<%s %s> is refused', (name, attribute, value) => {
    expect(() => markupOf(drawing(name, attribute, value), keep)).toThrow(/^markup: a drawing has/);
  });
});

describe('there is no other way to a page', () => {
  const folder = join(import.meta.dirname, '../../../../packages/cli/src/report');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ name, source: readFileSync(join(folder, name), 'utf8') }));

  test('the class of markup is known to one file, which makes it of templates and elements alone', () => {
    const makers = sources.filter(({ source }) => source.includes('EscapedMarkup')).map(({ name }) => name);
    expect(makers).toEqual([join('markup', 'markup.ts')]);
  });

  test('files are written by two: one takes markup alone, one writes JSON', () => {
    const writing = sources.filter(({ source }) =>
      /writeAtomically\(|writeFile|createWriteStream|openSync\(.*'w/.test(source),
    );
    expect(writing.map(({ name }) => name).sort()).toEqual(
      [join('experiments', 'experiment-files.ts'), 'write-report.ts'].sort(),
    );
    for (const { name, source } of writing) {
      expect(source, name).toMatch(name === 'write-report.ts' ? /markup: Markup\): void/ : /JSON\.stringify/);
    }
  });

  test('no text but a template of markup has a tag in it', () => {
    for (const { name, source } of sources.filter(({ name }) => !name.startsWith('markup'))) {
      const code = source.replaceAll(/\/\*.*?\*\/|\/\/.*$/gms, '').replaceAll(/markup`[^`]*`/g, '');
      // Names of types stand in these brackets too, and letters of a comparison do not touch them.
      expect(code.match(/(['"`])[^'"`\n]*<\/?[a-z][^'"`\n]*\1/g) ?? [], name).toEqual([]);
    }
  });
});
