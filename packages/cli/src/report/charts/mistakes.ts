import { percent } from '../../terminal/text/format.ts';
import type { Answers, Image, Mistake } from '../findings/findings.ts';
import { type Markup, markup } from '../markup/markup.ts';
import { isNarrow, type Picture } from '../picture.ts';

const GAP = 14;
/** Side of a drawn image in pixels; the pixels of a larger image are averaged. */
const MOST_SIDE = 128;

/** The misclassified images with the largest loss. Null if there are none. */
export function mistakePictures({ mistakes, labels, split }: Answers): Picture | null {
  const shown = mistakes.flatMap(({ image, ...mistake }) => (image === null ? [] : [{ ...mistake, image }]));
  if (shown.length === 0) return null;
  const describe = ({ label, answer, probability }: Omit<Mistake, 'image'>) =>
    `${labels[label]} predicted as ${labels[answer]} with probability ${percent(probability)}`;
  return {
    name: 'mistakes',
    title: `Misclassified ${split} images with the largest loss`,
    sentence: `${shown.length === 1 ? 'The image' : `The ${shown.length} images`} of the ${split} set whose actual class got the lowest probability. Above each: actual class → predicted class, and the probability of that prediction.`,
    alternative: `${shown.map(describe).join('; ')}.`,
    draw: (width) => {
      const across = isNarrow(width) ? 3 : 5;
      const side = Math.floor((width - GAP * (across - 1)) / across);
      const tall = side + 44 + GAP;
      const parts = shown.map((mistake, k) => {
        const image = smaller(mistake.image);
        const [x, y] = [(k % across) * (side + GAP), Math.floor(k / across) * tall];
        const text = markup`<text x="${x}" y="${y + 14}" font-weight="600">${labels[mistake.label]} → ${labels[mistake.answer]}</text><text x="${x}" y="${y + 30}" fill="var(--soft)">${percent(mistake.probability)}</text>`;
        return markup`${text}<g transform="translate(${x},${y + 38}) scale(${side / image.side})"><title>row ${mistake.row}: ${describe(mistake)}</title>${pixels(image)}</g>`;
      });
      return { width, height: Math.ceil(shown.length / across) * tall - GAP, markup: markup`${parts}` };
    },
  };
}

function smaller({ side, bytes }: Image): Pixels {
  const values = Buffer.from(bytes, 'base64');
  const step = Math.ceil(side / MOST_SIDE);
  if (step === 1) return { side, values };
  const short = Math.floor(side / step);
  const meanAt = (row: number, column: number): number => {
    let sum = 0;
    for (let y = row * step; y < (row + 1) * step; y++) {
      for (let x = column * step; x < (column + 1) * step; x++) sum += values[y * side + x];
    }
    return sum / step ** 2;
  };
  return {
    side: short,
    values: Uint8Array.from({ length: short ** 2 }, (_, k) => Math.round(meanAt(Math.floor(k / short), k % short))),
  };
}

const LEVELS = 8;

/** A square image. */
interface Pixels {
  readonly side: number;
  readonly values: Uint8Array; // [side, side]
}

/** One path per brightness level; neighbouring pixels are merged into one stroke. */
export function pixels({ side, values }: Pixels): Markup {
  const level = (k: number): number => Math.round((values[k] / 255) * LEVELS);
  const paths = new Array<string>(LEVELS + 1).fill('');
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; ) {
      const found = level(y * side + x);
      let end = x + 1;
      while (end < side && level(y * side + end) === found) end++;
      paths[found] += `M${x},${y}h${end - x}v1h${x - end}z`;
      x = end;
    }
  }
  const frame = markup`<rect width="${side}" height="${side}" fill="none" stroke="var(--rule)" stroke-width="0.3"/>`;
  const ink = paths.flatMap((d, k) =>
    k === 0 || d === '' ? [] : markup`<path fill-opacity="${k / LEVELS}" shape-rendering="crispEdges" d="${d}"/>`,
  );
  return markup`${frame}${ink}`;
}
