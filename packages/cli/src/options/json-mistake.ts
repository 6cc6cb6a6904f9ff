import { createRequire } from 'node:module';
import type { ParseErrorCode } from 'jsonc-parser';

/**
 * ' at line 2, column 24, expected a value': where a text stops being JSON. Undefined where the place cannot be told.
 */
export function jsonMistake(text: string): string | undefined {
  // Loads only where there is a mistake.
  const jsonc: typeof import('jsonc-parser') = createRequire(import.meta.url)('jsonc-parser');
  const mistakes: { name: string; place: string }[] = [];
  const onError = (code: ParseErrorCode, _offset: number, _length: number, line: number, character: number) => {
    mistakes.push({ name: jsonc.printParseErrorCode(code), place: `line ${line + 1}, column ${character + 1}` });
  };
  try {
    jsonc.visit(text, { onError }, { disallowComments: true });
  } catch (error) {
    // The parser is recursive: thousands of levels would overflow the stack.
    if (!(error instanceof RangeError)) throw error;
  }
  const [first, second] = mistakes;
  if (first === undefined) return undefined;
  // For an unquoted word, the parser reports the word and then what should replace it.
  const name = first.name === 'InvalidSymbol' ? (second?.name ?? 'EndOfFileExpected') : first.name;
  return ` at ${first.place}, expected ${wanted[name] ?? 'a value'}`;
}

/** By jsonc-parser's names of mistakes. */
const wanted: Readonly<Record<string, string>> = {
  PropertyNameExpected: 'a key in double quotes',
  ColonExpected: 'a colon after the key',
  CommaExpected: 'a comma',
  CloseBraceExpected: 'a closing brace',
  CloseBracketExpected: 'a closing bracket',
  EndOfFileExpected: 'nothing more',
  InvalidCommentToken: 'no comment',
  UnexpectedEndOfComment: 'no comment',
  UnexpectedEndOfString: 'a closing quote',
  UnexpectedEndOfNumber: 'the rest of a number',
  InvalidNumberFormat: 'a number',
  InvalidUnicode: 'four hexadecimal digits after \\u',
  InvalidEscapeCharacter: 'an escape such as \\n or \\"',
  InvalidCharacter: 'an escape such as \\n instead of the character itself',
};
