import { agreement, tableOf } from '../../lab/figures/findings-table.ts';
import { readAs, type Schema } from '../../options/schema/schema.ts';
import { plural } from '../../terminal/text/format.ts';
import { machineTable } from '../machine-table.ts';
import type { Chapter, Page, Table } from '../page.ts';
import type { Picture } from '../picture.ts';
import { costDocument, costPictures } from './cost.ts';
import { descentDocument, descentPictures } from './descent.ts';
import type { ExperimentRun } from './experiment-files.ts';
import { nextTokenDocument, nextTokenPictures } from './next-token.ts';
import { optimizerPictures, optimizersDocument } from './optimizers.ts';
import { perceptronDocument, perceptronPictures } from './perceptron.ts';
import { remediesDocument, remedyPictures } from './remedies.ts';
import { vanishingDocument, vanishingPictures } from './vanishing.ts';
import { xorDocument, xorPictures } from './xor.ts';

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

type DocumentDrawer = (document: unknown, path: string) => Picture[];

/** Draws the parts of a document that its schema reads. */
const drawer =
  <T>(schema: Schema<T>, draw: (document: T) => Picture[]): DocumentDrawer =>
  (document, path) =>
    draw(readAs(schema, document, `report: ${path}`));

/** Pictures of experiment documents. To add one, write a file and list it here. */
const experimentPictures: Readonly<Record<string, DocumentDrawer>> = {
  cost: drawer(costDocument, costPictures),
  descent: drawer(descentDocument, descentPictures),
  'next-token': drawer(nextTokenDocument, nextTokenPictures),
  optimizers: drawer(optimizersDocument, optimizerPictures),
  perceptron: drawer(perceptronDocument, perceptronPictures),
  remedies: drawer(remediesDocument, remedyPictures),
  vanishing: drawer(vanishingDocument, vanishingPictures),
  xor: drawer(xorDocument, xorPictures),
};

/** The pictures of an experiment. @throws Error if the document at `path` does not fit its schema. */
const picturesOf = (name: string, document: object, path: string): Picture[] =>
  Object.hasOwn(experimentPictures, name) ? experimentPictures[name](document, path) : [];
