import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { quote } from '../../../../packages/cli/src/terminal/text/quote.ts';
import { needs } from '../../../support/needs.ts';

test('a word reaches a program through a POSIX shell as it is', needs('bash'), () => {
  const words = ['plain', 'a/b-c.csv', 'two words', "it's", '$HOME `x` "y" \\ !', '*', '', '\n'];
  const line = `printf '%s\\0' ${words.map((word) => quote(word, 'linux')).join(' ')}`;
  const printed = execFileSync('bash', ['-c', line], { encoding: 'utf8' });
  expect(printed.split('\0').slice(0, -1)).toEqual(words);
  expect(quote('a/b-c.csv', 'linux')).toBe('a/b-c.csv');
});

test.each([
  ['runs\\xor', 'runs\\xor'],
  ['Z:\\data\\iris.csv', 'Z:\\data\\iris.csv'],
  ['C:\\my data\\iris.csv', '"C:\\my data\\iris.csv"'],
  ['C:\\my data\\', '"C:\\my data\\\\"'],
  ['a \\"', '"a \\\\\\""'],
  ['100%', '"100%"'],
  ['', '""'],
  ['{"kind":"sgd"}', '"{\\"kind\\":\\"sgd\\"}"'],
])('on Windows, whose shells agree on double quotes alone, %s becomes %s', (word, quoted) => {
  expect(quote(word, 'win32')).toBe(quoted);
});
