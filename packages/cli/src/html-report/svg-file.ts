import { at } from './compose.ts';
import { escapeText } from './escape-text.ts';
import { numberClips } from './number-clips.ts';
import { type Picture, WIDE } from './picture.ts';
import { drawingStyle, themeStyle } from './theme.ts';

const MARGIN = 16;
const LINE = 24;
const LETTERS = 76; // of a title's line, at 17 px

const HEAD = '<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-labelledby="t d"';

/** Whether a file is one of these. */
export const isOwnSvg = (text: string): boolean => text.startsWith(HEAD);

/** A picture as a file of its own, with its title above it: on a slide, in a document, in either theme. */
export function svgFile({ title, alternative, draw }: Picture): string {
  const drawing = draw(WIDE);
  const lines = wrap(title, LETTERS);
  const top = MARGIN + LINE * lines.length + 10;
  const width = drawing.width + 2 * MARGIN;
  const height = top + drawing.height + MARGIN;
  const heading = lines.map(
    (line, k) =>
      `<text x="${MARGIN}" y="${MARGIN + 16 + LINE * k}" font-size="17" font-weight="600">${escapeText(line)}</text>`,
  );
  const file = [
    `${HEAD} width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title id="t">${escapeText(title)}</title>`,
    `<desc id="d">${escapeText(alternative)}</desc>`,
    `<style>${themeStyle('.chart')}\n${drawingStyle}</style>`,
    `<rect width="${width}" height="${height}" fill="var(--paper)"/>`,
    ...heading,
    at(MARGIN, top, drawing),
    '</svg>\n',
  ].join('\n');
  return numberClips(file);
}

function wrap(text: string, letters: number): string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1];
    if (line !== '' && line.length + 1 + word.length > letters) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
