import { plural } from '../report/format.ts';
import { table } from '../report/table.ts';
import type { Paint } from '../terminal/paint.ts';
import type { Outcome } from './experiment.ts';
import type { Finding } from './finding.ts';

/** Sections, then the numbers beside the chapter's. */
export function describeOutcome({ sections, findings }: Outcome, paint: Paint): string[] {
  const lines = sections.flatMap(({ title, lines: own }) => [paint('bold', title), '', ...own, '']);
  if (findings.length === 0) return lines;
  return [...lines, ...findingsTable(findings, paint), agreement(findings)];
}

/** A row for each experiment: how many numbers agree, and which do not. */
export function agreements(outcomes: Readonly<Record<string, Outcome>>, paint: Paint): string[] {
  const rows = Object.entries(outcomes).map(([name, { findings }]) => {
    const differing = findings.filter(({ agrees }) => !agrees);
    const count = `${findings.length - differing.length} of ${findings.length}`;
    return [name, count, paint('red', differing.map(({ what }) => what).join('; '))];
  });
  const all = Object.values(outcomes).flatMap(({ findings }) => findings);
  return [...table(['experiment', 'agree', 'differ'], rows, { right: [1] }), agreement(all)];
}

function findingsTable(findings: readonly Finding[], paint: Paint): string[] {
  const rows = findings.map(({ what, chapter, computed, agrees, note = '' }) => [
    what,
    chapter,
    typeof computed === 'number' ? digits(computed) : computed,
    agrees ? paint('green', 'yes') : paint('red', 'NO'),
    note,
  ]);
  const columns = findings.some(({ note }) => note !== undefined) ? 5 : 4;
  const head = ['', 'chapter', 'computed', 'agrees', ''];
  return table(
    head.slice(0, columns),
    rows.map((row) => row.slice(0, columns)),
    { right: [1, 2] },
  );
}

function agreement(findings: readonly Finding[]): string {
  const agreeing = findings.filter(({ agrees }) => agrees).length;
  return `${agreeing} of ${plural(findings.length, 'number')} agree${findings.length === 1 ? 's' : ''}.`;
}

/** Up to ten significant digits, without the noise of float64's last. */
const digits = (value: number): string => String(Number(value.toPrecision(10)));
