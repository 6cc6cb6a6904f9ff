import { buildNetwork } from '@gradloom/core';
import { complete } from '@gradloom/core/internal';
import { firstInputs } from '@gradloom/runtime/internal';
import { inOwnColours, type Sheet, sheetOf } from '../../../lab/figures/sheet.ts';
import { customParts } from '../../../options/custom-parts.ts';
import type { Recipe } from '../recipe.ts';

const MAX_IMAGES = 32;
/** Images of more than 64 x 64 pixels are fewer, since a page shows fewer pixels of each if they are many. */
const MIN_IMAGES = 8;
const MAX_NUMBERS = 64 * 64 * MAX_IMAGES;

/** The first images of the run, as the network was given them; null if rows are not images. */
export function firstImages({ spec, sets, options }: Recipe): Sheet | null {
  const network = buildNetwork(spec, customParts());
  const count = Math.max(MIN_IMAGES, Math.min(MAX_IMAGES, Math.floor(MAX_NUMBERS / network.inputs)));
  const inputs = complete(firstInputs(network, sets.train, options, count));
  return inputs === null ? null : sheetOf(inOwnColours(inputs.images, sets.train), inputs.shape);
}
