import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '@gradloom/runtime';
import { htmlPage, type Page, pictureNames } from './page.ts';
import { isOwnSvg, svgFile } from './svg-file.ts';

export const REPORT_FILE = 'report.html';

/**
 * Writes a report and each of its pictures beside it; those of an earlier report that it has no more are removed. Returns
 * the report's path. @throws Error where there is no room.
 */
export function writeReport(folder: string, page: Page): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, REPORT_FILE);
  const earlier = existsSync(path) ? pictureNames(readFileSync(path, 'utf8')) : [];
  const pictures = page.chapters.flatMap(({ pictures = [] }) => pictures);
  for (const picture of pictures) write(svgOf(folder, picture.name), svgFile(picture));
  write(path, htmlPage(page));
  // Behind the page: until then the earlier one names them.
  const kept = new Set(pictures.map(({ name }) => name));
  for (const name of earlier.filter((name) => !kept.has(name))) {
    const file = svgOf(folder, name);
    if (existsSync(file) && isOwnSvg(readFileSync(file, 'utf8'))) rmSync(file);
  }
  return path;
}

const svgOf = (folder: string, name: string): string => join(folder, `${name}.svg`);

const write = (path: string, text: string): void => void writeAtomically('report', path, [Buffer.from(text)]);
