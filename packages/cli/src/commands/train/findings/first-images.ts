import { buildNetwork } from '@gradloom/core';
import { complete } from '@gradloom/core/internal';
import { firstInputs } from '@gradloom/runtime/internal';
import { inOwnColours, type Sheet, sheetOf } from '../../../lab/figures/sheet.ts';
import { ownParts } from '../../../options/own-parts.ts';
import type { Recipe } from '../recipe.ts';

const MOST_IMAGES = 32;
/** Images of more than 64 x 64 pixels are fewer, since a page shows fewer pixels of each if they are many. */
const LEAST_IMAGES = 8;
const MOST_NUMBERS = 64 * 64 * MOST_IMAGES;

/** The first images of the run, as the network was given them; null if rows are not images. */
export function firstImages({ spec, sets, options }: Recipe): Sheet | null {
  const network = buildNetwork(spec, ownParts());
  const most = Math.max(LEAST_IMAGES, Math.min(MOST_IMAGES, Math.floor(MOST_NUMBERS / network.inputs)));
  const found = complete(firstInputs(network, sets.train, options, most));
  return found === null ? null : sheetOf(inOwnColours(found.images, sets.train), found.shape);
}
