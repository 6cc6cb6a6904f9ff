/** The symbol for the end of a word, also used as padding before its first letter. */
export const END = 0;

/** The end and the letters a to z. */
export const SYMBOLS = 27;

const BEFORE_A = 96; // code unit of the character before 'a'

/** A word of the letters a to z as symbols, its end among them. */
export const encode = (word: string): number[] => [
  ...Array.from(word, (letter) => letter.charCodeAt(0) - BEFORE_A),
  END,
];

/** Symbols without an end as a word. */
export const decode = (symbols: readonly number[]): string =>
  String.fromCharCode(...symbols.map((symbol) => symbol + BEFORE_A));
