import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { short } from './layers.tsx';

/** Losses of a run by step; of the test rows, those of some steps. */
export interface Losses {
  readonly training: readonly (readonly [step: number, loss: number])[];
  readonly test: readonly (readonly [step: number, loss: number])[];
}

const HEIGHT = 200;

export function LossChart({ losses, scheme }: { readonly losses: Losses; readonly scheme: string }) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const table = tableOf(losses);
  const tableNow = useRef(table);
  tableNow.current = table;
  useEffect(() => {
    if (frame.current === null) return;
    const parent = frame.current;
    const style = getComputedStyle(document.documentElement);
    const color = (name: string): string => style.getPropertyValue(name).trim();
    const axis = { stroke: color('--soft'), grid: { stroke: color('--rule') }, ticks: { stroke: color('--rule') } };
    const options: uPlot.Options = {
      width: parent.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false } },
      axes: [axis, { ...axis, size: 50 }],
      series: [
        {},
        { stroke: color('--c1'), width: 1.5, spanGaps: true, points: { show: false } },
        { stroke: color('--c2'), width: 2, dash: [6, 3], spanGaps: true, points: { show: false } },
      ],
    };
    const made = new uPlot(options, tableNow.current, parent);
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: parent.clientWidth, height: HEIGHT }));
    resized.observe(parent);
    return () => {
      resized.disconnect();
      made.destroy();
    };
  }, [scheme]);
  useEffect(() => plot.current?.setData(table), [losses]);
  const [training, test] = [losses.training.at(-1)?.[1], losses.test.at(-1)?.[1]];
  return (
    <section id="loss">
      <h2>Loss</h2>
      <div ref={frame} role="img" aria-label={`Loss by step: training ${short(training ?? null)}`} />
      <p class="values">
        <span>
          <i class="swatch c1" /> training <b>{short(training ?? null)}</b>
        </span>
        {test !== undefined && (
          <span>
            <i class="swatch c2 dashed" /> test <b>{short(test)}</b>
          </span>
        )}
      </p>
    </section>
  );
}

const tableOf = ({ training, test }: Losses): uPlot.AlignedData =>
  uPlot.join(
    [training, test].map(
      (pairs) => [pairs.map(([step]) => step), pairs.map(([, loss]) => loss)] as [number[], number[]],
    ),
  );
