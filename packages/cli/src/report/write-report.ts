import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkOwnFile, writeAtomically } from '@gradloom/runtime/internal';
import type { Markup } from './markup/markup.ts';
import { htmlPage, type Page, pictureNames } from './page.ts';
import { readStart } from './run-files.ts';
import { SVG_HEAD, svgFile } from './svg-file.ts';

export const REPORT_FILE = 'report.html';

/** Bytes of an earlier report that are read: our own have no more. */
const MOST_PAGE = 2 ** 28;

/**
 * Writes a report and each of its pictures beside it; those of an earlier report that it has no more are removed.
 * Returns the report's path. @throws Error where there is no room.
 */
export function writeReport(folder: string, page: Page): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, REPORT_FILE);
  const earlier = pictureNames(readStart(folder, REPORT_FILE, MOST_PAGE) ?? '');
  const pictures = page.chapters.flatMap(({ pictures = [] }) => pictures);
  for (const picture of pictures) write(join(folder, svgOf(picture.name)), svgFile(picture));
  write(path, htmlPage(page));
  // After the page: until then, the earlier page refers to them.
  const kept = new Set(pictures.map(({ name }) => name));
  for (const name of earlier.filter((name) => !kept.has(name))) {
    if (readStart(folder, svgOf(name), SVG_HEAD.length) === SVG_HEAD) rmSync(join(folder, svgOf(name)));
  }
  return path;
}

const svgOf = (name: string): string => `${name}.svg`;

/** Takes markup alone, in which all text is escaped. */
function write(path: string, markup: Markup): void {
  checkOwnFile('report', path);
  writeAtomically('report', path, [Buffer.from(String(markup))]);
}
