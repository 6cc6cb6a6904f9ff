import { type FoundImportances, howText, meanText, nameOf, ranked, wordOf } from '../../lab/figures/importances.ts';
import { columns } from '../../terminal/text/columns.ts';
import { plural } from '../../terminal/text/format.ts';

/** Columns that a terminal shows: of pixels there are hundreds. */
const MOST = 30;
const BAR = 24;

/** Text output: the columns, the most important one first, with a bar each. */
export function describeExplanation(found: FoundImportances): string[] {
  const all = ranked(found);
  const shown = all.slice(0, MOST);
  const most = Math.max(...shown.map(({ mean }) => mean), 0);
  const rows = shown.map((one) => [
    nameOf(found, one.name),
    meanText(one),
    one.mean > 0 && most > 0 ? '█'.repeat(Math.max(1, Math.round((BAR * one.mean) / most))) : '',
  ]);
  return [
    `${found.dataset}: ${howText(found)}`,
    '',
    ...columns([[wordOf(found), 'importance', ''], ...rows]),
    ...(all.length > MOST
      ? ['', `  ${plural(all.length - MOST, `less important ${wordOf(found)}`)} left out: --json has all.`]
      : []),
  ];
}
