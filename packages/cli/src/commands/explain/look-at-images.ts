import { type Dataset, explainImages, type Model, subset } from '@gradloom/runtime';
import { shapeOfImages } from '@gradloom/runtime/internal';
import type { SelectedRows } from '../../files/datasets/split-names.ts';
import { type ExplainedRows, rowsText } from '../../lab/figures/explained-rows.ts';
import { type Sheet, sheetOf, sheetOfRows } from '../../lab/figures/sheet.ts';
import { defined } from '../../options/option.ts';
import { columns } from '../../terminal/text/columns.ts';
import { percent } from '../../terminal/text/format.ts';
import { takesIndices } from '../train/findings/divide-plane.ts';
import { drawFew } from './draw-rows.ts';
import { type ExplainValues, IMAGE_REPEATS } from './options.ts';

const DEFAULT_IMAGES = 12;

/** The JSON output of explain for a model of images. */
export interface ImagesDocument extends ExplainedRows {
  readonly event: 'image-explanation';
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

/** Whether rows are images of classes. Rows of indices are not: no gradient leads to an index. */
export const areImages = (model: Model, dataset: Dataset): boolean =>
  dataset.classes !== null && shapeOfImages(dataset) !== null && !takesIndices(model.spec);

/** Finds where a model looks in some images. */
export async function lookAtImages(
  model: Model,
  source: SelectedRows,
  values: ExplainValues,
  showProgress: (text: string) => void,
): Promise<ImagesDocument> {
  const { dataset } = source;
  const { rowIndices, facts } = drawFew(model, source, values, { what: 'images', standard: DEFAULT_IMAGES });
  const { repeats = IMAGE_REPEATS, threads } = values;
  const shape = shapeOfImages(dataset);
  const images = sheetOfRows(dataset, [...rowIndices]);
  if (shape === null || images === null) throw new Error(`rows of ${dataset.name} are no images, expected some`);
  const explanations = await explainImages(model, subset(dataset, rowIndices), {
    copies: repeats,
    seed: facts.seed,
    ...defined({ threads }),
    onProgress: (done) => showProgress(`${percent(done)} done`),
  });
  const nameOf = (c: number): string => (model.metadata.labels ?? dataset.labels)?.[c] ?? String(c);
  const maps = explanations.flatMap(({ sensitivity }) => [...capSensitivity(sensitivity)]);
  return {
    event: 'image-explanation',
    ...facts,
    repeats,
    answers: explanations.map(({ answer, probability }, k) => ({
      row: rowIndices[k],
      label: nameOf(dataset.targets.array[rowIndices[k] * dataset.targets.columns]),
      answer: answer < 0 ? null : nameOf(answer),
      probability,
    })),
    images,
    sensitivities: sheetOf(Float64Array.from(maps), [shape[0], shape[1], 1], [0, 1]),
  };
}

/** Quantile of the sensitivities that is shown as white. Smilkov et al. 2017, §3 */
const WHITE_QUANTILE = 0.99;

/** The numbers scaled to 0 to 1. Those above the quantile become 1; if it is 0, only the largest. */
function capSensitivity(sensitivity: Float64Array): Float64Array {
  const sorted = sensitivity.slice().sort();
  const white = sorted[Math.floor(WHITE_QUANTILE * (sorted.length - 1))] || sorted[sorted.length - 1];
  return sensitivity.map((value) => (white > 0 ? Math.min(1, value / white) : 0));
}

/** Text output: the answers; the pictures are on the page. */
export function describeImages({ answers, ...facts }: ImagesDocument, hasPage: boolean): string[] {
  const rows = answers.map(({ row, label, answer, probability }) => [
    String(row),
    label,
    answer ?? 'no answer',
    Number.isNaN(probability) ? '' : percent(probability),
    answer === label ? '' : 'wrong',
  ]);
  return [
    `${facts.dataset}: ${rowsText(facts, answers.length, 'images')}`,
    '',
    ...columns([['row', 'class', 'answer', 'probability', ''], ...rows], { right: [0, 3] }),
    ...(hasPage ? [] : ['', '  --out <directory> writes the pictures of where the network looked.']),
  ];
}
