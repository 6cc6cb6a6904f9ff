import { OptionError, type Shape } from '@gradloom/core';
import { complete, ofImages, option, record, show } from '@gradloom/core/internal';
import { checkDataset } from '../check-dataset.ts';
import type { Dataset } from '../dataset.ts';
import { anyRows } from '../file-rows.ts';
import { gatherRows } from '../gather.ts';

/** The shape [height, width, channels] of rows that are images; null for others. */
export function shapeOfImages(dataset: Dataset): Shape | null {
  const { inputs, preprocessing } = record('shapeOfImages', 'dataset', dataset, 'a dataset');
  const image = ofImages(preprocessing)?.image;
  if (image !== undefined) return [image.height, image.width, image.channels];
  const { shape } = record('shapeOfImages', 'dataset.inputs', inputs, '{ array, columns, divisor }');
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
