import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkRunFile, writeAtomically } from '@gradloom/runtime/internal';
import { REPORT_FILE } from '../files/run-files/names.ts';
import { placedAt } from './compose.ts';
import { inLines, type Markup, markup, numberClips } from './markup/markup.ts';
import { htmlPage, type Page, pictureNames } from './page.ts';
import { pageOf } from './page-of.ts';
import { drawWide, type Picture } from './picture.ts';
import { readStart } from './run-files.ts';
import { drawingStyle, themeStyle } from './theme.ts';

/** Maximum number of bytes of an earlier report that are read: our own pages are smaller. */
const MAX_PAGE_BYTES = 2 ** 28;

/**
 * Writes a report, and each of its pictures as a separate file. Pictures of an earlier report that are no longer needed
 * are removed. Returns the path of the report. @throws Error if the disk is full.
 */
export function writeReport(folder: string, page: Page): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, REPORT_FILE);
  const earlierNames = pictureNames(readStart(folder, REPORT_FILE, MAX_PAGE_BYTES) ?? '');
  const pictures = page.chapters.flatMap(({ pictures = [] }) => pictures);
  for (const picture of pictures) write(join(folder, svgOf(picture.name)), svgFile(picture));
  write(path, htmlPage(page));
  // Removed after the page is written: until then, the earlier page refers to them.
  const names = new Set(pictures.map(({ name }) => name));
  for (const name of earlierNames.filter((name) => !names.has(name))) {
    if (readStart(folder, svgOf(name), SVG_HEAD.length) === SVG_HEAD) rmSync(join(folder, svgOf(name)));
  }
  return path;
}

const svgOf = (name: string): string => `${name}.svg`;

/** Only accepts markup, in which all text is escaped. */
function write(path: string, markup: Markup): void {
  checkRunFile('report', path);
  writeAtomically('report', path, [Buffer.from(String(markup))]);
}

const MARGIN = 16;
const LINE = 24;
const LETTERS = 76; // maximum number of letters in a line of the title, at 17 px

const root = (width: number, height: number, content: Markup): Markup =>
  markup`<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-labelledby="t d" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${content}</svg>
`;

/** Start of the SVG files that reports write, which tells them from a user's. */
const SVG_HEAD = String(root(0, 0, markup``)).split(' width=')[0];

/** A picture as a separate file, with its title above it, for slides and documents, in either theme. */
function svgFile(picture: Picture): Markup {
  const { title, altText } = picture;
  const drawing = drawWide(picture);
  const lines = wrap(title, LETTERS);
  const top = MARGIN + LINE * lines.length + 10;
  const width = drawing.width + 2 * MARGIN;
  const height = top + drawing.height + MARGIN;
  const heading = lines.map(
    (line, k) =>
      markup`<text x="${MARGIN}" y="${MARGIN + 16 + LINE * k}" font-size="17" font-weight="600">${line}</text>`,
  );
  const content = markup`
<title id="t">${title}</title>
<desc id="d">${altText}</desc>
<style>${themeStyle(markup`.chart`)}
${drawingStyle}</style>
<rect width="${width}" height="${height}" fill="var(--paper)"/>
${inLines([...heading, placedAt(MARGIN, top, drawing)])}
`;
  return numberClips(root(width, height, content));
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

/** Writes the page of a run into its folder, from its files. Returns its path. @throws Error if it holds no run. */
export const reportFolder = (folder: string): string => writeReport(folder, pageOf([folder]));
