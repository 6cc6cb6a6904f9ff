import { type ChannelScale, type ImagePreprocessing, OptionError, type Shape } from '@gradloom/core';
import { checkObject, checkScale, complete, ofImages, option, show, showName } from '@gradloom/core/internal';
import { checkDataset } from '../check-dataset.ts';
import { type DataMatrix, type DataSplits, type Dataset, mapSets } from '../dataset.ts';
import { anyRows, storedPieces } from '../file-rows.ts';
import { gatherRows } from '../gather.ts';

/**
 * Standardizes images: mean and deviation of each channel of the training rows become part of all sets, and of the
 * model. Rows stay bytes until they are gathered as (byte / divisor - mean) / deviation. The deviation of a channel
 * whose bytes are all equal is taken as 1.
 * @throws OptionError if the training rows are no images of bytes.
 */
export function standardizeImages(sets: DataSplits): DataSplits {
  const { train } = checkObject('standardizeImages', 'sets', sets, '{ train }');
  complete(checkDataset('standardizeImages', train));
  const images = ofImages(train.preprocessing);
  if (images === undefined || !(train.inputs.array instanceof Uint8Array)) {
    const problem = `has standard, expected none: rows of ${showName(train.name)} are no images of bytes`;
    throw new OptionError('standardizeImages', 'scale', problem);
  }
  return withScale(sets, scaleOf(train, images.image.channels));
}

/** The sets with mean and deviation of a model's training rows. */
export function withScale(sets: DataSplits, scale: ChannelScale): DataSplits {
  checkObject('withScale', 'sets', sets, '{ train }');
  return mapSets(sets, (set: Dataset) => {
    const { inputs, preprocessing } = complete(checkDataset('withScale', set));
    checkScale('withScale', 'scale', scale, inputs.shape?.at(-1) ?? inputs.columns);
    const images = ofImages(preprocessing);
    const scaledImages = images && { preprocessing: { ...images, image: { ...images.image, scale } } };
    return { ...set, inputs: { ...inputs, scale }, ...scaledImages };
  });
}

/** Mean and deviation (divided by N) of each channel. Sums of bytes and of their squares are exact whole numbers. */
function scaleOf({ inputs, rows }: Dataset, C: number): ChannelScale {
  const counts = countBytes(inputs, rows, C);
  const n = BigInt((rows * inputs.columns) / C);
  const channels = counts.map((byteCounts) => {
    let [sum, squares] = [0n, 0n];
    for (const [byte, count] of byteCounts.entries()) {
      sum += BigInt(byte) * BigInt(count);
      squares += BigInt(byte * byte) * BigInt(count);
    }
    const deviation = Math.sqrt(Number(n * squares - sum * sum)) / Number(n) / Math.abs(inputs.divisor);
    return { mean: Number(sum) / Number(n) / inputs.divisor, deviation: deviation === 0 ? 1 : deviation };
  });
  return { mean: channels.map(({ mean }) => mean), deviation: channels.map(({ deviation }) => deviation) };
}

/** How often each byte stands in each channel [C][256]. */
function countBytes(inputs: DataMatrix, rows: number, C: number): Float64Array[] {
  const counts = Array.from({ length: C }, () => new Float64Array(256));
  for (const bytes of storedPieces(inputs, rows)) {
    for (let c = 0; c < C; c++) {
      const channelCounts = counts[c];
      for (let i = c; i < bytes.length; i += C) channelCounts[bytes[i]]++;
    }
  }
  return counts;
}

/** The preprocessing of rows of bytes that are images, [height, width] with 1 or 3 channels; undefined for others. */
export function imagePreprocessing(
  { array, shape = [], divisor, scale }: DataMatrix,
  labels: readonly string[] | undefined,
  bits?: number,
): ImagePreprocessing | undefined {
  const [height, width, channels = 1] = shape;
  if (!(array instanceof Uint8Array) || shape.length < 2 || shape.length > 3) return undefined;
  if (channels !== 1 && channels !== 3) return undefined;
  return {
    version: 1,
    image: { height, width, channels, divisor, ...(bits && { bits }), ...(scale && { scale }) },
    ...(labels === undefined ? {} : { target: [{ name: 'class', type: 'classes', labels }] }),
  };
}

/** The shape [height, width, channels] of rows that are images; null for others. */
export function shapeOfImages(dataset: Dataset): Shape | null {
  const { inputs, preprocessing } = checkObject('shapeOfImages', 'dataset', dataset, 'a dataset');
  const image = ofImages(preprocessing)?.image;
  if (image !== undefined) return [image.height, image.width, image.channels];
  const { shape } = checkObject('shapeOfImages', 'dataset.inputs', inputs, '{ array, columns, divisor }');
  return shape?.length === 3 ? shape : null;
}

/** The images [count, H, W, C] of these rows before they are standardized; null if rows are no images. */
export function imagesOfRows(dataset: Dataset, rows: readonly number[]): Float64Array | null {
  complete(checkDataset('imagesOfRows', dataset));
  if (!Array.isArray(rows)) throw new OptionError('imagesOfRows', 'rows', `has ${show(rows)}, expected a list of rows`);
  const row = option.wholeNumber(0, dataset.rows - 1);
  const order = Uint32Array.from(rows, (n) => row.check('imagesOfRows', 'rows', n));
  if (shapeOfImages(dataset) === null) return null;
  const { scale: _, ...stored } = dataset.inputs;
  const images = new Float64Array(order.length * stored.columns);
  gatherRows(images, stored, order, 0, order.length, anyRows);
  return images;
}
