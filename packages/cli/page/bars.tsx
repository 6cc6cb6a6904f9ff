import { useState } from 'preact/hooks';
import { formatFigure } from './curves.ts';
import { isTraining, type Run } from './runs.ts';

/** A bar that fills a share of its cell. */
const Bar = ({ share, color }: { readonly share: number; readonly color: string }) => (
  <svg class={`bar ${color}`} aria-hidden="true">
    <rect width={`${100 * Math.min(1, Math.max(0, share))}%`} height="100%" />
  </svg>
);

/** Gradients and outputs of the layers of runs with --probe, at the newest probe or an earlier one. */
export function Layers({ runs, colorOf }: { readonly runs: readonly Run[]; readonly colorOf: (run: Run) => string }) {
  const probedRuns = runs.filter(({ probes }) => probes.length > 0);
  if (probedRuns.length === 0) return null;
  return (
    <section id="layers">
      <h2>Layers</h2>
      <p class="lead">
        Gradient: root mean square of dL/dy over the outputs y of a layer. Output: standard deviation of y. Bars are
        logarithmic, and their scale is that of the whole run.
      </p>
      <div class="beside">
        {probedRuns.map((run) => (
          <LayerTable key={run.index} run={run} color={colorOf(run)} />
        ))}
      </div>
    </section>
  );
}

function LayerTable({ run: { name, probes }, color }: { readonly run: Run; readonly color: string }) {
  const [chosenIndex, setChosenIndex] = useState<number | null>(null); // null follows the newest
  const newestIndex = probes.length - 1;
  const index = Math.min(chosenIndex ?? newestIndex, newestIndex);
  const { step, layers } = probes[index];
  const gradientScale = scaleOf(probes.flatMap((probe) => probe.layers.map(({ gradient }) => gradient)));
  const outputScale = scaleOf(probes.flatMap((probe) => probe.layers.map(({ output }) => output)));
  const cell = (value: number | null, scale: (value: number) => number) => (
    <td>
      {value !== null && (
        <span class="measured">
          <Bar share={scale(value)} color={color} /> {formatFigure(value)}
        </span>
      )}
    </td>
  );
  return (
    <div class="table">
      <table class="measures">
        <caption>
          <label>
            {name} before step {(step + 1).toLocaleString('en')}{' '}
            <input
              type="range"
              min="0"
              max={newestIndex}
              value={index}
              aria-valuetext={`step ${step + 1}`}
              onInput={({ currentTarget: { valueAsNumber } }) =>
                setChosenIndex(valueAsNumber === newestIndex ? null : valueAsNumber)
              }
            />
          </label>
        </caption>
        <thead>
          <tr>
            <th scope="col">layer</th>
            <th scope="col">gradient</th>
            <th scope="col">output</th>
          </tr>
        </thead>
        <tbody>
          {layers.map((layer, k) => (
            <tr key={k}>
              <th scope="row">{layer.name}</th>
              {cell(layer.gradient, gradientScale)}
              {cell(layer.output, outputScale)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Smallest share of a bar that is drawn for a value above 0. */
const MIN_BAR_SHARE = 0.02;

/** The share of a bar for a value, on a logarithmic scale over the values and at least one power of ten. */
function scaleOf(values: readonly (number | null)[]): (value: number) => number {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value === null || value <= 0) continue;
    [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  const decades = Math.max(1, Math.log10(high / low));
  return (value) => (value <= 0 ? 0 : MIN_BAR_SHARE + (1 - MIN_BAR_SHARE) * (1 - Math.log10(high / value) / decades));
}

/** The share of the time in which each thread of a run works, in the newest span. */
export function Threads({ runs, colorOf }: { readonly runs: readonly Run[]; readonly colorOf: (run: Run) => string }) {
  const timedRuns = runs.flatMap((run) => {
    const busy = isTraining(run) ? (run.speed?.busy ?? []) : [];
    return busy.length === 0 ? [] : [{ run, busy }];
  });
  if (timedRuns.length === 0) return null;
  return (
    <section id="threads">
      <h2>Work of the threads</h2>
      <p class="lead">The share of the newest span in which each thread computed; else it waited for the others.</p>
      {timedRuns.map(({ run, busy }) => (
        <div key={run.index} class="table">
          <table class="measures">
            <caption>{run.name}</caption>
            <tbody>
              {busy.map((share, k) => (
                <tr key={k}>
                  <th scope="row">thread {k + 1}</th>
                  <td>
                    <span class="measured">
                      <Bar share={share} color={colorOf(run)} /> {Math.floor(100 * share)} %
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ))}
    </section>
  );
}
