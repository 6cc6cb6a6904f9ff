import { buildNetwork, type Network, type NetworkSpec } from '@gradloom/core';
import { layerTable, show, typeOf } from '@gradloom/core/internal';
import {
  type Checkpoint,
  type ColumnEncoding,
  createTokenizer,
  type ImageEncoding,
  type Preprocessing,
  type SeriesEncoding,
  type TextEncoding,
} from '@gradloom/runtime';
import { largestChange } from '@gradloom/runtime/internal';
import { customParts } from '../../options/custom-parts.ts';
import { describeLoss } from '../../options/loss.ts';
import { describeMember, type Member } from '../../options/member.ts';
import type { Paint } from '../../terminal/paint.ts';
import { backendName } from '../../terminal/text/backend-name.ts';
import { columns } from '../../terminal/text/columns.ts';
import { decimal, duration, percent, plural, whole } from '../../terminal/text/format.ts';
import { table } from '../../terminal/text/table.ts';
import { describeNetwork, describeParameters } from '../train/describe-network.ts';
import { fusedOf, type Inspected } from './inspection.ts';
import { type TensorFigures, tensorFigures } from './tensors.ts';

/** Text output: a summary of the file, then tables of its layers and its tensors. */
export function describeInspection({ path, file, tensors }: Inspected, width: number, paint: Paint): string[] {
  const { model, checkpoint, format, bytes } = file;
  const fused = fusedOf(file);
  const rows: [string, string][] = [
    ['network', `${describeNetwork(model.spec)}, ${describeParameters(model.spec)}`],
    ['loss', model.loss === undefined ? 'not said' : describeLoss(model.loss)],
    ...encodingRows(model.preprocessing),
    ['precision', precisionText(model)],
    ...(fused === undefined ? [] : [['products', fused ? 'fused' : 'unfused'] as [string, string]]),
    ['fingerprint', model.fingerprint],
    ...(checkpoint === null ? [] : runRows(checkpoint)),
    ...Object.entries(model.metadata)
      .filter(([key, value]) => key !== 'options' && value !== null && value !== undefined)
      .map(([key, value]): [string, string] => [key, typeof value === 'string' ? value : show(value)]),
  ];
  const kind = checkpoint === null ? 'model' : 'checkpoint';
  return [
    `${paint('bold', path)}: ${kind} of ${whole(bytes)} bytes in format ${format}, whole`,
    '',
    // Without indent a fingerprint fits into 80 columns.
    ...columns(rows, { indent: 0 }),
    '',
    ...layersText(model.spec, width),
    '',
    ...tensorTable(tensors.map(tensorFigures), buildNetwork(model.spec, customParts()), width),
  ];
}

/** Text output for a network without a file. */
export const describeKnown = (spec: NetworkSpec, width: number): string[] => [
  `${describeNetwork(spec)}: ${describeParameters(spec)}`,
  '',
  ...layersText(spec, width),
];

/** 'float32', or 'float64; float32 would change a weight by 5.960e-8 at most'. */
function precisionText(model: Inspected['file']['model']): string {
  if (typeOf(model.parameters) === 'float32') return 'float32';
  const change = largestChange(model);
  return Number.isFinite(change)
    ? `float64; float32 would change a weight by ${decimal(change)} at most`
    : 'float64; float32 cannot hold the largest weights';
}

/** Maximum number of columns that are named: --json has them all. */
const MAX_COLUMNS = 8;

/** Inputs and target of a model of a table, or the images that a model takes. */
function encodingRows(preprocessing: Preprocessing | undefined): [string, string][] {
  if (preprocessing === undefined) return [];
  if ('image' in preprocessing) return [['images', imageText(preprocessing.image)]];
  if ('text' in preprocessing) return [['text', tokensText(preprocessing.text)]];
  const { columns, target, series } = preprocessing;
  const columnTexts = columns.slice(0, MAX_COLUMNS).map(({ name, type }) => `${name} (${type})`);
  const moreCount = columns.length - columnTexts.length;
  return [
    ['columns', [...columnTexts, ...(moreCount > 0 ? [`${moreCount} more`] : [])].join(', ')],
    ['target', target.map(({ name, type }) => `${name} (${type})`).join(', ')],
    ...columns.flatMap((column): [string, string][] => partRow(column, columns.length === 1)),
    ...(series === undefined ? [] : [['series', seriesText(series)] as [string, string]]),
  ];
}

/** A text or an image, which are parts of a row unless they are alone. */
function partRow(column: ColumnEncoding, isAlone: boolean): [string, string][] {
  if (column.type === 'image') return [[column.name, imageText(column)]];
  return column.type === 'text' ? [[isAlone ? 'text' : column.name, tokensText({ ...column, lines: false })]] : [];
}

/** 'windows of 24 rows by date; the 7 rows after one are forecast'. */
function seriesText({ time, key, context, horizon }: SeriesEncoding): string {
  const of = key === undefined ? '' : ` of each ${key}`;
  const after = horizon === 1 ? 'the row after one is' : `the ${horizon} rows after one are`;
  return `windows of ${plural(context, 'row')}${of} by ${time}; ${after} forecast`;
}

/** '64 tokens, each one of 65 characters'. */
function tokensText({ tokenizer, context, lines }: TextEncoding): string {
  const { size } = createTokenizer(tokenizer);
  return `${plural(context, 'token')}, each one of ${whole(size)} (${tokenizer.kind})${lines ? '; a line is a row' : ''}`;
}

/** '28 x 28 pixels in grey, bytes divided by 255, then (x - 0.13) / 0.31'. */
function imageText({ height, width, channels, divisor, bits, scale }: ImageEncoding): string {
  const numbers = (list: readonly number[]) =>
    list.length === 1 ? decimal(list[0]) : `[${list.map(decimal).join(', ')}]`;
  const scaleText = scale === undefined ? '' : `, then (x - ${numbers(scale.mean)}) / ${numbers(scale.deviation)}`;
  const bitsText = bits === undefined ? '' : `, 16-bit values taken as ${bits} bits`;
  return `${width} x ${height} pixels in ${channels === 1 ? 'grey' : 'colour'}${bitsText}, bytes divided by ${divisor}${scaleText}`;
}

function runRows({ record, progress, arrays }: Checkpoint): [string, string][] {
  const { totalSteps, stepsPerEpoch, batch, seed, clipNorm, backend, data } = record;
  const { step, validation, test, best, elapsedMs } = progress;
  const stepsInEpoch = step % stepsPerEpoch;
  const epochs = Math.floor(step / stepsPerEpoch);
  const epochText = `${plural(epochs, 'epoch')}${stepsInEpoch === 0 ? '' : ` and ${plural(stepsInEpoch, 'batch').replace(/hs$/, 'hes')}`}`;
  const rows: [string, string][] = [
    ['done', `${whole(step)} of ${plural(totalSteps, 'step')} (${epochText}) in ${duration(elapsedMs)}`],
    ['optimizer', memberText(record.optimizer)],
    ['schedule', memberText(record.schedule)],
    ['batch', `${whole(batch)}, ${plural(stepsPerEpoch, 'step')} an epoch`],
    ['seed', String(seed)],
    ['backend', backendName(backend)],
  ];
  if (clipNorm !== null) rows.push(['clip-norm', String(clipNorm)]);
  const loss = arrays.epochLosses.at(-1);
  if (loss !== undefined) rows.push(['train loss', `${decimal(loss)} in epoch ${arrays.epochLosses.length}`]);
  for (const [name, figures] of Object.entries({ validation, test })) {
    if (figures === undefined) continue;
    const accuracy = figures.accuracy === undefined ? '' : `, accuracy ${percent(figures.accuracy)}`;
    rows.push([name, `loss ${decimal(figures.loss)}${accuracy}`]);
  }
  if (best !== undefined) rows.push(['best', `loss ${decimal(best.loss)} after ${plural(best.step, 'step')}`]);
  for (const [part, hash] of Object.entries(data)) if (hash !== null) rows.push([`${part} rows`, String(hash)]);
  return rows;
}

/** The layers and their output shapes; layers of a block are indented. */
function layersText(spec: NetworkSpec, width: number): string[] {
  const [head, ...rows] = layerTable(buildNetwork(spec, customParts()));
  return table(head, rows, { width, right: [-3, -2, -1].map((c) => head.length + c) });
}

function tensorTable(figures: readonly TensorFigures[], network: Network, width: number): string[] {
  const number = (value: number | null): string => (value === null ? '-' : decimal(value));
  const hasNotFinite = figures.some(({ notFinite }) => notFinite > 0);
  const head = ['tensor', 'shape', 'min', 'mean', 'max', 'std', 'zeros', ...(hasNotFinite ? ['not finite'] : [])];
  const rows = figures.map(({ name, shape, isTrained, min, mean, max, std, zeros, notFinite }) => [
    isTrained ? name : `${name} *`,
    shape.join('x'),
    ...[min, mean, max, std].map(number),
    whole(zeros),
    ...(hasNotFinite ? [whole(notFinite)] : []),
  ]);
  const untrainedTensors = network.tensors.filter(({ isTrained }) => !isTrained);
  const reasons = [
    ...(untrainedTensors.some(({ isFrozen }) => !isFrozen)
      ? ['running statistics of the batches, which evaluation and prediction use']
      : []),
    ...(untrainedTensors.some(({ isFrozen }) => isFrozen) ? ['frozen layers'] : []),
  ];
  return [
    ...table(head, rows, { width, right: head.map((_, c) => c).slice(1) }),
    ...(reasons.length > 0 ? ['', `* Not trained: ${reasons.join('; ')}.`] : []),
  ];
}

const memberText = (spec: string | object): string =>
  typeof spec === 'string' ? spec : describeMember({ ...spec } as Member);
