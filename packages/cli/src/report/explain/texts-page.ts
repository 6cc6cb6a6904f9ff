import { afterAnswer, explainedRows, rowsText } from '../../lab/figures/explained-rows.ts';
import { type ExplainedText, explainedText, heightOf } from '../../lab/figures/influences.ts';
import { list, orElse, record } from '../../options/schema/containers.ts';
import { flag, literal } from '../../options/schema/scalars.ts';
import type { Read } from '../../options/schema/schema.ts';
import { decimal, whole } from '../../terminal/text/format.ts';
import { barChart } from '../charts/bar-chart.ts';
import { machineFacts, machineTable } from '../machine-table.ts';
import type { Page } from '../page.ts';
import type { Picture } from '../picture.ts';

/** The parts of explain.json that are shown, for a model of text. */
export const textExplanation = record({
  event: literal('text-explanation'),
  ...machineFacts,
  ...explainedRows,
  hasClasses: orElse(flag, false), // older files have none
  answers: list(explainedText, 1, 100),
});

type Texts = Read<typeof textExplanation>;

export function textsPage(document: Texts): Page {
  const { dataset, answers, hasClasses } = document;
  const hits = whole(answers.filter(({ next, answer }) => next === answer).length);
  const right = hasClasses ? `the answer to ${hits} is right` : `after ${hits} the next token is the answer`;
  return {
    title: `${dataset}: the tokens that answers depend on`,
    lead: `${rowsText(document, answers.length, 'texts')}; ${right}.`,
    chapters: [
      {
        title: 'Texts',
        lead: 'By how much the logarithm of the probability of the answer would fall, to first order, if the token had a vector of zeros (gradient times input). Tokens below 0 speak against the answer.',
        pictures: answers.map((explainedText) => influencePicture(explainedText, hasClasses)),
      },
      { title: 'Reproduce this', code: document.command, folded: [machineTable(document)] },
    ],
  };
}

/** Maximum number of bars of a text. */
const MAX_SHOWN = 12;

function influencePicture(explainedText: ExplainedText, hasClasses: boolean): Picture {
  const { row, tokens, influences, next, answer, probability } = explainedText;
  const largest = tokens
    .map((_, k) => k)
    .filter((k) => Number.isFinite(influences[k]))
    .sort((a, b) => heightOf(influences, b) - heightOf(influences, a))
    .slice(0, MAX_SHOWN)
    .sort((a, b) => a - b);
  const bars = largest.map((k) => ({
    name: `${k + 1}: ${JSON.stringify(tokens[k])}`,
    value: Math.abs(influences[k]),
    text: decimal(influences[k]),
  }));
  const answerText = answer === null ? 'no answer' : JSON.stringify(answer);
  const omissionText =
    tokens.length > bars.length
      ? ` The ${bars.length} of ${tokens.length} tokens with the largest numbers, by place.`
      : '';
  return {
    name: `influence-${row}`,
    title: `Row ${row}: answered ${answerText}${afterAnswer(probability)}; ${hasClasses ? 'the target' : 'next'} is ${JSON.stringify(next)}`,
    caption: `${hasClasses ? 'Of' : 'After'} ${JSON.stringify(tokens.join(''))}.${omissionText}`,
    altText: bars.map(({ name, text }) => `${name} ${text}`).join('; '),
    draw: barChart({ bars, x: { label: 'size of the change of the log probability' } }),
  };
}
