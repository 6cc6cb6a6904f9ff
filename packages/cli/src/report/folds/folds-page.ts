import { figureText, foldsFacts, foldsTable } from '../../lab/figures/folds-table.ts';
import { record } from '../../options/schema/containers.ts';
import { commandLine, count, name } from '../../options/schema/scalars.ts';
import type { Read } from '../../options/schema/schema.ts';
import { capital } from '../../terminal/text/format.ts';
import { axisRange } from '../axes.ts';
import { lineChart } from '../charts/line-chart.ts';
import { machineFacts, machineTable } from '../machine-table.ts';
import type { Page } from '../page.ts';
import type { Picture } from '../picture.ts';

/** The parts of folds.json that are shown. */
export const foldsDocument = record({
  ...machineFacts,
  dataset: name,
  network: name,
  folds: count(2),
  ...foldsFacts,
  command: commandLine,
});

type Folds = Read<typeof foldsDocument>;

/** The page of a cross-validation, with the same table as in the terminal. */
export function foldsPage(document: Folds): Page {
  const { dataset, network, folds, mean, deviation, runs } = document;
  const names = Object.keys(mean);
  const missing = runs.length < folds ? ` It was ended after ${runs.length} of them.` : '';
  return {
    title: `Cross-validation of ${dataset}`,
    lead: `${network}, trained once for each of ${folds} folds on the rows of the others, and measured on its own.${missing}`,
    figures: names.slice(0, 4).map((name) => ({
      name: `${name}, mean of the folds`,
      // Non-breaking spaces: a line may break only before the ± sign.
      value: [figureText(name, mean[name]), spreadText(name, deviation[name])]
        .map((text) => text.replaceAll(' ', '\u00a0'))
        .join(' ±\u00a0'),
    })),
    chapters: [
      {
        title: 'The folds',
        lead: 'The deviation is that of a sample, with divisor n - 1.',
        tables: runs.length === 0 ? [] : [{ title: 'Figures of the rows of each fold', ...foldsTable(runs, document) }],
        pictures: runs.length < 2 ? [] : names.slice(0, 2).map((name) => figureByFold(document, name)),
      },
      { title: 'Repeat this cross-validation', code: document.command, folded: [machineTable(document)] },
    ],
  };
}

/** A deviation is rounded to two digits. */
const spreadText = (name: string, deviation: number): string =>
  name.endsWith('accuracy') ? figureText(name, deviation) : String(Number(deviation.toPrecision(2)));

function figureByFold({ runs, mean }: Folds, name: string): Picture {
  const inPercent = name.endsWith('accuracy');
  const factor = inPercent ? 100 : 1;
  const points = runs.map(({ fold, figures }) => [fold, factor * figures[name]] as const);
  const values = points.map(([, value]) => value);
  const [first, last] = [runs[0].fold, runs[runs.length - 1].fold];
  return {
    name: `${name.toLowerCase().replaceAll(/[^a-z\d]+/g, '-')}-by-fold`,
    title: `${capital(name)} by fold`,
    caption: `Measured on rows that the run of the fold was not trained on. The line is the mean, ${figureText(name, mean[name])}.`,
    altText: `Folds ${first} to ${last}: ${runs.map(({ figures }) => figureText(name, figures[name])).join(', ')}`,
    draw: lineChart({
      series: [
        { name: 'fold', points, dots: true },
        { name: 'mean', points: [first, last].map((fold) => [fold, factor * mean[name]] as const), dots: false },
      ],
      x: { label: 'fold', whole: true },
      y: { label: inPercent ? `${name} (%)` : name, domain: axisRange(values, inPercent) },
      height: 180,
    }),
  };
}
