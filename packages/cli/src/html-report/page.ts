import { escapeText } from './escape-text.ts';
import { numberClips } from './number-clips.ts';
import { type Drawing, NARROW, type Picture, WIDE } from './picture.ts';
import { drawingStyle, themeStyle } from './theme.ts';

/** A part of a report: pictures, tables, text as a terminal shows it. */
export interface Chapter {
  readonly title: string;
  readonly lead?: string;
  readonly pictures?: readonly Picture[];
  readonly code?: string; // a command
  readonly tables?: readonly Table[];
  readonly listings?: readonly Listing[];
}

export interface Table {
  readonly title: string;
  readonly head?: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly numeric?: readonly number[]; // columns that end at the same place
}

/** Text with fixed letters, behind a line that opens it. */
export interface Listing {
  readonly title: string;
  readonly text: string;
}

export interface Page {
  readonly title: string;
  readonly lead: string;
  readonly chapters: readonly Chapter[];
}

/** Nothing is loaded, and no script runs: there is none. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

const style = `${themeStyle(':root')}
${drawingStyle}
*{box-sizing:border-box}
body{margin:0 auto;padding:24px 16px 64px;max-width:${WIDE + 32}px;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.7rem;line-height:1.25;margin:0 0 8px}
h2{font-size:1.25rem;margin:40px 0 4px;padding-top:16px;border-top:1px solid var(--rule)}
h3{font-size:1.05rem;line-height:1.35;margin:28px 0 10px}
p{margin:0 0 12px}
.lead,figcaption{color:var(--soft)}
figure{margin:0 0 36px;break-inside:avoid}
figure svg{display:block;max-width:100%;height:auto}
figcaption{font-size:.95rem;margin-top:8px}
figure svg.narrow{display:none}
@media screen and (max-width:${WIDE + 31}px){figure svg.narrow{display:block}figure svg.wide{display:none}}
table{border-collapse:collapse;width:100%;font-size:.92rem;margin:0 0 20px}
caption{text-align:left;font-weight:600;padding:8px 0}
th,td{text-align:left;vertical-align:top;padding:5px 12px 5px 0;border-bottom:1px solid var(--rule)}
th{font-weight:600}
tbody th{font-weight:400;color:var(--soft)}
.facts th{width:32%}
.table{overflow-x:auto}
.table table{overflow-wrap:normal}
.table td{overflow-wrap:anywhere}
.number,thead th{white-space:nowrap}
.number{text-align:right;font-variant-numeric:tabular-nums}
.no{color:var(--c2);font-weight:600}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.85rem}
pre{margin:0 0 16px;padding:12px;border:1px solid var(--rule);border-radius:6px;white-space:pre-wrap}
details pre{white-space:pre;overflow-x:auto;font-size:clamp(.42rem,1.75vw,.78rem);line-height:1.25}
summary{cursor:pointer;padding:6px 0}
@media print{body{max-width:none;padding:0;font-size:10pt}h2{margin-top:20pt;break-after:avoid}h3,.lead{break-after:avoid}h3{margin:12pt 0 6pt}figure{margin-bottom:14pt}figure svg.wide{width:82%}.table,tr,pre{break-inside:avoid}td,th{padding-top:2pt;padding-bottom:2pt}details{display:none}}`;

/** One self-contained file: no network, no script, every text escaped. */
export function htmlPage({ title, lead, chapters }: Page): string {
  return numberClips(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<link rel="icon" href="data:,">
<style>
${style}
</style>
</head>
<body>
<main>
<h1>${escapeText(title)}</h1>
<p class="lead">${escapeText(lead)}</p>
${chapters.map(chapterOf).join('\n')}
</main>
</body>
</html>
`);
}

/** The pictures of a page that was written. */
export const pictureNames = (html: string): string[] =>
  Array.from(html.matchAll(/^<figure id="([\w-]+)">$/gm), ([, name]) => name);

function chapterOf({ title, lead, code, pictures = [], tables = [], listings = [] }: Chapter): string {
  return [
    `<section>\n<h2>${escapeText(title)}</h2>`,
    ...(lead === undefined ? [] : [`<p class="lead">${escapeText(lead)}</p>`]),
    ...(code === undefined ? [] : [`<pre><code>${escapeText(code)}</code></pre>`]),
    ...pictures.map(figureOf),
    ...tables.map(tableOf),
    ...listings.map(
      ({ title, text }) => `<details><summary>${escapeText(title)}</summary><pre>${escapeText(text)}</pre></details>`,
    ),
    '</section>',
  ].join('\n');
}

function figureOf(picture: Picture): string {
  return [
    `<figure id="${picture.name}">`,
    `<h3>${escapeText(picture.title)}</h3>`,
    inline(picture, 'wide', picture.draw(WIDE)),
    inline(picture, 'narrow', picture.draw(NARROW)),
    `<figcaption>${escapeText(picture.sentence)}</figcaption>`,
    '</figure>',
  ].join('\n');
}

/** Drawn twice, so that letters are as large on a phone; a browser shows one and reads out one. */
function inline({ name, title, alternative }: Picture, size: string, { width, height, markup }: Drawing): string {
  const id = `${name}-${size}`;
  const label = `<title id="${id}-t">${escapeText(title)}</title><desc id="${id}-d">${escapeText(alternative)}</desc>`;
  return `<svg class="chart ${size}" role="img" aria-labelledby="${id}-t ${id}-d" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${label}${markup}</svg>`;
}

function tableOf({ title, head, rows, numeric = [] }: Table): string {
  const cell = (text: string, c: number): string => {
    const name = text === 'NO' ? ' class="no"' : numeric.includes(c) ? ' class="number"' : '';
    return c === 0 ? `<th scope="row">${escapeText(text)}</th>` : `<td${name}>${escapeText(text)}</td>`;
  };
  const top =
    head === undefined
      ? ''
      : `<thead><tr>${head.map((text, c) => `<th scope="col"${numeric.includes(c) ? ' class="number"' : ''}>${escapeText(text)}</th>`).join('')}</tr></thead>`;
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n');
  return `<div class="table"><table${head === undefined ? ' class="facts"' : ''}><caption>${escapeText(title)}</caption>${top}<tbody>\n${body}\n</tbody></table></div>`;
}
