import { duration } from '../src/terminal/text/format.ts';
import { formatFigure } from './curves.ts';
import { differences, isPaused, isTraining, newest, type Run, stepOf, timesOf } from './runs.ts';

interface RunTableProps {
  readonly runs: readonly Run[];
  readonly shown: readonly Run[];
  readonly colorOf: (run: Run) => string;
  readonly onToggle: (name: string) => void;
  readonly isServed: boolean; // whether reports can be opened
}

/** The runs, their state and newest figures, and which are drawn. Columns without a value are left out. */
export function RunTable({ runs, shown, colorOf, onToggle, isServed }: RunTableProps) {
  const columns = [...figureColumns, ...targetColumns(runs)].filter(({ read }) =>
    runs.some((run) => read(run) !== null),
  );
  return (
    <div class="table">
      <table id="runs">
        <thead>
          <tr>
            <th scope="col">run</th>
            <th scope="col">state</th>
            <th scope="col" class="number">
              step
            </th>
            {columns.map(({ head }) => (
              <th key={head} scope="col" class="number">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.index}>
              <th scope="row">
                <label>
                  <input type="checkbox" checked={shown.includes(run)} onChange={() => onToggle(run.name)} />{' '}
                  <i class={`swatch ${colorOf(run)}`} /> {run.name}
                </label>
              </th>
              <td class={run.facts.state}>
                {isPaused(run) ? 'paused' : states[run.facts.state]}
                {isServed && run.facts.hasReport && (
                  <>
                    {' '}
                    <a href={`report${location.search}&run=${run.index}`} target="_blank" rel="noopener">
                      report
                    </a>
                  </>
                )}
              </td>
              <td class="number" data-head="step">
                {stepText(run)}
              </td>
              {columns.map(({ head, read, text = formatFigure }) => {
                const value = read(run);
                return (
                  <td key={head} class="number" data-head={value === null ? undefined : head}>
                    {value === null ? '' : text(value)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const states = { running: 'running', ended: 'ended', killed: 'killed: its process is gone' };

const stepText = (run: Run): string => {
  const { totalSteps } = run.facts;
  const step = stepOf(run).toLocaleString('en');
  return totalSteps === null ? step : `${step} of ${totalSteps.toLocaleString('en')}`;
};

interface FigureColumn {
  readonly head: string;
  readonly text?: (value: number) => string; // default formatFigure
  readonly read: (run: Run) => number | null;
}

const share = (value: number): string => formatFigure(100 * value, true);

const figureColumns: readonly FigureColumn[] = [
  { head: 'time', text: duration, read: (run) => timesOf(run).elapsedMs },
  { head: 'left', text: duration, read: (run) => timesOf(run).leftMs },
  { head: 'training loss', read: ({ steps }) => steps.at(-1)?.loss ?? null },
  { head: 'validation loss', read: (run) => newest(run, 'validationLoss') },
  { head: 'training accuracy', text: share, read: (run) => newest(run, 'trainAccuracy') },
  { head: 'validation accuracy', text: share, read: (run) => newest(run, 'validationAccuracy') },
  { head: 'validation RMSE', read: (run) => newest(run, 'validationRmse') },
  { head: 'rows/s', read: (run) => (isTraining(run) ? (run.speed?.samplesPerSecond ?? null) : null) },
  { head: 'test loss', read: ({ facts }) => facts.result?.testLoss ?? null },
  { head: 'test accuracy', text: share, read: ({ facts }) => facts.result?.testAccuracy ?? null },
  { head: 'test RMSE', read: ({ facts }) => facts.result?.testRmse ?? null },
];

/** The newest validation accuracy or RMSE of each of several targets, and those of the test rows. */
const targetColumns = (runs: readonly Run[]): FigureColumn[] => {
  const validationOf = ({ epochs }: Run) => epochs.findLast((epoch) => epoch.validationTargets)?.validationTargets;
  const testOf = ({ facts }: Run) => facts.result?.testTargets;
  return (
    [
      ['validation', validationOf],
      ['test', testOf],
    ] as const
  ).flatMap(([split, targetsOf]) => {
    const names = [...new Set(runs.flatMap((run) => Object.keys(targetsOf(run) ?? {})))];
    return names.flatMap((name) => [
      {
        head: `${split} accuracy of ${name}`,
        text: share,
        read: (run: Run) => targetsOf(run)?.[name]?.accuracy ?? null,
      },
      { head: `${split} F1 of ${name}`, read: (run: Run) => targetsOf(run)?.[name]?.f1 ?? null },
      { head: `${split} RMSE of ${name}`, read: (run: Run) => targetsOf(run)?.[name]?.rmse ?? null },
    ]);
  });
};

/** Data, network and training of the runs, as the terminal shows them; of several runs where the reader opens them. */
export function Descriptions({ runs }: { readonly runs: readonly Run[] }) {
  return runs
    .filter(({ facts }) => facts.description.length > 0)
    .map(({ index, name, facts }) => (
      <details key={index} class="description" open={runs.length === 1}>
        <summary>{name}</summary>
        <ul>
          {facts.description.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </details>
    ));
}

/** Options that differ between the drawn runs. */
export function DifferencesTable({ runs }: { readonly runs: readonly Run[] }) {
  const rows = differences(runs);
  if (rows.length === 0) return <p class="lead">The runs that are drawn have the same options.</p>;
  return (
    <div class="table">
      <table id="differences">
        <caption>Options that differ</caption>
        <thead>
          <tr>
            <th scope="col">option</th>
            {runs.map(({ index, name }) => (
              <th key={index} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, values }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {values.map((value, k) => (
                <td key={runs[k].index}>{value}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
