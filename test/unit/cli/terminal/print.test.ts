import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { show } from '@gradloom/core/internal';
import { expect, test } from 'vitest';
import {
  type Output,
  printJson,
  printLine,
  printLines,
  printRows,
  widthOf,
} from '../../../../packages/cli/src/terminal/io.ts';
import { createPaint } from '../../../../packages/cli/src/terminal/paint.ts';
import { printable } from '../../../../packages/cli/src/terminal/printable.ts';
import { columns } from '../../../../packages/cli/src/terminal/text/columns.ts';
import { table } from '../../../../packages/cli/src/terminal/text/table.ts';
import { expectPrintable, hostile } from '../../../support/hostile-text.ts';

/** What `print` writes to a terminal. */
function written(print: (stream: Output) => void): string {
  const stream = new PassThrough();
  print(stream);
  return String(stream.read() ?? '');
}

const paint = createPaint({ isTTY: true } as never, {});
const replaced = (count: number): string => '\ufffd'.repeat(count);

test('a style of ours is printed; the same sequence from outside is not', () => {
  const style = '\u001b[31mred\u001b[39m';
  expect(written((stream) => printLine(stream, `${paint('red', 'red')} ${style}`))).toBe(
    `${style} \ufffd[31mred\ufffd[39m\n`,
  );
  expect(written((stream) => printLine(stream, paint('bold', `a\u001b[0m\nb`)))).toBe(
    '\u001b[1ma\ufffd[0m\ufffdb\u001b[22m\n',
  );
});

test.each([
  ['no terminal', { isTTY: false }, {}],
  ['a terminal without colours', { isTTY: true }, { TERM: 'dumb' }],
  ['who wants none', { isTTY: true }, { NO_COLOR: '1' }],
  ['a rank of Open MPI, whose terminal may be a file', { isTTY: true }, { OMPI_COMM_WORLD_SIZE: '2' }],
])('%s gets no styles', (_, stream, env) => {
  expect(createPaint(stream as never, env)('red', 'red')).toBe('red');
});

test('text in the form of a style mark with another key is not a style', () => {
  const guess = '\u001b[31;1;2;3;4mred';
  expect(written((stream) => printLine(stream, guess))).toBe('\ufffd[31;1;2;3;4mred\n');
});

test('a line stays one, and a cell too', () => {
  expect(written((stream) => printLines(stream, ['a\nb', 'c\r\nd\u2028e']))).toBe('a\ufffdb\nc\ufffd\ufffdd\ufffde\n');
  expect(written((stream) => printRows(stream, [['a\tb', '\n'], ['c']]))).toBe('a\ufffdb\t\ufffd\nc\n');
  expect(columns([['a\nb', 'c\td']])).toEqual(['  a\ufffdb  c\ufffdd']);
  expect(table(['a\nb'], [['c\u001b[2Ad']])).toEqual(['a\ufffdb', '─'.repeat(6), 'c\ufffd[2Ad']);
});

test('a styled cell that a table breaks keeps its style on every line, and nothing else', () => {
  const drawn = table(['name', 'text'], [['a', paint('red', 'one two three four five')]], { width: 18 });
  const text = written((stream) => printLines(stream, drawn));
  expectPrintable(text, { terminal: true });
  expect(text).not.toContain('\ufffd');
  expect(text.split('\u001b[31m').length - 1).toBe(drawn.length - 2);
});

test('JSON is what it was to whoever reads it', () => {
  for (const value of [{ [hostile]: hostile }, ['\u{e0041}', '\ud83d\ude00', 'ä\\u202e\\']]) {
    const text = written((stream) => printJson(stream, value));
    expectPrintable(text);
    expect(JSON.parse(text)).toEqual(value);
  }
});

test('every character is shown, replaced or escaped alike by errors of the libraries and by all that prints', () => {
  for (let code = 1; code <= 0x10ffff; code++) {
    const character = String.fromCodePoint(code);
    const expectedText = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(character) ? replaced(1) : character;
    if (printable(character) !== expectedText) expect(printable(character), code.toString(16)).toBe(expectedText);
    // JSON has its own way with these.
    if (code < 32 || character === '"' || character === '\\' || (code >= 0xd800 && code < 0xe000)) continue;
    if (show(character) !== `"${expectedText}"`) expect(show(character), code.toString(16)).toBe(`"${expectedText}"`);
  }
});

/** The only files that write to a stream, or hand one on to a package that does. */
const WRITERS = ['packages/cli/src/terminal/io.ts'];
/** Cut what a launcher says into lines, by readline without an output of its own. */
const LINE_READERS = ['packages/cli/src/commands/cluster/start-job.ts'];
const HANDED_ON = ['packages/cli/src/terminal/live-area.ts'];

test('nothing prints but through these: no other source writes to a stream, a console or a file that stands for one', () => {
  const root = fileURLToPath(new URL('../../../..', import.meta.url));
  const files = ['core', 'runtime', 'cli'].flatMap((name) => {
    const folder = `packages/${name}/src`;
    const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
    return names.filter((file) => file.endsWith('.ts')).map((file) => `${folder}/${file.replaceAll('\\', '/')}`);
  });
  expect(files.length).toBeGreaterThan(200);
  const filesWith = (pattern: RegExp) => files.filter((file) => pattern.test(readFileSync(join(root, file), 'utf8')));
  // Parsers, buffers, checkpoints and formats of files take text; they show none.
  expect(
    filesWith(
      /(?<!\b(?:parser|tape|tokenizer|header|pool|file|checkpointer)\??|\bmodelFormats\[name\])\.(write|pipe)\(/,
    ),
  ).toEqual(WRITERS);
  expect(filesWith(/\bconsole\b[.[]|\bfrom '(node:)?(console|tty|readline)/)).toEqual(LINE_READERS);
  expect(filesWith(/\bprocess\.(stdout|stderr)\b/)).toEqual(WRITERS);
  expect(
    filesWith(/(writeSync|writeFileSync|createWriteStream|appendFileSync)\(\s*([12]\b|['"`]\/(dev|proc))/),
  ).toEqual([]);
  expect(filesWith(/\brenderStyles\b|\bcreateLogUpdate\b/).filter((file) => !file.endsWith('/printable.ts'))).toEqual([
    ...WRITERS,
    ...HANDED_ON,
  ]);
});

test('a terminal without a size, as that of mpirun, which says 0, has 80 columns', () => {
  const stream = (columns?: number) => Object.assign(new PassThrough(), columns === undefined ? {} : { columns });
  expect([stream(), stream(0), stream(120)].map(widthOf)).toEqual([80, 80, 120]);
});
