import { cornerOf, type Sheet, sizeOf } from '../../lab/figures/sheet.ts';
import { plural } from '../../terminal/text/format.ts';
import { LETTER_WIDTH } from '../axes.ts';
import type { Reconstructions } from '../findings/findings.ts';
import { type Markup, markup } from '../markup/markup.ts';
import { type Draw, isNarrow, type Picture } from '../picture.ts';

/** Images in a grid; each cell has image k of every sheet side by side, below its lines of text. */
export interface ImageGrid {
  /** Name of the picture. */
  readonly name: string;
  readonly sheets: readonly Sheet[]; // with as many images each
  /** Cells in a row on a screen, and on a phone. */
  readonly across: readonly [wide: number, narrow: number];
  /** Two lines of text; the last words of the second are never cut off. @default none */
  readonly textOf?: (k: number) => CellText;
}

export interface CellText {
  readonly title: string; // shown in bold
  readonly note: string;
  readonly end: string; // after the note
  readonly hover: string;
}

const GAP = 12;
/** Between the images of a cell. */
const INNER_GAP = 4;
const TEXT_HEIGHT = 38;
const BOLD_LETTER_WIDTH = 7.3;
/** Images with fewer pixels keep their pixels visible. */
const MIN_SMOOTH = 48;

/** Draws a grid. A page has the pixels once: its narrow drawing shows those of the wide one. */
export const imageGrid =
  ({ name, sheets, across: [wide, narrow], textOf }: ImageGrid): Draw =>
  (width) => {
    const [across, textHeight] = [isNarrow(width) ? narrow : wide, textOf === undefined ? 0 : TEXT_HEIGHT];
    const cellWidth = (width - GAP * (across - 1)) / across;
    const imageWidth = (cellWidth - INNER_GAP * (sheets.length - 1)) / sheets.length;
    const [{ images, ...shape }] = sheets;
    const imageHeight = (imageWidth * shape.height) / shape.width;
    const cellHeight = textHeight + imageHeight + GAP;
    const idOf = (s: number): string => `${name}-sheet-${s + 1}`;
    const definitions = isNarrow(width) ? [] : sheets.map((sheet, s) => imageOf(sheet, idOf(s)));
    const cells = Array.from({ length: images }, (_, k) => {
      const [x, y] = [(k % across) * (cellWidth + GAP), Math.floor(k / across) * cellHeight];
      const drawnSheets = sheets.map((sheet, s) => {
        const box = `${cornerOf(sheet, k).join(' ')} ${sheet.width} ${sheet.height}`;
        const left = toTenths(s * (imageWidth + INNER_GAP));
        return markup`<svg x="${left}" y="${textHeight}" width="${toTenths(imageWidth)}" height="${toTenths(imageHeight)}" viewBox="${box}"><use href="#${idOf(s)}"/></svg>`;
      });
      const lines = textOf === undefined ? [] : textOfCell(textOf(k), cellWidth);
      return markup`<g transform="translate(${toTenths(x)},${toTenths(y)})">${lines}${drawnSheets}</g>`;
    });
    const height = Math.ceil(Math.ceil(images / across) * cellHeight - GAP);
    return { width, height, markup: markup`<defs>${definitions}</defs>${cells}` };
  };

function imageOf(sheet: Sheet, id: string): Markup {
  const { width, height } = sizeOf(sheet);
  const rendering = Math.max(sheet.width, sheet.height) < MIN_SMOOTH ? 'pixelated' : 'auto';
  return markup`<image id="${id}" width="${width}" height="${height}" image-rendering="${rendering}" href="data:image/png;base64,${sheet.png}"/>`;
}

function textOfCell({ title, note, end, hover }: CellText, width: number): Markup[] {
  const cut = (text: string, maxLetters: number) =>
    text.length > maxLetters ? `${text.slice(0, Math.max(1, maxLetters - 1))}…` : text;
  return [
    markup`<title>${hover}</title>`,
    markup`<text y="14" font-weight="600">${cut(title, Math.floor(width / BOLD_LETTER_WIDTH))}</text>`,
    markup`<text y="30" fill="var(--soft)">${cut(note, Math.floor(width / LETTER_WIDTH) - end.length)}${end}</text>`,
  ];
}

/** Tenths of a pixel are enough. */
const toTenths = (value: number): number => Math.round(10 * value) / 10;

/** The first images of a run; `augmentation` is how the run changes images, such as '--flip --shift 2'. */
export function firstImages(sheet: Sheet, augmentation: string): Picture {
  const augmentationText = augmentation === '' ? '' : `, augmented by ${augmentation}`;
  const { images } = sheet;
  const sentence = `The first ${images === 1 ? 'image' : plural(images, 'image')} of the first step, as the network was given them${augmentationText}.`;
  return {
    name: 'first-images',
    title: 'Training images',
    caption: sentence,
    altText: sentence,
    draw: imageGrid({ name: 'first-images', sheets: [sheet], across: [8, 8] }),
  };
}

/** Images beside what the network makes of them. */
export function reconstructionPictures({ split, inputs, outputs }: Reconstructions): Picture {
  const sentence = `The first ${plural(inputs.images, 'image')} of the ${split} set, each beside what the network makes of it.`;
  return {
    name: 'reconstructions',
    title: 'Images and their reconstructions',
    caption: sentence,
    altText: sentence,
    draw: imageGrid({ name: 'reconstructions', sheets: [inputs, outputs], across: [6, 4] }),
  };
}

/** Images that the decoder makes of draws. */
export function sampledImages(sheet: Sheet): Picture {
  const sentence = `${plural(sheet.images, 'image')} that the decoder makes of numbers drawn from the normal distribution, as gradloom generate does.`;
  return {
    name: 'samples',
    title: 'Drawn images',
    caption: sentence,
    altText: sentence,
    draw: imageGrid({ name: 'samples', sheets: [sheet], across: [12, 8] }),
  };
}
