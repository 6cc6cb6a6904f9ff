import { render } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { chartsOf } from '../src/lab/figures/run-charts.ts';
import { Layers, Threads } from './bars.tsx';
import { Chart } from './chart.tsx';
import { Controls } from './controls.tsx';
import { areRooted, curvesOf } from './curves.ts';
import { Mistakes } from './mistakes.tsx';
import { Descriptions, DifferencesTable, RunTable } from './run-table.tsx';
import { noRuns, type Run, type Runs } from './runs.ts';
import { useScheme } from './scheme.ts';
import { shareStream } from './shared-stream.ts';
import { Steering, SteerList } from './steering.tsx';
import type { Connection } from './stream.ts';
import { Texts } from './texts.tsx';
import { isShown, readView, type View, writeView } from './view.ts';

const COLORS = 6;

/** The colour of a run: the class of its marks, and the custom property `--c1`, `--c2` and so on. */
const colorOf = ({ index }: Pick<Run, 'index'>): string => `c${(index % COLORS) + 1}`;

function App() {
  const [{ list, problems }, setRuns] = useState(noRuns);
  const [connection, setConnection] = useState<Connection>({ state: 'connecting' });
  const [view, setView] = useState(() => readView(location.hash));
  const scheme = useScheme();

  useEffect(() => followRuns(setRuns, setConnection), []);
  useEffect(() => {
    const onHash = () => setView(readView(location.hash));
    addEventListener('hashchange', onHash);
    return () => removeEventListener('hashchange', onHash);
  }, []);
  const change = (part: Partial<View>) => {
    const next = { ...view, ...part };
    history.replaceState(null, '', writeView(next));
    setView(next);
  };

  const { by, log, smoothing, from, to } = view;
  const shownRuns = useMemo(() => list.filter(({ name }, k) => isShown(view, name, k)), [list, view.shown]);
  const charts = useMemo(
    () =>
      chartsOf(
        areRooted(shownRuns),
        shownRuns.flatMap(({ epochs }) => epochs.slice(-1)),
      ).map((chart) => ({ chart, curves: curvesOf(chart, shownRuns, { by, log, smoothing }) })),
    [shownRuns, by, log, smoothing],
  );
  const end = Math.max(0, ...charts.flatMap(({ curves }) => curves.map(({ x }) => x[x.length - 1])));
  const toggle = (name: string) => {
    const names = shownRuns.map((run) => run.name);
    change({ shown: names.includes(name) ? names.filter((other) => other !== name) : [...names, name] });
  };

  // Rendered again only for a choice: a rendering with every event would lose numbers that are being typed.
  const controls = useMemo(() => <Controls view={view} onChange={change} />, [view]);
  return (
    <main>
      <header>
        <h1>Gradloom live</h1>
        <p id="connection" role="status" class={connection.state}>
          {sentenceOf(connection, list)}
        </p>
      </header>
      {problems.map((sentence) => (
        <p key={sentence} class="problem" role="alert">
          {sentence}
        </p>
      ))}
      {list.length > 0 && (
        <RunTable
          runs={list}
          shown={shownRuns}
          colorOf={colorOf}
          onToggle={toggle}
          isServed={connection.state === 'open'}
        />
      )}
      {list
        .filter(({ facts }) => facts.isSteerable && connection.state === 'open')
        .map((run) => (
          <Steering key={run.index} run={run} />
        ))}
      {hasUnsteerable(list) && <p class="lead">A run that train started without --live takes no orders.</p>}
      {list.length > 0 && shownRuns.length === 0 && <p class="lead">No run is drawn: tick one in the table.</p>}
      <Descriptions runs={shownRuns} />
      {shownRuns.length > 1 && <DifferencesTable runs={shownRuns} />}
      {shownRuns.length > 0 && controls}
      {charts
        .filter(({ curves }) => curves.length > 0)
        .map(({ chart: { name, label, isShare = false }, curves }) => (
          <Chart
            key={name}
            name={name}
            title={label.charAt(0).toUpperCase() + label.slice(1)}
            curves={curves}
            isShare={isShare}
            by={by}
            from={from}
            to={to}
            end={end}
            scheme={scheme}
            isLog={log && !isShare}
            colorOf={({ run }) => colorOf(run)}
            onZoom={(from, to) => change({ from, to })}
          />
        ))}
      {/* These sections have the order of the chapters of a report. */}
      <SteerList runs={shownRuns} />
      <Texts runs={shownRuns} />
      <Mistakes runs={shownRuns} isServed={connection.state === 'open'} />
      <Layers runs={shownRuns} colorOf={colorOf} />
      <Threads runs={shownRuns} colorOf={colorOf} />
    </main>
  );
}

/** Follows the runs of the server, and shows them at most once a frame. */
function followRuns(show: (runs: Runs) => void, onConnection: (connection: Connection) => void): void {
  let newest = noRuns;
  let isDue = false;
  shareStream(
    `events${location.search}`,
    (runs) => {
      newest = runs;
      if (isDue) return;
      isDue = true;
      requestAnimationFrame(() => {
        isDue = false;
        show(newest);
      });
    },
    onConnection,
  );
}

/** Whether a run trains that cannot be steered. */
const hasUnsteerable = (runs: readonly Run[]): boolean =>
  runs.some(({ facts }) => facts.state === 'running' && !facts.isSteerable);

function sentenceOf(connection: Connection, runs: readonly Run[]): string {
  switch (connection.state) {
    case 'connecting':
      return 'Connecting.';
    case 'open':
      if (runs.length === 0) return 'Waiting for a run to begin.';
      return runs.some(({ facts }) => facts.state === 'running')
        ? 'Connected: new steps appear by themselves.'
        : 'Connected. No run trains now.';
    case 'lost':
      return 'The server does not answer: its process has ended or was killed. This page tries again every 2 seconds.';
    case 'ended':
      return 'The server has ended. This page keeps what it has; gradloom live shows the run again.';
    case 'refused':
      return `The server refuses: ${connection.sentence}.`;
    case 'failed':
      return `This page cannot show what the server sent (${connection.sentence}). Load it again.`;
  }
}

const root = document.getElementById('page');
if (root !== null) render(<App />, root);
