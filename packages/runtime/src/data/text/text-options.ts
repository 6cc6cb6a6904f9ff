import type { TokenizerName, TokenizerSpec } from '@gradloom/core';
import {
  bytePairsOf,
  checkTokenizer,
  defineOptions,
  type Named,
  type OptionsOf,
  option,
  tokenizerNames,
} from '@gradloom/core/internal';

/** Names of tokenizers, with an example of byte pairs. */
const { bpe: _, ...otherNames } = tokenizerNames;
const TOKENIZERS = { ...otherNames, 'bpe:4096': true } as const;

const nameOrSpec = option.kind(
  (where, name, value: unknown): TokenizerName | TokenizerSpec =>
    typeof value === 'object' && value !== null
      ? checkTokenizer(where, name, value)
      : bytePairsOf(where, name, value) === undefined
        ? option.oneOf(TOKENIZERS).check(where, name, value)
        : (value as TokenizerName),
  { choices: Object.keys(TOKENIZERS) },
);

const data = option.asFlag({ group: 'Data', effect: 'result' });

export const textOptions = defineOptions('loadText', {
  /** Name of the dataset in messages. @default the path */
  name: option.checkedBy('text', (value): value is string => typeof value === 'string')(),
  /**
   * A tokenizer by name, whose vocabulary is that of the text, or that of a model. `bpe:4096` learns byte pairs from
   * the training part, up to so many tokens. @default 'characters'
   */
  tokenizer: data(
    nameOrSpec(
      undefined,
      `tokens of a text: ${Object.keys(TOKENIZERS).join(', ')} (byte pairs learned from the text)`,
      'characters; words of a column of a table',
    ),
  ),
  /** T: tokens of a row. @default 64, or with `lines` the longest line */
  context: data(
    option.positiveInteger(
      undefined,
      'tokens of a row of text, or rows of a window of a series',
      '64 tokens; with --lines or a column of texts those of the longest; 24 rows',
    ),
  ),
  /** Whether each line is a row of its own, such as a name, and not a part of one text. @default false */
  lines: data(option.flag(undefined, 'each line of a text is a row of its own, such as a name')),
  /** Share of the text for validation: its last tokens, or with `lines` random lines. @default 0.1 */
  validation: option.fraction(0.1),
  /** Share of the text for testing, after those for validation. @default 0 */
  test: option.fraction(0),
  /**
   * Whether tokens stay in a file and threads read the rows that they need: for texts larger than memory. Tokens other
   * than bytes are written into a folder beside the text, once. @default false
   */
  stream: option.flag(),
});

/** Options of `loadText` and `textDataset`. */
export interface TextOptions extends OptionsOf<typeof textOptions.table>, Named {}
