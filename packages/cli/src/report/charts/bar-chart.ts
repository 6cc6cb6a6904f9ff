import { barX, dot, link, ruleX, text } from '@observablehq/plot';
import { fittingTicks, highest, LETTER_WIDTH, lowest, scaleOver } from '../axes.ts';
import { legend, stack } from '../compose.ts';
import { type Draw, isNarrow } from '../picture.ts';
import { drawPlot, halo, type Stroke } from '../theme.ts';

export interface Bar {
  readonly name: string; // unique among the bars
  readonly value: number; // above 0 on a logarithmic scale
  readonly text: string; // label at the end of the bar
  readonly color?: string; // default: the first colour
}

export interface BarChartOptions {
  readonly bars: readonly Bar[]; // from top to bottom
  /** A logarithmic scale has no zero for a bar to start at, so a dot marks its end instead. */
  readonly x: { readonly label: string; readonly log?: boolean; readonly domain?: readonly [number, number] };
  /** A reference value for all bars. */
  readonly rule?: { readonly at: number; readonly name: string };
}

const ROW = 26; // pixels
const RULE: Stroke = { color: 'var(--ink)', dash: '5 4' };

const titleOf = ({ name, text }: Bar): string => `${name}: ${text}`;

/** One bar per name, with its value at its end. */
export function barChart({ bars, x, rule }: BarChartOptions): Draw {
  const rows = bars.map(({ color = 'var(--c1)', ...bar }) => ({ ...bar, color }));
  const nameLetters = highest(rows.map(({ name }) => name.length));
  const textLetters = highest(rows.map((row) => row.text.length));
  const values = [...rows.map(({ value }) => value), ...(rule === undefined ? [] : [rule.at]), ...(x.domain ?? [])];
  const log = x.log ?? false;
  // Half of the lowest value leaves room for its dot.
  const scale = scaleOver([log ? lowest(values) / 2 : 0, ...values], x.label, log);
  const [low, high] = scale.domain as [number, number];
  const chart: Draw = (width) => {
    const namesAbove = isNarrow(width) && nameLetters > 14;
    const marginLeft = namesAbove ? 8 : Math.min(width / 2, 12 + nameLetters * LETTER_WIDTH);
    const marginRight = Math.min(0.45 * width, 16 + textLetters * LETTER_WIDTH);
    const ticks = log
      ? {}
      : { ticks: fittingTicks(low, high, width - marginLeft - marginRight, isNarrow(width) ? 4 : 8) };
    return drawPlot({
      width,
      height: rows.length * (namesAbove ? ROW + 14 : ROW) + 46,
      margins: { left: marginLeft, right: marginRight, top: 4, bottom: 42 },
      x: { ...scale, nice: false, ...ticks },
      y: {
        type: 'band',
        domain: rows.map(({ name }) => name),
        label: null,
        tickSize: 0,
        ...(namesAbove ? { axis: null } : {}),
        padding: 0.3,
      },
      marks: [
        ...(rule === undefined ? [] : [ruleX([rule.at], { stroke: RULE.color, strokeDasharray: RULE.dash })]),
        ...(log
          ? [
              link(rows, { x1: low, x2: 'value', y1: 'name', y2: 'name', stroke: 'color', strokeWidth: 2 }),
              dot(rows, { x: 'value', y: 'name', r: 5, fill: 'color', title: titleOf }),
            ]
          : [
              barX(rows, {
                x1: 0,
                x2: 'value',
                y: 'name',
                fill: 'color',
                insetTop: namesAbove ? 10 : 0,
                title: titleOf,
              }),
            ]),
        text(rows, {
          x: 'value',
          y: 'name',
          text: 'text',
          textAnchor: 'start',
          dx: log ? 10 : 5,
          dy: namesAbove && !log ? 5 : 0,
          ...halo,
        }),
        ...(namesAbove
          ? [text(rows, { x: low, y: 'name', text: 'name', textAnchor: 'start', dx: 2, dy: -13, ...halo })]
          : []),
      ],
      color: { type: 'identity' },
    });
  };
  return rule === undefined ? chart : stack([legend([{ name: rule.name, stroke: RULE }]), chart]);
}
