/** Choices of the reader. The fragment of the address holds them, so that a reload or a link keeps them. */
export interface View {
  readonly by: 'step' | 'epoch'; // unit of the horizontal axis
  readonly log: boolean; // losses, rates and norms on a logarithmic scale
  readonly smoothing: number; // weight of the past in a moving average of steps, 0 to 0.99
  readonly from: number | null; // where the shown part of the axis begins; null: at 0
  readonly to: number | null; // where it ends; null: at the last step or epoch
  readonly shown: readonly string[] | null; // names of runs; null for the first ones
}

export const MAX_SMOOTHING = 0.99;

/** Maximum number of runs that are shown if the reader has not chosen. */
const MAX_SHOWN = 6;

export function readView(fragment: string): View {
  const values = new URLSearchParams(fragment.replace(/^#/, ''));
  const numberOf = (name: string): number | null => {
    const text = values.get(name);
    return text === null || text === '' || !Number.isFinite(Number(text)) ? null : Number(text);
  };
  return {
    by: values.get('by') === 'epoch' ? 'epoch' : 'step',
    log: values.get('log') === '1',
    smoothing: Math.min(MAX_SMOOTHING, Math.max(0, numberOf('smoothing') ?? 0)),
    from: numberOf('from'),
    to: numberOf('to'),
    shown: values.has('run') || values.has('none') ? values.getAll('run') : null,
  };
}

export function writeView({ by, log, smoothing, from, to, shown }: View): string {
  const values = new URLSearchParams();
  if (by === 'epoch') values.set('by', by);
  if (log) values.set('log', '1');
  if (smoothing > 0) values.set('smoothing', String(smoothing));
  if (from !== null) values.set('from', String(Number(from.toPrecision(6))));
  if (to !== null) values.set('to', String(Number(to.toPrecision(6))));
  for (const name of shown ?? []) values.append('run', name);
  if (shown?.length === 0) values.set('none', '1');
  return `#${values}`;
}

export const isShown = ({ shown }: View, name: string, index: number): boolean =>
  shown === null ? index < MAX_SHOWN : shown.includes(name);
