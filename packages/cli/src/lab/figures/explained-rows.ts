import { commandLine, count, name } from '../../options/schema/scalars.ts';
import { percent, whole } from '../../terminal/text/format.ts';

/** Facts about the rows that an explanation of images or texts covers. */
export interface ExplainedRows {
  readonly fingerprint: string; // of the model
  readonly dataset: string;
  readonly split: string;
  readonly allRows: number; // rows that the shown ones were drawn from
  readonly seed: number;
}

/** Schemas of the facts that a page shows, and of the command that made it. */
export const explainedRows = { dataset: name, split: name, allRows: count(1), seed: count(), command: commandLine };

/** '5 of 200 validation texts'. */
export function rowsText(
  { split, allRows }: Pick<ExplainedRows, 'split' | 'allRows'>,
  shownCount: number,
  what: string,
): string {
  const totalText = shownCount === allRows ? '' : ` of ${whole(allRows)}`;
  return `${whole(shownCount)}${totalText} ${split === 'all' ? '' : `${split} `}${what}`;
}

/** ', 31 %', or '' if the answer has no probability. */
export const afterAnswer = (probability: number): string =>
  Number.isNaN(probability) ? '' : `, ${percent(probability)}`;
