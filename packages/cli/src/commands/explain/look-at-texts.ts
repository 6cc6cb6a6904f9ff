import { ofText } from '@gradloom/core/internal';
import { createTokenizer, explainTexts, type Model } from '@gradloom/runtime';
import type { TakenRows } from '../../files/datasets/split-names.ts';
import { barsOf, type ExplainedText, heightOf, shownToken } from '../../lab/figures/influences.ts';
import { UsageError } from '../../terminal/failure.ts';
import { percent, whole } from '../../terminal/text/format.ts';
import { drawn } from './look-at-images.ts';
import { type ExplainValues, explainOptions, refuseIdle } from './options.ts';

const TEXTS = 5;
/** More texts would be too many for a page. */
const MOST_TEXTS = 100;

/** The JSON output of explain for a model of text. */
export interface TextsDocument {
  readonly event: 'text-explanation';
  readonly fingerprint: string;
  readonly dataset: string;
  readonly split: TakenRows['split'];
  readonly allRows: number; // rows that the shown ones were drawn from
  readonly seed: number;
  readonly answers: readonly ExplainedText[];
}

/** Finds the tokens that a model's answers depend on, in some texts. */
export async function lookAtTexts(
  model: Model,
  { split, dataset }: TakenRows,
  values: ExplainValues,
  say: (text: string) => void,
): Promise<TextsDocument> {
  refuseIdle(values, 'texts');
  const { rows = TEXTS, repeats, seed = explainOptions.seed.standard } = values;
  if (repeats !== undefined) {
    throw new UsageError(`--repeats has ${repeats}, expected none, since the rows are texts`);
  }
  const order = drawn(dataset, rows, seed);
  if (order.length > MOST_TEXTS) {
    throw new UsageError(`--rows has ${rows}, expected at most ${MOST_TEXTS}, since the rows are texts`);
  }
  const text = ofText(model.preprocessing)?.text;
  if (text === undefined) throw new Error('explain: the model has no tokenizer, expected one');
  const tokenizer = createTokenizer(text.tokenizer);
  const wordOf = (token: number): string => tokenizer.decode([token]);
  const onProgress = (done: number) => say(`${percent(done)} done`);
  const found = await explainTexts(model, dataset, { rows: order, onProgress });
  return {
    event: 'text-explanation',
    fingerprint: model.fingerprint,
    dataset: dataset.name,
    split,
    allRows: dataset.rows,
    seed,
    answers: found.map(({ row, tokens, target, answer, probability, influences }) => ({
      row,
      tokens: tokens.map(wordOf),
      influences: [...influences],
      next: wordOf(target),
      answer: answer < 0 ? null : wordOf(answer),
      probability: probability ?? Number.NaN,
    })),
  };
}

/** Text output: each text in lines, and below each token a bar for how much the answer depends on it. */
export function describeTexts({ dataset, split, answers, allRows }: TextsDocument, width: number): string[] {
  const of = answers.length === allRows ? '' : ` of ${whole(allRows)}`;
  return [
    `${dataset}: ${whole(answers.length)}${of} ${split === 'all' ? '' : `${split} `}texts`,
    '',
    '  The higher a bar, the more the probability of the answer depends on the token.',
    ...answers.flatMap((one) => {
      const share = Number.isNaN(one.probability) ? '' : `, ${percent(one.probability)}`;
      const given = one.answer === null ? 'no answer' : JSON.stringify(one.answer);
      const right = one.answer === one.next ? '' : ` (next: ${JSON.stringify(one.next)})`;
      return ['', `  row ${one.row}, answered ${given}${share}${right}`, ...inLines(one, width - 4)];
    }),
  ];
}

/** The tokens in lines of at most `width` letters, each line with its bars below it. */
function inLines({ tokens, influences }: ExplainedText, width: number): string[] {
  const lines: [string, string][] = [['', '']];
  for (const [k, token] of tokens.entries()) {
    const shown = shownToken(token);
    if (lines[0][0].length + shown.length > width) lines.unshift(['', '']);
    lines[0][0] += shown;
    lines[0][1] += barsOf(heightOf(influences, k)).repeat(shown.length);
  }
  return lines.reverse().flatMap(([text, bars]) => [`    ${text}`, `    ${bars}`]);
}
