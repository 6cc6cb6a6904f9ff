import { ofText, tokensOf } from '@gradloom/core/internal';
import { createTokenizer, explainTexts, type Model } from '@gradloom/runtime';
import type { SelectedRows } from '../../files/datasets/split-names.ts';
import { afterAnswer, type ExplainedRows, rowsText } from '../../lab/figures/explained-rows.ts';
import { barsOf, type ExplainedText, heightOf, shownToken } from '../../lab/figures/influences.ts';
import { defined } from '../../options/option.ts';
import { percent } from '../../terminal/text/format.ts';
import { drawFew } from './draw-rows.ts';
import type { ExplainValues } from './options.ts';

const DEFAULT_TEXTS = 5;

/** The JSON output of explain for a model of text, or of a column of texts. */
export interface TextsDocument extends ExplainedRows {
  readonly event: 'text-explanation';
  /** Whether answers are classes of the whole text, and not tokens after it. */
  readonly hasClasses: boolean;
  readonly answers: readonly ExplainedText[];
}

/** Finds the tokens that a model's answers depend on, in some texts. */
export async function lookAtTexts(
  model: Model,
  source: SelectedRows,
  values: ExplainValues,
  showProgress: (text: string) => void,
): Promise<TextsDocument> {
  const { rowIndices, facts } = drawFew(model, source, values, { what: 'texts', standard: DEFAULT_TEXTS });
  const { preprocessing, metadata } = model;
  const text = ofText(preprocessing)?.text ?? tokensOf(preprocessing);
  if (text === undefined) throw new Error('explain: the model has no tokenizer, expected one');
  const tokenizer = createTokenizer(text.tokenizer);
  const wordOf = (token: number): string => tokenizer.decode([token]);
  const hasClasses = tokensOf(preprocessing) !== undefined;
  const answerOf = (answer: number): string =>
    hasClasses ? ((metadata.labels ?? source.dataset.labels)?.[answer] ?? String(answer)) : wordOf(answer);
  const onProgress = (done: number) => showProgress(`${percent(done)} done`);
  const { threads } = values;
  const explanations = await explainTexts(model, source.dataset, {
    rows: rowIndices,
    onProgress,
    ...defined({ threads }),
  });
  return {
    event: 'text-explanation',
    ...facts,
    hasClasses,
    answers: explanations.map(({ row, tokens, target, answer, probability, influences }) => ({
      row,
      tokens: tokens.map(wordOf),
      influences: [...influences],
      next: answerOf(target),
      answer: answer < 0 ? null : answerOf(answer),
      probability: probability ?? Number.NaN,
    })),
  };
}

/** Text output: each text in lines, and below each token a bar for how much the answer depends on it. */
export function describeTexts({ answers, hasClasses, ...facts }: TextsDocument, width: number): string[] {
  return [
    `${facts.dataset}: ${rowsText(facts, answers.length, 'texts')}`,
    '',
    '  The higher a bar, the more the probability of the answer depends on the token.',
    ...answers.flatMap((text) => {
      const { row, answer, next: target, probability } = text;
      const answerText = answer === null ? 'no answer' : JSON.stringify(answer);
      const targetText = answer === target ? '' : ` (${hasClasses ? 'target' : 'next'}: ${JSON.stringify(target)})`;
      return [
        '',
        `  row ${row}, answered ${answerText}${afterAnswer(probability)}${targetText}`,
        ...inLines(text, width - 4),
      ];
    }),
  ];
}

/** The tokens in lines of at most `width` letters, each line with its bars below it. */
function inLines({ tokens, influences }: ExplainedText, width: number): string[] {
  let line = { text: '', bars: '' };
  const lines = [line];
  for (const [k, token] of tokens.entries()) {
    const tokenText = shownToken(token);
    if (line.text.length + tokenText.length > width) {
      line = { text: '', bars: '' };
      lines.push(line);
    }
    line.text += tokenText;
    line.bars += barsOf(heightOf(influences, k)).repeat(tokenText.length);
  }
  return lines.flatMap(({ text, bars }) => [`    ${text}`, `    ${bars}`]);
}
