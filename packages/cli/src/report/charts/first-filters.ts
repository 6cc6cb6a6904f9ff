import { whole } from '../../terminal/text/format.ts';
import type { Filters } from '../findings/findings.ts';
import type { Picture } from '../picture.ts';
import { imageGrid } from './image-sheet.ts';

/** The weights by which the first layer reads an image. */
export function firstFilters({ sheet, layer, total }: Filters): Picture {
  const { images } = sheet;
  const shownFilters =
    images === total
      ? `The ${total === 1 ? 'filter' : `${whole(total)} filters`}`
      : `The first ${whole(images)} of ${whole(total)} filters`;
  const sentence = `${shownFilters} of ${layer} after training: the weights of one output each, by pixel. Weights of 0 are grey; the brightest and the darkest are the largest of either sign in all of them.`;
  return {
    name: 'first-filters',
    title: 'Filters of the first layer',
    caption: sentence,
    altText: sentence,
    draw: imageGrid({ name: 'first-filters', sheets: [sheet], across: [images > 32 ? 12 : 8, 8] }),
  };
}
