import type { TargetedKeyboardEvent } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { type Curve, formatFigure } from './curves.ts';

export interface ChartProps {
  readonly name: string;
  readonly title: string;
  readonly curves: readonly Curve[];
  readonly colorOf: (curve: Curve) => string; // class of its mark, and custom property without the --
  readonly isLog: boolean;
  readonly isShare: boolean;
  readonly by: 'step' | 'epoch';
  readonly from: number | null;
  readonly to: number | null;
  readonly end: number; // greatest x of all charts, which share the axis
  readonly scheme: string; // changes with the reader's theme
  readonly onZoom: (from: number | null, to: number | null) => void;
}

const HEIGHT = 260;
const LOGARITHMIC = 3; // a distribution of uPlot
const FAINT_ALPHA = '50'; // hexadecimal, after a colour

/** Least distance in pixels between tick labels below a chart, for numbers up to `largest`. */
const tickDistance = (largest: number): number =>
  Math.max(50, 8 * Math.round(largest).toLocaleString('en').length + 16);

/** The range of an axis of shares, in percent. */
const percentRange: uPlot.Range.Config = { min: { pad: 0.1, hard: 0 }, max: { pad: 0.1, hard: 100 } };

/** A chart with values at the pointer. Dragging shows a part of the axis in all charts, a double click all of it. */
export function Chart(props: ChartProps) {
  const { name, title, curves, colorOf, isLog, isShare, by, from, to, end, scheme } = props;
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latestProps = useRef(props);
  latestProps.current = props;
  const [pointerIndex, setPointerIndex] = useState<number | null>(null); // null: the pointer is outside
  const table = useMemo(() => uPlot.join(curves.map(({ x, y }) => [[...x], [...y]])), [curves]);
  const latestTable = useRef(table);
  latestTable.current = table;
  const plotKey = `${isLog} ${by} ${scheme} ${curves.map((curve) => `${colorOf(curve)}${curve.dash}${curve.isFaint}`)}`;

  // The plot is created again when `plotKey` changes; all other changes are applied to it.
  useEffect(() => {
    if (frame.current === null) return;
    const parent = frame.current;
    const newPlot = createPlot(parent, latestProps, latestTable.current, setPointerIndex);
    plot.current = newPlot;
    const resizeObserver = new ResizeObserver(() => newPlot.setSize({ width: parent.clientWidth, height: HEIGHT }));
    resizeObserver.observe(parent);
    return () => {
      resizeObserver.disconnect();
      newPlot.destroy();
      plot.current = null;
    };
  }, [plotKey]);

  // The scale is computed from `from`, `to` and `end`, too.
  useEffect(() => plot.current?.setData(table), [table, from, to, end]);

  const xs = table[0];
  const index = pointerIndex === null ? null : Math.min(pointerIndex, xs.length - 1);
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    const current = plot.current;
    if (current !== null && moveByKey(event.key, current, index, latestProps.current)) event.preventDefault();
  };
  return (
    <section id={name} class="chart">
      <h2>{title}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move the pointer in the chart. */}
      <div class="plot" role="application" tabIndex={0} aria-label={labelOf(props)} ref={frame} onKeyDown={onKeyDown} />
      <p class="values">
        <span class="at">
          {by} {(xs[index === null || index < 0 ? xs.length - 1 : index] ?? 0).toLocaleString('en')}
        </span>
        {curves.map((curve, k) => {
          const value = valueAt(table[k + 1], index ?? xs.length - 1);
          if (curve.isFaint || value === null) return null;
          return (
            <span key={`${curve.run.index} ${curve.label}`}>
              <i class={`swatch ${colorOf(curve)}${curve.dash.length === 0 ? '' : ' dashed'}`} />
              {curve.run.name} {curve.label} <b>{formatFigure(value, isShare)}</b>
            </span>
          );
        })}
      </p>
    </section>
  );
}

/** The last value at or before an index of the table. */
function valueAt(values: ArrayLike<number | null | undefined> | undefined, index: number): number | null {
  for (let k = index; k >= 0; k--) {
    const value = values?.[k];
    if (typeof value === 'number') return value;
  }
  return null;
}

const labelOf = ({ title, by, curves, isShare }: ChartProps): string => {
  const lastValues = curves
    .filter(({ isFaint }) => !isFaint)
    .map(({ run, label, y }) => `${run.name} ${label} ${formatFigure(valueAt(y, y.length - 1) ?? 0, isShare)}`);
  return `${title} by ${by}: ${lastValues.join(', ')}. Arrow keys read values, plus and minus zoom, 0 shows all.`;
};

function createPlot(
  parent: HTMLElement,
  props: { readonly current: ChartProps },
  table: uPlot.AlignedData,
  onPoint: (index: number | null) => void,
): uPlot {
  const { curves, colorOf, isLog, isShare } = props.current;
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: color('--soft'),
    grid: { stroke: color('--rule'), width: 1 },
    ticks: { stroke: color('--rule'), width: 1 },
    font: '12px system-ui, sans-serif',
  };
  const options: uPlot.Options = {
    width: parent.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: {
      sync: { key: 'x' },
      drag: { x: true, y: false, setScale: false },
      points: { show: true },
      bind: { dblclick: () => () => showAll(props.current) },
    },
    scales: {
      x: {
        time: false,
        range: () => {
          const { from, to, end } = props.current;
          const start = from ?? 0;
          const stop = to ?? end;
          return stop > start ? [start, stop] : [start, start + 1];
        },
      },
      y: isLog ? { distr: LOGARITHMIC } : isShare ? { range: percentRange } : {},
    },
    axes: [
      { ...axis, size: 34, space: (_plot, _axis, _from, to) => tickDistance(to) },
      {
        ...axis,
        size: 68,
        values: (_plot, splits) => splits.map((v) => (v === null ? '' : `${formatTick(v)}${isShare ? ' %' : ''}`)),
      },
    ],
    series: [
      {},
      ...curves.map(
        (curve): uPlot.Series => ({
          stroke: color(`--${colorOf(curve)}`) + (curve.isFaint ? FAINT_ALPHA : ''),
          width: curve.isFaint ? 1 : 2,
          dash: [...curve.dash],
          spanGaps: true,
          points: { show: (_plot, k) => (props.current.curves[k - 1]?.x.length ?? 0) < 3, size: 6 },
        }),
      ),
    ],
    hooks: {
      setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < 3) return; // a click, not a drag
          props.current.onZoom(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false); // false: without this hook
        },
      ],
    },
  };
  const plot = new uPlot(options, table, parent);
  zoomByPinch(plot, (from, to) => zoomTo(props.current, from, to));
  return plot;
}

/** Shows a part of the axis, which ends where the curves do. */
const zoomTo = ({ onZoom, end }: ChartProps, from: number, to: number): void =>
  onZoom(from <= 0 ? null : from, to >= end ? null : to);

/** Handles a double click: uPlot takes null as done. */
function showAll({ onZoom }: ChartProps): null {
  onZoom(null, null);
  return null;
}

const formatTick = (value: number): string => formatFigure(Number(value.toPrecision(12)));

/** Moves the pointer, or zooms; false if the key does neither. */
function moveByKey(key: string, plot: uPlot, index: number | null, props: ChartProps): boolean {
  const { onZoom, end } = props;
  const xs = plot.data[0];
  if (xs.length === 0) return false;
  const [first, last] = plot.series[0].idxs ?? [0, xs.length - 1]; // the part that is shown
  const current = index ?? last;
  const movePointer = (index: number): true => {
    const k = Math.min(last, Math.max(first, index));
    plot.setCursor({ left: plot.valToPos(xs[k], 'x'), top: 0 });
    return true;
  };
  const stride = Math.max(1, Math.round((last - first) / 50));
  if (key === 'ArrowLeft') return movePointer(current - stride);
  if (key === 'ArrowRight') return movePointer(current + stride);
  if (key === 'Home') return movePointer(first);
  if (key === 'End') return movePointer(last);
  if (key === '0' || key === 'Escape') {
    onZoom(null, null);
    return true;
  }
  if (key !== '+' && key !== '=' && key !== '-') return false;
  const { min = 0, max = end } = plot.scales.x;
  const halfWidth = ((max - min) / 2) * (key === '-' ? 2 : 0.5);
  zoomTo(props, xs[current] - halfWidth, xs[current] + halfWidth);
  return true;
}

/** Milliseconds between two zooms while fingers move: browsers limit how often an address changes. */
const MIN_INTERVAL_MS = 100;

/** Zooms by two fingers: the values under them stay there. `onZoom` gets the new ends of the axis. */
function zoomByPinch(plot: uPlot, onZoom: (from: number, to: number) => void): void {
  const { over } = plot;
  const fingers = new Map<number, number>(); // x in pixels of each finger, by the id of its pointer
  let heldValues: readonly number[] = []; // values of the axis under both fingers when the second one came
  let lastZoomMs = 0;
  const offsetOf = ({ clientX }: PointerEvent): number => clientX - over.getBoundingClientRect().left;

  function zoom(): void {
    const [first, second] = fingers.values();
    const perPixel = (heldValues[1] - heldValues[0]) / (second - first);
    if (!(perPixel > 0 && Number.isFinite(perPixel))) return; // the fingers have met or passed each other
    const from = heldValues[0] - first * perPixel;
    onZoom(from, from + over.clientWidth * perPixel);
  }

  over.addEventListener('pointerdown', (event) => {
    if (event.pointerType !== 'touch' || fingers.size === 2) return;
    fingers.set(event.pointerId, offsetOf(event));
    if (fingers.size === 2) heldValues = [...fingers.values()].map((x) => plot.posToVal(x, 'x'));
  });
  over.addEventListener('pointermove', (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, offsetOf(event));
    if (fingers.size < 2 || event.timeStamp - lastZoomMs < MIN_INTERVAL_MS) return;
    lastZoomMs = event.timeStamp;
    zoom();
  });
  for (const name of ['pointerup', 'pointercancel', 'pointerleave'] as const) {
    over.addEventListener(name, ({ pointerId }) => {
      if (fingers.size === 2 && fingers.has(pointerId)) zoom();
      fingers.delete(pointerId);
    });
  }
}
