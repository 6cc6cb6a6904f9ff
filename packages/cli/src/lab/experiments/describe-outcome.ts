import type { Paint } from '../../terminal/paint.ts';
import { table } from '../../terminal/text/table.ts';
import { agreement, tableOf, type Verdict } from '../figures/findings-table.ts';
import type { Outcome } from './experiment.ts';
import { type Finding, isFailure } from './finding.ts';

const colours = { yes: 'green', NO: 'red', slip: 'yellow', '-': 'dim' } as const satisfies Record<Verdict, string>;

/** The sections, then the table that compares computed and published numbers. */
export function describeOutcome({ sections, findings }: Outcome, paint: Paint): string[] {
  const lines = sections.flatMap((section) => [paint('bold', section.title), '', ...section.lines, '']);
  if (findings.length === 0) return lines;
  return [...lines, ...findingsTable(findings, paint), agreement(findings)];
}

/** A row for each experiment: how many numbers agree, and which do not. */
export function agreements(outcomes: Readonly<Record<string, Outcome>>, paint: Paint): string[] {
  const rows = Object.entries(outcomes).map(([name, { findings }]) => {
    const claims = findings.filter(({ agrees }) => agrees !== null);
    const differing = claims.filter(({ agrees }) => !agrees);
    const findingNames = differing.map((finding) =>
      isFailure(finding) ? paint('red', finding.what) : paint('yellow', `${finding.what} (slip)`),
    );
    return [name, `${claims.length - differing.length} of ${claims.length}`, findingNames.join('; ')];
  });
  const allFindings = Object.values(outcomes).flatMap(({ findings }) => findings);
  return [...table(['experiment', 'agree', 'differ'], rows, { right: [1] }), agreement(allFindings)];
}

function findingsTable(findings: readonly Finding[], paint: Paint): string[] {
  const { head, rows, right, verdict, legend } = tableOf(findings);
  const paintedRows = rows.map((row) =>
    row.map((cell, c) => (c === verdict ? paint(colours[cell as Verdict], cell) : cell)),
  );
  return [...table(head, paintedRows, { right }), ...legend.map((line) => `  ${line}`)];
}
