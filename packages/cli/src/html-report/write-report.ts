import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '@gradloom/runtime';
import { htmlPage, type Page } from './page.ts';
import { svgFile } from './svg-file.ts';

export const REPORT_FILE = 'report.html';

/** Writes a report and each of its pictures beside it. Returns the report's path. @throws Error where there is no room. */
export function writeReport(folder: string, page: Page): string {
  mkdirSync(folder, { recursive: true });
  for (const { pictures = [] } of page.chapters) {
    for (const picture of pictures) write(join(folder, `${picture.name}.svg`), svgFile(picture));
  }
  const path = join(folder, REPORT_FILE);
  write(path, htmlPage(page));
  return path;
}

const write = (path: string, text: string): void => void writeAtomically('report', path, [Buffer.from(text)]);
