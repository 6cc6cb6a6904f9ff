import { plural } from '../../report/format.ts';
import { machineTable } from '../machine-table.ts';
import type { Chapter, Page, Table } from '../page.ts';
import type { ExperimentRun } from './experiment-files.ts';
import { picturesOf } from './index.ts';

/** The report of a folder of experiments: one, or all of them. */
export function experimentPage(runs: readonly ExperimentRun[]): Page {
  const findings = runs.flatMap((run) => run.findings);
  const agreeing = findings.filter(({ agrees }) => agrees).length;
  const [first] = runs;
  const title = runs.length === 1 ? `Experiment ${first.name}` : plural(runs.length, 'experiment');
  const counted = `${agreeing} of ${plural(findings.length, 'number')} agree with the published ones.`;
  return {
    title,
    lead: `${findings.length === 0 ? '' : `${counted} `}Computed ${first.record.started.slice(0, 16).replace('T', ' ')} UTC.`,
    chapters: [
      ...runs.map((run) => chapterOf(run, runs.length)),
      { title: 'Environment', folded: [machineTable(first.record)] },
    ],
  };
}

function chapterOf({ name, record, path, document, findings }: ExperimentRun, count: number): Chapter {
  return {
    title: count === 1 ? 'Results' : name,
    code: record.command,
    pictures: picturesOf(name, document, path),
    tables: findings.length === 0 ? [] : [findingTable(findings)],
    listings: record.sections.map(({ title, lines }) => ({ title, text: lines.join('\n') })),
  };
}

const findingTable = (findings: ExperimentRun['findings']): Table => ({
  title: 'Beside the numbers of the chapter or the paper',
  head: ['', 'there', 'here', 'agrees', ''],
  rows: findings.map(({ what, chapter, computed, agrees, note = '' }) => [
    what,
    chapter,
    typeof computed === 'number' ? String(Number(computed.toPrecision(8))) : String(computed),
    agrees ? 'yes' : 'NO',
    note,
  ]),
  numeric: [1, 2],
});
