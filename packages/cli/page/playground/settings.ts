import { type Preset, presets } from '../../src/files/datasets/presets.ts';

/** The options of a run. The bits of its weights follow from them, and from the reader's points if it uses those. */
export interface Settings {
  readonly data: string; // a made-up dataset, or POINTS
  readonly rows: number | null; // null: as the command line has it
  readonly noise: number | null; // null: as the command line has it
  readonly layers: number;
  readonly units: number; // of each hidden layer
  readonly activation: string;
  readonly init: string; // AUTO: that of the activation
  readonly optimizer: string;
  readonly rate: number;
  readonly batch: number | 'full';
  readonly seed: number; // of data, weights and batches
  readonly precision: string;
  readonly threads: number;
}

/** Points that the reader has drawn or dropped. */
export const POINTS = 'points';
export const AUTO = 'auto';

/** Members of the tables that a reader may choose from. */
export type Choices = Readonly<Record<'data' | 'activation' | 'init' | 'optimizer' | 'precision', readonly string[]>>;

export const defaults: Settings = {
  data: 'moons',
  rows: null,
  noise: null,
  layers: 2,
  units: 6,
  activation: 'tanh',
  init: AUTO,
  optimizer: 'adam',
  rate: 0.02,
  batch: 32,
  seed: 0,
  precision: 'float64',
  threads: 1,
};

/** Bounds of the numbers: more would not fit on the page, or not into a frame. */
export const bounds = {
  rows: [1, 5000],
  noise: [0, 5],
  layers: [0, 30],
  units: [1, 32],
  rate: [0, 10],
  batch: [1, 5000],
  seed: [0, 2 ** 32 - 1],
  threads: [1, 8],
} as const;

type Bounded = keyof typeof bounds;

/** A number within its bounds, whole unless it measures something; null for another text. */
export function numberOf(name: Bounded, text: string | null): number | null {
  const value = Number(text);
  if (text === null || text.trim() === '' || !Number.isFinite(value)) return null;
  const [min, max] = bounds[name];
  const settingValue = name === 'noise' || name === 'rate' ? value : Math.round(value);
  return Math.min(max, Math.max(min, settingValue));
}

/** The settings in the fragment of an address. Unknown and missing ones are as in `defaults`. */
export function readSettings(fragment: string, choices: Choices): Settings {
  const values = new URLSearchParams(fragment.replace(/^#/, ''));
  const word = (name: keyof Choices, extraMember: string): string => {
    const value = values.get(name) ?? '';
    return value === extraMember || choices[name].includes(value) ? value : String(defaults[name]);
  };
  const number = (name: 'layers' | 'units' | 'rate' | 'seed' | 'threads') =>
    numberOf(name, values.get(name)) ?? defaults[name];
  return {
    data: word('data', POINTS),
    rows: numberOf('rows', values.get('rows')),
    noise: numberOf('noise', values.get('noise')),
    layers: number('layers'),
    units: number('units'),
    activation: word('activation', defaults.activation),
    init: word('init', AUTO),
    optimizer: word('optimizer', defaults.optimizer),
    rate: number('rate'),
    batch: values.get('batch') === 'full' ? 'full' : (numberOf('batch', values.get('batch')) ?? defaults.batch),
    seed: number('seed'),
    precision: word('precision', defaults.precision),
    threads: number('threads'),
  };
}

/** The fragment of an address with all settings that are not the defaults. */
export function writeSettings(settings: Settings): URLSearchParams {
  const values = new URLSearchParams();
  for (const [name, value] of Object.entries(settings)) {
    if (value !== null && value !== defaults[name as keyof Settings]) values.set(name, String(value));
  }
  return values;
}

/** The preset of a made-up dataset on the command line. */
export const presetOf = (data: string): Preset => (presets as Readonly<Record<string, Preset>>)[data];

/** Options of a made-up dataset: those of the command line, unless the reader chose others. */
export function dataOptions({ data, rows, noise, seed }: Settings): Readonly<Record<string, number>> {
  const chosen = { ...(rows === null ? {} : { rows }), ...(noise === null ? {} : { noise }) };
  return { ...presetOf(data).options, ...chosen, seed };
}

export const hiddenOf = ({ layers, units }: Settings): number[] => Array.from({ length: layers }, () => units);

/** A file of points, as a command names it. */
export interface PointsFile {
  readonly name: string;
  readonly target: string; // column of the classes
  readonly areNumbers: boolean; // whether all classes are numbers
}

/** The command that gives the same weights in a terminal. */
export function commandOf(settings: Settings, steps: number, file: PointsFile, fused: boolean): string {
  const { data, activation, init, optimizer, rate, batch, seed, precision, threads } = settings;
  const hidden = hiddenOf(settings);
  const options = Object.entries(data === POINTS ? {} : dataOptions(settings)).map(
    ([name, value]) => `${name}=${value}`,
  );
  const source =
    data === POINTS
      ? `${quoteArgument(file.name)} --target ${quoteArgument(file.target)}${file.areNumbers ? ' --targets classes' : ''}`
      : `${data}:${options.join(',')}`;
  return [
    `${fused ? '' : 'GRADLOOM_UNFUSED=1 '}npx gradloom train --dataset ${source}`,
    `--validation 0 --test ${testShareOf(settings)}`,
    `--hidden ${hidden.length === 0 ? 'none' : hidden.join(',')}`,
    `--activation ${activation}`,
    ...(init === AUTO ? [] : [`--init ${init}`]),
    `--optimizer ${optimizer} --lr ${rate} --schedule constant`,
    `--batch ${batch} --seed ${seed} --steps ${steps}`,
    ...(precision === 'float64' ? [] : [`--precision ${precision}`]),
    `--backend wasm --threads ${threads}`,
  ].join(' ');
}

/** Share of the rows that the network is tested on. */
export const testShareOf = ({ data }: Settings): number => (data === POINTS ? 0 : presetOf(data).test);

/** A word of a shell. */
const quoteArgument = (text: string): string => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
