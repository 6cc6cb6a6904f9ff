import { plural } from '../../terminal/text/format.ts';
import { CHAPTER, type Finding, isFailure } from '../experiments/finding.ts';

/** A finding in a document, where a number that is not finite is null. */
type Row = Pick<Finding, 'what' | 'agrees'> & { readonly computed: Finding['computed'] | null } & {
  readonly [K in 'chapter' | 'paper' | 'note']?: Finding[K] | undefined;
} & { readonly slip?: boolean | undefined };

export type Verdict = 'yes' | 'NO' | 'slip' | '-';

/** The cells of a table of findings, for the terminal and the page. */
export interface FindingsTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly right: readonly number[]; // indices of the columns of numbers
  readonly verdict: number; // index of the column of verdicts
  readonly legend: readonly string[]; // meaning of the columns and the verdicts
}

const verdictOf = (row: Row): Verdict =>
  row.agrees === null ? '-' : row.agrees ? 'yes' : isFailure(row) ? 'NO' : 'slip';

/** Columns chapter, paper and computed; those without any value are left out. */
export function tableOf(findings: readonly Row[]): FindingsTable {
  const sources = [...new Set(findings.flatMap(({ paper }) => (paper === undefined ? [] : [paper.source])))];
  const paperText = ({ paper }: Row): string => {
    if (paper === undefined) return '';
    return sources.length === 1 ? paper.printed : `${paper.printed} (${sources.indexOf(paper.source) + 1})`;
  };
  const reasons = [...new Set(findings.flatMap(({ agrees, note = '' }) => (agrees === null ? note.split('; ') : [])))];
  const hasValue = (cell: (row: Row) => unknown): boolean => findings.some((row) => cell(row) !== undefined);
  const columns: readonly (readonly [head: string, cell: (row: Row) => string, shown: boolean])[] = [
    ['', ({ what }) => what, true],
    ['chapter', ({ chapter = '' }) => chapter, hasValue(({ chapter }) => chapter)],
    ['paper', paperText, sources.length > 0],
    ['computed', ({ computed }) => (typeof computed === 'number' ? digits(computed) : String(computed)), true],
    ['agrees', verdictOf, true],
    ['', noteOf, findings.some((row) => noteOf(row) !== '')],
  ];
  const shownColumns = columns.filter(([, , isShown]) => isShown);
  const head = shownColumns.map(([name]) => name);
  const verdict = head.indexOf('agrees');
  return {
    head,
    rows: findings.map((row) => shownColumns.map(([, cell]) => cell(row))),
    right: head.flatMap((_, c) => (c > 0 && c < verdict ? [c] : [])),
    verdict,
    legend: [
      ...(head.includes('chapter') ? [`chapter: as printed in ${CHAPTER}`] : []),
      ...sources.map((source, k) => `paper${sources.length === 1 ? '' : ` (${k + 1})`}: ${source}`),
      ...(findings.some((row) => verdictOf(row) === 'slip') ? ['slip: the chapter is wrong here'] : []),
      ...reasons.map((reason) => `-: not claimed: ${reason}`),
    ],
  };
}

/** The note of a claimed row. Reasons why rows are not claimed stand below the table, since several share them. */
const noteOf = ({ agrees, note = '' }: Row): string => (agrees === null ? '' : note);

/** '48 of 50 numbers agree; 2 are slips of the chapter; 4 are not claimed.' */
export function agreement(findings: readonly Row[]): string {
  const verdicts = findings.map(verdictOf);
  const count = (verdict: Verdict): number => verdicts.filter((other) => other === verdict).length;
  const are = (n: number): string => `${n} ${n === 1 ? 'is' : 'are'}`;
  const claims = findings.length - count('-');
  return `${[
    ...(claims === 0 ? [] : [`${count('yes')} of ${plural(claims, 'number')} agree${claims === 1 ? 's' : ''}`]),
    ...(count('slip') === 0
      ? []
      : [`${are(count('slip'))} ${count('slip') === 1 ? 'a slip' : 'slips'} of the chapter`]),
    ...(count('-') === 0 ? [] : [`${are(count('-'))} not claimed`]),
  ].join('; ')}.`;
}

/** Up to ten significant digits, without the rounding noise of float64. */
const digits = (value: number): string => String(Number(value.toPrecision(10)));
