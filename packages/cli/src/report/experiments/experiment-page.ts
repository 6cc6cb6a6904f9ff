import { agreement, tableOf } from '../../lab/figures/findings-table.ts';
import { plural } from '../../terminal/text/format.ts';
import { machineTable } from '../machine-table.ts';
import type { Chapter, Page, Table } from '../page.ts';
import type { ExperimentRun } from './experiment-files.ts';
import { picturesOf } from './index.ts';

/** The report of a folder of experiments: one, or all of them. */
export function experimentPage(runs: readonly ExperimentRun[]): Page {
  const findings = runs.flatMap((run) => run.findings);
  const [first] = runs;
  const title = runs.length === 1 ? `Experiment ${first.name}` : plural(runs.length, 'experiment');
  return {
    title,
    lead: `${findings.length === 0 ? '' : `${agreement(findings)} `}Computed ${first.record.started.slice(0, 16).replace('T', ' ')} UTC.`,
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

function findingTable(findings: ExperimentRun['findings']): Table {
  const { head, rows, right, legend } = tableOf(findings);
  return { title: 'Computed numbers, and published ones', head, rows, numeric: right, notes: legend };
}
