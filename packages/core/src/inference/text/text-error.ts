/** The error of a text, or of tokens, that a tokenizer cannot take. */
export class TextError extends Error {
  /** 'TextError'. */
  override readonly name = 'TextError';
  /** Position in the text in UTF-16 code units, or in the list of tokens. */
  readonly at: number;
  /** 'has "é" (U+00E9), expected one of 65 characters'. */
  readonly problem: string;

  /** '"é" (U+00E9)'. */
  readonly has: string;
  /** 'one of 65 characters'. */
  readonly expected: string;

  constructor(at: number, has: string, expected: string) {
    const problem = `has ${has}, expected ${expected}`;
    super(`text ${problem}, at position ${at}`);
    this.at = at;
    this.problem = problem;
    this.has = has;
    this.expected = expected;
  }
}
