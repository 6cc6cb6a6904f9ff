import { plural } from '../../terminal/text/format.ts';
import type { Sheet } from '../findings/findings.ts';
import { markup } from '../markup/markup.ts';
import type { Picture } from '../picture.ts';

/** Most pixels of the page that one pixel of the sheet takes. */
const LARGEST = 6;

/** The first images of a run; `augmentation` is how the run changes images, such as '--flip --shift 2'. */
export function imageSheet({ images, width: own, height, png }: Sheet, augmentation: string): Picture {
  const changed = augmentation === '' ? '' : `, augmented by ${augmentation}`;
  const sentence = `The first ${images === 1 ? 'image' : plural(images, 'image')} of the first step, as the network was given them${changed}.`;
  return {
    name: 'first-images',
    title: 'Training images',
    sentence,
    alternative: sentence,
    draw: (width) => {
      const scale = Math.min(width / own, LARGEST);
      const [w, h] = [own * scale, height * scale].map(Math.round);
      return {
        width,
        height: h,
        markup: markup`<image width="${w}" height="${h}" image-rendering="pixelated" href="data:image/png;base64,${png}"/>`,
      };
    },
  };
}
