import { createRandom, shuffle } from '@gradloom/core';
import { type Dataset, explainImages, type Model, subset } from '@gradloom/runtime';
import { shapeOfImages } from '@gradloom/runtime/internal';
import type { TakenRows } from '../../files/datasets/split-names.ts';
import { type Sheet, sheetOf, sheetOfRows } from '../../lab/figures/sheet.ts';
import { UsageError } from '../../terminal/failure.ts';
import { columns } from '../../terminal/text/columns.ts';
import { percent, whole } from '../../terminal/text/format.ts';
import { takesIndices } from '../train/findings/divide-plane.ts';
import { type ExplainValues, explainOptions, IMAGE_REPEATS, refuseIdle } from './options.ts';

const IMAGES = 12;
/** More images would be too small on a page. */
const MOST_IMAGES = 100;

/** The JSON output of explain for a model of images. */
export interface ImagesDocument {
  readonly event: 'image-explanation';
  readonly fingerprint: string;
  readonly dataset: string;
  readonly split: TakenRows['split'];
  readonly allRows: number; // rows that the shown ones were drawn from
  readonly seed: number;
  readonly repeats: number; // noisy copies of an image
  readonly answers: readonly ImageAnswer[];
  readonly images: Sheet;
  readonly sensitivities: Sheet; // where each answer depends on the pixels: the brighter the more
}

interface ImageAnswer {
  readonly row: number;
  readonly label: string;
  readonly answer: string | null; // null if an output is not finite
  readonly probability: number; // of the answer; NaN, in JSON null, if the model gives none
}

/** Whether rows are images of classes. Indices are none: there is nothing between two of them. */
export const areImages = (model: Model, dataset: Dataset): boolean =>
  dataset.classes !== null && shapeOfImages(dataset) !== null && !takesIndices(model.spec);

/** Draws `count` rows, in ascending order; all rows if there are no more. */
export function drawn({ rows }: Dataset, count: number | 'all', seed: number): Uint32Array {
  const order = Uint32Array.from({ length: rows }, (_, n) => n);
  if (count === 'all' || count >= rows) return order;
  shuffle(order, createRandom(seed, 'explain-rows'));
  return order.slice(0, count).sort();
}

/** Finds where a model looks in some images. */
export async function lookAtImages(
  model: Model,
  { split, dataset }: TakenRows,
  values: ExplainValues,
  say: (text: string) => void,
): Promise<ImagesDocument> {
  refuseIdle(values, 'images');
  const { rows = IMAGES, repeats = IMAGE_REPEATS, seed = explainOptions.seed.standard } = values;
  const order = drawn(dataset, rows, seed);
  if (order.length > MOST_IMAGES) {
    throw new UsageError(`--rows has ${rows}, expected at most ${MOST_IMAGES}, since the rows are images`);
  }
  const shape = shapeOfImages(dataset);
  const images = sheetOfRows(dataset, [...order]);
  if (shape === null || images === null) throw new Error(`rows of ${dataset.name} are no images, expected some`);
  const found = await explainImages(model, subset(dataset, order), {
    copies: repeats,
    seed,
    onProgress: (done) => say(`${percent(done)} done`),
  });
  const nameOf = (c: number): string => (model.metadata.labels ?? dataset.labels)?.[c] ?? String(c);
  const maps = found.flatMap(({ sensitivity }) => [...capped(sensitivity)]);
  return {
    event: 'image-explanation',
    fingerprint: model.fingerprint,
    dataset: dataset.name,
    split,
    allRows: dataset.rows,
    seed,
    repeats,
    answers: found.map(({ answer, probability }, k) => ({
      row: order[k],
      label: nameOf(dataset.targets.array[order[k] * dataset.targets.columns]),
      answer: answer < 0 ? null : nameOf(answer),
      probability,
    })),
    images,
    sensitivities: sheetOf(Float64Array.from(maps), [shape[0], shape[1], 1], [0, 1]),
  };
}

/** Share of the pixels that are not brighter than white. Smilkov et al. 2017, §3 */
const CAP = 0.99;

/** The numbers from 0 to 1, where 1 is the largest but for outliers. */
function capped(sensitivity: Float64Array): Float64Array {
  const sorted = sensitivity.slice().sort();
  const most = sorted[Math.floor(CAP * (sorted.length - 1))] || sorted[sorted.length - 1];
  return sensitivity.map((value) => (most > 0 ? Math.min(1, value / most) : 0));
}

/** Text output: the answers; the pictures are on the page. */
export function describeImages({ dataset, split, answers, allRows }: ImagesDocument, hasPage: boolean): string[] {
  const of = answers.length === allRows ? '' : ` of ${whole(allRows)}`;
  const rows = answers.map(({ row, label, answer, probability }) => [
    String(row),
    label,
    answer ?? 'no answer',
    Number.isNaN(probability) ? '' : percent(probability),
    answer === label ? '' : 'wrong',
  ]);
  return [
    `${dataset}: ${whole(answers.length)}${of} ${split === 'all' ? '' : `${split} `}images`,
    '',
    ...columns([['row', 'class', 'answer', 'probability', ''], ...rows], { right: [0, 3] }),
    ...(hasPage ? [] : ['', '  --out <directory> writes the pictures of where the network looked.']),
  ];
}
