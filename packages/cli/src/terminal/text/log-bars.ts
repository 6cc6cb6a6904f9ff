import type { Paint } from '../paint.ts';

export interface BarSeries {
  readonly name: string;
  readonly values: readonly number[]; // [rows], at least 0
}

export interface LogBarsOptions {
  readonly rows: readonly string[]; // text before each row
  readonly head: string; // text above the rows
  readonly paint: Paint;
  readonly width?: number; // width of a row, default 80
}

const NUMBER_WIDTH = 8; // columns of a number such as 1.2e-100
const GAP = 2;
const MAX_BAR = 40;
const MIN_BAR = 12;
const COLOURS = ['yellow', 'cyan', 'magenta', 'green'] as const;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** Bars on one scale of powers of ten, as many series side by side as fit. A value that is not above 0 has no bar. */
export function logBars(series: readonly BarSeries[], options: LogBarsOptions): string[] {
  const { rows, head, paint, width = 80 } = options;
  const logs = series.flatMap(({ values }) => values.filter(isDrawable).map((value) => Math.log10(value)));
  if (logs.length === 0) return ['  nothing to draw'];
  const low = Math.floor(logs.reduce((a, b) => Math.min(a, b)));
  const high = Math.max(low + 1, Math.ceil(logs.reduce((a, b) => Math.max(a, b))));
  const labelWidth = Math.max(head.length, ...rows.map(({ length }) => length));
  const room = width - GAP - labelWidth;
  const widthBesideBar = GAP + 1 + NUMBER_WIDTH; // columns of a series besides the bar
  const seriesPerRow = Math.max(1, Math.min(series.length, Math.floor(room / (MIN_BAR + widthBesideBar))));
  const barWidth = Math.min(MAX_BAR, Math.floor(room / seriesPerRow) - widthBesideBar);
  const share = (value: number): number => (Math.log10(value) - low) / (high - low);
  const lines: string[] = [];
  for (let first = 0; first < series.length; first += seriesPerRow) {
    const shownSeries = series.slice(first, first + seriesPerRow);
    if (first > 0) lines.push('');
    const cellWidth = barWidth + 1 + NUMBER_WIDTH;
    const names = shownSeries.map(({ name }) => name.slice(0, cellWidth).padEnd(cellWidth));
    lines.push(line(head, names));
    for (const [r, label] of rows.entries()) {
      const cells = shownSeries.map(({ values }, k) => {
        const value = values[r];
        const bar = isDrawable(value) ? barOf(share(value) * barWidth) : '';
        const text = isDrawable(value) ? value.toExponential(1) : String(value);
        const paintedBar = bar === '' ? '' : paint(COLOURS[(first + k) % COLOURS.length], bar);
        return `${paintedBar}${' '.repeat(barWidth - bar.length)} ${text.padEnd(NUMBER_WIDTH)}`;
      });
      lines.push(line(label, cells));
    }
  }
  const scale = `bars from 1e${low} to 1e${high}; a column is ${((high - low) / barWidth).toPrecision(2)} powers of ten`;
  return [...lines, line('', [scale])];

  function line(label: string, cells: readonly string[]): string {
    return [`${' '.repeat(GAP)}${label.padStart(labelWidth)}`, ...cells].join(' '.repeat(GAP)).trimEnd();
  }
}

const isDrawable = (value: number): boolean => value > 0 && Number.isFinite(value);

/** At least an eighth of a column, so that the smallest value is visible. */
function barOf(length: number): string {
  const eighths = Math.max(1, Math.round(length * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
}
